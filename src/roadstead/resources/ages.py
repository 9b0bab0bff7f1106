"""Cells that say how long ago something was; no I/O."""

from __future__ import annotations

from datetime import datetime, timedelta

from roadstead.kube.time import NotATime, human_age, parse_time, short_age


def age(time: object, now: datetime) -> str:
    """kubectl's AGE (`3m20s`); `<unknown>` without a time."""
    seconds = _since(time, now)
    return "<unknown>" if seconds is None else short_age(seconds)


def ago(time: object, now: datetime) -> str:
    """The image tables' way (`About a minute ago`; image-api contract, section 17); empty without a time."""
    seconds = _since(time, now)
    return "" if seconds is None else f"{human_age(seconds)} ago"


def _since(time: object, now: datetime) -> float | None:
    try:
        return (now - parse_time(time)) / timedelta(seconds=1) if isinstance(time, str) else None
    except NotATime:
        return None
