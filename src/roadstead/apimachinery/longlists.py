"""Lists so long that they are sent while they are read, all of one revision."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from roadstead.apimachinery import replies
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.served import Page
from roadstead.apimachinery.shown import Shown
from roadstead.base.errors import Failure
from roadstead.base.web import Reply, Request


def reply(
    request: Request, page: Page, rest: AsyncIterator[Sequence[Shown]], resource: Resource, warnings: Sequence[str]
) -> Reply:
    """A list whose beginning is `page`; compressed for those who can read it."""
    headers = [*replies.json_headers(warnings), ("Vary", "Accept-Encoding")]
    pieces = _pieces(replies.list_head(resource, replies.list_metadata(page)), page.items, rest)
    if replies.reads_gzip(request):
        return Reply(200, [*headers, ("Content-Encoding", "gzip")], _packed(pieces))
    return Reply(200, headers, pieces)


async def _pieces(head: bytes, items: Sequence[Shown], rest: AsyncIterator[Sequence[Shown]]) -> AsyncIterator[bytes]:
    yield head + b",".join(each.bare for each in items)
    try:
        async for more in rest:
            if more:
                yield b"," + b",".join(each.bare for each in more)
    except Failure as broken:
        # The 200 is sent: breaking off is the only way left to say that this is not everything.
        raise ConnectionResetError(f"the list cannot be finished: {broken.message}") from None
    yield replies.LIST_END


async def _packed(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = replies.gzip_packer()
    async for piece in pieces:
        if packed := await asyncio.to_thread(packer.compress, piece):
            yield packed
    yield packer.flush()
