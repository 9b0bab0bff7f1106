"""What an upstream still lets us ask, read from its answers; no I/O.

Docker Hub says `ratelimit-remaining: 76;w=21600`, others `X-RateLimit-Remaining` and `-Reset`; with a 429 comes
`Retry-After`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from roadstead.remote.errors import LONGEST_RETRY_SECONDS

DEFAULT_RETRY_SECONDS = 5
_EPOCH = 1_000_000_000
"""A number this large is a point in time, not a length of it."""


@dataclass(slots=True)
class Budget:
    """One upstream's, for one caller. `remaining` and `limit` are None until the upstream has told them."""

    remaining: int | None = None
    limit: int | None = None
    window_seconds: int | None = None
    not_before: datetime | None = None

    def learn(self, status: int, headers: Mapping[str, str], now: datetime) -> int:
        """Notes what an answer says; returns the seconds to wait after a 429, 0 after anything else."""
        limit, window = _quota(_first(headers, "RateLimit-Limit", "X-RateLimit-Limit"))
        remaining, window_too = _quota(_first(headers, "RateLimit-Remaining", "X-RateLimit-Remaining"))
        self.limit = limit if limit is not None else self.limit
        self.window_seconds = window or window_too or self.window_seconds
        if remaining is not None:
            self.remaining = remaining
        reset = _seconds(_first(headers, "RateLimit-Reset", "X-RateLimit-Reset"), now)
        if status == 429:
            asked = _seconds(_first(headers, "Retry-After", "X-Retry-After"), now)
            wait = asked if asked is not None else reset if reset is not None else DEFAULT_RETRY_SECONDS
            self._hold(wait, now)
            return max(1, min(wait, LONGEST_RETRY_SECONDS))
        if remaining == 0 and reset:
            self._hold(reset, now)
        return 0

    def wait(self, now: datetime) -> int:
        """Whole seconds until the upstream may be asked again; 0: now."""
        if self.not_before is None or now >= self.not_before:
            return 0
        return int((self.not_before - now).total_seconds()) + 1

    def _hold(self, seconds: int, now: datetime) -> None:
        seconds = min(seconds, LONGEST_RETRY_SECONDS)
        self.not_before = datetime.fromtimestamp(now.timestamp() + seconds, UTC)


def retry_after(headers: Mapping[str, str], now: datetime) -> int:
    """The seconds of a Retry-After header, 0 without a readable one."""
    return min(_seconds(headers.get("Retry-After", ""), now) or 0, LONGEST_RETRY_SECONDS)


def _first(headers: Mapping[str, str], *names: str) -> str:
    return next((headers[name] for name in names if name in headers), "")


def _quota(text: str) -> tuple[int | None, int | None]:
    """A number and its window in seconds: `100;w=21600`."""
    number, _, rest = text.partition(";")
    window = next((part.strip()[2:] for part in rest.split(";") if part.strip().startswith("w=")), "")
    return _number(number.partition(",")[0].strip()), _number(window)


def _seconds(text: str, now: datetime) -> int | None:
    """Seconds from now that a text stands for: a number, a point in time as a number, or an HTTP date."""
    number = _number(text.strip())
    if number is not None:
        return max(0, number - int(now.timestamp())) if number >= _EPOCH else number
    try:
        return max(0, int((parsedate_to_datetime(text) - now).total_seconds()) + 1) if text else None
    except (ValueError, TypeError, OverflowError):
        return None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None
