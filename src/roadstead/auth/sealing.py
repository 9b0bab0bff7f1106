"""What a registry token was got for, kept inside it where nobody but us can read it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_PURPOSE = b"roadstead: what a registry token was got for"


@dataclass(frozen=True, slots=True)
class Shown:
    """A credential that was good: a token, or the name of a user and a mark of the password they had."""

    token: str = field(default="", repr=False)
    name: str = ""
    mark: str = field(default="", repr=False)

    def at_most(self, seconds: int, now: int) -> int:
        """The seconds, or fewer when a token says itself that it ends before. `now` is in seconds since 1970."""
        ends = _end_of(self.token)
        return seconds if ends is None else max(0, min(seconds, ends - now))


class Seal:
    """Closes and opens; every key has its own."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(hmac.digest(key, _PURPOSE, hashlib.sha256))

    def close(self, shown: Shown) -> str:
        """The sealed form, as text."""
        nonce = secrets.token_bytes(_NONCE)
        plain = orjson.dumps([shown.token, shown.name, shown.mark])
        return base64.urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, plain, None)).decode()

    def open(self, sealed: object) -> Shown | None:
        """What was sealed; None for anything this seal did not close."""
        if not isinstance(sealed, str):
            return None
        try:
            raw = base64.urlsafe_b64decode(sealed)
            token, name, mark = orjson.loads(self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], None))
        except (InvalidTag, ValueError, binascii.Error):
            return None
        return Shown(token, name, mark)


def _end_of(token: str) -> int | None:
    """The `exp` of a signed token, for how long to promise; whether it holds is judged elsewhere, each time."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error):
        return None
    ends = claims.get("exp") if isinstance(claims, dict) else None
    return ends if type(ends) is int else None
