"""Debian's docker-registry (CNCF distribution 2.8) as the other registry of a test: plain, or with TLS and accounts."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import bcrypt
import orjson

from roadstead.base.certificates import Certificates

PROGRAM = "docker-registry"
READY_SECONDS = 20.0


@dataclass(frozen=True)
class DockerRegistry:
    """One that answers. `ca` is the PEM file of its authority, None when it serves plain http."""

    host: str
    folder: Path
    ca: Path | None
    log: Path


def is_installed() -> bool:
    """Whether it can be run here."""
    return shutil.which(PROGRAM) is not None


@contextmanager
def running(folder: Path, *, accounts: dict[str, str] | None = None, tls: bool = False) -> Iterator[DockerRegistry]:
    """The registry for the length of a block; its data and settings lie in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    host = f"127.0.0.1:{_free_port()}"
    ca = _certificates(folder) if tls else None
    config = folder / "config.json"
    config.write_bytes(orjson.dumps(_config(folder, host, accounts, tls=tls)))  # JSON is YAML
    log = folder / "registry.log"
    with log.open("wb") as output:
        process = subprocess.Popen([PROGRAM, "serve", str(config)], stdout=output, stderr=output)
    try:
        _wait_for(host, process, log)
        yield DockerRegistry(host, folder, ca, log)
    finally:
        process.terminate()
        process.wait(READY_SECONDS)


def _config(folder: Path, host: str, accounts: dict[str, str] | None, *, tls: bool) -> dict[str, object]:
    http: dict[str, object] = {"addr": host}
    if tls:
        http["tls"] = {name: str(folder / "tls" / file) for name, file in _TLS_FILES.items()}
    storage = {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}}
    config: dict[str, object] = {"version": 0.1, "storage": storage, "http": http, "log": {"level": "info"}}
    config["compatibility"] = {"schema1": {"enabled": True}}
    if accounts is not None:
        lines = [
            f"{name}:{bcrypt.hashpw(word.encode(), bcrypt.gensalt(4)).decode()}" for name, word in accounts.items()
        ]
        (folder / "htpasswd").write_text("\n".join(lines) + "\n")
        config["auth"] = {"htpasswd": {"realm": "docker-registry", "path": str(folder / "htpasswd")}}
    return config


_TLS_FILES = {"certificate": "serving.crt", "key": "serving.key"}


def _certificates(folder: Path) -> Path:
    certificates = Certificates(folder, ["127.0.0.1", "localhost"])
    certificates.ensure(datetime.now(UTC))
    return certificates.authority


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(host: str, process: subprocess.Popen[bytes], log: Path) -> None:
    address, _, port = host.partition(":")
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection((address, int(port)), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    process.kill()
    raise AssertionError(f"docker-registry did not start: {log.read_text()[-2000:]}")
