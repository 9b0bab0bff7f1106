"""The tree of commands: quick to answer, and quick to read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from roadstead.base.settings import Settings, lines
from tests.cli.commands import run

IMPORTED = """
import json, sys
sys.argv = ["roadstead", *sys.argv[1:]]
from roadstead.cli.main import main
try:
    main()
except SystemExit:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""
HEAVY = {"aiohttp", "cryptography", "uvloop", "sqlite3", "asyncio"}


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"], ["trust", "--help"], ["--version"]])
def test_help_comes_without_loading_the_server(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTED, *arguments], capture_output=True, text=True, check=True)
    assert "roadstead" in done.stdout.lower()
    assert not HEAVY & set(json.loads(done.stderr))


def test_settings_prints_every_setting_with_its_default_and_its_name_in_the_environment(tmp_path: Path) -> None:
    shown = run("settings", home=tmp_path).stdout
    table = run("settings", "--markdown", home=tmp_path).stdout
    for line in lines(Settings()):
        assert f"{line.name} = " in shown
        assert line.environment in shown
        assert line.meaning in shown
        assert f"| `{line.name}` |" in table


def test_settings_shows_what_file_and_environment_have_changed(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("[registry]\nread_only = true\n")
    shown = run("settings", "--config", str(tmp_path / "settings.toml"), home=tmp_path, ROADSTEAD_LOG_LEVEL="debug")
    assert "registry.read_only = true  (default false)" in shown.stdout
    assert "log_level = debug  (default info)" in shown.stdout


def test_an_unknown_command_is_refused_with_the_way_to_help(tmp_path: Path) -> None:
    done = run("swim", home=tmp_path)
    assert done.returncode == 2
    assert "--help" in done.stderr
    assert "Traceback" not in done.stderr
