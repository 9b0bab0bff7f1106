"""The record of who changed what: one line for each request that changes something, at both doors, secrets masked."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import orjson

from roadstead.base.observe import logger, masked
from roadstead.base.values import Json
from roadstead.base.web import Handler, Reply, Request, new_id

READS = frozenset({"GET", "HEAD", "OPTIONS"})
CLIENT_GONE = 499
"""The code of a request whose client did not wait for the end."""
LONGEST_TEXT = 1024
"""Characters of one value; what clients send is not theirs to fill a disk with."""

Write = Callable[[Json], None]
"""Takes one record; must neither wait nor raise."""


def note(request: Request, **facts: str) -> None:
    """What a door found out about a request: who, what, and whether it was let through. Reads are not noted."""
    if request.method not in READS:
        request.notes.update(facts)


def note_login(request: Request, **facts: str) -> None:
    """What a login page found out: there, a GET changes something too."""
    request.notes.update(verb="login", path=request.path, **facts)


class Audited:
    """A door whose changing requests are written down once they are answered: those it noted something about."""

    def __init__(self, door: Handler, name: str, write: Write) -> None:
        self._door, self._name, self._write = door, name, write

    async def __call__(self, request: Request) -> Reply:
        """The door's answer."""
        request.id = request.id or new_id()
        try:
            reply = await self._door(request)
        except (ConnectionError, asyncio.CancelledError):
            self._tell(request, CLIENT_GONE)
            raise
        self._tell(request, reply.status)
        return reply

    def _tell(self, request: Request, code: int) -> None:
        if not request.notes:
            return
        known = {"id": request.id, "door": self._name, "from": request.remote, **request.notes}
        record: Json = {key: masked(value[:LONGEST_TEXT]) for key, value in known.items() if value}
        self._write({**record, "code": code})


def to_log(record: Json) -> None:
    """One line of the log, under the message `audit`."""
    logger().info("audit", **record)


def to_nowhere(record: Json) -> None:
    """Nothing is written down."""


class AuditFile:
    """A file of JSON lines, readable by its owner alone; when it is full, it is kept as `FILE.1`, the one before as
    `FILE.2` and so on.
    """

    def __init__(self, path: Path, largest: int, keep: int) -> None:
        """`largest` is in bytes; `keep` is how many full files stay."""
        self._path, self._largest, self._keep = path, largest, keep
        self._file: int | None = None
        self._size, self._failed = 0, False

    def write(self, record: Json) -> None:
        """Adds one line. A file that cannot be written is told of once, and the line goes to the log."""
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        line = orjson.dumps({"time": stamp, **record}) + b"\n"
        try:
            if self._file is not None and self._size + len(line) > self._largest:
                self._turn()
            if self._file is None:
                self._open()
            assert self._file is not None
            self._size += os.write(self._file, line)
            self._failed = False
        except OSError as wrong:
            self.close()
            if not self._failed:
                logger().error("the audit file cannot be written", file=str(self._path), error=wrong.strerror)
            self._failed = True
            to_log(record)

    def close(self) -> None:
        """Lets go of the file; the next line opens it again."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._size = os.fstat(self._file).st_size

    def _turn(self) -> None:
        self.close()
        for number in range(self._keep, 0, -1):
            older = self._path if number == 1 else self._numbered(number - 1)
            if older.exists():
                older.replace(self._numbered(number))
        if not self._keep:
            self._path.unlink(missing_ok=True)

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")
