"""Finds one image: its manifest, the right child of an index or all of them, and its config."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from roadstead.base.errors import Failure
from roadstead.base.values import Json
from roadstead.importing import answers, reading
from roadstead.importing.answers import Found
from roadstead.importing.plan import Look
from roadstead.importing.upstreams import Fetched, Health, Places, Upstream
from roadstead.kube import status
from roadstead.oci.descriptor import Descriptor
from roadstead.oci.manifest import Manifest

Result = TypeVar("Result")

CHILDREN_SIDE_BY_SIDE = 4
"""Entries of one index that are looked at at a time."""


class Known(Protocol):
    """Images that need no second look, because the target stream has them already: they came in with its own keys."""

    def image(self, digest: str) -> Json | None:
        """The Image, if the history of the stream names it."""
        ...

    def child(self, digest: str) -> Json | None:
        """The Image, which is listed in an index that `image` gave."""
        ...


class NothingKnown:
    """Everything is looked at."""

    def image(self, digest: str) -> Json | None:
        """See `Known`."""
        return None

    child = image


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How imports are done. `architecture` is the one of this machine; `tags` is how many tags of a repository come
    in (-1: all); `config_bytes` is the largest config document read; `side_by_side` are the looks of one import at a
    time; `look_seconds` is the time each may take, all its requests together."""

    architecture: str = reading.USUAL_ARCHITECTURE
    tags: int = 50
    config_bytes: int = 8 * 1024 * 1024
    side_by_side: int = 8
    look_seconds: float = 25.0


@dataclass(slots=True)
class Shared:
    """What the looks of one import share: each manifest is fetched once, and who does not answer is known to all."""

    options: ImportOptions
    known: Known
    now: datetime
    health: Health
    _once: dict[object, asyncio.Future[Any]] = field(default_factory=dict)

    async def once(self, key: object, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """The result of work that others may be waiting for as well."""
        task = self._once.get(key)
        if task is None:
            task = self._once[key] = asyncio.ensure_future(work())
            task.add_done_callback(_seen)
        # Somebody who gives up must not take it away from the others.
        result: Result = await asyncio.shield(task)
        return result

    def give_up(self) -> None:
        """Ends what is still under way."""
        for task in self._once.values():
            task.cancel()


class Looking:
    """One look under way."""

    def __init__(self, shared: Shared, look: Look, places: Places, who: object) -> None:
        """`who` tells apart looks with different keys."""
        self._shared, self._look, self._places, self._who = shared, look, places, who

    async def image(self) -> Found:
        """The image the look is for; raises StatusError."""
        fetched, place, manifest = await self._manifest(self._look.reference, None)
        if manifest.kind == "image":
            return Found(await self._single(fetched, place, manifest))
        if not self._look.preserve:
            platform = self._look.architecture, self._look.system
            return Found(await self._chosen(place, manifest, *platform))
        if (kept := self._kept(fetched.digest)) is not None:
            return kept
        with _told_of(self._look):
            image = reading.index_image(manifest, fetched.digest, self._shared.now)
        return Found(image, await self._children(place, manifest))

    def _kept(self, digest: str) -> Found | None:
        """An index and its images as the stream has them; None unless all of them are there."""
        known = self._shared.known
        index = known.image(digest)
        names = dict.fromkeys(str(each["digest"]) for each in (index or {}).get("dockerImageManifests") or [])
        children = [child for name in names if (child := known.child(name)) is not None]
        return Found(index, tuple(children)) if index is not None and len(children) == len(names) else None

    async def _children(self, place: Upstream, index: Manifest) -> tuple[Json, ...]:
        """The images of an index, each found the Legacy way; raises StatusError for the first that cannot be had."""
        turns = asyncio.Semaphore(CHILDREN_SIDE_BY_SIDE)

        async def child(digest: str) -> Json:
            async with turns:
                fetched, there, manifest = await self._manifest(digest, place)
                if manifest.kind == "image":
                    return await self._single(fetched, there, manifest)
                return await self._chosen(there, manifest, "", "")

        names = dict.fromkeys(str(entry.digest) for entry in index.manifests)
        tasks = [asyncio.ensure_future(child(name)) for name in names]
        try:
            return tuple(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()

    async def _chosen(self, place: Upstream, index: Manifest, architecture: str, system: str) -> Json:
        """The image of the one entry of an index that stands for all."""
        with _told_of(self._look):
            child = reading.chosen(index.manifests, architecture or self._shared.options.architecture, system)
        fetched, there, manifest = await self._manifest(str(child.digest), place)
        if manifest.kind != "image":
            why = f"unsupported image manifest type: an index in an index, {child.digest}"
            raise status.internal(f"{self._look}: {why}")
        return await self._single(fetched, there, manifest)

    async def _single(self, fetched: Fetched, place: Upstream, manifest: Manifest) -> Json:
        """The Image of a manifest; the stream's own when it has that already."""
        if (known := self._shared.known.image(fetched.digest)) is not None:
            return known
        config: bytes | None = None
        if manifest.config is not None and manifest.config.size <= self._shared.options.config_bytes:
            wanted: Descriptor = manifest.config
            config, _ = await self._places.first(
                lambda each: each.blob(wanted), self._shown(fetched.digest), before=place
            )
        return reading.single_image(manifest, fetched.digest, config)

    async def _manifest(self, reference: str, before: Upstream | None) -> tuple[Fetched, Upstream, Manifest]:
        """A manifest of the repository and who gave it, fetched once however many look at it."""
        look = self._look

        def fetch() -> Coroutine[Any, Any, tuple[Fetched, Upstream]]:
            return self._places.first(lambda each: each.manifest(reference), self._shown(reference), before=before)

        fetched, place = await self._shared.once((look.place, look.short, look.insecure, reference, self._who), fetch)
        with _told_of(look):
            return fetched, place, reading.read(fetched.body, fetched.media_type)

    def _shown(self, reference: str) -> str:
        return self._look.at(reference).removeprefix(self._look.place)


@contextmanager
def _told_of(look: Look) -> Iterator[None]:
    """Turns a failure of reading into the Status that names the image."""
    try:
        yield
    except Failure as failure:
        raise answers.refused(failure, str(look)) from None


def _seen(task: asyncio.Future[Any]) -> None:
    # Whoever asked may have given up; a failure nobody waits for is no fault.
    if not task.cancelled():
        task.exception()
