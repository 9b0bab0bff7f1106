"""The error table and its envelope (registry contract, section 2.1)."""

import json
from typing import get_args

import pytest

from roadstead.base.errors import Failure
from roadstead.oci.digest import Digest
from roadstead.oci.errors import TABLE, Code, OciError, OciErrors, envelope

STATUSES = {
    "UNKNOWN": 500,
    "UNSUPPORTED": 405,
    "UNAUTHORIZED": 401,
    "DENIED": 403,
    "UNAVAILABLE": 503,
    "TOOMANYREQUESTS": 429,
    "DIGEST_INVALID": 400,
    "SIZE_INVALID": 400,
    "NAME_INVALID": 400,
    "NAME_UNKNOWN": 404,
    "TAG_INVALID": 400,
    "MANIFEST_UNKNOWN": 404,
    "MANIFEST_INVALID": 400,
    "MANIFEST_UNVERIFIED": 400,
    "MANIFEST_BLOB_UNKNOWN": 400,
    "BLOB_UNKNOWN": 404,
    "BLOB_UPLOAD_UNKNOWN": 404,
    "BLOB_UPLOAD_INVALID": 404,
    "RANGE_INVALID": 416,
    "PAGINATION_NUMBER_INVALID": 400,
    "SIGNATURE_INVALID": 400,
    "SIGNATURE_EXISTS": 409,
    "OPENSHIFT_PULLTHROUGH_MANIFEST": 404,
}


def test_every_code_has_one_row_with_the_status_of_the_contract() -> None:
    assert set(get_args(Code)) == set(TABLE)
    assert {code: row.status for code, row in TABLE.items()} == STATUSES


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("UNSUPPORTED", "The operation is unsupported."),
        ("UNAUTHORIZED", "authentication required"),
        ("DENIED", "requested access to the resource is denied"),
        ("MANIFEST_UNKNOWN", "manifest unknown"),
        ("BLOB_UNKNOWN", "blob unknown to registry"),
        ("NAME_UNKNOWN", "repository name not known to registry"),
        ("UNKNOWN", "unknown error"),
    ],
)
def test_messages_that_users_search_for_stay_as_they_are(code: Code, message: str) -> None:
    assert OciError(code).message == message


def test_an_error_says_what_it_is_told_and_the_table_says_the_rest() -> None:
    plain = OciError("SIZE_INVALID")
    assert (plain.status, plain.headers) == (400, {})
    large = OciError("SIZE_INVALID", "too large", {"limit": 4}, status=413, headers={"X": "y"})
    assert (large.code, large.message, large.detail, large.status) == ("SIZE_INVALID", "too large", {"limit": 4}, 413)
    assert large.headers == {"X": "y"}
    assert isinstance(large, Failure)
    assert str(large) == "too large"


@pytest.mark.parametrize("code", ["UNAVAILABLE", "TOOMANYREQUESTS"])
def test_who_is_told_to_wait_is_told_how_long(code: Code) -> None:
    assert OciError(code).headers == {"Retry-After": "1"}
    assert OciError(code, headers={"Retry-After": "7"}).headers == {"Retry-After": "7"}


@pytest.mark.parametrize("detail", [None, {}, "text", [1, 2], {"Tag": "x"}])
def test_a_detail_is_sent_as_given(detail: object) -> None:
    assert json.loads(envelope([OciError("UNKNOWN", detail=detail)])) == {
        "errors": [{"code": "UNKNOWN", "message": "unknown error", "detail": detail}]
    }


def test_a_detail_not_given_is_not_sent() -> None:
    assert envelope([OciError("UNKNOWN")]) == b'{"errors":[{"code":"UNKNOWN","message":"unknown error"}]}'


def test_several_errors_share_one_answer_whose_status_is_the_first_ones() -> None:
    errors = OciErrors(
        [OciError("UNAVAILABLE"), OciError("MANIFEST_BLOB_UNKNOWN", detail=Digest.of(b"1"))],
    )
    assert (errors.status, errors.headers) == (503, {"Retry-After": "1"})
    entries = json.loads(envelope(errors.errors))["errors"]
    assert [entry["code"] for entry in entries] == ["UNAVAILABLE", "MANIFEST_BLOB_UNKNOWN"]
    assert entries[1]["detail"] == str(Digest.of(b"1"))
    assert "service unavailable" in errors.message


@pytest.mark.parametrize("detail", ["\udc80", 2**70, {"nested": ["\ud800", 2**70]}])
def test_an_envelope_can_hold_what_came_in_no_encoding(detail: object) -> None:
    assert json.loads(envelope([OciError("NAME_INVALID", "bad \udcff", detail)]))["errors"][0]["detail"] == detail
