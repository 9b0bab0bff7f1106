"""Parts of a blob: what a Range asks for, how parts are framed, which chunk an upload continues with; no I/O."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from roadstead.oci.errors import OciError

MAX_RANGES = 32
"""A request for more parts than this is answered with the whole."""

_UNIT = re.compile(r"\s*bytes\s*=", re.IGNORECASE)
_SPEC = re.compile(r"([0-9]*)-([0-9]*)")
_CHUNK = re.compile(r"([0-9]+)-([0-9]+)")
_SHOWN = 160
_FAR = 10**18


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes `start` to `last`, both included."""

    start: int
    last: int

    @property
    def length(self) -> int:
        """How many bytes these are."""
        return self.last - self.start + 1

    def content_range(self, size: int) -> str:
        """The Content-Range header of these bytes out of `size`."""
        return f"bytes {self.start}-{self.last}/{size}"


def parse_range(header: str | None, size: int) -> list[Range] | None:
    """The parts a Range header asks for, out of `size` bytes; None: answer 200 with the whole.

    Raises OciError RANGE_INVALID (416) when nothing asked for is there, with `Content-Range: bytes */<size>`, and
    without it when the header is no byte range (registry contract, section 7.2; RFC 9110, section 14.2). Parts beyond
    the end are dropped as long as one is there. The whole is also the answer for an empty blob, and for parts too many
    or overlapping so that together they are more than the whole: a small request must not cost more than a plain one.
    """
    if not header:
        return None
    unit = _UNIT.match(header)
    if unit is None:
        raise _not_a_range(header, "it must begin with 'bytes='")
    specs = [spec for part in header[unit.end() :].split(",") if (spec := part.strip())]
    if not specs:
        raise _not_a_range(header, "it names no range")
    if len(specs) > MAX_RANGES:
        return None
    ranges = [found for spec in specs if (found := _resolve(header, spec, size)) is not None]
    if size == 0:
        return None
    if not ranges:
        message = f"range {_shown(header)} begins after the end of the content, which has {size} bytes"
        raise OciError("RANGE_INVALID", message, headers={"Content-Range": f"bytes */{size}"})
    if len(ranges) > 1 and sum(part.length for part in ranges) > size:
        return None
    return ranges


@dataclass(frozen=True, slots=True)
class Multipart:
    """The frame of a multipart/byteranges body: for each range `head`, then its bytes; `tail` once, at the end.

    `boundary` is a fresh random token of letters and digits, long enough not to occur in the content.
    """

    ranges: Sequence[Range]
    size: int
    content_type: str
    boundary: str

    @property
    def media_type(self) -> str:
        """The Content-Type of the answer."""
        return f"multipart/byteranges; boundary={self.boundary}"

    @property
    def length(self) -> int:
        """The Content-Length of the answer, in bytes."""
        return sum(len(self.head(part)) + part.length for part in self.ranges) + len(self.tail)

    def head(self, part: Range) -> bytes:
        """What stands before the bytes of a part."""
        lines = f"Content-Type: {self.content_type}\r\nContent-Range: {part.content_range(self.size)}\r\n\r\n"
        return f"\r\n--{self.boundary}\r\n{lines}".encode()

    @property
    def tail(self) -> bytes:
        """What stands after the bytes of the last part."""
        return f"\r\n--{self.boundary}--\r\n".encode()


def parse_content_range(text: str) -> tuple[int, int]:
    """The first and last byte of an upload chunk, `a-b` without a unit; raises OciError RANGE_INVALID (section 8.1)."""
    match = _CHUNK.fullmatch(text.strip())
    if match is None:
        raise _bad_chunk(text, "it must be written <first byte>-<last byte>, e.g. 0-1023")
    first, last = _number(match[1]), _number(match[2])
    if last < first:
        raise _bad_chunk(text, "the last byte comes before the first")
    return first, last


def _resolve(header: str, spec: str, size: int) -> Range | None:
    match = _SPEC.fullmatch(spec)
    if match is None or match[0] == "-":
        raise _not_a_range(header, f"{_shown(spec)} is not <first>-<last>, <first>- or -<length>")
    if not match[1]:
        length = min(_number(match[2]), size)
        return Range(size - length, size - 1) if length else None
    start, last = _number(match[1]), _number(match[2]) if match[2] else size - 1
    if match[2] and last < start:
        raise _not_a_range(header, f"in {_shown(spec)} the last byte comes before the first")
    return Range(start, min(last, size - 1)) if start < size else None


def _number(digits: str) -> int:
    """The value of some digits; any number with more than 18 counts as far beyond every blob."""
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= 18 else _FAR


def _not_a_range(header: str, rule: str) -> OciError:
    return OciError("RANGE_INVALID", f"range {_shown(header)} is not valid: {rule}")


def _bad_chunk(header: str, rule: str) -> OciError:
    return OciError("RANGE_INVALID", f"Content-Range {_shown(header)} cannot be taken: {rule}")


def _shown(text: str) -> str:
    return ascii(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")
