"""Times on the wire and ages for people."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, strategies

from roadstead.kube.time import DAY, HOUR, MINUTE, NotATime, canonical, format_time, human_age, parse_time, short_age


@given(strategies.datetimes(timezones=strategies.just(UTC)))
def test_a_formatted_time_parses_back_to_the_second(moment: datetime) -> None:
    text = format_time(moment)
    assert parse_time(text) == moment.replace(microsecond=0)
    assert canonical(text) == text


@pytest.mark.parametrize(
    ("text", "same_moment"),
    [
        ("2026-11-23T18:49:39Z", "2026-11-23T18:49:39Z"),
        ("2026-11-23T18:49:39.987654Z", "2026-11-23T18:49:39Z"),
        ("2026-11-23T20:49:39+02:00", "2026-11-23T18:49:39Z"),
        ("2026-11-23t18:49:39z", "2026-11-23T18:49:39Z"),
    ],
)
def test_any_rfc3339_time_has_one_canonical_form(text: str, same_moment: str) -> None:
    assert canonical(text) == same_moment


@pytest.mark.parametrize(
    "text",
    ["", "x", "2026-11-23", "20261123T184939Z", "2026-13-01T00:00:00Z", "2026-11-23T18:49:39", "٢026-11-23T18:49:39Z"],
)
def test_what_is_no_rfc3339_time_is_refused(text: str) -> None:
    with pytest.raises(NotATime, match="parsing time"):
        parse_time(text)


def test_a_moment_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(NotATime):
        parse_time("0001-01-01T00:00:00+05:00")


def test_times_of_other_zones_are_written_in_utc() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=1)))
    assert format_time(moment) == "2026-01-02T02:04:05Z"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "Less than a second"),
        (0.9, "Less than a second"),
        (1, "1 second"),
        (59.9, "59 seconds"),
        (60, "About a minute"),
        (119, "About a minute"),
        (120, "2 minutes"),
        (HOUR - 1, "59 minutes"),
        (HOUR, "About an hour"),
        (1.49 * HOUR, "About an hour"),
        (1.5 * HOUR, "2 hours"),
        (47.4 * HOUR, "47 hours"),
        (47.5 * HOUR, "2 days"),
        (13 * DAY, "13 days"),
        (14 * DAY, "2 weeks"),
        (59 * DAY, "8 weeks"),
        (60 * DAY, "2 months"),
        (729 * DAY, "24 months"),
        (730 * DAY, "2 years"),
        (3650 * DAY, "10 years"),
    ],
)
def test_ages_read_as_image_tables_show_them(seconds: float, words: str) -> None:
    assert human_age(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-2, "<invalid>"),
        (-0.5, "0s"),
        (119, "119s"),
        (2 * MINUTE, "2m"),
        (200, "3m20s"),
        (10 * MINUTE, "10m"),
        (3 * HOUR, "3h"),
        (6 * HOUR + 5 * MINUTE, "6h5m"),
        (8 * HOUR + 5 * MINUTE, "8h"),
        (2 * DAY, "2d"),
        (4 * DAY + 2 * HOUR, "4d2h"),
        (9 * DAY + 2 * HOUR, "9d"),
        (2 * 365 * DAY, "2y"),
        ((2 * 365 + 30) * DAY, "2y30d"),
        (9 * 365 * DAY + DAY, "9y"),
    ],
)
def test_short_ages_read_as_kubectl_shows_them(seconds: float, text: str) -> None:
    assert short_age(seconds) == text
