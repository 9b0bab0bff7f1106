"""A blob of another registry handed on as it comes, without a copy: where nothing may be kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from roadstead.oci.digest import Digest
from roadstead.remote.errors import RemoteFailure
from roadstead.remote.fetching import RemoteBlob
from roadstead.repositories.upstreams import Upstream

_CLOSING: set[asyncio.Task[None]] = set()
"""What is being closed; the loop itself would forget it."""


class PassingBlob:
    """As an OpenBlob; the last bytes are handed out only when the whole has proved to be what was asked for."""

    def __init__(
        self,
        upstream: Upstream,
        digest: Digest,
        blob: RemoteBlob,
        size: int,
        held: tuple[AsyncExitStack, AsyncExitStack],
    ) -> None:
        """`held` are the connection, and what is let go of with it at the end."""
        self._upstream, self._digest, self._blob, self.size = upstream, digest, blob, size
        self._connection, self._turn = held
        self._begun = self._closed = False

    @classmethod
    async def open(cls, upstream: Upstream, digest: Digest, size: int | None, turn: AsyncExitStack) -> PassingBlob:
        """Asks the other registry; raises RemoteFailure. `turn` is closed with the blob."""
        connection, repository = AsyncExitStack(), upstream.place.repository
        try:
            blob = await connection.enter_async_context(upstream.registry.blob(repository, digest, size=size))
            known = blob.size if blob.size is not None else await upstream.registry.stat_blob(repository, digest)
        except BaseException:
            await connection.aclose()
            raise
        return cls(upstream, digest, blob, known, (connection, turn))

    def fileno(self) -> None:
        """There is no file."""
        return None

    async def read(self, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes asked for, as they come; ConnectionAbortedError when they do not."""
        end = self.size if length is None else min(self.size, start + length)
        at, held = start, b""
        try:
            if start or self._begun:
                await self._again(start)
            self._begun = True
            async for chunk in self._blob.chunks:
                if held:
                    yield held
                held = chunk[: max(0, end - at)]
                at += len(chunk)
                if at >= end and end < self.size:
                    break
        except RemoteFailure as failure:
            raise ConnectionAbortedError(failure.message) from None
        if held:
            yield held

    async def _again(self, start: int) -> None:
        """Asks for the blob from a byte on."""
        await self._connection.aclose()
        part = self._upstream.registry.blob(self._upstream.place.repository, self._digest, start, size=self.size)
        self._blob = await self._connection.enter_async_context(part)

    def close(self) -> None:
        """Lets the connection go."""
        if not self._closed:
            self._closed = True
            task = asyncio.ensure_future(self._end())
            _CLOSING.add(task)
            task.add_done_callback(_CLOSING.discard)

    async def _end(self) -> None:
        try:
            await self._connection.aclose()
        finally:
            await self._turn.aclose()
