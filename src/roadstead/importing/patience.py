"""How long registries that failed are left alone by work that nobody waits for; no I/O."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST_REST, LONGEST_REST = timedelta(minutes=1), timedelta(hours=1)
MOST_HOSTS = 1000


@dataclass(frozen=True, slots=True)
class _Rest:
    failures: int
    until: datetime


class Patience:
    """Registries (host[:port]) that could not be reached, or asked to be left alone, and until when."""

    def __init__(self) -> None:
        self._rests: OrderedDict[str, _Rest] = OrderedDict()

    def failed(self, host: str, now: datetime, retry_after: int = 0) -> None:
        """The registry did not answer; `retry_after` are the seconds it asked for, which are kept to.

        Failures in the same rest count as one: many questions may have been under way.
        """
        before = self._rests.get(host)
        failures = before.failures if before and before.until > now else (before.failures if before else 0) + 1
        rest = min(FIRST_REST * 2.0 ** min(failures - 1, 10), LONGEST_REST)
        until = now + (timedelta(seconds=retry_after) if retry_after else rest)
        self._rests[host] = _Rest(failures, max(until, before.until) if before else until)
        self._rests.move_to_end(host)
        if len(self._rests) > MOST_HOSTS:
            self._rests.popitem(last=False)

    def answered(self, host: str) -> None:
        """The registry answers (again)."""
        self._rests.pop(host, None)

    def rest(self, host: str, now: datetime) -> timedelta:
        """How long the registry is still to be left alone."""
        known = self._rests.get(host)
        return max(known.until - now, timedelta()) if known else timedelta()
