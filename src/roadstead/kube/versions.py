"""Facts about groups, versions and kinds that discovery shows; no I/O."""

from __future__ import annotations

import base64
import hashlib
import re

_VERSION = re.compile(r"v(\d{1,9})(?:(alpha|beta)(\d{1,9}))?", re.ASCII)
_STAGES = {None: 0, "beta": 1, "alpha": 2}


def version_order(name: str) -> tuple[int, int, int, str]:
    """What versions are sorted by so that the preferred one is first: v10, v2, v1, v2beta1, v1alpha3, anything else."""
    found = _VERSION.fullmatch(name)
    if found is None:
        return (3, 0, 0, name)
    return (_STAGES[found[2]], -int(found[1]), -int(found[3] or 0), name)


def storage_version_hash(group: str, version: str, kind: str) -> str:
    """What discovery calls storageVersionHash: it changes when objects begin to be stored as another version."""
    identity = hashlib.sha256(f"{group}/{version}/{kind}".encode())
    return base64.b64encode(identity.digest()[:8]).decode()
