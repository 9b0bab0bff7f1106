"""How many blobs, and how many bytes of them, may be on their way here from other registries at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakValueDictionary

from roadstead.base.errors import Unavailable
from roadstead.remote.errors import Kind, RemoteFailure

WAIT_SECONDS = 30.0
UNTOLD_BYTES = 4 * 1024**3
"""What a blob of a size that nobody tells may have, at most."""


class Turns:
    """So many blobs at once, at most half of them for one namespace: its slow registries shall not stop the others."""

    def __init__(self, most: int) -> None:
        self._all, self._of_one = asyncio.Semaphore(most), max(1, most // 2)
        self._namespaces: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, namespace: str) -> AsyncIterator[None]:
        """The turn of one blob; raises Unavailable when it does not come."""
        if (own := self._namespaces.get(namespace)) is None:
            own = self._namespaces[namespace] = asyncio.Semaphore(self._of_one)
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(WAIT_SECONDS):
                    await stack.enter_async_context(own)
                    await stack.enter_async_context(self._all)
            except TimeoutError:
                raise Unavailable("too many blobs are on their way from other registries; try again") from None
            yield


class Space:
    """So many bytes, shared."""

    def __init__(self, total: int) -> None:
        self.total = self.free = total
        self.changed = asyncio.Condition()

    @asynccontextmanager
    async def reserved(self) -> AsyncIterator[Room]:
        """The space of one blob, given back at the end of the block."""
        room = Room(self)
        try:
            yield room
        finally:
            await room.leave()


class Room:
    """What one blob takes of the space."""

    def __init__(self, space: Space) -> None:
        self._space, self.held = space, 0

    async def take(self, size: int | None) -> None:
        """Waits for room, unless it has some; raises RemoteFailure TOO_LARGE, or Unavailable when none comes free."""
        space, wanted = self._space, min(UNTOLD_BYTES, self._space.total) if size is None else size
        if self.held >= wanted:
            return
        if wanted > space.total:
            said = f"the blob has {wanted} bytes; at most {space.total} are fetched at once (pullthrough.space_bytes)"
            raise RemoteFailure(Kind.TOO_LARGE, said)
        try:
            async with asyncio.timeout(WAIT_SECONDS), space.changed:
                await space.changed.wait_for(lambda: space.free + self.held >= wanted)
                space.free -= wanted - self.held
                self.held = wanted
        except TimeoutError:
            raise Unavailable("there is no room for more blobs on their way from other registries; try again") from None

    async def limited(self, chunks: AsyncIterator[bytes], before: int) -> AsyncIterator[bytes]:
        """The chunks, as long as all of the blob, with the bytes `before`, fits the room taken."""
        seen = before
        async for chunk in chunks:
            seen += len(chunk)
            if seen > self.held:
                raise RemoteFailure(Kind.TOO_LARGE, f"the blob is larger than the {self.held} bytes it may have")
            yield chunk

    async def leave(self) -> None:
        """Gives the space back."""
        self._space.free += self.held
        self.held = 0
        async with self._space.changed:
            self._space.changed.notify_all()
