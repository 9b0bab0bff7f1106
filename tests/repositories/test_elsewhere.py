"""What a client is told when no other registry helps (registry contract, section 12)."""

import pytest

from roadstead.oci.digest import EMPTY
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.repositories.elsewhere import metric_code, no_blob, no_manifest


def failure(kind: Kind, message: str = "q.test said no", retry_after: int = 0) -> RemoteFailure:
    return RemoteFailure(kind, message, retry_after=retry_after)


def test_a_manifest_that_is_nowhere_names_the_reference_and_every_reason_once() -> None:
    failures = [failure(Kind.NOT_FOUND), failure(Kind.TIMEOUT, "m.test did not answer"), failure(Kind.NOT_FOUND)]
    error = no_manifest("q.test/a/b@sha256:x", failures)
    assert (error.status, error.code) == (404, "OPENSHIFT_PULLTHROUGH_MANIFEST")
    expected = "unable to pull manifest from q.test/a/b@sha256:x: q.test said no; m.test did not answer"
    assert error.message == expected


@pytest.mark.parametrize("told", [0, 77])
def test_too_many_requests_win_over_everything_else(told: int) -> None:
    failures = [failure(Kind.NOT_FOUND), failure(Kind.RATE_LIMITED, retry_after=told)]
    for error in (no_blob(EMPTY, failures), no_manifest("x", failures)):
        assert (error.status, error.code, error.headers["Retry-After"]) == (429, "TOOMANYREQUESTS", str(told or 1))


@pytest.mark.parametrize("kind", [Kind.UNAVAILABLE, Kind.TIMEOUT, Kind.CUT_SHORT])
def test_a_blob_that_may_be_had_later_is_503(kind: Kind) -> None:
    error = no_blob(EMPTY, [failure(Kind.NOT_FOUND), failure(kind)])
    assert (error.status, error.code, error.headers["Retry-After"]) == (503, "UNAVAILABLE", "5")


@pytest.mark.parametrize("kind", [Kind.NOT_FOUND, Kind.DENIED, Kind.BLOCKED, Kind.WRONG_DIGEST, Kind.TLS])
def test_a_blob_that_nobody_gives_is_404(kind: Kind) -> None:
    error = no_blob(EMPTY, [failure(kind)])
    assert (error.status, error.code, error.detail) == (404, "BLOB_UNKNOWN", str(EMPTY))


def test_nowhere_to_ask_is_said() -> None:
    assert "there is no place to ask" in no_blob(EMPTY, []).message


@pytest.mark.parametrize("kind", list(Kind))
def test_every_failure_has_a_code_in_the_metrics(kind: Kind) -> None:
    assert metric_code(failure(kind)).isupper()
