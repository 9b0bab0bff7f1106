"""Times as objects carry them and ages as people read them; no I/O."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from roadstead.base.errors import Invalid

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_LAYOUT = "2006-01-02T15:04:05Z07:00"

MINUTE, HOUR, DAY = 60, 3600, 86400
"""In seconds."""


class NotATime(Invalid):
    """A text that is not an RFC 3339 time."""


def format_time(moment: datetime) -> str:
    """An aware datetime as `2026-11-23T18:49:39Z`; what is below a second is cut off."""
    # strftime pads years below 1000 differently from platform to platform; isoformat does not
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def parse_time(text: str) -> datetime:
    """An RFC 3339 time as a datetime in UTC; raises NotATime."""
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise NotATime(f'parsing time "{text}" as "{_LAYOUT}": cannot parse "{text}" as "2006"')
    try:
        moment = datetime.fromisoformat(text.upper())
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotATime(f'parsing time "{text}": value out of range') from None


def canonical(text: str) -> str:
    """The same moment written as `format_time` writes it; raises NotATime."""
    moment = parse_time(text)
    return text if len(text) == 20 and text[10] == "T" and text[19] == "Z" else format_time(moment)


def human_age(seconds: float) -> str:
    """An age in words, without `ago`: image-api contract, section 17."""
    if seconds < 1:
        return "Less than a second"
    if seconds < MINUTE:
        return "1 second" if int(seconds) == 1 else f"{int(seconds)} seconds"
    if seconds < HOUR:
        return "About a minute" if seconds < 2 * MINUTE else f"{int(seconds // MINUTE)} minutes"
    hours = int(seconds / HOUR + 0.5)
    if hours == 1:
        return "About an hour"
    for below, unit, size in ((48, "hours", 1), (336, "days", 24), (1440, "weeks", 168), (17520, "months", 720)):
        if hours < below:
            return f"{hours // size} {unit}"
    return f"{int(seconds // HOUR) // 24 // 365} years"


def short_age(seconds: float) -> str:
    """An age as the AGE columns of plain kinds show it: `5s`, `3m20s`, `6h5m`, `4d2h`, `2y30d`."""
    if seconds < 0:
        return "<invalid>" if seconds < -1 else "0s"
    whole = int(seconds)
    if whole < 2 * MINUTE:
        return f"{whole}s"
    for below, big, large, small, little in _STEPS:
        if whole < below:
            rest = whole // little % (large // little) if little else 0
            return f"{whole // large}{big}" + (f"{rest}{small}" if rest else "")
    return f"{whole // (365 * DAY)}y"


_STEPS = (
    (10 * MINUTE, "m", MINUTE, "s", 1),
    (3 * HOUR, "m", MINUTE, "", 0),
    (8 * HOUR, "h", HOUR, "m", MINUTE),
    (48 * HOUR, "h", HOUR, "", 0),
    (8 * DAY, "d", DAY, "h", HOUR),
    (2 * 365 * DAY, "d", DAY, "", 0),
    (8 * 365 * DAY, "y", 365 * DAY, "d", DAY),
)
"""(below this age, unit, its seconds, smaller unit shown beside it, its seconds)."""
