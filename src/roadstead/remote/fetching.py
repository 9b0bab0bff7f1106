"""A blob on its way here: hashed while it comes, taken up again where the connection broke."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadstead.oci.digest import Digest, Hasher
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.guard import Answer

if TYPE_CHECKING:
    from roadstead.remote.client import RemoteRegistry

LARGEST_BLOB = 1024**4
MAX_RESUMPTIONS = 5
"""Resumptions in a row that bring nothing."""
MOST_RESUMPTIONS = 200
"""Resumptions of one blob in all."""
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")


@dataclass(slots=True)
class RemoteBlob:
    """`size` bytes in all (None: not told), and those from the start asked for, once."""

    size: int | None
    chunks: AsyncIterator[bytes]


class Fetch:
    """One blob, from a byte on."""

    def __init__(
        self,
        registry: RemoteRegistry,
        repository: str,
        digest: Digest,
        start: int,
        size: int | None,
        *,
        verify: bool = True,
    ) -> None:
        self._registry, self._repository, self._digest = registry, repository, digest
        self._at, self._size = start, size
        self._hasher = Hasher(digest.algorithm) if start == 0 and verify else None
        self._answer: Answer | None = None
        self._skip = 0
        self._end = asyncio.get_running_loop().time() + registry.transfer_seconds

    async def begin(self) -> RemoteBlob:
        """Asks for it; raises RemoteFailure when it is not to be had."""
        await self._ask()
        return RemoteBlob(self._size, self._chunks())

    def close(self) -> None:
        """Lets the connection go."""
        if self._answer is not None:
            self._answer.close()

    async def _ask(self) -> None:
        registry, host = self._registry, self._registry.host
        headers = {"Range": f"bytes={self._at}-"} if self._at else {}
        path = registry.blob_path(self._repository, self._digest)
        answer = await registry.ask("GET", path, self._repository, headers=headers, seconds=self._left())
        try:
            if answer.status not in (200, 206):
                raise await registry.failed(answer, f"blob {self._digest}")
            size, self._skip = _extent(answer, self._at)
            if size is not None and self._size is not None and size != self._size:
                said = f"{host} has {size} bytes for {self._digest}, which has {self._size}"
                raise RemoteFailure(Kind.WRONG_DIGEST, said, host=host)
        except BaseException:
            answer.close()
            raise
        self._size = size if size is not None else self._size
        self._answer = answer

    async def _chunks(self) -> AsyncIterator[bytes]:
        in_vain = 0
        for _ in range(MOST_RESUMPTIONS):
            before = self._at
            try:
                async for chunk in self._received():
                    yield chunk
                self._finish()
                return
            except RemoteFailure as failure:
                if failure.kind is not Kind.CUT_SHORT:
                    raise
                in_vain = 0 if self._at > before else in_vain + 1
                if in_vain >= MAX_RESUMPTIONS or self._size is None:
                    raise
                self.close()
                await self._ask()
        host = self._registry.host
        raise RemoteFailure(Kind.CUT_SHORT, f"{host} breaks off again and again in {self._digest}", host=host)

    def _left(self) -> float:
        """The seconds that are left for the whole blob; raises RemoteFailure TIMEOUT when there are none."""
        left = self._end - asyncio.get_running_loop().time()
        if left <= 0:
            host = self._registry.host
            raise RemoteFailure(Kind.TIMEOUT, f"{host} did not send {self._digest} in time", host=host)
        return left

    async def _received(self) -> AsyncIterator[bytes]:
        assert self._answer is not None
        limit = LARGEST_BLOB if self._size is None else max(0, self._size - self._at) + self._skip
        async for chunk in self._answer.chunks(limit):
            if self._skip:
                dropped = min(self._skip, len(chunk))
                self._skip -= dropped
                chunk = chunk[dropped:]
            if chunk:
                if self._hasher is not None:
                    self._hasher.update(chunk)
                self._at += len(chunk)
                yield chunk

    def _finish(self) -> None:
        host = self._registry.host
        if self._size is not None and self._at < self._size:
            raise RemoteFailure(Kind.CUT_SHORT, f"{host} ended {self._digest} after {self._at} bytes", host=host)
        if self._hasher is not None and self._hasher.digest() != self._digest:
            said = f"{host} sends other bytes than those of {self._digest}"
            raise RemoteFailure(Kind.WRONG_DIGEST, said, host=host)


def _extent(answer: Answer, start: int) -> tuple[int | None, int]:
    """The size of the whole blob, and how many bytes of this answer lie before `start`."""
    if answer.status == 200:
        return answer.length, start
    found = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if found is None or int(found[1]) != start:
        said = f"{answer.host} sends another part of a blob than the one asked for"
        raise RemoteFailure(Kind.MALFORMED, said, host=answer.host)
    return (None if found[3] == "*" else int(found[3])), 0
