"""What an import needs of other registries: the port, and how places are tried one after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from roadstead.importing.answers import joined, refused
from roadstead.kube.status import StatusError
from roadstead.oci.descriptor import Descriptor
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.streams.pullspec import PullSpec

Result = TypeVar("Result")

UNREACHABLE = frozenset({Kind.TIMEOUT, Kind.UNAVAILABLE, Kind.TLS, Kind.RATE_LIMITED})
"""After one of these, the next question to the same registry would most likely end the same way."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A manifest as it came, and its digest, which the bytes have been checked against."""

    digest: str
    media_type: str
    body: bytes


class Upstream(Protocol):
    """One repository at one place, asked with the keys there are for it. Everything raises RemoteFailure."""

    @property
    def name(self) -> str:
        """host/repository, as people write it."""
        ...

    @property
    def key(self) -> str:
        """Where the key that is used was found; empty when there is none."""
        ...

    async def manifest(self, reference: str) -> Fetched:
        """The manifest of a tag or digest."""
        ...

    async def blob(self, wanted: Descriptor) -> bytes:
        """A small blob, whole and checked."""
        ...

    async def tags(self) -> Sequence[str]:
        """All tags of the repository."""
        ...


class Upstreams(Protocol):
    """Knows where images are to be had."""

    async def places(
        self, namespace: str, spec: PullSpec, *, insecure: bool = False, anonymous: bool = False
    ) -> Sequence[Upstream]:
        """Where to ask for what `spec` (fully qualified) names, in order, the place it names itself last.

        The keys are those an import into the namespace may use; `anonymous` leaves them out. Raises RemoteFailure
        when a rule forbids to ask anywhere.
        """
        ...


class Places:
    """The places of one repository, tried in order. A registry that proved unreachable is not asked again in the same
    import, so that one that hangs costs its time once."""

    def __init__(self, places: Sequence[Upstream], down: dict[str, RemoteFailure]) -> None:
        self._places, self._down = places, down
        self._asking: set[str] = set()

    @property
    def key(self) -> str:
        """Where the key for the place itself was found."""
        return next((each.key for each in reversed(self._places) if each.key), "")

    async def first(
        self, ask: Callable[[Upstream], Awaitable[Result]], reference: str, *, before: Upstream | None = None
    ) -> tuple[Result, Upstream]:
        """The first answer, and who gave it; `before` is asked before all others. Raises StatusError for all that went
        wrong. `reference` ends the name in messages: `:tag` or `@digest`."""
        refusals: list[StatusError] = []
        for place in [*([before] if before else []), *(each for each in self._places if each is not before)]:
            host = place.name.partition("/")[0]
            try:
                if host in self._down:
                    raise self._down[host]
                return await self._ask(ask, place, host), place
            except RemoteFailure as failure:
                if failure.kind in UNREACHABLE:
                    self._down[host] = failure
                refusals.append(refused(failure, f"{place.name}{reference}"))
        raise joined(refusals)

    def give_up(self, failure: RemoteFailure) -> None:
        """Whoever is being asked at this moment takes too long."""
        self._down.update(dict.fromkeys(self._asking, failure))

    async def _ask(self, ask: Callable[[Upstream], Awaitable[Result]], place: Upstream, host: str) -> Result:
        self._asking.add(host)
        try:
            result = await ask(place)
        except RemoteFailure:
            self._asking.discard(host)
            raise
        # Not when this is cancelled: then somebody gave up, and wants to know who was being asked.
        self._asking.discard(host)
        return result
