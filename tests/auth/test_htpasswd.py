"""Users with name and password."""

from __future__ import annotations

import asyncio
from pathlib import Path

import bcrypt
import pytest

from roadstead.auth import passwords
from roadstead.auth.htpasswd import MAX_FILE, REMEMBER_SECONDS, VERIFY_WAITING, Htpasswd
from roadstead.auth.throttle import TooManyLogins
from roadstead.auth.users import User
from roadstead.base.errors import Unavailable


def line(name: str, password: str) -> str:
    return f"{name}:{bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()}\n"


def put(path: Path, content: str | bytes | None) -> None:
    """Replaces a file, or only takes it away."""
    path.unlink()
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)


class Clock:
    """Seconds that pass when told."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Checks(list[str]):
    """Counts how often a password was really hashed."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        super().__init__()
        real = passwords.fits

        def counted(password: str, hashed: str) -> bool:
            self.append(hashed)
            return real(password, hashed)

        patch.setattr(passwords, "fits", counted)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "htpasswd"
    made.write_text(line("alice", "secret") + line("bob", "geheim"))
    return made


@pytest.fixture
def users(path: Path, clock: Clock) -> Htpasswd:
    return Htpasswd(path, clock)


async def test_name_and_password_must_belong_together(users: Htpasswd) -> None:
    alice = User("alice", groups=("system:authenticated", "system:authenticated:oauth"))
    assert await users.user_of("alice", "secret", "1.2.3.4") == alice
    assert await users.user_of("alice", "geheim", "1.2.3.4") is None
    assert await users.user_of("carol", "secret", "1.2.3.4") is None
    assert await users.user_of("", "secret", "1.2.3.4") is None


async def test_an_unknown_name_costs_a_hash_too(users: Htpasswd, monkeypatch: pytest.MonkeyPatch) -> None:
    checks = Checks(monkeypatch)
    assert await users.user_of("carol", "secret", "1.2.3.4") is None
    assert len(checks) == 1


async def test_a_good_password_is_remembered_briefly(
    users: Htpasswd, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = Checks(monkeypatch)
    for _ in range(5):
        assert await users.user_of("alice", "secret", "1.2.3.4")
    assert len(checks) == 1
    clock.now += REMEMBER_SECONDS
    assert await users.user_of("alice", "secret", "1.2.3.4")
    assert len(checks) == 2


async def test_what_is_remembered_is_not_the_password(users: Htpasswd) -> None:
    await users.user_of("alice", "secret", "1.2.3.4")
    assert "secret" not in repr(vars(users))


async def test_a_wrong_password_is_never_remembered(users: Htpasswd, monkeypatch: pytest.MonkeyPatch) -> None:
    checks = Checks(monkeypatch)
    for _ in range(3):
        assert await users.user_of("alice", "wrong", "1.2.3.4") is None
    assert len(checks) == 3


async def test_a_changed_file_counts_at_once(users: Htpasswd, path: Path) -> None:
    assert await users.user_of("alice", "secret", "1.2.3.4")
    put(path, line("alice", "new") + line("carol", "c"))
    assert await users.user_of("alice", "secret", "1.2.3.4") is None
    assert await users.user_of("alice", "new", "1.2.3.4")
    assert await users.user_of("carol", "c", "1.2.3.4")


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"a:b\n" * (MAX_FILE // 4 + 1)])
async def test_a_file_that_cannot_be_used_lets_nobody_in(users: Htpasswd, path: Path, content: bytes | None) -> None:
    assert await users.user_of("alice", "secret", "1.2.3.4")
    put(path, content)
    assert await users.user_of("alice", "secret", "1.2.3.4") is None
    assert users.problems[0].startswith("the file cannot be used: ")


async def test_lines_that_cannot_be_used_are_reported_and_the_others_work(users: Htpasswd, path: Path) -> None:
    put(path, "carol:plain\n" + line("alice", "secret"))
    assert users.problems == ("line 1: the hash is of no known scheme; use bcrypt (htpasswd -B) or argon2id",)
    assert await users.user_of("alice", "secret", "1.2.3.4")


async def guess(users: Htpasswd, guesses: list[tuple[str, str]]) -> int:
    """How many of these (name, address) with a wrong password were looked at before the limit."""
    for number, (name, address) in enumerate(guesses):
        try:
            assert await users.user_of(name, f"wrong{number}", address) is None
        except TooManyLogins:
            return number
    return len(guesses)


async def test_guessing_at_one_account_is_stopped_and_told_when_to_come_back(users: Htpasswd, clock: Clock) -> None:
    assert await guess(users, [("alice", "6.6.6.6")] * 50) == 10
    with pytest.raises(TooManyLogins) as stopped:
        await users.user_of("alice", "secret", "6.6.6.6")
    assert stopped.value.retry_after == 7
    clock.now += 6.0
    assert await users.user_of("alice", "secret", "6.6.6.6")


async def test_one_guesser_cannot_lock_out_the_owner(users: Htpasswd) -> None:
    await guess(users, [("alice", "6.6.6.6")] * 50)
    assert await users.user_of("alice", "secret", "1.2.3.4")


async def test_guessing_at_many_accounts_from_one_address_is_stopped(users: Htpasswd) -> None:
    assert await guess(users, [(f"user{number}", "6.6.6.6") for number in range(200)]) == 100
    assert await users.user_of("bob", "geheim", "1.2.3.4")


async def test_guessing_at_one_account_from_many_addresses_is_stopped(users: Htpasswd) -> None:
    assert await guess(users, [("alice", f"6.6.6.{number}") for number in range(200)]) == 100


async def test_guesses_made_at_the_same_time_are_counted_before_they_are_answered(users: Htpasswd) -> None:
    guesses = (users.user_of("alice", f"wrong{number}", "6.6.6.6") for number in range(30))
    results = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(result, TooManyLogins) for result in results) == 20


async def test_good_passwords_cost_nothing(users: Htpasswd, clock: Clock) -> None:
    for _ in range(30):
        assert await users.user_of("alice", "secret", "1.2.3.4")
        clock.now += REMEMBER_SECONDS


async def test_no_more_wait_than_there_is_room_for(users: Htpasswd) -> None:
    guesses = (users.user_of(f"user{number}", "x", f"1.2.3.{number}") for number in range(VERIFY_WAITING + 10))
    results = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(result, Unavailable) for result in results) == 10


async def test_an_empty_file_knows_nobody(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    assert await Htpasswd(empty).user_of("alice", "secret", "1.2.3.4") is None
