"""The errors the registry protocol knows: code, status, words, envelope; no I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

import orjson

from roadstead.base.errors import Failure

Code = Literal[
    "BLOB_UNKNOWN",
    "BLOB_UPLOAD_INVALID",
    "BLOB_UPLOAD_UNKNOWN",
    "DENIED",
    "DIGEST_INVALID",
    "MANIFEST_BLOB_UNKNOWN",
    "MANIFEST_INVALID",
    "MANIFEST_UNKNOWN",
    "MANIFEST_UNVERIFIED",
    "NAME_INVALID",
    "NAME_UNKNOWN",
    "OPENSHIFT_PULLTHROUGH_MANIFEST",
    "PAGINATION_NUMBER_INVALID",
    "RANGE_INVALID",
    "SIGNATURE_EXISTS",
    "SIGNATURE_INVALID",
    "SIZE_INVALID",
    "TAG_INVALID",
    "TOOMANYREQUESTS",
    "UNAUTHORIZED",
    "UNAVAILABLE",
    "UNKNOWN",
    "UNSUPPORTED",
]


class Row(NamedTuple):
    """What an error code says unless told otherwise."""

    status: int
    message: str


# Registry contract, section 2.1. Users and scripts search for some of these messages: change none of them lightly.
TABLE: Final[Mapping[Code, Row]] = {
    "BLOB_UNKNOWN": Row(404, "blob unknown to registry"),
    "BLOB_UPLOAD_INVALID": Row(404, "this upload cannot be continued; start a new one"),
    "BLOB_UPLOAD_UNKNOWN": Row(404, "upload unknown to registry; start a new one"),
    "DENIED": Row(403, "requested access to the resource is denied"),
    "DIGEST_INVALID": Row(400, "the digest does not match the content, or is not a digest"),
    "MANIFEST_BLOB_UNKNOWN": Row(400, "the manifest refers to a blob unknown to registry; push the blob first"),
    "MANIFEST_INVALID": Row(400, "manifest invalid"),
    "MANIFEST_UNKNOWN": Row(404, "manifest unknown"),
    "MANIFEST_UNVERIFIED": Row(400, "the signature of the manifest could not be verified"),
    "NAME_INVALID": Row(400, "invalid repository name; write <namespace>/<name> in lower case"),
    "NAME_UNKNOWN": Row(404, "repository name not known to registry"),
    "OPENSHIFT_PULLTHROUGH_MANIFEST": Row(404, "unable to pull manifest from its source registry"),
    "PAGINATION_NUMBER_INVALID": Row(400, "the number of results asked for is not one this list accepts"),
    "RANGE_INVALID": Row(416, "the range does not fit the content"),
    "SIGNATURE_EXISTS": Row(409, "the image has this signature already"),
    "SIGNATURE_INVALID": Row(400, "the signature is not readable"),
    "SIZE_INVALID": Row(400, "the size stated is not the size of the content"),
    "TAG_INVALID": Row(400, "invalid tag"),
    "TOOMANYREQUESTS": Row(429, "too many requests; try again later"),
    "UNAUTHORIZED": Row(401, "authentication required"),
    "UNAVAILABLE": Row(503, "service unavailable; try again later"),
    "UNKNOWN": Row(500, "unknown error"),
    "UNSUPPORTED": Row(405, "The operation is unsupported."),
}

ABSENT: Final = object()
"""A `detail` that is not sent at all; None is sent as null."""


class OciError(Failure):
    """One coded error; whoever catches it keeps it as it is, because it knows more than a handler's default."""

    def __init__(
        self,
        code: Code,
        message: str = "",
        detail: object = ABSENT,
        *,
        status: int = 0,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Without a message or status, those of the table; `detail` is any JSON value (others are sent as text)."""
        super().__init__(message or TABLE[code].message)
        self.code: Code = code
        self.detail = detail
        self.status = status or TABLE[code].status
        self.headers = _headers(self.status, headers or {})


class OciErrors(Failure):
    """Several errors in one answer: a client learns of everything that is missing at once."""

    def __init__(self, errors: Sequence[OciError]) -> None:
        """Of the `errors` (at least one), the first decides status and headers."""
        super().__init__("; ".join(error.message for error in errors))
        self.errors = tuple(errors)
        self.status = errors[0].status
        self.headers = errors[0].headers


def envelope(errors: Sequence[OciError]) -> bytes:
    """The JSON body of an error answer (distribution-spec 1.1, Error Codes)."""
    body = {"errors": [_entry(error) for error in errors]}
    try:
        return orjson.dumps(body, default=str, option=orjson.OPT_PASSTHROUGH_DATACLASS)
    except TypeError:
        # Header values can hold stray bytes as lone surrogates, and details huge numbers; neither is orjson's.
        return json.dumps(body, default=str).encode()


def _entry(error: OciError) -> dict[str, object]:
    entry: dict[str, object] = {"code": error.code, "message": error.message}
    if error.detail is not ABSENT:
        entry["detail"] = error.detail
    return entry


def _headers(status: int, given: Mapping[str, str]) -> dict[str, str]:
    if status in (429, 503) and "Retry-After" not in given:
        return {**given, "Retry-After": "1"}
    return dict(given)
