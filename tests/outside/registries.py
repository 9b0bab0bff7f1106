"""Debian's docker-registry (CNCF distribution) as the registry somewhere else: plain, or with TLS and passwords."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin

import bcrypt

from roadstead.base.certificates import Certificates
from roadstead.testing.builders import Content
from tests.outside.programs import needed

READY_SECONDS = 20.0


@dataclass
class Registry:
    """A registry that runs until `stop`, and runs again after `start`."""

    folder: Path
    port: int
    user: str = ""
    password: str = ""
    authority: Path | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        """host:port, as references name it."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts it and waits until it answers."""
        command = [needed("docker-registry"), "serve", str(self.folder / "config.yml")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end:
            try:
                self.ask("GET", "/v2/")
                return
            except HTTPError:
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text()[-2000:])

    def stop(self) -> None:
        """Stops it; what it holds stays."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def push(self, repository: str, content: Content, *tags: str, children: Sequence[Content] = ()) -> Content:
        """Puts a manifest here under its tags (or its digest), after its blobs and children."""
        for child in children:
            self.push(repository, child)
        for blob in content.blobs:
            where = self.ask("POST", f"/v2/{repository}/blobs/uploads/").headers["Location"]
            target = f"{where}{'&' if '?' in where else '?'}{urlencode({'digest': blob.digest})}"
            self.ask("PUT", target, blob.data, "application/octet-stream")
        for reference in tags or (content.digest,):
            self.ask("PUT", f"/v2/{repository}/manifests/{reference}", content.data, content.media_type)
        return content

    def ask(self, method: str, target: str, body: bytes | None = None, media_type: str = "") -> HttpReply:
        """One request with the password; raises HTTPError, OSError."""
        scheme = "https" if self.authority else "http"
        request = urllib.request.Request(urljoin(f"{scheme}://{self.host}", target), body, method=method)
        if media_type:
            request.add_header("Content-Type", media_type)
        if self.user:
            secret = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            request.add_header("Authorization", f"Basic {secret}")
        trust = ssl.create_default_context(cafile=str(self.authority)) if self.authority else None
        with urllib.request.urlopen(request, timeout=10, context=trust) as reply:
            return HttpReply(dict(reply.headers), reply.read())


@dataclass(frozen=True)
class HttpReply:
    """A good answer."""

    headers: dict[str, str]
    body: bytes


@contextmanager
def docker_registry(folder: Path, *, user: str = "", password: str = "", tls: bool = False) -> Iterator[Registry]:
    """A registry on loopback, for the length of a block."""
    folder.mkdir(parents=True, exist_ok=True)
    registry = Registry(folder, _free_port(), user, password, folder / "ca.crt" if tls else None)
    (folder / "config.yml").write_text(json.dumps(_config(registry, tls=tls)))
    registry.start()
    try:
        yield registry
    finally:
        registry.stop()


def _config(registry: Registry, *, tls: bool) -> dict[str, object]:
    folder, http = registry.folder, dict[str, object]()
    http["addr"] = registry.host
    if tls:
        Certificates(folder, ["127.0.0.1"]).ensure(datetime.now(UTC))
        http["tls"] = {
            "certificate": str(folder / "tls" / "serving.crt"),
            "key": str(folder / "tls" / "serving.key"),
        }
    config: dict[str, object] = {
        "version": "0.1",
        "log": {"level": "error"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": http,
    }
    if registry.user:
        line = f"{registry.user}:{bcrypt.hashpw(registry.password.encode(), bcrypt.gensalt(5)).decode()}\n"
        (folder / "htpasswd").write_text(line)
        config["auth"] = {"htpasswd": {"realm": "registry", "path": str(folder / "htpasswd")}}
    return config


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
