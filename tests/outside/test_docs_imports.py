"""The commands in docs/imports.md work: each block is run, in order, or says why it is not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from roadstead.testing import builders
from roadstead.testing.running import PROGRAM, running
from tests.outside.documents import blocks
from tests.outside.programs import Shell, needed
from tests.outside.registries import docker_registry

pytestmark = pytest.mark.outside
PAGE = Path(__file__).parents[2] / "docs" / "imports.md"
EXAMPLE = "registry.example.com"


def test_every_block_of_commands_is_marked() -> None:
    assert not [block.text for block in blocks(PAGE.read_text()) if not (block.runs or block.excused)]


def test_the_marked_blocks_work(tmp_path: Path) -> None:
    needed("kubectl")
    with (
        docker_registry(tmp_path / "other", accounts=True, tls=True) as other,
        running(tmp_path / "data", ROADSTEAD_OUTBOUND_ALLOW="127.0.0.1") as server,
    ):
        other.push("lib/web", builders.image("web"), "v1", "latest")
        shell = Shell(tmp_path / "home", server)
        shell.prepare()
        assert other.other.authority is not None
        shutil.copy(other.other.authority, shell.folder / "ca.pem")
        text = "\n".join(block.text for block in blocks(PAGE.read_text()) if block.runs)
        # The key of a config map cannot hold a colon: the page says how a port is written there.
        text = text.replace(f"--from-file={EXAMPLE}=", f"--from-file={other.host.replace(':', '..')}=")
        text = text.replace(EXAMPLE, other.host)
        start = f'export PATH="{Path(PROGRAM).parent}:$PATH" KUBECONFIG={server.folder}/admin.kubeconfig\n'
        said = shell.run(needed("bash"), "-e", "-o", "pipefail", "-c", start + text)
    assert "credentials from secret demo/upstream" in said
    assert said.count(builders.image("web").digest) >= 3
    assert "Imported" in said
