"""Conditional requests: entity tags made of digests, compared; no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable

_TAGS = re.compile(r'(W/)?"([^"]*)"|([^\s,"]+)')
"""Quoted, weak, or bare: docker and old proxies send digests without quotes (registry contract, section 5.2)."""


def entity_tag(digest: object) -> str:
    """The ETag header of content with this digest."""
    return f'"{digest}"'


def none_match(headers: Iterable[str], current: str | None) -> bool:
    """Whether If-None-Match lets the request through; when not, a GET or HEAD is answered 304.

    `headers` are all its values, none when it was not sent; `current` is the digest of what is there, None for nothing
    (RFC 9110, section 13.1.2: weak comparison).
    """
    for header in headers:
        if header.strip() == "*":
            return current is None
        if current is not None and any((tag[1] or tag[2]) == current for tag in _TAGS.findall(header)):
            return False
    return True


def match(headers: Iterable[str], current: str | None) -> bool:
    """Whether If-Match lets the request through; when not, the answer is 412.

    Absent, it does; else a tag must be the digest of what is there, and not be weak (RFC 9110, section 13.1.1).
    """
    sent = False
    for header in headers:
        sent = True
        if current is not None and (header.strip() == "*" or _strongly(header, current)):
            return True
    return not sent


def range_applies(if_range: str | None, current: str) -> bool:
    """Whether a Range may be honoured: If-Range is absent, or the same content by a strong tag.

    Blobs have no date here, so a date never matches and the whole is sent (RFC 9110, section 13.1.5).
    """
    return if_range is None or _strongly(if_range, current)


def _strongly(header: str, current: str) -> bool:
    return any(not weak and (quoted or bare) == current for weak, quoted, bare in _TAGS.findall(header))
