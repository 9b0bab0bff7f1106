"""The commands in docs/access.md work: each marked block is run, in order, in one shell."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from roadstead.testing.running import running
from tests.outside.documents import blocks
from tests.outside.test_printed_commands import clean_shell
from tests.outside.test_readme import at_server, run_blocks

pytestmark = pytest.mark.outside
PAGE = Path(__file__).parents[2] / "docs" / "access.md"


def test_every_block_of_commands_is_marked() -> None:
    assert [block.text for block in blocks(PAGE.read_text()) if not (block.runs or block.excused)] == []


def test_the_marked_blocks_work() -> None:
    marked = [block.text for block in blocks(PAGE.read_text()) if block.runs]
    with tempfile.TemporaryDirectory(prefix="roadstead-access-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        with running(home / ".local" / "share" / "roadstead") as server, clean_shell(server) as shell:
            run_blocks(shell, home, [at_server(text, server) for text in marked])
