"""What a client says it accepts, and what it gets for a tag; no I/O."""

from __future__ import annotations

from collections.abc import Iterable

from roadstead.oci.digest import Digest
from roadstead.oci.errors import OciError
from roadstead.oci.manifest import parse
from roadstead.oci.mediatypes import DOCKER_LIST, IMAGES, INDEXES, OCI_INDEX, OCI_MANIFEST, essence

DEFAULT_OS = "linux"
DEFAULT_ARCHITECTURE = "amd64"

_ANYTHING = frozenset({"*", "*/*", "application/*"})
_REFUSALS = {
    OCI_MANIFEST: "OCI manifest found, but accept header does not support OCI manifests",
    OCI_INDEX: "OCI index found, but accept header does not support OCI indexes",
}


def accepted_types(headers: Iterable[str]) -> frozenset[str]:
    """The media types of all Accept headers, each a comma-separated list; quality values and parameters are ignored."""
    types = (essence(part) for header in headers for part in header.split(","))
    return frozenset(filter(None, types))


def choose(accept: Iterable[str], media_type: str, body: bytes, *, by_tag: bool) -> Digest | None:
    """What a stored manifest is answered with: itself (None), or the child named (registry contract, section 5.2).

    A digest names bytes, so they are never exchanged or withheld. By tag, a client that accepts other kinds only gets
    OciError MANIFEST_UNKNOWN for an OCI document, and the linux/amd64 image of a Docker list. No Accept at all, or one
    with a wildcard, accepts everything.
    """
    accepted = accepted_types(accept) if by_tag else frozenset()
    if not accepted or media_type in accepted or accepted & _ANYTHING:
        return None
    if media_type in _REFUSALS:
        raise OciError("MANIFEST_UNKNOWN", _REFUSALS[media_type])
    if media_type == DOCKER_LIST and accepted & IMAGES and not accepted & INDEXES:
        return _default_child(body)
    return None


def _default_child(body: bytes) -> Digest:
    for child in parse(body, DOCKER_LIST).manifests:
        platform = child.platform or {}
        if platform.get("os") == DEFAULT_OS and platform.get("architecture") == DEFAULT_ARCHITECTURE:
            return child.digest
    raise OciError(
        "MANIFEST_UNKNOWN",
        f"the tag names a list without an image for {DEFAULT_OS}/{DEFAULT_ARCHITECTURE}; "
        f"send Accept: {DOCKER_LIST} to get the list",
    )
