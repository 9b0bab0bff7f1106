"""A token bucket for each key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.auth.throttle import Throttle


def test_a_burst_passes_and_the_next_waits() -> None:
    throttle = Throttle(capacity=3, seconds_each=10.0)
    assert [throttle.take("a", 0.0) for _ in range(4)] == [0.0, 0.0, 0.0, 10.0]


def test_time_fills_the_bucket_again_and_not_beyond_its_size() -> None:
    throttle = Throttle(capacity=2, seconds_each=10.0)
    assert [throttle.take("a", 0.0) for _ in range(3)] == [0.0, 0.0, 10.0]
    assert throttle.take("a", 5.0) == pytest.approx(5.0)
    assert throttle.take("a", 10.0) == 0.0
    assert [throttle.take("a", 1000.0) for _ in range(3)] == [0.0, 0.0, 10.0]


def test_keys_do_not_share() -> None:
    throttle = Throttle(capacity=1, seconds_each=10.0)
    assert [throttle.take(key, 0.0) for key in ("a", "b", "a")] == [0.0, 0.0, 10.0]


def test_what_is_given_back_can_be_taken_again_and_leaves_no_trace() -> None:
    throttle = Throttle(capacity=1, seconds_each=10.0)
    for _ in range(100):
        assert throttle.take("a", 0.0) == 0.0
        throttle.give_back("a", 0.0)
    assert len(throttle) == 0


def test_the_number_of_keys_is_bounded() -> None:
    throttle = Throttle(capacity=1, seconds_each=10.0, max_keys=5)
    for number in range(50):
        throttle.take(f"key{number}", 0.0)
    assert len(throttle) == 5
    assert throttle.take("key49", 0.0) == 10.0


@given(st.lists(st.floats(min_value=0.0, max_value=20.0), max_size=60))
def test_never_more_pass_than_the_burst_and_the_rate_allow(gaps: list[float]) -> None:
    throttle = Throttle(capacity=3, seconds_each=10.0)
    now, passed = 0.0, 0
    for gap in gaps:
        now += gap
        passed += throttle.take("a", now) == 0.0
    assert passed <= 3 + now / 10.0 + 1e-6
