"""Failures of every room -> the errors of the registry protocol: the one table of this door; no I/O."""

from __future__ import annotations

from roadstead.base import errors
from roadstead.base.web import Reply
from roadstead.blobs.store import DigestMismatch
from roadstead.kube.status import StatusError
from roadstead.oci.digest import InvalidDigest
from roadstead.oci.errors import Code, OciError, OciErrors, envelope
from roadstead.oci.reference import NameInvalid, NotTwoComponents, TagInvalid

JSON = "application/json"

_CODES: tuple[tuple[type[errors.Failure], Code, int], ...] = (
    (InvalidDigest, "DIGEST_INVALID", 400),
    (DigestMismatch, "DIGEST_INVALID", 400),
    (TagInvalid, "TAG_INVALID", 400),
    (NameInvalid, "NAME_INVALID", 400),
    (NotTwoComponents, "NAME_INVALID", 400),
    (errors.OutOfRange, "RANGE_INVALID", 416),
    (errors.TooLarge, "SIZE_INVALID", 413),
    (errors.Unsupported, "UNSUPPORTED", 405),
    (errors.Denied, "DENIED", 403),
    (errors.NotFound, "NAME_UNKNOWN", 404),
    (errors.Conflict, "UNAVAILABLE", 503),
    (errors.Expired, "UNAVAILABLE", 503),
    (errors.TooManyRequests, "TOOMANYREQUESTS", 429),
    (errors.Unavailable, "UNAVAILABLE", 503),
    (errors.Invalid, "NAME_INVALID", 400),
)
"""The first row whose kind fits decides; narrower kinds stand first."""

_POLICY = ("exceeded quota:", "status unknown for quota:", "exceeds the maximum limit")
"""Texts by which limits are known, whatever the Status around them (registry contract, section 6.4)."""


def coded(failure: errors.Failure) -> OciErrors:
    """The failure as the registry protocol says it; one that is coded already stays as it is."""
    if isinstance(failure, OciErrors):
        return failure
    if isinstance(failure, OciError):
        return OciErrors([failure])
    if isinstance(failure, StatusError):
        return OciErrors([_from_status(failure)])
    headers = {"Retry-After": str(failure.retry_after)} if isinstance(failure, errors.Unavailable) else None
    for kind, code, status in _CODES:
        if isinstance(failure, kind):
            return OciErrors([OciError(code, failure.message, status=status, headers=headers)])
    return OciErrors([OciError("UNKNOWN", failure.message)])


def _from_status(error: StatusError) -> OciError:
    message = error.message
    if any(text in message for text in _POLICY) or error.code in (401, 403):
        return OciError("DENIED", f"requested access to the resource is denied: {message}", detail=message)
    if error.code == 404 and error.status.get("details", {}).get("kind") == "namespaces":
        name = error.status["details"].get("name", "")
        return OciError(
            "DENIED",
            f"requested access to the resource is denied: {message}; create it first: kubectl create namespace {name}",
            detail=message,
        )
    if error.code == 404:
        return OciError("NAME_UNKNOWN", detail=message)
    if error.code in (409, 429, 500, 503, 504):
        return OciError("UNAVAILABLE", message)
    return OciError("DENIED", f"requested access to the resource is denied: {message}", detail=message)


def reply(failure: OciErrors) -> Reply:
    """The answer a client reads."""
    return Reply(failure.status, {"Content-Type": JSON, **failure.headers}, envelope(failure.errors))
