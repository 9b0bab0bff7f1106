"""Both registries on loopback, for measuring: started in a folder, stopped by their id."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Served:
    """A registry that answers: its address, what to log in with (user:password, or nothing), and its process."""

    url: str
    auth: str
    pid: int
    api: str = ""

    @property
    def token(self) -> str:
        """The administrator's token."""
        return self.auth.partition(":")[2]

    def memory_mib(self) -> tuple[float, float]:
        """Resident memory now and at its highest, in MiB."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        found = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if line.startswith("Vm")}
        return found["VmRSS"], found["VmHWM"]


@contextlib.contextmanager
def roadstead(folder: Path) -> Iterator[Served]:
    """Roadstead with the namespace `bench`, plain HTTP, authentication on."""
    registry, api = (f"http://127.0.0.1:{_free_port()}" for _ in range(2))
    program = Path(sys.executable).with_name("roadstead")
    command = [program, "serve", "--data", folder, "--registry", registry, "--api", api]
    with _process(command, registry + "/healthz") as pid:
        token = (folder / "admin.token").read_text().strip()
        namespace = json.dumps({"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "bench"}}).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(f"{api}/api/v1/namespaces", namespace, headers)).close()
        yield Served(registry, f"admin:{token}", pid, api)


@contextlib.contextmanager
def peer(folder: Path) -> Iterator[Served]:
    """Debian's docker-registry, plain HTTP, without authentication."""
    port = _free_port()
    config = folder / "config.yml"
    config.write_text(
        "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
        f"storage: {{filesystem: {{rootdirectory: {folder}/data}}, cache: {{blobdescriptor: inmemory}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}'}}\n"
    )
    with _process(["docker-registry", "serve", config], f"http://127.0.0.1:{port}/") as pid:
        yield Served(f"http://127.0.0.1:{port}", "", pid)


@contextlib.contextmanager
def _process(command: list[str | Path], ready: str) -> Iterator[int]:
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while not _answers(ready):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{command[0]} did not start")
            time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait(60)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=1).close()
    except OSError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
