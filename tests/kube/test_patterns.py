"""Patterns of other people."""

import pytest
from hypothesis import given, strategies

from roadstead.kube.patterns import LONGEST, BadPattern, Pattern


def test_a_pattern_is_looked_for_anywhere() -> None:
    assert Pattern("b+").found_in("abbc")
    assert not Pattern("^b+$").found_in("abbc")


def test_a_pattern_that_would_make_others_backtrack_ends_at_once() -> None:
    assert not Pattern("^(a+)+$").found_in("a" * 100_000 + "b")
    assert not Pattern("^(([a-z])+.)+[A-Z]([a-z])+$").found_in("a" * 100_000)


@pytest.mark.parametrize(
    "text", ["(", "(?=a)", r"(a)\1", "a{1001}", "((a{1,100}){1,100}){1,100}", "x" * (LONGEST + 1), "\ud800"]
)
def test_what_kubernetes_would_not_take_is_no_pattern(text: str) -> None:
    with pytest.raises(BadPattern):
        Pattern(text)


@given(strategies.text(max_size=20), strategies.text())
def test_any_text_is_a_pattern_or_not_and_any_value_matches_or_not(text: str, value: str) -> None:
    try:
        pattern = Pattern(text)
    except BadPattern:
        return
    assert pattern.found_in(value) in (True, False)
