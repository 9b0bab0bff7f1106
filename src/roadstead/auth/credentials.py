"""What an Authorization header says, and the ways it can be no good; no I/O."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from roadstead.base.errors import Unauthenticated

ANONYMOUS_TOKEN = "anonymous"
MAX_HEADER = 32 * 1024
"""Characters of an Authorization header."""


class Fault(Enum):
    """Why a caller is not let in; each has its own challenge (registry contract, section 3.1)."""

    MISSING = "authentication required"
    UNREADABLE = "failed to decode credentials"
    REFUSED = "access denied"
    EXPIRED = "the token has expired"


class BadCredentials(Unauthenticated):
    """Nobody could be recognised; `fault` tells the door which challenge to send."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Nothing:
    """No Authorization header."""


@dataclass(frozen=True, slots=True)
class OtherScheme:
    """A scheme that is not spoken here."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A scheme we speak with content that makes no sense."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Basic:
    """A user name and a password, which may be a token."""

    user: str
    password: str = field(repr=False)


Presented = Nothing | OtherScheme | Unreadable | Bearer | Basic


def presented(values: Sequence[str]) -> Presented:
    """What the Authorization headers of a request (all of them, in order) present."""
    if not values:
        return Nothing()
    if len(values) > 1 or len(values[0]) > MAX_HEADER:
        return Unreadable()
    scheme, _, rest = values[0].strip().partition(" ")
    rest = rest.strip()
    match scheme.lower():
        case "":
            return Nothing()
        case "bearer":
            return Bearer(rest) if _is_token(rest) else Unreadable()
        case "basic":
            return _basic(rest)
        case _:
            return OtherScheme()


def _is_token(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def _basic(encoded: str) -> Basic | Unreadable:
    try:
        decoded = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return Unreadable()
    user, colon, password = decoded.partition(":")
    if not colon or not password or "\0" in decoded:
        return Unreadable()
    return Basic(user, password)
