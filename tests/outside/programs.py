"""The programs of other people, run against a server of ours and kept away from the settings of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import IO

import pytest

from roadstead.testing.running import Server

TIMEOUT_SECONDS = 60
# Our environment first: the kubectl it pins, whatever this machine has.
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def needed(program: str) -> str:
    """The program's path; the test is skipped, saying so, where it is missing."""
    found = shutil.which(program, path=PATH)
    if found is None:
        pytest.skip(f"{program} is not installed (scripts/test installs it where it may)")
    return found


class Lines:
    """The lines a program prints, each with the time it came."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._queue: Queue[tuple[float, str]] = Queue()
        assert process.stdout is not None
        threading.Thread(target=self._read, args=(process.stdout,), daemon=True).start()

    def _read(self, output: IO[str]) -> None:
        with suppress(ValueError):  # closed under us: the block is over
            for line in output:
                self._queue.put((time.monotonic(), line))

    def when(self, fits: Callable[[str], bool], seconds: float) -> float:
        """When the first line that fits came, at most so many seconds from now."""
        end = time.monotonic() + seconds
        while True:
            try:
                came, line = self._queue.get(timeout=max(0.0, end - time.monotonic()))
            except Empty:
                raise AssertionError(f"no such line within {seconds} s") from None
            if fits(line):
                return came


@dataclass(frozen=True)
class Shell:
    """A place to run programs in: a home of its own, container storage of its own, no settings of this machine's."""

    folder: Path
    server: Server

    @property
    def environment(self) -> dict[str, str]:
        """What the programs see; the path is all they share with us."""
        own = self.folder
        return {
            "PATH": PATH,
            "HOME": str(own),
            "XDG_CONFIG_HOME": str(own / "config"),
            "XDG_DATA_HOME": str(own / "data"),
            "XDG_RUNTIME_DIR": str(own / "run"),
            "TMPDIR": str(own / "tmp"),
            "REGISTRY_AUTH_FILE": str(own / "auth.json"),
            "CONTAINERS_STORAGE_CONF": str(own / "storage.conf"),
            "KUBECONFIG": str(self.server.folder / "admin.kubeconfig"),
            "KUBECACHEDIR": str(own / "kube"),
        }

    def prepare(self) -> None:
        """Makes the folders, and hands the clients the CA as `--cert-dir` wants it."""
        for name in ("config", "data", "run", "tmp", "certs"):
            (self.folder / name).mkdir(parents=True)
        storage = f'driver = "vfs"\ngraphroot = "{self.folder}/graph"\nrunroot = "{self.folder}/run/containers"\n'
        (self.folder / "storage.conf").write_text(f"[storage]\n{storage}")
        shutil.copy(self.server.folder / "ca.crt", self.folder / "certs" / "ca.crt")

    @property
    def certs(self) -> str:
        """The folder for `--cert-dir`."""
        return str(self.folder / "certs")

    @contextmanager
    def watching(self, *command: str) -> Iterator[Lines]:
        """Runs a program for the length of a block; its lines as they come."""
        needed(command[0])
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=self.environment, cwd=self.folder
        ) as process:
            try:
                yield Lines(process)
            finally:
                process.kill()

    def run(self, *command: str, input: str = "", fails: bool = False) -> str:
        """Runs a program to its end; its standard output, or its standard error where it is to fail."""
        done = self._done(command, input)
        assert (done.returncode != 0) == fails, (command, done.stdout, done.stderr)
        return done.stderr if fails else done.stdout

    def warned(self, *command: str, input: str = "") -> str:
        """Runs a program that succeeds; its standard error."""
        done = self._done(command, input)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stderr

    def _done(self, command: tuple[str, ...], input: str) -> subprocess.CompletedProcess[str]:
        needed(command[0])
        return subprocess.run(
            command,
            input=input,
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=self.folder,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
