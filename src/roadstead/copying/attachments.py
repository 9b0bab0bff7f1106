"""What cosign hangs on an image by tags of the same repository, where it does not use referrers: `sha256-<hex>.sig`.

sigstore/cosign, specs/SIGNATURE_SPEC.md, "Discovery".
"""

from __future__ import annotations

from roadstead.copying.ends import Found, Source
from roadstead.oci.digest import Digest
from roadstead.oci.reference import MAX_TAG
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.streams.pullspec import is_digest

KINDS = ("sig", "att", "sbom")
"""Signatures, attestations, and what is in the image."""


def names_for(digest: Digest) -> tuple[str, ...]:
    """The tags under which something may hang on a manifest."""
    names = (f"{digest.algorithm}-{digest.hex}.{kind}" for kind in KINDS)
    return tuple(name for name in names if len(name) <= MAX_TAG)


def is_attachment(name: str) -> bool:
    """Whether a tag is one of those."""
    algorithm, _, rest = name.partition("-")
    encoded, _, kind = rest.partition(".")
    return kind in KINDS and is_digest(f"{algorithm}:{encoded}")


async def attached(source: Source, name: str) -> Found | None:
    """What is there under such a tag; None for nothing. Raises RemoteFailure when that cannot be found out."""
    try:
        return await source.manifest(name)
    except RemoteFailure as failure:
        if failure.kind in (Kind.NOT_FOUND, Kind.NAME_UNKNOWN):
            return None
        raise
