"""What an Authorization header says."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.auth.credentials import (
    MAX_HEADER,
    Basic,
    Bearer,
    Nothing,
    OtherScheme,
    Presented,
    Unreadable,
    presented,
)


def basic(text: str | bytes) -> str:
    raw = text.encode() if isinstance(text, str) else text
    return "Basic " + base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], Nothing()),
        ([""], Nothing()),
        (["Negotiate abc"], OtherScheme()),
        (["abc"], OtherScheme()),
        (["Bearer anonymous"], Bearer("anonymous")),
        (["bearer  a.b.c "], Bearer("a.b.c")),
        (["Bearer"], Unreadable()),
        (["Bearer a b"], Unreadable()),
        (["Bearer é"], Unreadable()),
        ([basic("alice:secret")], Basic("alice", "secret")),
        ([basic("alice:se:cret")], Basic("alice", "se:cret")),
        ([basic(":token")], Basic("", "token")),
        ([basic("älice:geheim")], Basic("älice", "geheim")),
        ([basic("alice:secret").rstrip("=")], Basic("alice", "secret")),
        ([basic("alice:")], Unreadable()),
        ([basic("alice")], Unreadable()),
        ([basic("alice:se\0cret")], Unreadable()),
        ([basic(b"\xff\xfe:x")], Unreadable()),
        (["Basic"], Unreadable()),
        (["Basic !!!"], Unreadable()),
        (["Basic é"], Unreadable()),
        (["Bearer a", "Bearer b"], Unreadable()),
        (["Bearer " + "a" * MAX_HEADER], Unreadable()),
    ],
)
def test_headers_are_read_or_refused(values: list[str], expected: Presented) -> None:
    assert presented(values) == expected


@given(st.lists(st.text(max_size=60), max_size=2))
def test_no_header_raises(values: list[str]) -> None:
    presented(values)


def test_secrets_do_not_show() -> None:
    assert "secret" not in repr(presented([basic("alice:secret")]))
    assert "secret" not in repr(presented(["Bearer secret"]))
