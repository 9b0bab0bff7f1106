"""A real `roadstead serve` for tests: started on free ports, waited for until ready, stopped or killed by its id."""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from roadstead.testing.asking import Client

PROGRAM = str(Path(sys.executable).with_name("roadstead"))
READY_SECONDS = 30.0
STOP_SECONDS = 40.0

_ADDRESSES = re.compile(r"^  registry  (\S+)\n  API       (\S+)\n", re.MULTILINE)


class Child(Protocol):
    """A process we started."""

    @property
    def pid(self) -> int:
        """Its id."""
        ...

    def poll(self) -> int | None:
        """Its exit status (negative: the signal that ended it); None while it runs."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status, waited for."""
        ...

    def kill(self) -> None:
        """SIGKILL."""
        ...

    def terminate(self) -> None:
        """SIGTERM."""
        ...

    def send_signal(self, sig: int, /) -> None:
        """Any signal."""
        ...


@dataclass(frozen=True)
class Order:
    """What to start: arguments of `roadstead`, additions to the environment, and where its two outputs go."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    output: Path
    log: Path


Launch = Callable[[Order], Child]


class NotReady(AssertionError):
    """The server ended, or took too long, before it said it was ready."""


@dataclass
class Server:
    """A server that said it is ready."""

    folder: Path
    child: Child
    registry: str
    api: str
    order: Order
    ready_seconds: float

    @property
    def host(self) -> str:
        """host:port of the registry, as image references name it."""
        return self.registry.partition("://")[2]

    @property
    def token(self) -> str:
        """The administrator's token."""
        return (self.folder / "admin.token").read_text().strip()

    @property
    def printed(self) -> str:
        """What it has written to standard output."""
        return self.order.output.read_text()

    @property
    def log(self) -> str:
        """What it has written to standard error."""
        return self.order.log.read_text()

    def ask_registry(self, token: str | None = None) -> Client:
        """A connection to the registry, as the administrator unless another token is given."""
        return Client(self.registry, self.token if token is None else token, self._trust())

    def ask_api(self, token: str | None = None) -> Client:
        """A connection to the API, as the administrator unless another token is given."""
        return Client(self.api, self.token if token is None else token, self._trust())

    def stop(self) -> int:
        """SIGTERM; the exit status. Harmless when repeated."""
        if self.child.poll() is None:
            self.child.terminate()
        return self.child.wait(STOP_SECONDS)

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone. Harmless when it is gone already."""
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait(STOP_SECONDS)

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.folder / "ca.crt"))


def execute(order: Order) -> Child:
    """Starts the installed program, away from the keys that people of this machine have for other registries."""
    command = [PROGRAM, *order.arguments]
    environment = {"ROADSTEAD_IMAGES_AUTH_FILES": "none", **os.environ, **order.environment}
    with order.output.open("wb") as output, order.log.open("wb") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=log, env=environment)


def order(folder: Path, *options: str, scheme: str = "https", **environment: str) -> Order:
    """The order for `serve` on loopback and free ports, with further options and environment variables."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    outputs = Path(tempfile.mkdtemp(prefix=f"{folder.name}-run-", dir=folder.parent))
    free = f"{scheme}://127.0.0.1:0"
    arguments = ["serve", "--data", str(folder), "--registry", free, "--api", free, *options]
    return Order(arguments, environment, outputs / "output", outputs / "log")


def start(
    folder: Path,
    *options: str,
    scheme: str = "https",
    by: Launch = execute,
    **env: str,
) -> Server:
    """Starts a server and waits until it is ready; raises NotReady with its log."""
    what, began = order(folder, *options, scheme=scheme, **env), time.monotonic()
    child = by(what)
    while (found := _ADDRESSES.search(what.output.read_text())) is None:
        if child.poll() is not None:
            raise NotReady(f"the server ended with status {child.poll()}: {what.log.read_text()[-4000:]}")
        if time.monotonic() - began > READY_SECONDS:
            child.kill()
            raise NotReady(f"the server was not ready after {READY_SECONDS} s: {what.log.read_text()[-4000:]}")
        time.sleep(0.005)
    return Server(folder, child, found[1], found[2], what, time.monotonic() - began)


@contextmanager
def running(folder: Path, *options: str, scheme: str = "https", by: Launch = execute, **env: str) -> Iterator[Server]:
    """A server for the length of a block; stopped at its end, killed when it does not stop."""
    server = start(folder, *options, scheme=scheme, by=by, **env)
    try:
        yield server
    finally:
        try:
            server.stop()
        finally:
            server.kill()
