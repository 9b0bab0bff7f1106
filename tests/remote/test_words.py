"""What registries say when they say no, in words fit for people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.remote.errors import Kind, RemoteFailure, told
from roadstead.remote.words import clean, failure_of

REFERENCE = "quay.io/team/web:v1"


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (404, b'{"errors":[{"code":"NAME_UNKNOWN"}]}', Kind.NAME_UNKNOWN, "h does not have x (name unknown)"),
        (404, b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}', Kind.NOT_FOUND, "h does not have x"),
        (404, b"<html>", Kind.NOT_FOUND, "h does not have x"),
        (403, b'{"errors":[{"code":"DENIED","message":"no"}]}', Kind.DENIED, "h answers 403 for x: denied: no"),
        (401, b"", Kind.UNAUTHORIZED, "h answers 401 for x"),
        (413, b"", Kind.TOO_LARGE, "h answers 413 for x"),
        (500, b'{"errors":[]}', Kind.UNAVAILABLE, "h answers 500 for x"),
        (418, b'{"errors":[{"code":7,"message":{}}]}', Kind.REFUSED, "h answers 418 for x"),
        (
            400,
            b'{"errors":[{"code":"TAG_INVALID","message":"tag invalid"}]}',
            Kind.REFUSED,
            "h answers 400 for x: tag invalid",
        ),
    ],
)
def test_a_status_and_a_body_become_a_failure(status: int, body: bytes, kind: Kind, words: str) -> None:
    failure = failure_of(status, body, "h", "x")
    assert (failure.kind, failure.message) == (kind, words)


@given(st.integers(400, 599), st.binary(max_size=300))
def test_no_body_breaks_it(status: int, body: bytes) -> None:
    assert failure_of(status, body, "h", "x").message.isprintable()


@given(st.text(max_size=3000))
def test_words_from_outside_are_one_short_printable_line(text: str) -> None:
    assert clean(text).isprintable()
    assert len(clean(text)) <= 301


def test_secrets_in_words_from_outside_are_masked() -> None:
    assert "abcdefgh" not in clean("you sent Bearer abcdefgh12345")


@pytest.mark.parametrize(
    ("kind", "rule", "expected"),
    [
        (Kind.NOT_FOUND, "", (404, "NotFound", f'dockerimage.image.openshift.io "{REFERENCE}" not found')),
        (Kind.NAME_UNKNOWN, "", (404, "NotFound", f'dockerimage.image.openshift.io "{REFERENCE}" not found')),
        (Kind.UNAUTHORIZED, "", (401, "Unauthorized", f'you may not have access to the container image "{REFERENCE}"')),
        (Kind.BAD_PASSWORD, "", (401, "Unauthorized", f'incorrect username or password for image "{REFERENCE}"')),
        (Kind.BLOCKED, "blocked registry", (403, "Forbidden", "words")),
        (Kind.BLOCKED, "address", (500, "InternalError", f"Internal error occurred: {REFERENCE}: words")),
        (Kind.TIMEOUT, "", (500, "InternalError", f"Internal error occurred: {REFERENCE}: words")),
    ],
)
def test_an_import_tells_a_failure_as_the_contract_says(kind: Kind, rule: str, expected: tuple[int, str, str]) -> None:
    assert told(RemoteFailure(kind, "words", rule=rule), REFERENCE) == expected
