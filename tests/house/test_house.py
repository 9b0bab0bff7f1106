"""The rules of the house that a machine can check."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "roadstead").rglob("*.py"))
FILE_LINES, FUNCTION_LINES = 400, 60


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_file_opens_with_a_caption_of_one_line(path: Path) -> None:
    caption = ast.get_docstring(ast.parse(path.read_text()))
    assert caption, "a file opens with a caption"
    assert caption.splitlines()[0].endswith((".", "?", ":", "!")), caption


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= FILE_LINES
    for function in functions(ast.parse(text)):
        assert (function.end_lineno or 0) - function.lineno < FUNCTION_LINES, function.name


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_file_that_promises_no_io_has_none(path: Path) -> None:
    tree = ast.parse(path.read_text())
    if "no I/O" not in (ast.get_docstring(tree) or ""):
        return
    forbidden = {"asyncio", "aiohttp", "sqlite3", "socket", "subprocess", "os", "random", "secrets", "time"}
    imported = {name.partition(".")[0] for name in imports(tree)}
    assert not imported & forbidden


def test_every_test_folder_is_named_after_a_room_or_a_purpose() -> None:
    rooms = {path.name for path in (ROOT / "src" / "roadstead").iterdir() if path.is_dir()}
    purposes = {"house", "outside", "crash", "fuzz", "whole", "replicas"}
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders <= rooms | purposes


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
