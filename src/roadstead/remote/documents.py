"""JSON that other registries answer with, read with care; no I/O."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin, urlsplit

from roadstead.base.errors import Invalid
from roadstead.base.values import Json
from roadstead.oci import mediatypes
from roadstead.oci.digest import Digest
from roadstead.oci.strictjson import decode_object
from roadstead.remote.errors import Kind, RemoteFailure

MAX_DEPTH = 64
MAX_BRACKETS = 250_000

_LINK = re.compile(r"<([^>]{0,4096})>\s*((?:;[^,]*)?)")


def object_of(body: bytes, host: str) -> Json:
    """The JSON object of a body; raises RemoteFailure MALFORMED."""
    try:
        return decode_object(body, max_depth=MAX_DEPTH, max_brackets=MAX_BRACKETS)
    except Invalid as wrong:
        raise _malformed(host, wrong.message) from None


def list_of(page: Json, name: str, host: str) -> list[Any]:
    """A list in an answer; [] when it is null or absent."""
    value = page.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise _malformed(host, f"{name} is no list")
    return value


def descriptors_of(page: Json, host: str) -> list[Json]:
    """The entries of an index that name content by digest; others are left out."""
    found = []
    for entry in list_of(page, "manifests", host):
        try:
            Digest.parse(entry["digest"])
        except (Invalid, LookupError, TypeError, AttributeError):
            continue
        found.append(entry)
    return found


def next_page(link: str, path: str, address: str, host: str) -> str:
    """The path of the next page by a Link header, empty on the last; raises RemoteFailure when it leads elsewhere."""
    for found in _LINK.finditer(link[:8192]):
        if not re.search(r'rel\s*=\s*"?next"?', found[2]):
            continue
        try:
            target = urlsplit(urljoin(f"{address}{path}", found[1]))
        except ValueError:
            raise _malformed(host, "the next page has no readable address") from None
        if target.hostname != urlsplit(address).hostname or not target.path.startswith("/v2/"):
            raise _malformed(host, "the next page lies elsewhere")
        return f"{target.path}?{target.query}" if target.query else target.path
    return ""


def says_media_type(content_type: str | None, body: bytes) -> str:
    """The media type of a manifest: the header's, or its own word where the header says nothing useful."""
    declared = mediatypes.declared(content_type)
    if declared:
        return declared
    try:
        document = decode_object(body, max_depth=MAX_DEPTH, max_brackets=MAX_BRACKETS)
    except Invalid:
        return ""
    named = document.get("mediaType")
    if document.get("schemaVersion") == 1:
        return mediatypes.DOCKER_SCHEMA1_SIGNED  # it never says what it is
    return named[:255] if isinstance(named, str) else ""


def _malformed(host: str, why: str) -> RemoteFailure:
    return RemoteFailure(Kind.MALFORMED, f"{host} answers with what cannot be read: {why}", host=host)
