"""Other registries in memory, behind the port that imports use: content by place, failures on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from roadstead.importing.upstreams import Fetched, Upstream
from roadstead.oci.descriptor import Descriptor
from roadstead.oci.digest import Digest
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.mirrors import full_name
from roadstead.streams.pullspec import PullSpec
from roadstead.testing.builders import Content


@dataclass
class Repository:
    """One repository of one registry: manifests by tag and digest, blobs by digest."""

    name: str
    key: str = ""
    password_good: bool = True
    fails: dict[str, RemoteFailure] = field(default_factory=dict)
    """What to answer instead, by tag, digest, "tags" or "*" for everything."""
    stalls: bool = False
    stalling: str = ""
    """The one thing it hangs on."""
    asked: list[str] = field(default_factory=list)
    manifests: dict[str, Content] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)

    def push(self, content: Content, *tags: str, children: Sequence[Content] = ()) -> Content:
        """Puts a manifest here under its digest and under tags, with its blobs and those of its children."""
        for each in (content, *children):
            self.manifests[each.digest] = each
            self.blobs |= {blob.digest: blob.data for blob in each.blobs}
        self.manifests |= dict.fromkeys(tags, content)
        return content

    async def manifest(self, reference: str) -> Fetched:
        await self._asked(reference)
        found = self.manifests.get(reference)
        if found is None:
            raise RemoteFailure(Kind.NOT_FOUND, f"{self.name} does not have {reference}", host=self.host)
        return Fetched(str(Digest.of(found.data)), found.media_type, found.data)

    async def blob(self, wanted: Descriptor) -> bytes:
        await self._asked(str(wanted.digest))
        return self.blobs[str(wanted.digest)]

    async def tags(self) -> Sequence[str]:
        await self._asked("tags")
        return [name for name in self.manifests if ":" not in name]

    @property
    def host(self) -> str:
        return self.name.partition("/")[0]

    async def _asked(self, what: str) -> None:
        self.asked.append(what)
        if self.stalls or what == self.stalling:
            await asyncio.sleep(3600)
        await asyncio.sleep(0)
        if not self.password_good and self.key:
            raise RemoteFailure(Kind.BAD_PASSWORD, "incorrect username or password", host=self.host)
        for name in (what, "*"):
            if name in self.fails:
                raise self.fails[name]


@dataclass
class Simulated:
    """Every registry there is. `mirrors` are tried before the place itself; `search` are asked for short names."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    mirrors: dict[str, list[str]] = field(default_factory=dict)
    search: Sequence[str] = ()
    blocked: set[str] = field(default_factory=set)
    asked_for: list[tuple[str, bool]] = field(default_factory=list)
    """Namespace and whether it was asked without keys."""

    def repository(self, name: str, **facts: object) -> Repository:
        """The repository of this full name, made when it is missing."""
        if name not in self.repositories:
            self.repositories[name] = Repository(name, **facts)  # type: ignore[arg-type]
        return self.repositories[name]

    async def places(
        self, namespace: str, spec: PullSpec, *, insecure: bool = False, anonymous: bool = False
    ) -> Sequence[Upstream]:
        self.asked_for.append((namespace, anonymous))
        if spec.registry in self.blocked:
            said = f"forbidden: registry {spec.registry} blocked"
            raise RemoteFailure(Kind.BLOCKED, said, rule="blocked registry")
        if self.search and not spec.registry:
            return [self.repository(f"{host}/{spec.repository().exact()}") for host in self.search]
        name = full_name(spec)
        found = [self.repository(each) for each in (*self.mirrors.get(name, ()), name)]
        return [_Anonymous(each) for each in found] if anonymous else found


class _Anonymous:
    """A repository asked without a key."""

    key = ""

    def __init__(self, inner: Repository) -> None:
        self._inner, self.name = inner, inner.name

    async def manifest(self, reference: str) -> Fetched:
        return await self._as_nobody().manifest(reference)

    async def blob(self, wanted: Descriptor) -> bytes:
        return await self._as_nobody().blob(wanted)

    async def tags(self) -> Sequence[str]:
        return await self._as_nobody().tags()

    def _as_nobody(self) -> Repository:
        inner = self._inner
        return Repository(
            inner.name, "", True, inner.fails, inner.stalls, inner.stalling, inner.asked, inner.manifests, inner.blobs
        )
