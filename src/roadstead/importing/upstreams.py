"""What an import needs of other registries: the port, and how places are tried one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from roadstead.importing.answers import joined, refused
from roadstead.importing.patience import Patience
from roadstead.kube.status import StatusError
from roadstead.oci.descriptor import Descriptor
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.streams.pullspec import PullSpec

Result = TypeVar("Result")

UNREACHABLE = frozenset({Kind.TIMEOUT, Kind.UNAVAILABLE})
"""A registry that answers like this to everything is in trouble."""
TIMEOUTS_TO_GIVE_UP = 3
"""So many questions that took too long, and no answer to any other: then the rest of an import is not asked."""


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
        """Where to ask for what `spec` names, in order, the place it names itself last; without a registry, the search
        registries, else Docker Hub.

        The keys are those an import into the namespace may use; `anonymous` leaves them out. Raises RemoteFailure
        when a rule forbids to ask anywhere.
        """
        ...


@dataclass(slots=True)
class Health:
    """How registries do in one import. One that hangs on everything is not asked to the end; one that hangs on a single
    tag is asked for the others. `patience` remembers trouble for longer."""

    patience: Patience
    now: datetime
    down: dict[str, RemoteFailure] = field(default_factory=dict)
    _answering: set[str] = field(default_factory=set)
    _timeouts: Counter[str] = field(default_factory=Counter)

    def failed(self, host: str, failure: RemoteFailure) -> None:
        """The registry did not give what it was asked for; most failures are answers too."""
        if failure.kind is Kind.RATE_LIMITED:
            self.patience.failed(host, self.now, failure.retry_after)
        elif failure.kind not in UNREACHABLE:
            self.answered(host)
        elif host not in self._answering:
            self.patience.failed(host, self.now)
            self._timeouts[host] += failure.kind is Kind.TIMEOUT
            if self._timeouts[host] >= TIMEOUTS_TO_GIVE_UP:
                self.down[host] = failure

    def answered(self, host: str) -> None:
        """The registry answers."""
        self._answering.add(host)
        self.down.pop(host, None)
        self.patience.answered(host)


class Places:
    """The places of one repository, tried in order."""

    def __init__(self, places: Sequence[Upstream], health: Health) -> None:
        self._places, self._health = places, health
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
                return await self._ask(ask, place, host), place
            except RemoteFailure as failure:
                refusals.append(refused(failure, f"{place.name}{reference}"))
        raise joined(refusals)

    def give_up(self, failure: RemoteFailure) -> None:
        """Whoever is being asked at this moment takes too long."""
        for host in self._asking:
            self._health.failed(host, failure)

    async def _ask(self, ask: Callable[[Upstream], Awaitable[Result]], place: Upstream, host: str) -> Result:
        if host in self._health.down:
            raise self._health.down[host]
        self._asking.add(host)
        try:
            result = await ask(place)
        except RemoteFailure as failure:
            self._asking.discard(host)
            self._health.failed(host, failure)
            raise
        # Not when this is cancelled: then somebody gave up, and wants to know who was being asked.
        self._asking.discard(host)
        self._health.answered(host)
        return result
