"""Lists so long that they are sent while they are read or worked out, all of one revision."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence

from roadstead.apimachinery import replies
from roadstead.apimachinery.replies import ListForm
from roadstead.apimachinery.served import Page
from roadstead.apimachinery.shown import Shown
from roadstead.base.errors import Failure
from roadstead.base.web import Reply, Request

AT_ONCE, BYTES_AT_ONCE = 500, 512 * 1024
"""Items, and bytes of them, written without letting others have their turn: rows of tables take their time."""


def is_long(page: Page, how: replies.Accepted) -> bool:
    """Whether a page is better sent in pieces."""
    if page.rest is not None or how.form is replies.Form.OBJECT:
        return page.rest is not None
    return len(page.items) > AT_ONCE or sum(len(each.bare) for each in page.items) > BYTES_AT_ONCE


def reply(request: Request, page: Page, form: ListForm, warnings: Sequence[str]) -> Reply:
    """A list whose beginning is `page`; compressed for those who can read it."""
    headers = [*replies.json_headers(warnings), ("Vary", "Accept-Encoding")]
    pieces = _pieces(form, page)
    if replies.reads_gzip(request):
        return Reply(200, [*headers, ("Content-Encoding", "gzip")], _packed(pieces))
    return Reply(200, headers, pieces)


async def _pieces(form: ListForm, page: Page) -> AsyncIterator[bytes]:
    before = form.head
    try:
        async for items in _parts(page):
            if items:
                yield before + form.items(items)
                before = b","
            await asyncio.sleep(0)
    except Failure as broken:
        # The 200 is sent: breaking off is the only way left to say that this is not everything.
        raise ConnectionResetError(f"the list cannot be finished: {broken.message}") from None
    yield (b"" if before == b"," else before) + replies.LIST_END


async def _parts(page: Page) -> AsyncIterator[Sequence[Shown]]:
    for part in _cut(page.items):
        yield part
    if page.rest is not None:
        async for more in page.rest:
            for part in _cut(more):
                yield part


def _cut(items: Sequence[Shown]) -> Iterator[Sequence[Shown]]:
    start = size = 0
    for at, each in enumerate(items):
        size += len(each.bare)
        if size > BYTES_AT_ONCE or at - start >= AT_ONCE:
            yield items[start : at + 1]
            start, size = at + 1, 0
    yield items[start:]


async def _packed(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = replies.gzip_packer()
    async for piece in pieces:
        if packed := await asyncio.to_thread(packer.compress, piece):
            yield packed
    yield packer.flush()
