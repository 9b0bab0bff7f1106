"""From one end to the other: walk the manifests, move the blobs side by side, then the names."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, TypeVar

import orjson

from roadstead.base.errors import Failure
from roadstead.base.values import Json
from roadstead.copying.ends import Destination, Found, Source, attached, missing
from roadstead.copying.names import Platform
from roadstead.oci.attachments import names_for
from roadstead.oci.descriptor import Descriptor
from roadstead.oci.digest import Digest
from roadstead.oci.errors import OciError
from roadstead.oci.manifest import Manifest, distributable, parse
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.words import clean

Result = TypeVar("Result")

MAX_DEPTH = 16
MAX_MANIFESTS = 10_000
MAX_BYTES = 256 * 1024 * 1024
MAX_CONFIG_BYTES = 8 * 1024 * 1024
PARALLEL = 4


@dataclass(frozen=True, slots=True)
class Options:
    """How to copy."""

    platform: Platform | None = None
    referrers: bool = True
    single: bool = False  # the destination holds one image, no index
    parallel: int = PARALLEL


class How(StrEnum):
    """How a blob got to where it is."""

    COPIED = "copied"
    THERE = "is there already"
    MOUNTED = "taken from another repository there"


class Watcher(Protocol):
    """Somebody who looks on; called from the loop, must not block."""

    def found(self, manifests: int, blobs: int, size: int) -> None:
        """What there is to do; `size` in bytes."""
        ...

    def moved(self, size: int) -> None:
        """So many bytes more have arrived."""
        ...

    def done(self, blob: Descriptor, how: How) -> None:
        """A blob is there."""
        ...


@dataclass(frozen=True, slots=True)
class Item:
    """A manifest to copy."""

    found: Found
    read: Manifest


@dataclass(slots=True)
class Walked:
    """Everything that belongs to an image, children before the indexes that name them."""

    top: Item
    items: dict[Digest, Item] = field(default_factory=dict)
    tags: dict[str, Digest] = field(default_factory=dict)  # under which something hangs on a manifest

    def names_of(self, item: Item) -> list[str | None]:
        """The tags of a manifest that hangs on another one by them."""
        return [name for name, digest in self.tags.items() if digest == item.found.digest]

    @property
    def blobs(self) -> list[Descriptor]:
        """Each blob once."""
        found: dict[Digest, Descriptor] = {}
        for item in self.items.values():
            for part in (*([item.read.config] if item.read.config else []), *item.read.layers):
                if distributable(part):
                    found.setdefault(part.digest, part)
        return list(found.values())


class Copy:
    """One copy. `run` may be repeated after a failure: what has arrived is not fetched again."""

    def __init__(self, source: Source, destination: Destination, options: Options, watcher: Watcher) -> None:
        self._source, self._destination, self._options, self._watcher = source, destination, options, watcher

    async def run(self, reference: str, target: str) -> Walked:
        """Copies what `reference` names to the name `target` (empty: by digest alone); raises RemoteFailure."""
        walked = await self.walk(reference)
        if self._options.single and walked.top.read.kind == "index":
            said = "the destination holds a single image, not one for each platform; choose with --platform OS/ARCH"
            raise RemoteFailure(Kind.REFUSED, said)
        if ":" in target and target != str(walked.top.found.digest):
            said = f"the destination names {target}, but the image is {walked.top.found.digest}; name it by a tag"
            raise RemoteFailure(Kind.WRONG_DIGEST, said)
        blobs = walked.blobs
        self._watcher.found(len(walked.items), len(blobs), sum(blob.size for blob in blobs))
        await self._move(blobs)
        # The name comes last: whoever sees it finds everything, signatures included.
        for item in (*(each for each in walked.items.values() if each is not walked.top), walked.top):
            subject = item.read.subject.digest if item.read.subject else None
            names = [target] if item is walked.top else walked.names_of(item) or [None]
            for name in names:
                await self._destination.keep_manifest(item.found, name, subject)
        await self._destination.finish()
        return walked

    async def walk(self, reference: str) -> Walked:
        """Everything the reference stands for."""
        top = await chosen(self._source, reference, self._options.platform)
        tags: dict[str, Digest] = {}
        return Walked(top, _in_order(top, await self._gathered(top, tags)), tags)

    async def _gathered(self, top: Item, tags: dict[str, Digest]) -> dict[Digest, Item]:
        """Level by level: what indexes name, and what refers to anything seen. Asked for side by side."""
        known, level, size = {top.found.digest: top}, [top], len(top.found.body)
        for _ in range(MAX_DEPTH):
            wanted = {child.digest for item in level for child in item.read.manifests}
            if self._options.referrers:
                lists = await self._beside([self._source.referrers(item.found.digest) for item in level])
                wanted.update(digest for digests in lists for digest in digests)
                hanging = await self._hanging_on(level)
                tags.update(hanging)
                wanted.update(hanging.values())
            new = sorted(wanted - known.keys())
            if not new:
                return known
            if len(known) + len(new) > MAX_MANIFESTS:
                raise RemoteFailure(Kind.TOO_LARGE, f"the image has more than {MAX_MANIFESTS} manifests")
            level = []
            for found in await self._beside([self._source.manifest(str(digest)) for digest in new]):
                level.append(_read(found))
                known[found.digest] = level[-1]
                size += len(found.body)
            if size > MAX_BYTES:
                raise RemoteFailure(Kind.TOO_LARGE, f"the image's manifests have more than {MAX_BYTES} bytes")
        said = f"the image is nested more than {MAX_DEPTH} manifests deep; copy an inner one by its digest"
        raise RemoteFailure(Kind.TOO_LARGE, said)

    async def _hanging_on(self, level: Sequence[Item]) -> dict[str, Digest]:
        """The tags under which something hangs on these manifests, and what that is."""
        names = [name for item in level for name in names_for(item.found.digest)]
        found = await self._beside([attached(self._source, name) for name in names])
        return {name: each.digest for name, each in zip(names, found, strict=True) if each is not None}

    async def _beside(self, questions: Sequence[Coroutine[Any, Any, Result]]) -> list[Result]:
        """The answers to all questions, a few asked at a time; the first failure ends them all."""
        turns = asyncio.Semaphore(self._options.parallel)

        async def one(question: Coroutine[Any, Any, Result]) -> Result:
            async with turns:
                return await question

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(question)) for question in questions]
        except ExceptionGroup as failures:
            # Not `except*`: Python 3.11.2, Debian 12's, wraps what is raised in there once more.
            raise _first(failures) from None
        finally:
            for question in questions:
                question.close()  # those whose turn never came
        return [task.result() for task in tasks]

    async def _move(self, blobs: list[Descriptor]) -> None:
        await self._beside([self._move_one(blob) for blob in blobs])

    async def _move_one(self, blob: Descriptor) -> None:
        counted, how = _Counted(self._source, blob, self._watcher), How.THERE
        if not await self._destination.has_blob(blob):
            sent = await self._destination.keep_blob(blob, counted.open_at, self._source.repository)
            how = How.COPIED if sent else How.MOUNTED
        counted.settle()
        self._watcher.done(blob, how)


async def chosen(source: Source, reference: str, platform: Platform | None) -> Item:
    """What a reference names; of an index, the image for a platform when one is asked for."""
    item = _read(await source.manifest(reference))
    if platform is None:
        return item
    if item.read.kind == "image":
        runs_on = await _runs_on(source, item)
        if runs_on and not platform.fits(runs_on):
            raise missing(f"an image for {platform} (it is one for {_named(runs_on)})", "the source")
        return item
    for child in item.read.manifests:
        if platform.fits(child.platform):
            return _read(await source.manifest(str(child.digest)))
    there = sorted({_platform(child) for child in item.read.manifests} - {""})
    raise missing(f"an image for {platform} (there are {', '.join(there[:20]) or 'none'})", "the source")


async def _runs_on(source: Source, item: Item) -> Json:
    """What a single image's config says of its platform; empty where it says nothing, as those of artifacts."""
    config = item.read.config
    if config is None or config.size > MAX_CONFIG_BYTES:
        return {}
    async with source.blob(config) as chunks:
        body = b"".join([chunk async for chunk in chunks])
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return read if isinstance(read, dict) and read.get("os") and read.get("architecture") else {}


