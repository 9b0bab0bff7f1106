"""The commands that `roadstead serve` prints do what they promise, typed exactly as printed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from roadstead.testing.running import PROGRAM, Server, running
from tests.outside.documents import printed_commands
from tests.outside.programs import Shell, needed

pytestmark = pytest.mark.outside


@contextmanager
def clean_shell(server: Server) -> Iterator[Shell]:
    """A new home, and no CA left behind where `trust install` puts it."""
    for program in ("podman", "kubectl", "bash"):
        needed(program)
    with tempfile.TemporaryDirectory(prefix="roadstead-printed-", ignore_cleanup_errors=True) as folder:
        shell = Shell(Path(folder), server)
        shell.prepare()
        try:
            yield shell
        finally:
            shell.run(PROGRAM, "trust", "remove", "--registry", server.registry)


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_the_printed_commands_work_as_printed(tmp_path: Path, scheme: str) -> None:
    with running(tmp_path / "a folder", scheme=scheme) as server, clean_shell(server) as shell:
        commands = printed_commands(server.printed)
        assert "podman push" in commands
        said = shell.run("bash", "-e", "-u", "-o", "pipefail", "-c", commands)
        with server.ask_registry() as registry:
            pushed = registry.get("/v2/demo/web/manifests/v1")
    assert "Login Succeeded" in said
    shown = said.splitlines()[-1]
    assert shown.split()[:2] == ["demo", "web"] if scheme == "https" else '"name":"web"' in shown
    assert pushed.json()["config"]["digest"]
    assert not list(Path("/etc/containers/certs.d").glob(f"{server.host}*"))
