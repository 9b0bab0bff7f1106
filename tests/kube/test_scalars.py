"""Fields whose values come in more than one form."""

from typing import Any

import pytest
from hypothesis import given, strategies

from roadstead.kube.scalars import int_or_string, micro_time, quantity
from roadstead.kube.schema import Field, Shape, TypeMismatch, conform


def kept(field: Field, value: Any) -> Any:
    return conform(Shape("Thing", {"it": field}), {"it": value}).value.get("it")


@pytest.mark.parametrize("text", ["1", "500m", "2Gi", ".5", "1e3", "1.5E-2", "+3k", "-1"])
def test_a_quantity_is_kept_as_it_was_written(text: str) -> None:
    assert kept(quantity(), text) == text


def test_a_number_is_a_quantity_too() -> None:
    assert kept(quantity(), 2) == "2"


@pytest.mark.parametrize("wrong", ["", "ten", "1 Gi", "1Gib", True, [], {}, "1" * 60, "1\n"])
def test_what_is_no_amount_is_no_quantity(wrong: Any) -> None:
    with pytest.raises(TypeMismatch, match="quantities must match"):
        kept(quantity(), wrong)


def test_zero_and_the_empty_text_are_values_of_int_or_string() -> None:
    assert kept(int_or_string(), 0) == 0
    assert kept(int_or_string(), "25%") == "25%"


@pytest.mark.parametrize("wrong", [1.5, True, [], {}, 1 << 31])
def test_other_values_are_neither_int_nor_string(wrong: Any) -> None:
    with pytest.raises(TypeMismatch, match=r"Thing\.it of type int32"):
        kept(int_or_string(), wrong)


def test_a_micro_time_has_six_digits_and_stands_in_utc() -> None:
    assert kept(micro_time(), "2026-11-23T19:49:39.5+01:00") == "2026-11-23T18:49:39.500000Z"


@given(strategies.text() | strategies.integers() | strategies.none())
def test_nothing_but_a_time_is_a_micro_time(value: Any) -> None:
    try:
        found = kept(micro_time(), value)
    except TypeMismatch:
        return
    assert found is None or found.endswith("Z")
