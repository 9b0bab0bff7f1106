"""Which tags of a repository come first (image-api contract, 14.4)."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.importing.tagorder import prioritised, split

ANY_TAGS = st.lists(
    st.one_of(
        st.from_regex(r"v?[0-9]{1,3}(\.[0-9]{1,3}){0,3}(-[a-z0-9.]{1,6})?", fullmatch=True),
        st.text(string.ascii_letters + string.digits + "._-", max_size=12),
        st.just("latest"),
    ),
    max_size=30,
)


def test_latest_comes_first_then_minor_then_full_versions_newest_first_then_the_rest_by_name() -> None:
    tags = ["zeta", "5.1", "5.10", "v5.2", "5.1.3", "5.1.10", "v5.1.3-rc1", "latest", "alpha", "5.2-x"]
    assert prioritised(tags) == [
        "latest", "5.10", "v5.2", "5.2-x", "5.1", "5.1.10", "5.1.3", "v5.1.3-rc1", "alpha", "zeta",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["v1.0", "1.0"], ["1.0", "v1.0"]),
        (["1.0.0-a", "1.0.0-a.1", "1.0.0-b", "1.0.0"], ["1.0.0", "1.0.0-b", "1.0.0-a.1", "1.0.0-a"]),
        (["1.0.0-2", "1.0.0-10", "1.0.0-x"], ["1.0.0-x", "1.0.0-10", "1.0.0-2"]),
        (["01.2", "1.2"], ["1.2", "01.2"]),
        (["1.2-a.b", "1.2-a_b", "1.1"], ["1.1", "1.2-a.b", "1.2-a_b"]),
        (["99999999999999999999.1", "1.0"], ["1.0", "99999999999999999999.1"]),
        (["1.2.3.4", "1.2.3"], ["1.2.3", "1.2.3.4"]),
        (["vv1.0", "v1", "1"], ["1", "v1", "vv1.0"]),
    ],
)  # fmt: skip
def test_versions_are_told_apart_as_semver_does(tags: list[str], expected: list[str]) -> None:
    assert prioritised(tags) == expected
    assert prioritised(reversed(tags)) == expected


def test_an_empty_name_means_latest() -> None:
    assert prioritised(["b", ""]) == ["latest", "b"]


@given(ANY_TAGS, st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_how_the_registry_lists_them(tags: list[str], chance: object) -> None:
    mixed = list(tags)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert prioritised(mixed) == prioritised(tags)
    assert sorted(prioritised(tags)) == sorted({tag or "latest" for tag in tags})


@given(ANY_TAGS, st.integers(-1, 40))
def test_the_first_and_the_others_are_all_there_is(tags: list[str], most: int) -> None:
    first, others = split(tags, most)
    assert [*first, *others] == prioritised(tags)
    assert len(first) <= most or most < 0


@given(st.text(string.digits + ".-v", max_size=200))
def test_no_text_is_too_odd(tag: str) -> None:
    assert prioritised([tag]) == [tag or "latest"]
