"""The commands in docs/copy.md work: each block is run, in order, or says why it is not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from roadstead.testing.running import PROGRAM, Server, running
from tests.outside.documents import blocks
from tests.outside.images import Image, MultiPlatform, digests_of_layout
from tests.outside.programs import Shell, needed
from tests.outside.test_readme import at_server

pytestmark = pytest.mark.outside
PAGE = Path(__file__).parents[2] / "docs" / "copy.md"


def test_every_block_of_commands_is_marked() -> None:
    assert not [block.text for block in blocks(PAGE.read_text()) if not (block.runs or block.excused)]


def test_the_marked_blocks_work(tmp_path: Path) -> None:
    needed("podman")
    with running(tmp_path / "data") as server:
        shell = prepared(tmp_path / "home", server)
        commands = "\n".join(at_server(block.text, server) for block in blocks(PAGE.read_text()) if block.runs)
        start = f'export PATH="{Path(PROGRAM).parent}:$PATH"\n'
        said = shell.run(needed("bash"), "-e", "-o", "pipefail", "-c", start + commands)
    many = MultiPlatform((Image("page", "amd64"), Image("page", "arm64")))
    assert said.count(many.digest) >= 4
    assert digests_of_layout(shell.folder / "backup") == digests_of_layout(shell.folder / "images" / "web")


def prepared(folder: Path, server: Server) -> Shell:
    """A user who has logged in, trusts the registry and has an image in a folder."""
    shell = Shell(folder, server)
    shell.prepare()
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "demo"}}
    with server.ask_api() as api:
        assert api.send_json("POST", "/api/v1/namespaces", namespace).status == 201
    trusted = folder / "config" / "containers" / "certs.d" / server.host
    trusted.mkdir(parents=True)
    shutil.copy(server.folder / "ca.crt", trusted / "ca.crt")
    shell.run("podman", "login", "--cert-dir", shell.certs, "-u", "admin", "-p", server.token, server.host)
    MultiPlatform((Image("page", "amd64"), Image("page", "arm64"))).layout(folder / "images" / "web")
    return shell
