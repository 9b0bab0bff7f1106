"""The programs of other people, run against a server of ours and kept away from the settings of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from roadstead.testing.running import Server

TIMEOUT_SECONDS = 60


def needed(program: str) -> str:
    """The program's path; the test is skipped, saying so, where it is missing."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed (scripts/test installs it where it may)")
    return found


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
            "PATH": os.environ["PATH"],
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

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Starts a program whose output is read while it runs."""
        needed(command[0])
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=self.environment, cwd=self.folder)

    def run(self, *command: str, input: str = "", fails: bool = False) -> str:
        """Runs a program to its end; its standard output, or its standard error where it is to fail."""
        needed(command[0])
        done = subprocess.run(
            command,
            input=input,
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=self.folder,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        assert (done.returncode != 0) == fails, (command, done.stdout, done.stderr)
        return done.stderr if fails else done.stdout
