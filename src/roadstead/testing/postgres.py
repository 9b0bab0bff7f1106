"""A PostgreSQL server of the tests' own, on a socket in a folder: Debian's binaries, nobody else's data."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg

SERVICE_USER = "postgres"


def binaries() -> Path | None:
    """The folder of the newest server installed, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@dataclass(frozen=True)
class Postgres:
    """A server that runs."""

    folder: Path
    programs: Path

    def url(self, database: str = "postgres") -> str:
        """How to connect to a database."""
        return f"postgresql://{SERVICE_USER}@/{database}?host={self.folder}"

    async def database(self, name: object) -> str:
        """The address of a database for something with this name; it is made when it is not there yet."""
        database = "t" + hashlib.sha256(str(name).encode()).hexdigest()[:20]
        connection = await asyncpg.connect(self.url())
        try:
            with contextlib.suppress(asyncpg.DuplicateDatabaseError):
                await connection.execute(f"CREATE DATABASE {database}")
        finally:
            await connection.close()
        return self.url(database)

    def control(self, *arguments: str) -> None:
        """Runs pg_ctl as the user who owns the data."""
        _run(self.programs / "pg_ctl", "-D", str(self.folder / "data"), "-w", *arguments)

    def start(self) -> None:
        """Starts it, on the socket alone; without syncing, because no test pulls the plug."""
        options = f"-k {self.folder} -c listen_addresses= -c fsync=off -c max_connections=200"
        self.control("-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """Ends it at once, breaking every connection."""
        self.control("-m", "immediate", "stop")


@contextlib.contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A fresh server; raises RuntimeError where none is installed."""
    programs = binaries()
    if programs is None:
        raise RuntimeError("PostgreSQL is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="roadstead-postgres-"))
    if os.getuid() == 0:
        user = pwd.getpwnam(SERVICE_USER)
        os.chown(folder, user.pw_uid, user.pw_gid)
    server = Postgres(folder, programs)
    try:
        _run(programs / "initdb", "-D", str(folder / "data"), "-A", "trust", "-U", SERVICE_USER, "-E", "UTF8", "-N")
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(*command: object) -> None:
    words = [str(word) for word in command]
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        words = ["setpriv", f"--reuid={SERVICE_USER}", f"--regid={SERVICE_USER}", "--init-groups", "--", *words]
    done = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd="/", check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} failed: {done.stderr.strip()}")
