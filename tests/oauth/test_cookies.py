"""What a browser keeps for us is believed when it is ours, for this, and still in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.oauth.cookies import Signer, random_text, sent

NOW = datetime(2030, 1, 1, tzinfo=UTC)
SIGNER = Signer(b"k" * 32)
VALUE = {"name": "alice"}


def test_a_value_comes_back_until_its_time_is_over() -> None:
    text = SIGNER.close("session", VALUE, NOW, 300)
    assert SIGNER.open("session", text, NOW + timedelta(seconds=299)) == VALUE
    assert SIGNER.open("session", text, NOW + timedelta(seconds=300)) is None


def test_a_value_for_one_purpose_or_of_another_key_is_none_for_this() -> None:
    text = SIGNER.close("session", VALUE, NOW, 300)
    assert SIGNER.open("state", text, NOW) is None
    assert Signer(b"j" * 32).open("session", text, NOW) is None


@given(st.data())
def test_no_changed_letter_goes_unnoticed(data: st.DataObject) -> None:
    text = SIGNER.close("session", VALUE, NOW, 300)
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("abcXYZ019-_.="))
    changed = text[:at] + letter + text[at + 1 :]
    # The last letter of base64 holds bits that mean nothing.
    if changed != text and at != len(text) - 1:
        assert SIGNER.open("session", changed, NOW) is None


@given(st.text(max_size=100))
def test_no_text_raises(text: str) -> None:
    assert SIGNER.open("session", text, NOW) is None


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], ""),
        (["a=1; b=2"], "1"),
        (["b=2", "a=1"], "1"),
        (["a=1; a=2"], ""),
        (["a=1", "a=1"], ""),
        (["aa=1"], ""),
        (["a=1; x=" + "y" * 9000], ""),
    ],
)
def test_a_cookie_counts_when_there_is_one(headers: list[str], expected: str) -> None:
    assert sent(headers, "a") == expected


def test_random_texts_differ_and_suit_command_lines() -> None:
    texts = {random_text() for _ in range(200)}
    assert len(texts) == 200
    assert not any(text.startswith("-") or len(text) != 43 for text in texts)
