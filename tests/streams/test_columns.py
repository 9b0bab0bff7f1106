"""What tables show of a stream (image-api contract, section 17)."""

from datetime import UTC, datetime

import pytest

from roadstead.base.values import Json
from roadstead.streams import columns


def stream(*tags: tuple[str, str | None]) -> Json:
    """Tags with the time of their current event, None for no event."""
    entries = [{"tag": name, "items": [{"created": created}] if created else None} for name, created in tags]
    return {"status": {"tags": entries}}


def same_age(*names: str) -> Json:
    return stream(*[(name, "2026-11-23T18:49:39Z") for name in names])


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ([], ""),
        (["v1"], "v1"),
        (["a" * 40], "a" * 40),
        (["a" * 60], "a" * 60),
        (["a" * 60, "b"], "a" * 60 + " + 1 more..."),
        (["a" * 39, "b"], "a" * 39 + " + 1 more..."),
        (["a" * 19, "b" * 19], f"{'a' * 19},{'b' * 19}"),
        (["a" * 19, "b" * 20], f"{'a' * 19},{'b' * 20}"),
        (["a" * 19, "b" * 29], f"{'a' * 19},{'b' * 29}"),
        (["a" * 19, "b" * 30], f"{'a' * 19} + 1 more..."),
        (["a" * 27, "b" * 12], f"{'a' * 27},{'b' * 12}"),
        (["a" * 28, "b" * 12], f"{'a' * 28} + 1 more..."),
        (["a" * 19, "b" * 29, "c", "d"], f"{'a' * 19},{'b' * 29} + 2 more..."),
        ([f"v{n}" for n in range(10)], "v0,v1,v2,v3,v4,v5,v6,v7,v8,v9"),
        ([f"v{n:02}" for n in range(12)], "v00,v01,v02,v03,v04,v05,v06,v07,v08,v09 + 2 more..."),
    ],
)
def test_tags_fill_a_budget_of_forty_characters(names: list[str], shown: str) -> None:
    assert columns.tags(same_age(*names)) == shown


def test_tags_that_moved_last_come_first_then_by_name_then_those_without_events() -> None:
    found = stream(
        ("old", "2026-01-01T00:00:00Z"),
        ("b", "2026-02-01T00:00:00.9Z"),
        ("none", None),
        ("a", "2026-02-01T00:00:00.1Z"),
        ("odd", "yesterday"),
    )
    assert columns.tags(found) == "a,b,old,none,odd"


@pytest.mark.parametrize(
    ("public", "declared", "internal", "shown"),
    [("p", "d", "i", "p"), ("", "d", "i", "d"), ("", "", "i", "i"), ("", "", "", "")],
)
def test_the_repository_worth_showing(public: str, declared: str, internal: str, shown: str) -> None:
    status = {"publicDockerImageRepository": public, "dockerImageRepository": internal}
    assert columns.image_repository({"status": status, "spec": {"dockerImageRepository": declared}}) == shown


def test_a_stream_was_updated_when_its_last_tag_moved() -> None:
    found = stream(("a", "2026-01-01T00:00:00Z"), ("b", "2026-02-01T00:00:00Z"), ("c", None))
    assert columns.updated(found) == datetime(2026, 2, 1, tzinfo=UTC)
    assert columns.updated({}) is None
