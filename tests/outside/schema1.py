"""Docker image manifests of schema 1, signed as registries that still take them want it (libtrust's JSON signature)."""

from __future__ import annotations

import base64
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from roadstead.testing.builders import Content, layer

SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws"
_TAIL = "\n}"


def signed(repository: str, tag: str) -> Content:
    """An image of one layer. The signature covers the text without it: up to formatLength, and formatTail."""
    part = layer("of the old days")
    history = {"id": "0" * 64, "created": "2014-06-09T00:00:00Z", "architecture": "amd64", "os": "linux"}
    fields = {
        "schemaVersion": 1,
        "name": repository,
        "tag": tag,
        "architecture": "amd64",
        "fsLayers": [{"blobSum": part.digest}],
        "history": [{"v1Compatibility": json.dumps(history)}],
    }
    text = json.dumps(fields, indent=3)
    head = text.removesuffix(_TAIL)
    protected = _encoded(json.dumps({"formatLength": len(head), "formatTail": _encoded(_TAIL.encode())}).encode())
    key = ec.generate_private_key(ec.SECP256R1())
    r, s = decode_dss_signature(key.sign(f"{protected}.{_encoded(text.encode())}".encode(), ec.ECDSA(hashes.SHA256())))
    numbers = key.public_key().public_numbers()
    jwk = {"kty": "EC", "crv": "P-256", "x": _number(numbers.x), "y": _number(numbers.y)}
    signature = {"header": {"jwk": jwk, "alg": "ES256"}, "signature": _number(r, s), "protected": protected}
    return Content(f'{head},\n   "signatures": {json.dumps([signature])}{_TAIL}'.encode(), SIGNED, (part,))


def _number(*values: int) -> str:
    return _encoded(b"".join(value.to_bytes(32, "big") for value in values))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
