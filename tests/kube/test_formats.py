"""Formats that schemas may name."""

from typing import Any

import pytest
from hypothesis import given, strategies

from roadstead.kube.formats import fits

NAMES = ("int32", "int64", "date-time", "date", "uuid", "email", "ipv4", "ipv6", "cidr", "byte", "other")


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("int32", (1 << 31) - 1, 1 << 31),
        ("int64", -(1 << 63), 1 << 63),
        ("date-time", "2026-11-23T18:49:39Z", "2026-11-23"),
        ("date", "2026-11-23", "2026-13-01"),
        ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567"),
        ("email", "a@b.test", "a b@c"),
        ("ipv4", "10.0.0.1", "10.0.0.256"),
        ("ipv6", "fe80::1", "10.0.0.1"),
        ("cidr", "10.0.0.1/8", "10.0.0.1"),
        ("byte", "eA==", "eA"),
    ],
)
def test_a_format_tells_good_from_bad(name: str, good: Any, bad: Any) -> None:
    assert fits(name, good)
    assert not fits(name, bad)


def test_a_format_nobody_knows_says_nothing() -> None:
    assert fits("telephone", "anything")


def test_a_format_of_numbers_says_nothing_of_texts_and_the_other_way_round() -> None:
    assert fits("int32", "x")
    assert fits("ipv4", 1)


@given(strategies.sampled_from(NAMES), strategies.text() | strategies.integers() | strategies.floats())
def test_any_value_fits_or_does_not(name: str, value: Any) -> None:
    assert fits(name, value) in (True, False)
