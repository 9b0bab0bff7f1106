"""What a registry token was got for stays readable to us alone."""

from __future__ import annotations

import base64

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.auth.sealing import Seal, Shown

SEAL = Seal(b"k" * 32)


def test_what_was_sealed_comes_back_and_cannot_be_read_on_the_way() -> None:
    for shown in (Shown(token="sha256~secret"), Shown(name="alice", mark="0123")):
        closed = SEAL.close(shown)
        assert SEAL.open(closed) == shown
        assert b"secret" not in base64.urlsafe_b64decode(closed)
        assert b"alice" not in base64.urlsafe_b64decode(closed)


def test_another_key_opens_nothing() -> None:
    assert Seal(b"x" * 32).open(SEAL.close(Shown(token="secret"))) is None


@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()), st.integers()))
def test_anything_we_did_not_seal_is_nothing(sealed: object) -> None:
    assert SEAL.open(sealed) is None


def test_neither_token_nor_mark_shows_in_a_repr() -> None:
    assert "secret" not in repr(Shown(token="secret", mark="secret"))


def jwt(claims: object) -> str:
    return f"e30.{base64.urlsafe_b64encode(orjson.dumps(claims)).decode().rstrip('=')}.x"


@pytest.mark.parametrize(
    ("token", "seconds"),
    [
        ("sha256~x", 300),
        ("a.b.c", 300),
        (jwt({"exp": 1100}), 100),
        (jwt({"exp": 9000}), 300),
        (jwt({"exp": 10}), 0),
        (jwt({"exp": "1100"}), 300),
        (jwt([]), 300),
    ],
)
def test_nothing_is_promised_beyond_the_end_of_what_was_shown(token: str, seconds: int) -> None:
    assert Shown(token=token).at_most(300, 1000) == seconds
