"""The places where something of a stream may be got, each with its client, the most promising first."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from roadstead.base.observe import Metrics, logger
from roadstead.oci.digest import Digest
from roadstead.oci.reference import RepositoryName
from roadstead.remote.client import RemoteRegistry
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.places import Keys, Place
from roadstead.remote.session import Remotes
from roadstead.repositories.contents import Contents
from roadstead.repositories.elsewhere import metric_code
from roadstead.repositories.sources import Sources
from roadstead.repositories.trail import HEADER, TRAIL, loop

RESTING_SECONDS = 30.0
"""A place that could not be reached is asked last for this long: not every layer shall wait for it."""
LIAR_SECONDS = 600.0
"""A place that sent wrong bytes for a digest is asked last for it for this long."""
MOST_REMEMBERED = 10_000
_UNREACHED = frozenset({Kind.UNAVAILABLE, Kind.TIMEOUT, Kind.TLS})


@dataclass(frozen=True, slots=True)
class Upstream:
    """A place to ask, the client that asks it, and the repository it stands for."""

    place: Place
    registry: RemoteRegistry
    origin: str


@dataclass(slots=True)
class Asking:
    """One thing looked for: where to ask, what has failed so far, and the reference people know it by."""

    reference: str
    digest: Digest
    origins: tuple[str, ...] = ()
    upstreams: list[Upstream] = field(default_factory=list)
    failures: list[RemoteFailure] = field(default_factory=list)


class Upstreams:
    """Finds the places, and learns from those asked."""

    def __init__(
        self,
        contents: Contents,
        sources: Sources,
        remotes: Remotes,
        metrics: Metrics,
        *,
        own: Collection[str],
        manifest_bytes: int,
    ) -> None:
        """`own` are the names (host[:port]) of this registry."""
        self._contents, self._sources, self._remotes, self._metrics = contents, sources, remotes, metrics
        self._own, self._manifest_bytes = own, manifest_bytes
        self._shunned: OrderedDict[tuple[str, str], float] = OrderedDict()

    async def of(self, repository: RepositoryName, digest: Digest) -> Asking | None:
        """Where to ask for a blob or manifest of the stream; None when it came from nowhere else.

        A request that went round in a circle has nowhere to ask.
        """
        found = await self._contents.origins(repository.namespace, repository.name, str(digest), self._own)
        if not found:
            return None
        names = tuple(each.spec.exact() for each in found)
        asking = Asking(f"{names[0]}@{digest}", digest, names)
        if (circle := loop(TRAIL.get())) is not None:
            asking.failures.append(RemoteFailure(Kind.BLOCKED, circle, rule="loop"))
            return asking
        headers = {HEADER: ", ".join(TRAIL.get())} if TRAIL.get() else {}
        for origin in found:
            plan = await self._sources.for_pull(repository.namespace, origin.at(str(digest)), insecure=origin.insecure)
            if plan.refusal is not None:
                asking.failures.append(RemoteFailure(Kind.BLOCKED, plan.refusal, rule="blocked registry"))
            name = origin.spec.exact()
            clients = (self._client(place, plan.keys, headers, name) for place in plan.places)
            known = [each.place for each in asking.upstreams]
            asking.upstreams += [each for each in clients if each.place not in known]
        asking.upstreams.sort(key=lambda each: self._is_shunned(each.place, digest))
        return asking

    @contextmanager
    def asked(self, asking: Asking, upstream: Upstream, operation: str) -> Iterator[None]:
        """Times what the block asks a place; a failure is counted, remembered in `asking`, and passed on."""
        started, host = time.perf_counter(), upstream.place.host
        try:
            yield
        except RemoteFailure as failure:
            self._metrics.pulled_through(host, operation, time.perf_counter() - started, metric_code(failure))
            self._learn(failure, upstream.place, asking.digest)
            asking.failures.append(failure)
            logger().info("pull-through failed", registry=host, digest=str(asking.digest), why=failure.message)
            raise
        self._metrics.pulled_through(host, operation, time.perf_counter() - started)

    def shun(self, place: Place, digest: Digest) -> None:
        """Ask this place last for this digest: it sent other bytes."""
        self._remember((place.host, str(digest)), LIAR_SECONDS)

    def rests(self, place: Place) -> bool:
        """Whether this place could not be reached a moment ago."""
        return self._shunned.get((place.host, ""), 0.0) > time.monotonic()

    def _client(self, place: Place, keys: Keys, headers: Mapping[str, str], origin: str) -> Upstream:
        registry = RemoteRegistry(self._remotes, place, keys, manifest_bytes=self._manifest_bytes, headers=headers)
        return Upstream(place, registry, origin)

    def _learn(self, failure: RemoteFailure, place: Place, digest: Digest) -> None:
        if failure.kind in _UNREACHED:
            self._remember((place.host, ""), RESTING_SECONDS)
        elif failure.kind is Kind.WRONG_DIGEST:
            self.shun(place, digest)

    def _remember(self, what: tuple[str, str], seconds: float) -> None:
        self._shunned[what] = time.monotonic() + seconds
        self._shunned.move_to_end(what)
        if len(self._shunned) > MOST_REMEMBERED:
            self._shunned.popitem(last=False)

    def _is_shunned(self, place: Place, digest: Digest) -> bool:
        now = time.monotonic()
        return any(self._shunned.get((place.host, what), 0.0) > now for what in ("", str(digest)))
