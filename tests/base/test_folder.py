"""The data folder."""

import os
from pathlib import Path

import pytest
import structlog

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


@pytest.mark.parametrize(("mode", "warned"), [(0o755, True), (0o701, True), (0o750, False), (0o700, False)])
def test_a_folder_that_others_may_look_into_is_told_of_and_left_alone(tmp_path: Path, mode: int, warned: bool) -> None:
    tmp_path.chmod(mode)
    with structlog.testing.capture_logs() as lines:
        DataFolder(tmp_path).release()
    assert [line["event"] for line in lines] == [
        f"others on this machine may look into {tmp_path}; close it with: chmod o= {tmp_path}"
    ] * warned
    assert tmp_path.stat().st_mode & 0o777 == mode
