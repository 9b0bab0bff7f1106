"""Pages of names (registry contract, section 9)."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.oci.errors import OciError
from roadstead.oci.paging import Page, next_link, page, parse_count

NAMES = ["1", "A", "Z", "a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "count"), [("", 100), ("0", 0), ("1", 1), ("1000", 1000), ("007", 7), ("0" * 5000 + "3", 3)]
)
def test_a_count_is_a_whole_number_or_the_default(text: str, count: int) -> None:
    assert parse_count(text, default=100, maximum=1000) == count


def test_without_count_and_default_everything_is_meant() -> None:
    assert parse_count("") is None
    assert parse_count("123456789012345678") == 123456789012345678


@pytest.mark.parametrize(
    "text",
    ["-1", "+1", "1.0", "1e3", " 1", "1 ", "a", "0x1", "1_000", "٣", "²", "\0", "1001", "9" * 19, "9" * 5000, "\udc80"],
)
def test_what_is_no_count_is_refused(text: str) -> None:
    with pytest.raises(OciError) as refusal:
        parse_count(text, maximum=1000)
    assert (refusal.value.code, refusal.value.status) == ("PAGINATION_NUMBER_INVALID", 400)
    assert len(refusal.value.message) < 300


@pytest.mark.parametrize(
    ("count", "last", "names", "more"),
    [
        (None, "", NAMES, False),
        (None, "Z", ["a", "b", "c"], False),
        (None, "c", [], False),
        (2, "", ["1", "A"], True),
        (2, "A", ["Z", "a"], True),
        (2, "a", ["b", "c"], False),
        (6, "", NAMES, False),
        (7, "", NAMES, False),
        (2, "B", ["Z", "a"], True),
        (2, "zzz", [], False),
        (0, "", [], False),
        (0, "A", [], False),
        (10**18, "", NAMES, False),
    ],
)
def test_a_page_begins_after_the_last_name_which_need_not_exist(
    count: int | None, last: str, names: list[str], more: bool
) -> None:
    assert page(NAMES, count, last) == Page(names, more)


def test_a_page_of_nothing_is_empty() -> None:
    assert page([], 5) == Page([], False)


def test_the_next_page_is_linked_with_its_values_encoded() -> None:
    found = page(["a/b", "c/d e&f"], 1)
    assert next_link("/v2/_catalog", found, 1) == {"Link": '</v2/_catalog?last=a%2Fb&n=1>; rel="next"'}
    kept = {"artifactType": "application/vnd.x+json"}
    assert next_link("/v2/a/b/referrers/d", Page(["x y"], True), 7, kept) == {
        "Link": '</v2/a/b/referrers/d?last=x%20y&n=7&artifactType=application%2Fvnd.x%2Bjson>; rel="next"'
    }


def test_the_last_page_has_no_link() -> None:
    assert next_link("/v2/_catalog", page(NAMES, 6), 6) == {}
    assert next_link("/v2/_catalog", page(NAMES, 0), 0) == {}


@given(st.lists(st.text(min_size=1), unique=True), st.integers(1, 4))
def test_following_the_links_gives_every_name_once_in_order(names: list[str], count: int) -> None:
    ordered = sorted(names)
    seen: list[str] = []
    last = ""
    while True:
        found = page(ordered, count, last)
        seen += found.names
        link = next_link("/v2/_catalog", found, count).get("Link")
        if link is None:
            break
        query = parse_qs(urlsplit(link[1 : link.index(">")]).query, keep_blank_values=True)
        assert query["n"] == [str(count)]
        last = query["last"][0]
    assert seen == ordered
