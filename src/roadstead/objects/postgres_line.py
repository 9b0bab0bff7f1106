"""One connection to PostgreSQL at a time, made anew when it breaks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from roadstead.base.errors import Unavailable
from roadstead.objects.postgres_schema import Connection, connect, failures_as_ours


class Line:
    """A connection used by one caller at a time."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection: Connection | None = None

    @asynccontextmanager
    async def use(self) -> AsyncIterator[Connection]:
        """The connection, made if there is none; one on which something failed is dropped. Raises Unavailable."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect(self.url)
        try:
            async with failures_as_ours():
                yield self._connection
        except Unavailable:
            self.drop()
            raise

    def drop(self) -> None:
        """Lets the connection go without a word, whatever state it is in."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
