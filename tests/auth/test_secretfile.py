"""Small files that hold a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from roadstead.auth.secretfile import MAX_BYTES, SecretFile, read, read_or_make
from roadstead.base.errors import Invalid


def test_a_file_that_exists_is_read_and_never_written(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"mine")
    assert read_or_make(path, lambda: b"other") == b"mine"


def test_two_that_start_together_agree(tmp_path: Path) -> None:
    path = tmp_path / "secret"

    def slow() -> bytes:
        path.write_bytes(b"the faster one")
        return b"the slower one"

    assert read_or_make(path, slow) == b"the faster one"
    assert [file.name for file in tmp_path.iterdir()] == ["secret"]


def test_nothing_is_left_behind_when_making_fails(tmp_path: Path) -> None:
    def fail() -> bytes:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        read_or_make(tmp_path / "secret", fail)
    assert list(tmp_path.iterdir()) == []


def test_a_huge_file_is_refused_without_repeating_it(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"x" * (MAX_BYTES + 1))
    with pytest.raises(Invalid, match="larger than the 4096 bytes"):
        read(path)


def test_the_content_does_not_show(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"hunter2")
    file = SecretFile(path)
    assert file.content() == b"hunter2"
    assert "hunter2" not in repr(file)
