"""Requests and replies as plain values, so that a door can be asked without a socket."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import parse_qsl

from multidict import CIMultiDict, CIMultiDictProxy

from roadstead.base.errors import Invalid, TooLarge

Headers = CIMultiDictProxy[str]
MAX_QUERY_FIELDS = 200
LONGEST_LENGTH = 30
"""Digits of a Content-Length that are read; a number that long is too large however it goes on."""


def new_id() -> str:
    """Sixteen hex digits that tell one request from the others; they need not be hard to guess."""
    return f"{random.getrandbits(64):016x}"


class Body(Protocol):
    """What a request carries, readable once."""

    def chunks(self) -> AsyncIterator[bytes]:
        """The bytes as they arrive; raises `ConnectionError` when the client goes away early."""
        ...


@dataclass(slots=True)
class Request:
    """One request, as the doors see it. `path` is raw (percent-encoded); `query` is the text after `?`.

    `notes` is what the doors found out about it, for the audit (`base/audit.py`).
    """

    method: str
    path: str
    query: str
    headers: Headers
    body: Body
    scheme: str = "http"
    host: str = ""
    remote: str = ""
    id: str = ""
    peer_certificate: bytes = b""
    notes: dict[str, str] = field(default_factory=dict)
    _fields: dict[str, list[str]] | None = None

    def query_values(self, name: str) -> list[str]:
        """Every value of a query parameter, in order."""
        if self._fields is None:
            self._fields = {}
            if self.query:
                try:
                    pairs = parse_qsl(self.query, keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS)
                except ValueError as wrong:
                    raise Invalid(f"the query string cannot be read: {wrong}") from None
                for key, value in pairs:
                    self._fields.setdefault(key, []).append(value)
        return self._fields.get(name, [])

    def query_value(self, name: str, default: str = "") -> str:
        """The first value of a query parameter, or the default."""
        values = self.query_values(name)
        return values[0] if values else default

    def query_map(self) -> dict[str, str]:
        """The first value of every query parameter."""
        self.query_values("")
        return {name: values[0] for name, values in (self._fields or {}).items()}

    @property
    def content_length(self) -> int | None:
        """The length announced, in bytes; None when the body is chunked or absent."""
        text = self.headers.get("Content-Length", "")
        return int(text[:LONGEST_LENGTH]) if text.isascii() and text.isdigit() else None

    async def read(self, limit: int) -> bytes:
        """The whole body, at most `limit` bytes; raises TooLarge beyond."""
        if (self.content_length or 0) > limit:
            raise TooLarge(f"the body has {self.content_length} bytes; at most {limit} are accepted")
        kept = bytearray()
        async for chunk in self.body.chunks():
            kept += chunk
            if len(kept) > limit:
                raise TooLarge(f"the body is larger than the {limit} bytes accepted")
        return bytes(kept)


class OpenFile(Protocol):
    """Something with a file descriptor that stays open until `close`."""

    def fileno(self) -> int: ...
    def close(self) -> None: ...


@dataclass(slots=True)
class FileSlice:
    """Part of an open file, sent by the kernel where it can be; closed by whoever sends it."""

    file: OpenFile
    start: int
    length: int


ReplyBody = bytes | FileSlice | AsyncIterator[bytes]


@dataclass(slots=True)
class Reply:
    """One answer. Headers are pairs where a name repeats.

    `length` announces the size of a streamed body, or of the body a HEAD would have had.
    """

    status: int = 200
    headers: dict[str, str] | list[tuple[str, str]] = field(default_factory=dict)
    body: ReplyBody = b""
    length: int | None = None


Handler = Callable[[Request], Awaitable[Reply]]
"""A door: one request in, one reply out."""


class BytesBody:
    """A body that is already here."""

    def __init__(self, data: bytes = b"") -> None:
        self._data = data

    async def chunks(self) -> AsyncIterator[bytes]:
        """The data in one piece, or nothing."""
        if self._data:
            yield self._data


def request_for(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | Body = b"", scheme: str = "http"
) -> Request:
    """A request made by hand, for callers inside the process and for tests."""
    path, _, query = url.partition("?")
    sent = CIMultiDict(headers or {})
    if isinstance(body, bytes):
        if body:
            sent.setdefault("Content-Length", str(len(body)))
        body = BytesBody(body)
    return Request(method, path, query, CIMultiDictProxy(sent), body, scheme=scheme, host=sent.get("Host", "localhost"))


def close(reply: Reply) -> None:
    """Let go of an open file in a reply that will not be sent."""
    if isinstance(reply.body, FileSlice):
        reply.body.file.close()