class _Counted:
    """A blob of the source whose bytes are told to the watcher, each once however often it is taken up again."""

    def __init__(self, source: Source, blob: Descriptor, watcher: Watcher) -> None:
        self._source, self._blob, self._watcher, self._told = source, blob, watcher, 0

    @asynccontextmanager
    async def open_at(self, start: int) -> AsyncIterator[AsyncIterator[bytes]]:
        """The content from a byte on."""
        self._tell(start)
        async with self._source.blob(self._blob, start) as chunks:
            yield self._told_of(chunks, start)

    def settle(self) -> None:
        """All of it has arrived, on whatever way."""
        self._tell(self._blob.size)

    async def _told_of(self, chunks: AsyncIterator[bytes], at: int) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            at += len(chunk)
            yield chunk
            self._tell(at)

    def _tell(self, at: int) -> None:
        if at > self._told:
            self._watcher.moved(at - self._told)
            self._told = at


def _in_order(top: Item, known: dict[Digest, Item]) -> dict[Digest, Item]:
    """Each manifest after those it names, the top with all its own first, what refers to them after."""
    ordered: dict[Digest, Item] = {}

    def add(item: Item) -> None:
        if item.found.digest not in ordered:
            for child in item.read.manifests:
                add(known[child.digest])
            ordered[item.found.digest] = item

    for item in (top, *known.values()):
        add(item)
    return ordered


def _first(failures: ExceptionGroup[Exception]) -> Exception:
    """What ended the others: a failure that can be told, unless there was a fault."""
    _, faults = failures.split(Failure)
    first: Exception = faults or failures
    while isinstance(first, ExceptionGroup):
        first = first.exceptions[0]
    return first


def _read(found: Found) -> Item:
    try:
        return Item(found, parse(found.body, found.media_type))
    except OciError as wrong:
        raise RemoteFailure(Kind.MALFORMED, f"{found.digest} cannot be copied: {wrong.message}") from None


def _platform(child: Descriptor) -> str:
    return _named(child.platform or {})


def _named(facts: Json) -> str:
    return clean("/".join(str(facts[name]) for name in ("os", "architecture", "variant") if facts.get(name)))
