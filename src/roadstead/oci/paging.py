"""Pages of sorted names: how many, after which, and where the next page is; no I/O."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from roadstead.oci.errors import OciError

_SHOWN = 80
_MAX_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Page:
    """Some names in order, and whether others follow."""

    names: Sequence[str]
    more: bool


def parse_count(text: str, *, default: int | None = None, maximum: int | None = None) -> int | None:
    """The `n` of a query, `default` when it is empty (None: all); raises OciError PAGINATION_NUMBER_INVALID.

    Over `maximum` is an error too: a client that asked for more would take a short page for the last (contract, 9).
    """
    if not text:
        return default
    digits = text.lstrip("0") or "0"
    if not (text.isascii() and text.isdigit()) or len(digits) > _MAX_DIGITS:
        raise _refused(text, "it must be a whole number of at least 0")
    count = int(digits)
    if maximum is not None and count > maximum:
        raise _refused(text, f"at most {maximum} results fit one page")
    return count


def page(names: Sequence[str], count: int | None, last: str = "") -> Page:
    """The page of `names` (sorted by bytes, as Python sorts texts) after `last`, which need not exist (contract, 9).

    A page of 0 names is empty and has nothing after it.
    """
    start = bisect_right(names, last) if last else 0
    end = len(names) if count is None else start + count
    return Page(names[start:end], more=end < len(names) and count != 0)


def next_link(
    path: str, found: Page, count: int | None, kept: Mapping[str, str | Sequence[str]] | None = None
) -> dict[str, str]:
    """The Link header to the page after `found`, no header when it was the last (distribution-spec 1.1, Listing Tags).

    `path` is the path of the list; `kept` are other parameters of the query that the next request must repeat.
    """
    if not found.more:
        return {}
    fields = {"last": found.names[-1], "n": str(count), **(kept or {})}
    query = urlencode(fields, doseq=True, quote_via=quote, safe="")
    return {"Link": f'<{path}?{query}>; rel="next"'}


def _refused(text: str, rule: str) -> OciError:
    shown = ascii(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")
    return OciError("PAGINATION_NUMBER_INVALID", f"n={shown} cannot be served: {rule}", {"n": text[:_SHOWN]})
