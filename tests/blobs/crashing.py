"""Dies on purpose while it stores blobs: `crashing.py <folder> boundaries` or `crashing.py <folder> moments <count>`.

Each run has a folder of its own and notes what it acknowledged in a file beside the store.
"""

import asyncio
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from roadstead.blobs import uploads as module
from roadstead.blobs.filesystem import FilesystemBlobs
from roadstead.blobs.uploads import FilesystemUploads
from roadstead.oci.digest import Digest
from roadstead.testing.blob_contract import pieces

BOUNDARIES = ("open", "close", "write", "fsync", "mkdir", "rename", "unlink", "rmdir", "utime")
_plain_write, _plain_open = os.write, os.open


def body(number: int) -> bytes:
    """The bytes of one blob: several small batches, different for every number."""
    return b"%07d " % number * 1500


class Run:
    """One process storing blobs until it dies or has done its rounds."""

    def __init__(self, folder: str) -> None:
        module.BATCH = 4096
        os.makedirs(folder)
        self._acknowledged = _plain_open(f"{folder}/acknowledged", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._blobs = FilesystemBlobs(f"{folder}/store", ThreadPoolExecutor(3))
        self._uploads = FilesystemUploads(self._blobs)

    async def rounds(self, count: int) -> None:
        """Each round stores a blob at once, one in two appends, one twice at a time, then the first once more."""
        for number in range(0, count * 3, 3):
            await self.put(number)
            await self.upload(number + 1)
            await asyncio.gather(self.upload(number + 2), self.upload(number + 2))
            await self.put(number)

    async def put(self, number: int) -> None:
        digest = Digest.of(body(number))
        await self._blobs.put(digest, body(number))
        self.acknowledge("-", 0, digest)

    async def upload(self, number: int) -> None:
        data, digest = body(number), Digest.of(body(number))
        id = await self._uploads.start({"number": number})
        self.acknowledge(id, await self._uploads.append(id, 0, pieces(data[:5000], data[5000:9000])), digest)
        self.acknowledge(id, await self._uploads.append(id, 9000, pieces(data[9000:])), digest)
        await self._uploads.finish(id, digest)
        self.acknowledge("-", 0, digest)

    def acknowledge(self, id: str, offset: int, digest: Digest) -> None:
        """Note what the uploader was told: the bytes held of an upload, or with `-` that the blob is kept."""
        _plain_write(self._acknowledged, f"{id} {offset} {digest}\n".encode())


def die_at_call(number: int) -> None:
    """Kill this process in front of the n-th call that touches the disk."""
    left, lock = number, threading.Lock()

    def deadly(call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
            with lock:
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **kwargs)

        return wrapped

    for name in BOUNDARIES:
        setattr(os, name, deadly(getattr(os, name)))


def child(work: Callable[[], None]) -> int:
    """Do the work in a process of its own; returns its id."""
    pid = os.fork()
    if pid == 0:
        work()
        os._exit(0)
    return pid


def boundaries(folder: str) -> None:
    """One run for each call in a round, until a run gets through."""
    number, killed = 0, True
    while killed:
        number += 1

        def work(number: int = number) -> None:
            run = Run(f"{folder}/{number}")
            die_at_call(number)
            asyncio.run(run.rounds(1))

        _, status = os.waitpid(child(work), 0)
        assert status in (0, signal.SIGKILL), status
        killed = status == signal.SIGKILL


def moments(folder: str, count: int) -> None:
    """Runs killed from outside, at moments nobody chose."""
    for number in range(count):
        run = Run(f"{folder}/{number}")
        pid = child(lambda run=run: asyncio.run(run.rounds(10_000)))  # type: ignore[misc]
        time.sleep(random.uniform(0.01, 0.15))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        assert status == signal.SIGKILL, status


if __name__ == "__main__":
    if sys.argv[2] == "boundaries":
        boundaries(sys.argv[1])
    else:
        moments(sys.argv[1], int(sys.argv[3]))
