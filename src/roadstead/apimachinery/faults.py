"""Failures of the rooms below -> the Status a client reads; no I/O."""

from __future__ import annotations

from collections.abc import Callable

from roadstead.base import errors
from roadstead.base.errors import Failure
from roadstead.kube import status
from roadstead.kube.status import GroupResource, StatusError


def unavailable(text: str, retry_after: int) -> StatusError:
    """503: the same request may work after so many seconds."""
    return StatusError(
        {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": text,
            "reason": "ServiceUnavailable",
            "details": {"retryAfterSeconds": retry_after},
            "code": 503,
        }
    )


def _resource(kind: str) -> GroupResource:
    resource, _, group = kind.partition(".")
    return GroupResource(group, resource)


TABLE: dict[type[Failure], Callable[[Failure], StatusError]] = {
    errors.NotFound: lambda e: status.not_found(_resource(e.kind), e.name),  # type: ignore[attr-defined]
    errors.AlreadyExists: lambda e: status.already_exists(_resource(e.kind), e.name),  # type: ignore[attr-defined]
    errors.Conflict: lambda e: status.conflict(_resource(e.kind), e.name, e.why),  # type: ignore[attr-defined]
    errors.TooManyRequests: lambda e: status.too_many_requests(e.message, e.retry_after),  # type: ignore[attr-defined]
    errors.Unavailable: lambda e: unavailable(e.message, e.retry_after),  # type: ignore[attr-defined]
    errors.Unauthenticated: lambda _: status.unauthorized(),
    errors.Denied: lambda e: status.forbidden(GroupResource("", ""), "", e.message),
    errors.Expired: lambda e: status.expired(e.message),
    errors.TooLarge: lambda e: status.too_large(e.message),
    errors.Unsupported: lambda e: status.method_not_allowed(e.message),
    errors.OutOfRange: lambda e: status.bad_request(e.message),
    errors.Invalid: lambda e: status.bad_request(e.message),
}
"""One row per kind of failure; the first row that fits counts."""


def status_of(failure: Failure) -> StatusError:
    """The Status of a failure; one of no known kind is a plain 500 with its text (image-api contract, section 2)."""
    if isinstance(failure, StatusError):
        return failure
    for kind, made in TABLE.items():
        if isinstance(failure, kind):
            return made(failure)
    return status.unexplained(failure.message)
