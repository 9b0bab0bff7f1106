"""The commands in docs/operations.md work: a backup taken while the server runs is started from."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from roadstead.testing.running import running
from tests.outside.documents import blocks
from tests.outside.programs import needed

pytestmark = pytest.mark.outside
PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
NAMESPACES = "/api/v1/namespaces"


def test_every_block_of_commands_is_marked() -> None:
    assert not [block.text for block in blocks(PAGE.read_text()) if not (block.runs or block.excused)]


def test_a_server_starts_from_a_backup_of_one_that_runs(tmp_path: Path) -> None:
    with running(tmp_path / ".local" / "share" / "roadstead") as server:
        with server.ask_api() as api:
            assert api.send_json("POST", NAMESPACES, {"metadata": {"name": "kept"}}).status == 201
        commands = "\n".join(block.text for block in blocks(PAGE.read_text()) if block.runs)
        environment = {**os.environ, "HOME": str(tmp_path)}
        subprocess.run([needed("bash"), "-euc", commands], cwd=tmp_path, env=environment, check=True)
        token = server.token
    with running(tmp_path / "backup") as restored, restored.ask_api(token) as api:
        assert api.get(f"{NAMESPACES}/kept").status == 200
