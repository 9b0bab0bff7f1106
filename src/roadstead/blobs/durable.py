"""What makes a file survive a loss of power: sync the file, move it into place, sync the folder."""

from __future__ import annotations

import os
import secrets
import threading
from contextlib import suppress

PRIVATE = 0o700
"""Who may look into folders of content: the server alone, wherever the data folder lies."""


def sync_folder(folder: str) -> None:
    """Make the names in a folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_all(fd: int, data: bytes) -> None:
    """Write every byte, in as many calls as the system needs."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def begin_sync(fd: int, start: int, length: int) -> None:
    """Let the system begin to write a range to the disk, without waiting, so that a later sync finds little to do.

    On Linux this advice starts the writing; it drops only pages that are on the disk already.
    """
    os.posix_fadvise(fd, start, length, os.POSIX_FADV_DONTNEED)


class Folders:
    """A tree of folders whose names are durable before anything in them is vouched for. Used by many threads."""

    def __init__(self, root: str) -> None:
        self.root = os.path.abspath(root)
        self._durable: set[str] = set()
        self._lock = threading.RLock()

    def ensure(self, folder: str) -> None:
        """Make a folder under the root, and all above it, if need be; on return its name is durable.

        An existing folder is synced too when first seen: its maker may have died, or may still be about to.
        """
        if folder in self._durable:
            return
        with self._lock:
            if folder == self.root:
                _make_with_parents(folder)
            elif folder not in self._durable:
                parent = os.path.dirname(folder)
                self.ensure(parent)
                if not os.path.isdir(folder):
                    os.mkdir(folder, PRIVATE)
                sync_folder(parent)
            self._durable.add(folder)

    def ensure_all(self, parent: str, names: list[str]) -> None:
        """`ensure` for many folders side by side, with one sync."""
        self.ensure(parent)
        with self._lock:
            for name in names:
                with suppress(FileExistsError):
                    os.mkdir(f"{parent}/{name}", PRIVATE)
            sync_folder(parent)
            self._durable.update(f"{parent}/{name}" for name in names)

    def place(self, file: str, target: str) -> None:
        """Move a synced file to its final name, replacing what is there; durable on return."""
        folder = os.path.dirname(target)
        self.ensure(folder)
        try:
            os.rename(file, target)
        except FileNotFoundError:  # the folder may have been removed under us: look at the disk again, once
            with self._lock:
                self._durable.clear()
            self.ensure(folder)
            os.rename(file, target)
        sync_folder(folder)

    def write(self, target: str, data: bytes, aside: str) -> None:
        """Write a whole file under a random name in the folder `aside`, then place it."""
        self.ensure(aside)
        temporary = f"{aside}/{secrets.token_hex(16)}"
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            try:
                write_all(fd, data)
                os.fsync(fd)
            finally:
                os.close(fd)
            self.place(temporary, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise


def _make_with_parents(folder: str) -> None:
    if not os.path.isdir(folder):
        parent = os.path.dirname(folder)
        _make_with_parents(parent)
        os.mkdir(folder, PRIVATE)
        sync_folder(parent)
