"""Looks for bytes that make the manifest reader fail otherwise than with an OciError.

Run by hand, in an environment that has atheris: python tests/fuzz/fuzz_manifest.py -max_total_time=60 [corpus folder]
"""

import json
import sys

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["roadstead.oci"]):
    from roadstead.oci.digest import Digest
    from roadstead.oci.errors import OciError, envelope
    from roadstead.oci.manifest import parse, referrer_descriptor
    from roadstead.oci.mediatypes import ACCEPTED

HEADERS = (*ACCEPTED, "application/json", None)


def once(data: bytes) -> None:
    """Read the bytes as a manifest; what is accepted must be unambiguous for a slow and simple reader too."""
    header = HEADERS[data[0] % len(HEADERS)] if data else None
    body = data[1:]
    try:
        manifest = parse(body, header)
    except OciError as refusal:
        json.loads(envelope([refusal]))
        return
    json.dumps(referrer_descriptor(manifest, Digest.of(body), len(body)))
    json.loads(body, object_pairs_hook=_once_each, parse_int=len)


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    assert len({name for name, _ in pairs}) == len(pairs), "a name given twice was accepted"
    return dict(pairs)


if __name__ == "__main__":
    atheris.Setup(sys.argv, once)
    atheris.Fuzz()
