"""Tags under which cosign hangs things on a manifest of the same repository: `sha256-<hex>.sig`; no I/O.

sigstore/cosign, specs/SIGNATURE_SPEC.md, "Discovery"; used wherever referrers are not.
"""

from __future__ import annotations

from roadstead.oci.digest import Digest, InvalidDigest
from roadstead.oci.reference import MAX_TAG

KINDS = ("sig", "att", "sbom")
"""Signatures, attestations, and lists of what is in the image."""


def names_for(digest: Digest) -> tuple[str, ...]:
    """The tags under which something may hang on a manifest."""
    names = (f"{digest.algorithm}-{digest.hex}.{kind}" for kind in KINDS)
    return tuple(name for name in names if len(name) <= MAX_TAG)


def subject_of(tag: str) -> Digest | None:
    """The manifest that what has this tag hangs on; None for all other tags."""
    algorithm, _, rest = tag.partition("-")
    encoded, _, kind = rest.partition(".")
    try:
        return Digest.parse(f"{algorithm}:{encoded}") if kind in KINDS else None
    except InvalidDigest:
        return None
