"""A blob of another registry handed on as it comes, without a copy: where nothing may be kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from roadstead.oci.digest import Digest
from roadstead.remote.errors import RemoteFailure
from roadstead.remote.fetching import RemoteBlob
from roadstead.repositories.upstreams import Upstream


class PassingBlob:
    """As an OpenBlob; the last bytes are handed out only when the whole has proved to be what was asked for."""

    def __init__(self, upstream: Upstream, digest: Digest, stack: AsyncExitStack, blob: RemoteBlob, size: int) -> None:
        self._upstream, self._digest, self._stack, self._blob = upstream, digest, stack, blob
        self.size = size
        self._begun = False
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, upstream: Upstream, digest: Digest, size: int | None) -> PassingBlob:
        """Asks the other registry; raises RemoteFailure."""
        stack = AsyncExitStack()
        try:
            blob = await stack.enter_async_context(upstream.registry.blob(upstream.place.repository, digest, size=size))
            known = (
                blob.size
                if blob.size is not None
                else await upstream.registry.stat_blob(upstream.place.repository, digest)
            )
        except BaseException:
            await stack.aclose()
            raise
        return cls(upstream, digest, stack, blob, known)

    def fileno(self) -> None:
        """There is no file."""
        return None

    async def read(self, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes asked for, as they come; ConnectionAbortedError when they do not."""
        end = self.size if length is None else min(self.size, start + length)
        if start or self._begun:
            await self._stack.aclose()
            place, registry = self._upstream.place, self._upstream.registry
            part = registry.blob(place.repository, self._digest, start, size=self.size)
            self._blob = await self._stack.enter_async_context(part)
        self._begun, at, held = True, start, b""
        try:
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

    def close(self) -> None:
        """Lets the connection go."""
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._stack.aclose())
