"""Small files that hold a secret: made once, readable by nobody else, read again when they change."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from roadstead.base.errors import Invalid

MAX_BYTES = 4096
Stamp = tuple[int, int, int]


def stamp(path: Path) -> Stamp | None:
    """What tells one content of a file from the next; None when the file cannot be seen."""
    try:
        seen = os.stat(path)
    except OSError:
        return None
    return seen.st_mtime_ns, seen.st_size, seen.st_ino


def read(path: Path, limit: int = MAX_BYTES) -> bytes:
    """The whole file; raises Invalid when it is larger than `limit` bytes, OSError when it cannot be read."""
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise Invalid(f"{path} is larger than the {limit} bytes accepted")
    return data


def read_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    """The content of a secret file, which is made with mode 0600 when there is none yet.

    Two processes that start together agree on one content: it is written aside and linked, never overwritten.
    """
    with contextlib.suppress(FileNotFoundError):
        return read(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
    finally:
        aside.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return read(path)


class SecretFile:
    """A text in a file that may be replaced while we run. Its content never shows in a repr or an error."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: Stamp | None = None
        self._content = b""

    def content(self) -> bytes:
        """What the file holds now, without surrounding white space; empty when it cannot be read."""
        seen = stamp(self.path)
        if seen != self._stamp or seen is None:
            self._content = b""
            if seen is not None:
                with contextlib.suppress(OSError, Invalid):
                    self._content = read(self.path).strip()
            self._stamp = seen
        return self._content
