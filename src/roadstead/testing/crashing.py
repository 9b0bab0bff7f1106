"""`python -m roadstead.testing.crashing [--after] [--armed FILE] N -- serve …`: a server that kills itself.

Right before (or right after) the N-th moment at which something becomes durable, the process sends itself SIGKILL.
Such a moment is a sync, a rename, a link, a new folder, or a COMMIT of SQLite that wrote. With `--armed`, only those
count that happen while the file is there. The product knows nothing of it: the functions of the library are replaced.
"""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

MOMENTS = ("fsync", "fdatasync", "replace", "rename", "link", "mkdir")


class Fuse:
    """Counts moments, and ends the process at one of them."""

    def __init__(self, number: int, *, after: bool = False, armed: str = "") -> None:
        self._left, self._after, self._armed = number, after, armed
        self._lock = threading.Lock()

    def through(self, call: Callable[[], Any]) -> Any:
        """Makes a call that is such a moment."""
        if not self._is_due():
            return call()
        try:
            if self._after:
                call()
        finally:
            os.kill(os.getpid(), signal.SIGKILL)

    def _is_due(self) -> bool:
        if self._armed and not os.path.exists(self._armed):
            return False
        with self._lock:
            self._left -= 1
            return self._left == 0

    def guard_files(self) -> None:
        """Replaces the calls by which names and contents of files become durable."""
        for name in MOMENTS:
            setattr(os, name, self._guarded(getattr(os, name)))

    def guard_sqlite(self) -> None:
        """Replaces SQLite's connections by some whose COMMIT counts, when the transaction was made for writing."""
        fuse, connect = self, sqlite3.connect

        class Connection(sqlite3.Connection):
            writes = False

            def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
                def run() -> sqlite3.Cursor:
                    return super(Connection, self).execute(sql, *arguments)

                self.writes = sql.startswith("BEGIN IMMEDIATE") or (self.writes and not sql.startswith("BEGIN"))
                cursor: sqlite3.Cursor = fuse.through(run) if self.writes and sql.startswith("COMMIT") else run()
                return cursor

        def guarded(*arguments: Any, **options: Any) -> sqlite3.Connection:
            return connect(*arguments, **options, factory=Connection)

        sqlite3.connect = guarded  # type: ignore[assignment]

    def _guarded(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*arguments: Any, **options: Any) -> Any:
            return self.through(lambda: call(*arguments, **options))

        return guarded


def main(arguments: Sequence[str]) -> None:
    """Runs the rest of the command line as `roadstead` would, with a fuse."""
    parser = argparse.ArgumentParser(prog="crashing")
    parser.add_argument("--after", action="store_true", help="let the N-th moment happen first")
    parser.add_argument("--armed", default="", metavar="FILE", help="count only while this file is there")
    parser.add_argument("number", type=int, metavar="N")
    parser.add_argument("command", nargs="+", metavar="-- COMMAND")
    options = parser.parse_args(arguments)
    fuse = Fuse(options.number, after=options.after, armed=options.armed)
    fuse.guard_files()
    fuse.guard_sqlite()
    from roadstead.cli import main as cli

    sys.argv = ["roadstead", *options.command]
    cli.main()


if __name__ == "__main__":
    main(sys.argv[1:])
