"""How long a registry that failed is left alone."""

from datetime import UTC, datetime, timedelta

from roadstead.importing.patience import LONGEST_REST, MOST_HOSTS, Patience

NOW = datetime(2026, 11, 23, 18, 49, 39, tzinfo=UTC)


def test_each_failure_after_a_rest_doubles_the_next_up_to_an_hour() -> None:
    patience, now, rests = Patience(), NOW, []
    for _ in range(9):
        patience.failed("q.test", now)
        rests.append(patience.rest("q.test", now) // timedelta(minutes=1))
        now += patience.rest("q.test", now)
    assert rests == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_failures_in_one_rest_count_once() -> None:
    patience = Patience()
    for _ in range(50):
        patience.failed("q.test", NOW)
    assert patience.rest("q.test", NOW) == timedelta(minutes=1)


def test_what_the_registry_asks_for_counts_and_is_never_made_shorter() -> None:
    patience = Patience()
    patience.failed("q.test", NOW, 7200)
    patience.failed("q.test", NOW, 5)
    assert patience.rest("q.test", NOW) == timedelta(hours=2) > LONGEST_REST
    patience.failed("other.test", NOW, 5)
    assert patience.rest("other.test", NOW) == timedelta(seconds=5)


def test_an_answer_ends_the_rest_and_forgets_the_failures() -> None:
    patience = Patience()
    patience.failed("q.test", NOW)
    patience.answered("q.test")
    assert patience.rest("q.test", NOW) == timedelta()
    patience.failed("q.test", NOW)
    assert patience.rest("q.test", NOW) == timedelta(minutes=1)


def test_registries_do_not_answer_for_each_other_and_are_not_kept_for_ever() -> None:
    patience = Patience()
    for number in range(MOST_HOSTS + 1):
        patience.failed(f"{number}.test", NOW)
    assert patience.rest("0.test", NOW) == timedelta()
    assert patience.rest("1.test", NOW) > timedelta()
