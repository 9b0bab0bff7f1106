"""What can go wrong with another registry: one family, told apart by what follows from it; no I/O."""

from __future__ import annotations

from enum import StrEnum
from typing import final

from roadstead.base.errors import Failure

LONGEST_RETRY_SECONDS = 3600
"""What an upstream asks us to wait beyond this is cut: its clock may be wrong, or meant to harm."""


@final
class Kind(StrEnum):
    """What a failure means to whoever asked."""

    NOT_FOUND = "not_found"  # the repository may be there, this manifest or blob is not
    NAME_UNKNOWN = "name_unknown"  # the registry does not know the repository
    UNAUTHORIZED = "unauthorized"  # the registry wants other credentials, or some
    BAD_PASSWORD = "bad_password"  # the token service refused name and password
    DENIED = "denied"  # the credentials are good, and do not suffice
    RATE_LIMITED = "rate_limited"  # come back after `retry_after` seconds
    BLOCKED = "blocked"  # a rule of ours forbids to ask; `rule` names it
    UNAVAILABLE = "unavailable"  # no connection, or a 5xx
    TIMEOUT = "timeout"  # an answer, or the rest of it, did not come in time
    TLS = "tls"  # the certificate is not trusted, or there is no TLS at all
    TOO_LARGE = "too_large"  # more bytes, pages or entries than are read
    WRONG_DIGEST = "wrong_digest"  # the bytes are not those that were asked for
    CUT_SHORT = "cut_short"  # the connection ended in the middle of an answer
    MALFORMED = "malformed"  # an answer that is none by the protocol
    REFUSED = "refused"  # any other 4xx


WORTH_RETRYING = frozenset({Kind.UNAVAILABLE, Kind.CUT_SHORT})
"""The same request may work a moment later."""

CREDENTIALS = frozenset({Kind.UNAUTHORIZED, Kind.BAD_PASSWORD, Kind.DENIED})
"""Other credentials may do."""


class RemoteFailure(Failure):
    """Another registry could not give what it was asked for. The message holds no secret and is one line."""

    key: str = ""
    """Where the credentials that were refused were found; for whoever set them up, so it is not in the message."""

    def __init__(
        self, kind: Kind, message: str, *, host: str = "", rule: str = "", retry_after: int = 0, status: int = 0
    ) -> None:
        """`retry_after` in seconds, 0 when the upstream said nothing; `status` is the HTTP status, 0 for none."""
        super().__init__(message)
        self.kind, self.host, self.rule, self.status = kind, host, rule, status
        self.retry_after = min(retry_after, LONGEST_RETRY_SECONDS)


_NO_ACCESS = 'you may not have access to the container image "{reference}"'
_WORDS = {
    Kind.NOT_FOUND: (404, "NotFound", 'dockerimage.image.openshift.io "{reference}" not found'),
    Kind.NAME_UNKNOWN: (404, "NotFound", 'dockerimage.image.openshift.io "{reference}" not found'),
    Kind.UNAUTHORIZED: (401, "Unauthorized", _NO_ACCESS),
    Kind.BAD_PASSWORD: (401, "Unauthorized", 'incorrect username or password for image "{reference}"'),
}


def told(failure: RemoteFailure, reference: str) -> tuple[int, str, str]:
    """Code, reason and message of the Status that an import shows (image-api contract, section 14.7).

    `reference` is the fully qualified pull spec.
    """
    if failure.rule == "blocked registry":
        return 403, "Forbidden", failure.message
    code, reason, words = _WORDS.get(failure.kind, (500, "InternalError", ""))
    if words:
        return code, reason, words.format(reference=reference)
    return code, reason, f"Internal error occurred: {reference}: {failure.message}"
