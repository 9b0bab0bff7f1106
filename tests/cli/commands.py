"""The command as people run it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from roadstead.testing.running import PROGRAM, Server

FREE = ("--registry", "https://127.0.0.1:0", "--api", "https://127.0.0.1:0")


def run(*arguments: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs `roadstead` with a home of its own and none of this shell's settings."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("ROADSTEAD_", "XDG_"))}
    everything = {**outside, "HOME": str(home), **environment}
    return subprocess.run(
        [PROGRAM, *arguments], capture_output=True, text=True, env=everything, timeout=30, check=False
    )


def refusal(*arguments: str, home: Path, **environment: str) -> str:
    """The one line a command that fails leaves on standard error."""
    done = run(*arguments, home=home, **environment)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, ""), done
    assert line.startswith("roadstead: ")
    return line.removeprefix("roadstead: ")


def command(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs `roadstead` as the administrator of a server; what it prints is no traceback."""
    done = run(*arguments, home=server.folder, KUBECONFIG=str(server.folder / "admin.kubeconfig"))
    assert "Traceback" not in done.stderr, done.stderr
    return done
