"""What to tell a client when no other registry gave what it was asked for; no I/O. Registry contract, section 12."""

from __future__ import annotations

from collections.abc import Sequence

from roadstead.oci.digest import Digest
from roadstead.oci.errors import OciError
from roadstead.remote.errors import Kind, RemoteFailure

_PASSING = frozenset({Kind.UNAVAILABLE, Kind.TIMEOUT, Kind.CUT_SHORT})
"""What may be over in a moment."""
RETRY_SECONDS = 5

_CODES = {
    Kind.NOT_FOUND: "MANIFEST_UNKNOWN",
    Kind.NAME_UNKNOWN: "NAME_UNKNOWN",
    Kind.UNAUTHORIZED: "UNAUTHORIZED",
    Kind.BAD_PASSWORD: "UNAUTHORIZED",
    Kind.DENIED: "DENIED",
    Kind.RATE_LIMITED: "TOOMANYREQUESTS",
    Kind.WRONG_DIGEST: "DIGEST_INVALID",
    Kind.UNAVAILABLE: "UNAVAILABLE",
    Kind.TIMEOUT: "UNAVAILABLE",
    Kind.CUT_SHORT: "UNAVAILABLE",
}


def metric_code(failure: RemoteFailure) -> str:
    """The `code` of a failure in the metrics."""
    return _CODES.get(failure.kind, "UNKNOWN")


def no_manifest(reference: str, failures: Sequence[RemoteFailure]) -> OciError:
    """Nowhere was the manifest to be had (section 12.1, step 6)."""
    if (limited := _limited(failures)) is not None:
        return _too_many("unable to pullthrough manifest", limited)
    why = _why(failures)
    return OciError("OPENSHIFT_PULLTHROUGH_MANIFEST", f"unable to pull manifest from {reference}: {why}", {})


def no_blob(digest: Digest, failures: Sequence[RemoteFailure]) -> OciError:
    """Nowhere was the blob to be had (section 12.2); 503 where asking again may help."""
    if (limited := _limited(failures)) is not None:
        return _too_many("unable to pullthrough blob", limited)
    if any(each.kind in _PASSING for each in failures):
        headers = {"Retry-After": str(RETRY_SECONDS)}
        return OciError("UNAVAILABLE", f"unable to pullthrough blob: {_why(failures)}", str(digest), headers=headers)
    return OciError("BLOB_UNKNOWN", f"blob unknown to registry: {_why(failures)}", str(digest))


def _limited(failures: Sequence[RemoteFailure]) -> RemoteFailure | None:
    return next((each for each in failures if each.kind is Kind.RATE_LIMITED), None)


def _too_many(what: str, failure: RemoteFailure) -> OciError:
    headers = {"Retry-After": str(max(1, failure.retry_after))}
    return OciError("TOOMANYREQUESTS", f"{what}: {failure.message}", headers=headers)


def _why(failures: Sequence[RemoteFailure]) -> str:
    said = list(dict.fromkeys(each.message for each in failures))
    return "; ".join(said) if said else "there is no place to ask"
