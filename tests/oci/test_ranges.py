"""Parts of blobs and chunks of uploads (registry contract, sections 7.2 and 8.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.oci.errors import OciError
from roadstead.oci.ranges import MAX_RANGES, Multipart, Range, parse_content_range, parse_range


@pytest.mark.parametrize(
    ("header", "size", "parts"),
    [
        (None, 10, None),
        ("", 10, None),
        ("bytes=0-0", 10, [(0, 0)]),
        ("bytes=2-5", 10, [(2, 5)]),
        ("bytes=2-", 10, [(2, 9)]),
        ("bytes=-3", 10, [(7, 9)]),
        ("bytes=-30", 10, [(0, 9)]),
        ("bytes=0-99", 10, [(0, 9)]),
        ("bytes=9-9", 10, [(9, 9)]),
        ("bytes=0-" + "9" * 5000, 10, [(0, 9)]),
        ("bytes=-" + "9" * 5000, 10, [(0, 9)]),
        ("bytes=" + "0" * 5000 + "1-2", 10, [(1, 2)]),
        ("Bytes = 1-2", 10, [(1, 2)]),
        ("bytes= 1-2 ,\t4-5 , ", 10, [(1, 2), (4, 5)]),
        ("bytes=4-5,0-1", 10, [(4, 5), (0, 1)]),
        ("bytes=0-1,-2", 10, [(0, 1), (8, 9)]),
        ("bytes=0-1,20-30", 10, [(0, 1)]),
        ("bytes=0-1,-0", 10, [(0, 1)]),
        ("bytes=0-4,2-6", 10, [(0, 4), (2, 6)]),
        ("bytes=0-9,0-9", 10, None),
        ("bytes=0-,0-0", 10, None),
        ("bytes=" + ",".join(f"{n}-{n}" for n in range(MAX_RANGES)), 100, [(n, n) for n in range(MAX_RANGES)]),
        ("bytes=" + ",".join(f"{n}-{n}" for n in range(MAX_RANGES + 1)), 100, None),
        ("bytes=0-", 0, None),
        ("bytes=5-9", 0, None),
        ("bytes=-1", 0, None),
    ],
)
def test_a_range_is_the_parts_asked_for_or_the_whole(
    header: str | None, size: int, parts: list[tuple[int, int]] | None
) -> None:
    ranges = parse_range(header, size)
    assert (None if ranges is None else [(part.start, part.last) for part in ranges]) == parts


@pytest.mark.parametrize(
    ("header", "answered"),
    [
        ("bytes=10-", "bytes */10"),
        ("bytes=10-20", "bytes */10"),
        ("bytes=" + "9" * 5000 + "-", "bytes */10"),
        ("bytes=-0", "bytes */10"),
        ("bytes=10-,11-12", "bytes */10"),
        ("bytes=5-2", None),
        ("bytes=20-12", None),
        ("bytes=0-1,5-2", None),
        ("bytes=", None),
        ("bytes=,", None),
        ("bytes=-", None),
        ("bytes=1", None),
        ("bytes=a-b", None),
        ("bytes=1-2-3", None),
        ("bytes=--1", None),
        ("bytes=1- 2", None),
        ("bytes=+1-2", None),
        ("bytes=\u0661-\u0662", None),
        ("bytes 0-1", None),
        ("items=0-1", None),
        ("0-1", None),
        ("x" * 10_000, None),
    ],
)
def test_what_cannot_be_had_is_416_and_the_size_is_told_to_those_who_went_too_far(
    header: str, answered: str | None
) -> None:
    with pytest.raises(OciError) as refusal:
        parse_range(header, 10)
    assert (refusal.value.code, refusal.value.status) == ("RANGE_INVALID", 416)
    assert refusal.value.headers.get("Content-Range") == answered
    assert len(refusal.value.message) < 400


@given(st.text(alphabet="bytes=0123456789-, ") | st.from_regex(r"bytes=[0-9,-]*"), st.integers(0, 200))
def test_any_header_gives_parts_inside_the_content_that_cost_no_more_than_the_whole(header: str, size: int) -> None:
    try:
        ranges = parse_range(header, size)
    except OciError as refusal:
        refusal.message.encode("ascii")
        return
    if ranges is not None:
        assert 0 < len(ranges) <= MAX_RANGES
        assert all(0 <= part.start <= part.last < size for part in ranges)
        assert sum(part.length for part in ranges) <= size


def test_a_part_says_where_it_stands() -> None:
    assert Range(2, 5).length == 4
    assert Range(2, 5).content_range(10) == "bytes 2-5/10"


def test_several_parts_are_framed_and_their_length_is_known_beforehand() -> None:
    content = b"0123456789"
    ranges = parse_range("bytes=0-1,7-", len(content)) or []
    frame = Multipart(ranges, len(content), "application/octet-stream", "sep")
    body = b"".join(frame.head(part) + content[part.start : part.last + 1] for part in ranges) + frame.tail
    assert frame.length == len(body)
    assert frame.media_type == "multipart/byteranges; boundary=sep"
    assert body == (
        b"\r\n--sep\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes 0-1/10\r\n\r\n01"
        b"\r\n--sep\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes 7-9/10\r\n\r\n789"
        b"\r\n--sep--\r\n"
    )


@pytest.mark.parametrize(
    ("text", "first", "last"), [("0-0", 0, 0), ("0-1023", 0, 1023), (" 5-9 ", 5, 9), ("007-08", 7, 8)]
)
def test_a_chunk_names_its_first_and_last_byte(text: str, first: int, last: int) -> None:
    assert parse_content_range(text) == (first, last)


@pytest.mark.parametrize(
    "text",
    ["", "-", "5", "5-", "-5", "9-5", "a-b", "bytes 0-1/2", "bytes=0-1", "0-1/2", "0--1", "0-1,2-3", "0 - 1", "٠-٩"],
)
def test_what_names_no_chunk_is_416(text: str) -> None:
    with pytest.raises(OciError, match="cannot be taken") as refusal:
        parse_content_range(text)
    assert refusal.value.status == 416


def test_a_chunk_beyond_every_blob_is_a_number_like_others() -> None:
    first, last = parse_content_range("9" * 5000 + "-" + "9" * 5000)
    assert first == last == 10**18
