"""Facts about groups, versions and kinds that discovery shows; no I/O."""

from __future__ import annotations

import base64
import hashlib


def storage_version_hash(group: str, version: str, kind: str) -> str:
    """What discovery calls storageVersionHash: it changes when objects begin to be stored as another version."""
    identity = hashlib.sha256(f"{group}/{version}/{kind}".encode())
    return base64.b64encode(identity.digest()[:8]).decode()
