"""A log that keeps secret values encrypted: the contract of any log, and what lies on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from roadstead.base.errors import Expired
from roadstead.objects.log import Change, Log
from roadstead.objects.sealing import UNREADABLE, SealedLog
from roadstead.objects.sealkeys import SealKeys, Unsealable, is_sealed, new_line
from roadstead.objects.sqlite import SqliteLog
from roadstead.testing.log_contract import DurableLogContract
from roadstead.testing.log_model import key, put, remove

SECRET = b"a secret that must not lie about"


def write_keys(folder: Path, *lines: str) -> Path:
    """The key file of a folder."""
    path = folder / "objects.keys"
    path.write_text("".join(lines))
    return path


def open_sealed(folder: Path) -> SealedLog:
    """A log whose resource `r` is secret; its keys are made when there are none."""
    path = folder / "objects.keys"
    if not path.exists():
        write_keys(folder, new_line())
    return SealedLog(SqliteLog(folder / "objects.db"), SealKeys(path), ["r"])


class TestSealedLog(DurableLogContract):
    async def open_log(self, folder: Path) -> Log:
        return open_sealed(folder)


def on_disk(folder: Path) -> bytes:
    """Every byte of the database and the files beside it."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("objects.db*")))


async def test_no_secret_byte_lies_on_disk_while_the_log_is_open_nor_after(tmp_path: Path) -> None:
    log = open_sealed(tmp_path)
    await log.append([put("a", SECRET), put("b", b"plain to see", resource="other")])
    await log.append([put("a", SECRET * 2), remove("b", resource="other")])
    assert SECRET not in on_disk(tmp_path)
    assert b"plain to see" in on_disk(tmp_path)
    await log.compact(log.revision())
    await log.close()
    assert SECRET not in on_disk(tmp_path)


async def test_a_value_moved_to_another_name_does_not_open(tmp_path: Path) -> None:
    log = open_sealed(tmp_path)
    await log.append([put("a", SECRET)])
    raw = SqliteLog(tmp_path / "objects.db")
    stolen = raw.get(key("a"))
    assert stolen is not None
    await raw.append([put("mine", stolen.value)])
    with pytest.raises(Unsealable, match="r ns/mine does not open"):
        log.get(key("mine"))
    with pytest.raises(Unsealable):
        await log.list("r")
    with pytest.raises(Unsealable):
        await log.check()
    await raw.close()
    await log.close()


async def test_a_log_without_its_key_says_which_file_to_restore(tmp_path: Path) -> None:
    log = open_sealed(tmp_path)
    await log.append([put("a", SECRET)])
    await log.close()
    write_keys(tmp_path, new_line())
    log = open_sealed(tmp_path)
    with pytest.raises(Unsealable, match=r"r ns/a was encrypted with the key .* restore that file from a backup"):
        await log.check()
    with pytest.raises(Expired):
        await log.changes(0, 0)
    await log.close()


async def test_what_older_keys_or_none_encrypted_is_read_and_encrypted_anew(tmp_path: Path) -> None:
    before = SqliteLog(tmp_path / "objects.db")
    await before.append([put("plain", b"1"), put("plain", b"1", resource="other")])
    await before.close()
    old = new_line()
    write_keys(tmp_path, old)
    log = open_sealed(tmp_path)
    await log.append([put("old", b"2")])
    write_keys(tmp_path, new_line(), old)
    await log.append([put("new", b"3")])
    assert [each.value for each in (await log.list("r")).entries] == [b"3", b"2", b"1"]
    assert await log.renew() == 2
    assert await log.renew() == 0
    assert [each.value for each in (await log.list("r")).entries] == [b"3", b"2", b"1"]
    await log.close()
    raw = SqliteLog(tmp_path / "objects.db")
    assert all(is_sealed(each.value) for each in (await raw.list("r")).entries)
    assert not is_sealed((await raw.list("other")).entries[0].value)
    await raw.close()


async def test_a_server_learns_of_a_key_that_another_one_uses_already(tmp_path: Path) -> None:
    first = new_line()
    write_keys(tmp_path, first)
    log = open_sealed(tmp_path)
    write_keys(tmp_path, new_line(), first)
    beside = SealKeys(tmp_path / "objects.keys")
    raw = SqliteLog(tmp_path / "objects.db")
    await SealedLog(raw, beside, ["r"]).append([put("a", SECRET)])
    found = log.get(key("a"))
    assert found is not None
    assert found.value == SECRET
    await raw.close()
    await log.close()


async def test_a_change_that_nobody_can_open_never_stops_those_who_follow(tmp_path: Path) -> None:
    raw = SqliteLog(tmp_path / "objects.db")
    log = SealedLog(raw, SealKeys(write_keys(tmp_path, new_line())), ["r"])
    heard: list[Change] = []
    log.follow(heard.extend)
    log.follow(lambda _: None)
    (tmp_path / "elsewhere").mkdir()
    stranger = SealedLog(raw, SealKeys(write_keys(tmp_path / "elsewhere", new_line())), ["r"])
    await log.append([put("a", SECRET)])
    await stranger.append([put("a", SECRET), put("b", SECRET, resource="other")])
    assert [each.value for each in heard] == [SECRET, UNREADABLE, SECRET]
    await raw.close()


@pytest.mark.parametrize("content", ["", "# nothing\n", "a b c\n", "00000000 AAAA\n", "x" * 70_000])
def test_a_damaged_key_file_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(Unsealable, match="restore it from a backup"):
        SealKeys(write_keys(tmp_path, content))


def test_a_missing_key_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unsealable, match="cannot be read"):
        SealKeys(tmp_path / "nothing")


def test_keys_stay_as_they_were_when_the_file_goes_away(tmp_path: Path) -> None:
    path = write_keys(tmp_path, new_line())
    keys = SealKeys(path)
    sealed = keys.seal(SECRET, b"here")
    path.unlink()
    assert keys.open(keys.seal(SECRET, b"here"), b"here", "x") == keys.open(sealed, b"here", "x") == SECRET
