"""Every refusal, as it stands on the wire (image-api contract, section 2)."""

from typing import Any

import pytest

from roadstead.kube import status
from roadstead.kube.status import GroupResource, StatusError

STREAMS = GroupResource("image.openshift.io", "imagestreams")
NAMED = {"name": "web", "group": "image.openshift.io", "kind": "imagestreams"}
GR = "imagestreams.image.openshift.io"
UNKNOWN_FORMAT = "the body of the request was in an unknown format - accepted media types include"
SORRY = "could not be completed at this time, please try again."

TABLE: list[tuple[StatusError, int, str, str, Any]] = [
    (status.bad_request("no"), 400, "BadRequest", "no", None),
    (status.unauthorized(), 401, "Unauthorized", "Unauthorized", None),
    (status.forbidden(STREAMS, "web", "why"), 403, "Forbidden", f'{GR} "web" is forbidden: why', NAMED),
    (
        status.forbidden(STREAMS, "", "why"),
        403,
        "Forbidden",
        f"{GR} is forbidden: why",
        {k: NAMED[k] for k in ("group", "kind")},
    ),
    (status.forbidden(GroupResource("", ""), "", "why"), 403, "Forbidden", "forbidden: why", {}),
    (status.not_found(STREAMS, "web"), 404, "NotFound", f'{GR} "web" not found', NAMED),
    (
        status.not_found(GroupResource("", "namespaces"), "n"),
        404,
        "NotFound",
        'namespaces "n" not found',
        {"name": "n", "kind": "namespaces"},
    ),
    (status.resource_not_found(), 404, "NotFound", "the server could not find the requested resource", {}),
    (
        status.method_not_allowed(),
        405,
        "MethodNotAllowed",
        "the server does not allow this method on the requested resource",
        {},
    ),
    (
        status.not_acceptable(["a", "b"]),
        406,
        "NotAcceptable",
        "406: Not Acceptable\n\nAvailable representations: a, b",
        {},
    ),
    (
        status.not_acceptable(["a"], known_type=True),
        406,
        "NotAcceptable",
        "only the following media types are accepted: a",
        None,
    ),
    (status.already_exists(STREAMS, "web"), 409, "AlreadyExists", f'{GR} "web" already exists', NAMED),
    (status.already_exists(STREAMS, "web", "alas"), 409, "AlreadyExists", f'{GR} "web" already exists, alas', NAMED),
    (
        status.conflict(STREAMS, "web", "why"),
        409,
        "Conflict",
        f'Operation cannot be fulfilled on {GR} "web": why',
        NAMED,
    ),
    (status.expired("too old"), 410, "Expired", "too old", None),
    (status.too_large("n"), 413, "RequestEntityTooLarge", "Request entity too large: n", None),
    (status.unsupported_media_type(["a", "b"]), 415, "UnsupportedMediaType", f"{UNKNOWN_FORMAT}: a, b", None),
    (status.unsupported_media_type(None), 415, "UnsupportedMediaType", "415: Unsupported Media Type", {}),
    (status.rejected(), 422, "Invalid", "the server rejected our request due to an error in our request", {}),
    (status.too_many_requests("slow down", 3), 429, "TooManyRequests", "slow down", {"retryAfterSeconds": 3}),
    (status.internal("oops"), 500, "InternalError", "Internal error occurred: oops", {"causes": [{"message": "oops"}]}),
    (status.unexplained("oops"), 500, "", "oops", None),
    (
        status.server_timeout(STREAMS, "get", 2),
        500,
        "ServerTimeout",
        f"The get operation against {GR} {SORRY}",
        NAMED | {"name": "get", "retryAfterSeconds": 2},
    ),
    (status.timeout("late", 1), 504, "Timeout", "Timeout: late", {"retryAfterSeconds": 1}),
]


@pytest.mark.parametrize(("error", "code", "reason", "message", "details"), TABLE)
def test_every_refusal_says_what_the_contract_says(
    error: StatusError, code: int, reason: str, message: str, details: Any
) -> None:
    wanted: dict[str, Any] = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "code": code,
    }
    wanted |= {"reason": reason} if reason else {}
    wanted |= {} if details is None else {"details": details}
    assert error.status == wanted
    assert (error.code, error.reason, error.message) == (code, reason, message)


@pytest.mark.parametrize("error", [row[0] for row in TABLE])
def test_a_retry_hint_is_a_header_too(error: StatusError) -> None:
    seconds = error.status.get("details", {}).get("retryAfterSeconds")
    assert error.headers == ({"Retry-After": str(seconds)} if seconds else {})


def test_an_expired_list_can_carry_a_token_to_go_on_with() -> None:
    assert status.expired("old", "token").status["metadata"] == {"continue": "token"}


def test_a_revision_from_the_future_names_its_cause() -> None:
    error = status.too_large_resource_version(9, 5)
    assert error.message == "Timeout: Too large resource version: 9, current: 5"
    assert error.status["details"]["causes"] == [
        {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    ]


def test_one_field_error_stands_bare_in_the_message() -> None:
    error = status.invalid("ImageStream", "image.openshift.io", "y", [status.required("spec.a")])
    assert error.message == 'ImageStream.image.openshift.io "y" is invalid: spec.a: Required value'
    assert error.status["details"]["kind"] == "ImageStream"
    assert len(error.status["details"]["causes"]) == 1


def test_several_field_errors_stand_in_brackets_and_identical_texts_once() -> None:
    errors = [status.required("a"), status.required("b"), status.required("a")]
    error = status.invalid("K", "", "", errors)
    assert error.message == 'K "" is invalid: [a: Required value, b: Required value]'
    assert len(error.status["details"]["causes"]) == 3
    assert "name" not in error.status["details"]


@pytest.mark.parametrize(
    ("kind", "group", "start"), [("", "", ' "" is'), ("", "g", '.g "" is'), ("K", "g", 'K.g "" is')]
)
def test_an_invalid_thing_is_named_by_what_is_known_of_it(kind: str, group: str, start: str) -> None:
    assert status.invalid(kind, group, "", []).message == f"{start} invalid"


def test_a_delete_answers_with_details_and_a_create_with_a_code() -> None:
    base = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    assert status.success(STREAMS, "web", "u1") == base | {"details": NAMED | {"uid": "u1"}}
    assert status.success(code=201) == base | {"code": 201}
    assert status.success() == base
