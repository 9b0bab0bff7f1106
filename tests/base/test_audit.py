"""A line for each request that changes something, and none that tells a secret."""

from __future__ import annotations

import stat
from pathlib import Path

import orjson
import pytest

from roadstead.base.audit import LONGEST_TEXT, Audited, AuditFile, note, to_nowhere
from roadstead.base.observe import configure_logs
from roadstead.base.values import Json
from roadstead.base.web import Reply, Request, request_for


class Door:
    """Notes what it is told to, then answers or breaks off."""

    def __init__(self, code: int = 201, **facts: str) -> None:
        self.code, self.facts = code, facts

    async def __call__(self, request: Request) -> Reply:
        note(request, **self.facts)
        if self.code == 0:
            raise ConnectionError("gone")
        return Reply(self.code)


async def told(door: Door, method: str = "POST") -> list[Json]:
    records: list[Json] = []
    request = request_for(method, "/api/v1/namespaces")
    request.id, request.remote = "abc", "192.0.2.7"
    await Audited(door, "api", records.append)(request)
    return records


async def test_a_change_is_told_with_who_what_from_where_and_how_it_ended() -> None:
    record = {"id": "abc", "door": "api", "from": "192.0.2.7", "user": "alice", "verb": "create", "code": 201}
    assert await told(Door(user="alice", verb="create", name="")) == [record]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_a_read_is_not_told(method: str) -> None:
    assert await told(Door(user="alice"), method) == []


async def test_a_request_no_door_knew_anything_about_is_not_told() -> None:
    assert await told(Door(404)) == []


async def test_a_client_that_went_away_is_told_as_499() -> None:
    records: list[Json] = []
    with pytest.raises(ConnectionError):
        await Audited(Door(0, user="alice"), "registry", records.append)(request_for("PUT", "/v2/a/b/manifests/c"))
    assert [each["code"] for each in records] == [499]


async def test_what_looks_like_a_secret_is_masked_and_what_is_endless_is_cut() -> None:
    [record] = await told(Door(name="sha256~abcdefghijkl", reason="x" * 5000))
    assert record["name"] == "sha256~***"
    assert len(record["reason"]) == LONGEST_TEXT


def lines(path: Path) -> list[int]:
    return [orjson.loads(line)["n"] for line in path.read_bytes().splitlines()]


def test_a_file_holds_one_line_each_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    file = AuditFile(tmp_path / "logs" / "audit.jsonl", 10_000, 2)
    for number in range(3):
        file.write({"n": number})
    assert lines(tmp_path / "logs" / "audit.jsonl") == [0, 1, 2]
    assert stat.S_IMODE((tmp_path / "logs" / "audit.jsonl").stat().st_mode) == 0o600


def test_full_files_are_put_aside_and_only_so_many_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    file = AuditFile(path, 100, 2)
    for number in range(9):
        file.write({"n": number})
    held = sorted(tmp_path.iterdir())
    assert [each.name for each in held] == ["audit.jsonl", "audit.jsonl.1", "audit.jsonl.2"]
    assert [number for each in reversed(held) for number in lines(each)] == list(range(4, 9))
    assert all(each.stat().st_size <= 100 for each in held)


def test_nothing_put_aside_is_a_choice_too(tmp_path: Path) -> None:
    file = AuditFile(tmp_path / "audit.jsonl", 100, 0)
    for number in range(9):
        file.write({"n": number})
    assert [each.name for each in tmp_path.iterdir()] == ["audit.jsonl"]


def test_a_server_that_starts_again_goes_on_where_it_was(tmp_path: Path) -> None:
    for number in range(2):
        AuditFile(tmp_path / "audit.jsonl", 10_000, 2).write({"n": number})
    assert lines(tmp_path / "audit.jsonl") == [0, 1]


def test_a_file_that_cannot_be_written_stops_nobody(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    configure_logs("info", "text")
    (tmp_path / "audit.jsonl").mkdir()
    file = AuditFile(tmp_path / "audit.jsonl", 10_000, 2)
    for number in range(2):
        file.write({"n": number})
    said = capfd.readouterr()
    assert (said.out + said.err).count("cannot be written") == 1


def test_nowhere_takes_anything() -> None:
    to_nowhere({"n": 1})
