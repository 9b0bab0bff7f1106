"""A token bucket for each key, so that guessing is slow; no I/O."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from roadstead.base.errors import TooManyRequests

MAX_KEYS = 10_000


class TooManyLogins(TooManyRequests):
    """Too many failed logins; a door may answer 429 with Retry-After."""


@dataclass(slots=True)
class _Bucket:
    level: float
    at: float


class Throttle:
    """At most `capacity` at once and then one every `seconds_each`; `now` is any steadily growing clock, in seconds.

    Full buckets are the same as none, so the least recently used ones are dropped beyond `max_keys`.
    """

    def __init__(self, capacity: int, seconds_each: float, max_keys: int = MAX_KEYS) -> None:
        self._capacity, self._each, self._max_keys = float(capacity), seconds_each, max_keys
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, key: str, now: float) -> float:
        """Takes one and returns 0.0, or takes none and returns the seconds to wait."""
        bucket = self._filled(key, now)
        if bucket.level < 1.0:
            return (1.0 - bucket.level) * self._each
        bucket.level -= 1.0
        return 0.0

    def give_back(self, key: str, now: float) -> None:
        """Undoes one `take`: it was not a failure after all."""
        bucket = self._filled(key, now)
        bucket.level = min(self._capacity, bucket.level + 1.0)
        if bucket.level >= self._capacity:
            del self._buckets[key]

    def _filled(self, key: str, now: float) -> _Bucket:
        bucket = self._buckets.setdefault(key, _Bucket(self._capacity, now))
        self._buckets.move_to_end(key)
        bucket.level = min(self._capacity, bucket.level + max(0.0, now - bucket.at) / self._each)
        bucket.at = now
        if len(self._buckets) > self._max_keys:
            self._buckets.popitem(last=False)
        return bucket

    def __len__(self) -> int:
        return len(self._buckets)
