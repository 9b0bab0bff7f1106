"""What upstreams say of how often they may be asked."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.remote.budget import Budget, retry_after

NOW = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)


def test_docker_hubs_headers_are_read() -> None:
    budget = Budget()
    budget.learn(200, {"RateLimit-Limit": "100;w=21600", "RateLimit-Remaining": "76;w=21600"}, NOW)
    assert (budget.limit, budget.remaining, budget.window_seconds) == (100, 76, 21600)
    assert budget.wait(NOW) == 0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30),
        ({"Retry-After": "Tue, 01 Jan 2030 12:01:00 GMT"}, 61),
        ({"Retry-After": "Tue, 01 Jan 2019 12:01:00 GMT"}, 1),
        ({"X-Retry-After": str(int(NOW.timestamp()) + 90)}, 90),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 45)}, 45),
        ({"RateLimit-Reset": "15"}, 15),
        ({}, 5),
        ({"Retry-After": "soon"}, 5),
        ({"Retry-After": "999999999"}, 3600),
        ({"Retry-After": "0"}, 1),
    ],
)
def test_after_a_429_the_upstreams_own_time_counts(headers: dict[str, str], seconds: int) -> None:
    assert Budget().learn(429, headers, NOW) == seconds


def test_the_time_is_kept_and_ends() -> None:
    budget = Budget()
    budget.learn(429, {"Retry-After": "30"}, NOW)
    assert budget.wait(NOW + timedelta(seconds=10)) in (20, 21)
    assert budget.wait(NOW + timedelta(seconds=30)) == 0


@given(
    st.dictionaries(st.sampled_from(["Retry-After", "RateLimit-Remaining", "RateLimit-Reset"]), st.text(max_size=40))
)
def test_no_header_breaks_it_or_asks_for_more_than_an_hour(headers: dict[str, str]) -> None:
    assert 0 <= Budget().learn(429, headers, NOW) <= 3600
    assert 0 <= retry_after(headers, NOW) <= 3600
    budget = Budget()
    budget.learn(200, headers, NOW)
    assert budget.wait(NOW) <= 3601
