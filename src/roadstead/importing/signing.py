"""Signatures that another registry offers for an image -> the Image with those it lacked; no I/O.

Import-and-triggers contract, section 8.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from datetime import datetime

from roadstead.base.values import Json
from roadstead.kube.time import format_time
from roadstead.streams import pullspec
from roadstead.streams.fill import MANAGED

MOST = 10
"""Signatures an Image may end up with; when there would be more, none is added (WART-C10)."""
LARGEST_BYTES = 64 * 1024
ATOMIC, ATOMIC_IMAGE = "atomic", "AtomicImageV1"


def wants_signatures(image: Json) -> bool:
    """Whether the image lives elsewhere, at a place that can be asked."""
    annotations = (image.get("metadata") or {}).get("annotations") or {}
    reference = str(image.get("dockerImageReference") or "")
    if annotations.get(MANAGED) == "true" or pullspec.problem(reference) is not None:
        return False
    return bool(pullspec.parse(reference).id)


def with_signatures(image: Json, offered: Iterable[Json], now: datetime) -> Json | None:
    """`image` with the signatures it does not have yet; None when there is nothing to add, or too much.

    `offered` are entries of the registry's signature extension. What is no readable signature of this kind is left out.
    """
    name, known = image["metadata"]["name"], image.get("signatures") or []
    names = {str((each.get("metadata") or {}).get("name")) for each in known}
    blobs = dict.fromkeys(blob for each in offered if (blob := _blob(each)))
    found = {f"{name}@{hashlib.sha256(blob).hexdigest()}": blob for blob in blobs}
    new = {key: blob for key, blob in found.items() if key not in names}
    if not new or len(known) + len(new) > MOST:
        return None
    added = [
        {
            "metadata": {"name": key, "creationTimestamp": format_time(now)},
            "type": ATOMIC_IMAGE,
            "content": base64.b64encode(blob).decode(),
        }
        for key, blob in new.items()
    ]
    return {**image, "signatures": [*known, *added]}


def _blob(entry: Json) -> bytes:
    content = entry.get("content")
    if entry.get("type") != ATOMIC or not isinstance(content, str) or len(content) > 2 * LARGEST_BYTES:
        return b""
    try:
        blob = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return blob if len(blob) <= LARGEST_BYTES else b""
