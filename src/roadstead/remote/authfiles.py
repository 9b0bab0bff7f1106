"""The host's own keys: files podman, docker and the kubelet keep, and the programs such a file names."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from roadstead.base.observe import logger
from roadstead.remote.keyring import MOST_BYTES, Form, KeyText, Program
from roadstead.remote.places import Credential

PROGRAM_SECONDS = 10.0
PROGRAM_BYTES = 64 * 1024
REMEMBERED_SECONDS = 60.0
NO_FILES = "none"
"""The setting that keeps us away from every file."""


def default_files(environment: Mapping[str, str], home: Path) -> list[Path]:
    """Where podman, skopeo, docker and the kubelet look, in their order (containers-auth.json, version 5)."""
    if named := environment.get("REGISTRY_AUTH_FILE"):
        return [Path(named)]
    run, config = environment.get("XDG_RUNTIME_DIR"), environment.get("XDG_CONFIG_HOME")
    return [
        Path(run) / "containers" / "auth.json" if run else Path(f"/run/containers/{os.getuid()}/auth.json"),
        (Path(config) if config else home / ".config") / "containers" / "auth.json",
        home / ".docker" / "config.json",
        Path("/var/lib/kubelet/config.json"),
    ]


def chosen_files(setting: Sequence[str], environment: Mapping[str, str], home: Path) -> list[Path]:
    """The files to read: those of the setting, none for `none`, the usual ones when it is empty."""
    if not setting:
        return default_files(environment, home)
    return [Path(each).expanduser() for each in setting if each != NO_FILES]


@dataclass(slots=True)
class _Read:
    stamp: tuple[int, int, int] | None
    text: KeyText | None


class AuthFiles:
    """The texts of some files, read again when they change."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = files
        self._read = {file: _Read(None, None) for file in files}

    def stamp(self) -> tuple[tuple[int, int, int] | None, ...]:
        """Differs as soon as any file has been written, replaced, made or removed."""
        return tuple(_stamp(file) for file in self._files)

    async def texts(self) -> list[KeyText]:
        """What is there, in order; a file that cannot be read counts as absent and is logged."""
        found = []
        for file in self._files:
            stamp, known = _stamp(file), self._read[file]
            if stamp != known.stamp:
                known.text = await asyncio.to_thread(_text, file) if stamp else None
                known.stamp = stamp
            if known.text is not None:
                found.append(known.text)
        return found


class Programs:
    """Asks credential helpers; what one says is good for a minute."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], tuple[float, Credential | None]] = {}

    async def credential(self, program: Program, host: str) -> Credential | None:
        """The key a program has for a host; None when it has none or does not answer in time."""
        known = self._answers.get((program.name, host))
        if known is not None and time.monotonic() - known[0] < REMEMBERED_SECONDS:
            return known[1]
        answer = await _asked(program, host)
        if len(self._answers) > 1000:
            self._answers.clear()
        self._answers[program.name, host] = time.monotonic(), answer
        return answer


async def _asked(program: Program, host: str) -> Credential | None:
    """One call of `docker-credential-NAME get` (docker-credential-helpers, the protocol in its README)."""
    path = shutil.which(f"docker-credential-{program.name}")
    if path is None:
        logger().warning("there is no such credential helper", program=f"docker-credential-{program.name}")
        return None
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(path, "get", stdin=pipe, stdout=pipe, limit=PROGRAM_BYTES)
    try:
        async with asyncio.timeout(PROGRAM_SECONDS):
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(host.encode())
            process.stdin.close()
            output = await process.stdout.read(PROGRAM_BYTES)
            status = await process.wait()
    except (TimeoutError, OSError):
        logger().warning("a credential helper did not answer", program=path, host=host)
        return None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _said(output, program) if status == 0 else None


def _said(output: bytes, program: Program) -> Credential | None:
    try:
        answer = orjson.loads(output)
        username, secret = str(answer["Username"]), str(answer["Secret"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    source = f"docker-credential-{program.name} ({program.origin})"
    if username == "<token>":
        return Credential(identity_token=secret, source=source)
    return Credential(username, secret, source=source)


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        facts = file.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size, facts.st_ino


def _text(file: Path) -> KeyText | None:
    form: Form = "config" if file.parent.name == "kubelet" else "auth"
    try:
        fd = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as failure:
        logger().warning("a file with keys for registries cannot be read", file=str(file), why=failure.strerror)
        return None
    with os.fdopen(fd, "rb") as opened:
        return KeyText(str(file), form, opened.read(MOST_BYTES + 1))
