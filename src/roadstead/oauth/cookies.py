"""What we put into a browser and believe again: values signed by us, for one purpose and a short time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

import orjson

from roadstead.base.values import Json

MAX_COOKIES = 8192
"""Characters of a Cookie header."""
MAX_VALUE = 4096


class Signer:
    """Signs and reads values; every purpose has a key of its own."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def close(self, purpose: str, value: Json, now: datetime, seconds: int) -> str:
        """The value as text that is good for so many seconds."""
        payload = _encoded(orjson.dumps({**value, "until": int(now.timestamp()) + seconds}))
        return f"{payload}.{self._mark(purpose, payload)}"

    def open(self, purpose: str, text: str, now: datetime) -> Json | None:
        """What was signed for this purpose; None for anything else, and when its time is over."""
        payload, dot, mark = text.partition(".")
        if not dot or len(text) > MAX_VALUE or not text.isascii():
            return None
        if not hmac.compare_digest(mark, self._mark(purpose, payload)):
            return None
        try:
            value = orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        except (ValueError, binascii.Error):
            return None
        until = value.pop("until", 0) if isinstance(value, dict) else 0
        return value if now.timestamp() < until else None

    def _mark(self, purpose: str, payload: str) -> str:
        key = hmac.digest(self._key, purpose.encode(), hashlib.sha256)
        return _encoded(hmac.digest(key, payload.encode(), hashlib.sha256))


def sent(headers: Sequence[str], name: str) -> str:
    """The one value of a cookie; "" when there is none, or when there are several and nobody knows whose is ours."""
    if sum(map(len, headers)) > MAX_COOKIES:
        return ""
    pairs = [pair.strip().partition("=") for header in headers for pair in header.split(";")]
    values = [value for key, _, value in pairs if key == name]
    return values[0] if len(values) == 1 else ""


def set_cookie(name: str, value: str, *, encrypted: bool, strict: bool = False, seconds: int | None = None) -> str:
    """A Set-Cookie header: out of reach of scripts, of other sites, and of plain connections where ours is not."""
    lasts = "" if seconds is None else f"; Max-Age={seconds}"
    same_site = "Strict" if strict else "Lax"
    return f"{name}={value}; Path=/; HttpOnly; SameSite={same_site}{lasts}" + ("; Secure" if encrypted else "")


def full_name(name: str, *, encrypted: bool) -> str:
    """The cookie's name: over TLS with the prefix that no other host and no plain connection can set (RFC 6265bis)."""
    return f"__Host-roadstead-{name}" if encrypted else f"roadstead-{name}"


def random_text() -> str:
    """256 bits nobody can guess, as text that does not begin with a dash."""
    while (text := secrets.token_urlsafe(32)).startswith("-"):
        pass
    return text


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
