"""The data folder."""

import os
from pathlib import Path

import pytest

from roadstead.base.folder import DataFolder, FolderUnusable


def test_a_new_folder_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    DataFolder(tmp_path / "a" / "b").release()
    assert (tmp_path / "a" / "b").stat().st_mode & 0o077 == 0


def test_two_servers_cannot_have_the_same_folder_and_the_second_is_told_who_has_it(tmp_path: Path) -> None:
    first = DataFolder(tmp_path)
    with pytest.raises(FolderUnusable, match=f"in use by another Roadstead \\(process {os.getpid()}\\)"):
        DataFolder(tmp_path)
    first.release()
    second = DataFolder(tmp_path)
    first.release()  # repeated by a start that fails; must not touch what is open now
    second.release()


def test_a_file_in_place_of_the_folder_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderUnusable, match="is not a folder"):
        DataFolder(tmp_path / "file")


def test_a_folder_that_cannot_be_made_is_said_plainly() -> None:
    with pytest.raises(FolderUnusable, match="/proc/self/roadstead cannot be used .*; choose another folder"):
        DataFolder(Path("/proc/self/roadstead"))
