"""Status objects: every refusal a client of the API can read, one constructor per row of the table; no I/O.

Texts, codes and details: image-api contract, section 2. What is wrong with single fields: `fielderrors.py`, whose names
can be taken from here too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roadstead.base.errors import Failure
from roadstead.base.values import Json
from roadstead.kube.fielderrors import (
    Fault,
    FieldError,
    duplicate,
    field_not_found,
    forbidden_field,
    internal_field,
    invalid_value,
    joined,
    not_supported,
    required,
    too_long,
)
from roadstead.kube.wording import quote

__all__ = [
    "Fault", "FieldError", "GroupResource", "StatusError", "already_exists", "bad_request", "conflict", "duplicate",
    "expired", "field_not_found", "forbidden", "forbidden_field", "internal", "internal_field", "invalid",
    "invalid_value", "method_not_allowed", "not_acceptable", "not_found", "not_supported", "rejected", "required",
    "resource_not_found", "server_timeout", "success", "timeout", "too_large", "too_large_resource_version",
    "too_long", "too_many_requests", "unauthorized", "unexplained", "unsupported_media_type", "unwatchable",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class GroupResource:
    """A resource by group and plural name; a Kind may stand in the place of the plural where the contract says so."""

    group: str
    resource: str

    def __str__(self) -> str:
        return f"{self.resource}.{self.group}" if self.group else self.resource


NO_RESOURCE = GroupResource("", "")


LONGEST_MESSAGE, LONGEST_NAME = 16384, 1024
"""Characters of a message, and of a name in details: what a client sent is not sent back without end."""
MOST_CAUSES = 100
"""Field errors that one Status tells of."""


class StatusError(Failure):
    """A refusal with its whole Status. `status` is what goes on the wire, `headers` what goes beside it."""

    def __init__(self, status: Json) -> None:
        super().__init__(str(status.get("message", "")))
        self.status = status
        self.code: int = status["code"]
        self.reason: str = status.get("reason", "")
        retry = status.get("details", {}).get("retryAfterSeconds", 0)
        self.headers: dict[str, str] = {"Retry-After": str(retry)} if retry else {}
        self.errors: tuple[FieldError, ...] = ()
        """The broken rules of an Invalid, for whoever has more to say about the same object."""


def bad_request(text: str) -> StatusError:
    """400: the request cannot be understood."""
    return _failure(400, "BadRequest", text)


def unauthorized(text: str = "Unauthorized") -> StatusError:
    """401: nobody knows who is calling."""
    return _failure(401, "Unauthorized", text)


def forbidden(resource: GroupResource, name: str, why: str, causes: Sequence[Json] = ()) -> StatusError:
    """403: known, and not allowed. An empty resource or name is left out of the text."""
    what = f"{_named(resource, name)} is forbidden" if resource.resource else "forbidden"
    return _failure(403, "Forbidden", f"{what}: {why}", _details(resource, name, causes=causes))


def not_found(resource: GroupResource, name: str) -> StatusError:
    """404: no object of that name."""
    return _failure(404, "NotFound", f"{resource} {quote(name)} not found", _details(resource, name))


def resource_not_found() -> StatusError:
    """404: no resource, or no method at all, at that path."""
    return _failure(404, "NotFound", "the server could not find the requested resource", {})


def method_not_allowed(text: str = "the server does not allow this method on the requested resource") -> StatusError:
    """405: the path exists and serves other methods."""
    return _failure(405, "MethodNotAllowed", text, {})


def unwatchable(resource: GroupResource) -> StatusError:
    """405: a kind that has no watch."""
    text = f'watch is not supported on resources of kind "{resource}"'
    return _failure(405, "MethodNotAllowed", text, _details(resource, ""))


def not_acceptable(available: Sequence[str], *, known_type: bool = False) -> StatusError:
    """406: no media type of the Accept header; `known_type` when only its `as=` cannot be served."""
    listed = ", ".join(available)
    if known_type:
        return _failure(406, "NotAcceptable", f"only the following media types are accepted: {listed}")
    return _failure(406, "NotAcceptable", f"406: Not Acceptable\n\nAvailable representations: {listed}", {})


def already_exists(resource: GroupResource, name: str, why: str = "") -> StatusError:
    """409: the name is taken; `why` is added to the text after a comma."""
    text = f"{resource} {quote(name)} already exists"
    return _failure(409, "AlreadyExists", f"{text}, {why}" if why else text, _details(resource, name))


def conflict(resource: GroupResource, name: str, why: str) -> StatusError:
    """409: someone was faster, or a precondition does not hold."""
    text = f"Operation cannot be fulfilled on {resource} {quote(name)}: {why}"
    return _failure(409, "Conflict", text, _details(resource, name))


def expired(text: str, continue_: str | None = None) -> StatusError:
    """410: that part of history is gone; `continue_` lets a list go on, inconsistently."""
    error = _failure(410, "Expired", text)
    if continue_:
        error.status["metadata"] = {"continue": continue_}
    return error


def too_large(text: str) -> StatusError:
    """413: a body or a count is over its limit."""
    return _failure(413, "RequestEntityTooLarge", f"Request entity too large: {text}")


def unsupported_media_type(accepted: Sequence[str] | None) -> StatusError:
    """415: a body in a format we do not read; None gives the answer to a PATCH."""
    if accepted is None:
        return _failure(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
    text = "the body of the request was in an unknown format - accepted media types include: "
    return _failure(415, "UnsupportedMediaType", text + ", ".join(accepted))


def invalid(kind: str, group: str, name: str, errors: Sequence[FieldError]) -> StatusError:
    """422: the object breaks rules, field by field; every error is a cause, identical texts are told once.

    Of more errors than one can read, the first are told, and how many there are.
    """
    told = list(errors[:MOST_CAUSES])
    if len(errors) > MOST_CAUSES:
        told.append(internal_field("", f"too many errors: {len(errors) - MOST_CAUSES} more are not listed"))
    who = GroupResource(group, kind) if kind else f".{group}" if group else ""
    text = f"{who} {quote(name)} is invalid"
    details = _details(GroupResource(group, kind), name, causes=[error.cause for error in told])
    refusal = _failure(422, "Invalid", f"{text}: {joined(told)}" if told else text, details)
    refusal.errors = tuple(errors)
    return refusal


def rejected() -> StatusError:
    """422: a patch that does not apply."""
    return _failure(422, "Invalid", "the server rejected our request due to an error in our request", {})


def too_many_requests(text: str, retry: int) -> StatusError:
    """429: come back in `retry` seconds."""
    return _failure(429, "TooManyRequests", text, _details(NO_RESOURCE, "", retry=retry))


def internal(text: str) -> StatusError:
    """500: our fault."""
    return _failure(500, "InternalError", f"Internal error occurred: {text}", {"causes": [{"message": text}]})


def unexplained(text: str) -> StatusError:
    """500 with no reason and no details: what an error that is not a Status becomes."""
    return _failure(500, "", text)


def server_timeout(resource: GroupResource, operation: str, retry: int) -> StatusError:
    """500: it did not work out now; try again in `retry` seconds."""
    text = f"The {operation} operation against {resource} could not be completed at this time, please try again."
    return _failure(500, "ServerTimeout", text, _details(resource, operation, retry=retry))


def timeout(text: str, retry: int, causes: Sequence[Json] = ()) -> StatusError:
    """504: the time allowed is over."""
    return _failure(504, "Timeout", f"Timeout: {text}", _details(NO_RESOURCE, "", causes=causes, retry=retry))


def too_large_resource_version(asked: int, current: int) -> StatusError:
    """504: a revision from the future (image-api contract, section 16.4)."""
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    return timeout(f"Too large resource version: {asked}, current: {current}", 1, [cause])


def success(resource: GroupResource | None = None, name: str = "", uid: str = "", *, code: int = 0) -> Json:
    """The Status of something done: with details after a delete (which has no code), with a code after a create."""
    status: Json = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    if resource is not None:
        status["details"] = _details(resource, name) | ({"uid": uid} if uid else {})
    return status | ({"code": code} if code else {})


def _failure(code: int, reason: str, message: str, details: Json | None = None) -> StatusError:
    if len(message) > LONGEST_MESSAGE:
        message = f"{message[:LONGEST_MESSAGE]}… ({len(message)} characters)"
    status: Json = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message}
    if reason:
        status["reason"] = reason
    if details is not None:
        status["details"] = details
    return StatusError(status | {"code": code})


def _details(resource: GroupResource, name: str, *, causes: Sequence[Json] = (), retry: int = 0) -> Json:
    said: Json = {"name": name[:LONGEST_NAME], "group": resource.group, "kind": resource.resource}
    said |= {"causes": list(causes), "retryAfterSeconds": retry}
    return {key: value for key, value in said.items() if value}


def _named(resource: GroupResource, name: str) -> str:
    return f"{resource} {quote(name)}" if name else str(resource)
