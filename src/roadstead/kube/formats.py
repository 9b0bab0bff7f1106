"""Formats of values that schemas may name; one that nobody here knows fits everything; no I/O."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from datetime import date
from typing import Any

from roadstead.base.errors import Invalid
from roadstead.kube.time import parse_time

_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
_LONGEST = 4096


def fits(name: str, value: Any) -> bool:
    """Whether a text or number has the format of this name."""
    check = _CHECKS.get(name)
    if check is None:
        return True
    if isinstance(value, str) and len(value) > _LONGEST and name != "byte":
        return False
    return check(value)


def _whole(bits: int) -> Callable[[Any], bool]:
    limit = 1 << (bits - 1)
    return lambda value: not isinstance(value, int | float) or -limit <= value < limit


def _text(check: Callable[[str], object]) -> Callable[[Any], bool]:
    """Whether a text passes a check that raises, or answers false."""

    def passes(value: Any) -> bool:
        if not isinstance(value, str):
            return True
        try:
            return bool(check(value))
        except (ValueError, Invalid, binascii.Error):
            return False

    return passes


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "int32": _whole(32),
    "int64": _whole(64),
    "date-time": _text(parse_time),
    "date": _text(lambda text: _DATE.fullmatch(text) and date.fromisoformat(text)),
    "uuid": _text(_UUID.fullmatch),
    "email": _text(_EMAIL.fullmatch),
    "ipv4": _text(ipaddress.IPv4Address),
    "ipv6": _text(ipaddress.IPv6Address),
    "cidr": _text(lambda text: "/" in text and ipaddress.ip_network(text, strict=False)),
    "byte": _text(lambda text: base64.b64decode(text, validate=True) is not None),
}
