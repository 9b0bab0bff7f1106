"""Entity tags made of digests (RFC 9110, section 13)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.oci.conditions import entity_tag, match, none_match, range_applies
from roadstead.oci.digest import Digest

HERE = str(Digest.of(b"here"))
ELSE = str(Digest.of(b"else"))


def test_an_entity_tag_is_the_digest_in_quotes() -> None:
    assert entity_tag(Digest.of(b"here")) == f'"{HERE}"'


@pytest.mark.parametrize(
    ("headers", "current", "through"),
    [
        ([], HERE, True),
        ([], None, True),
        ([""], HERE, True),
        ([f'"{HERE}"'], HERE, False),
        ([HERE], HERE, False),
        ([f'W/"{HERE}"'], HERE, False),
        ([f'"{ELSE}"'], HERE, True),
        ([f'"{ELSE}", "{HERE}"'], HERE, False),
        ([f"{ELSE},{HERE}"], HERE, False),
        ([f'"{ELSE}"', f'"{HERE}"'], HERE, False),
        ([f'"{HERE[:-1]}"'], HERE, True),
        ([f'"x, {HERE}"'], HERE, True),
        (["*"], HERE, False),
        (["*"], None, True),
        ([f'"{HERE}"'], None, True),
    ],
)
def test_if_none_match_stops_what_the_client_has(headers: list[str], current: str | None, through: bool) -> None:
    assert none_match(headers, current) is through


@pytest.mark.parametrize(
    ("headers", "current", "through"),
    [
        ([], HERE, True),
        ([], None, True),
        ([f'"{HERE}"'], HERE, True),
        ([HERE], HERE, True),
        ([f'"{ELSE}", "{HERE}"'], HERE, True),
        ([f'"{ELSE}"', f'"{HERE}"'], HERE, True),
        (["*"], HERE, True),
        ([f'W/"{HERE}"'], HERE, False),
        ([f'"{ELSE}"'], HERE, False),
        ([""], HERE, False),
        (["*"], None, False),
        ([f'"{HERE}"'], None, False),
    ],
)
def test_if_match_lets_only_the_same_content_through(headers: list[str], current: str | None, through: bool) -> None:
    assert match(headers, current) is through


@pytest.mark.parametrize(
    ("header", "applies"),
    [
        (None, True),
        (f'"{HERE}"', True),
        (HERE, True),
        (f'W/"{HERE}"', False),
        (f'"{ELSE}"', False),
        ("*", False),
        ("", False),
        ("Wed, 21 Oct 2026 07:28:00 GMT", False),
    ],
)
def test_a_range_applies_to_the_content_it_was_meant_for(header: str | None, applies: bool) -> None:
    assert range_applies(header, HERE) is applies


@given(st.text(alphabet='W/"*, sha256:ab'))
def test_any_header_is_compared(header: str) -> None:
    assert none_match([header], HERE) or header.strip() == "*"
    assert not range_applies(header, HERE)
    assert match([header], HERE) is (header.strip() == "*")
