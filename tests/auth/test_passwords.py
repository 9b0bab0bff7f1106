"""Lines of an htpasswd file."""

from __future__ import annotations

import bcrypt
import pytest
from argon2 import PasswordHasher, Type
from hypothesis import given
from hypothesis import strategies as st

from roadstead.auth.passwords import acceptable, fits, parse

BCRYPT = bcrypt.hashpw(b"secret", b"$2b$04$abcdefghijklmnopqrstuu").decode()
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
OTHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, type=Type.I)
ARGON2I = OTHER.hash("x", salt=b"sixteen bytes ok")
ARGON2 = CHEAP.hash("secret", salt=b"sixteen bytes ok")


@pytest.mark.parametrize("hashed", [BCRYPT, "$2y$" + BCRYPT[4:], "$2a$" + BCRYPT[4:], ARGON2])
def test_bcrypt_and_argon2id_are_read_and_checked(hashed: str) -> None:
    accounts = parse(f"alice:{hashed}\n")
    assert accounts.problems == ()
    assert fits("secret", accounts.hashes["alice"])
    assert not fits("Secret", accounts.hashes["alice"])


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("alice", "there is no colon"),
        (f":{BCRYPT}", "the user name is empty, too long or has unprintable characters"),
        (f"system:admin:{BCRYPT}", "the hash is of no known scheme; use bcrypt (htpasswd -B) or argon2id"),
        ("alice:$apr1$abc$def", "MD5 is not accepted; use bcrypt (htpasswd -B) or argon2id"),
        ("alice:{SHA}abc", "SHA-1 is not accepted; use bcrypt (htpasswd -B) or argon2id"),
        ("alice:$6$abc$def", "SHA-512 crypt is not accepted; use bcrypt (htpasswd -B) or argon2id"),
        ("alice:secret", "the hash is of no known scheme; use bcrypt (htpasswd -B) or argon2id"),
        ("alice:", "the hash is of no known scheme; use bcrypt (htpasswd -B) or argon2id"),
        (f"alice:{BCRYPT[:-1]}", "the hash is of no known scheme; use bcrypt (htpasswd -B) or argon2id"),
        (f"alice:$2y$31${BCRYPT[7:]}", "bcrypt cost 31 is not between 4 and 14"),
        ("alice:$argon2id$rubbish", "the argon2id hash is malformed"),
        (f"alice:{ARGON2.replace('m=8', 'm=9999999')}", "argon2id asks for more than 262144 KiB or 16 passes"),
        (
            f"alice:{ARGON2I}",
            "another argon2 than argon2id is not accepted; use bcrypt (htpasswd -B) or argon2id",
        ),
    ],
)
def test_other_lines_are_left_out_and_named(line: str, problem: str) -> None:
    accounts = parse(f"# people\n\nbob:{BCRYPT}\n{line}\n")
    assert set(accounts.hashes) == {"bob"}
    assert accounts.problems == (f"line 4: {problem}",)


def test_a_name_that_stands_twice_counts_with_neither_line() -> None:
    accounts = parse(f"alice:{BCRYPT}\nalice:{ARGON2}\n")
    assert accounts.hashes == {}
    assert accounts.problems == ("line 2: the name stands in line 1 already",)


def test_problems_and_reprs_never_repeat_a_hash() -> None:
    accounts = parse(f"alice:secret-hash\nbob:{BCRYPT}\n")
    assert "secret-hash" not in repr(accounts)
    assert BCRYPT not in repr(accounts)


def test_long_passwords_are_cut_where_bcrypt_stops_reading() -> None:
    assert fits("x" * 100, bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode())


@pytest.mark.parametrize("password", ["", "a\0b", "x" * 1025, "é" * 600])
def test_passwords_that_cannot_be_right_are_not_looked_at(password: str) -> None:
    assert not acceptable(password)


def test_the_decoy_costs_what_most_accounts_cost() -> None:
    other = bcrypt.hashpw(b"x", bcrypt.gensalt(5)).decode()
    assert parse(f"a:{other}\nb:{BCRYPT}\nc:{BCRYPT}\n").decoy == BCRYPT
    assert parse("").decoy == ""


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text: str) -> None:
    parse(text)
