"""Tokens of the registry and of the administrator."""

from __future__ import annotations

import base64
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from timeit import timeit

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from roadstead.auth.credentials import BadCredentials, Fault
from roadstead.auth.tokens import (
    ALGORITHM,
    ISSUER,
    MAX_GROUPS,
    MAX_TOKEN,
    MEMO_ENTRIES,
    TYPE,
    AdminToken,
    RegistryTokens,
)
from roadstead.auth.users import ADMIN, User
from roadstead.base.errors import Invalid
from roadstead.base.values import Json

KEY = b"k" * 32
NOW = datetime(2030, 1, 1, tzinfo=UTC)
ALICE = User("alice", "uid-1", ("devs", "system:authenticated"))
SECOND = timedelta(seconds=1)


def tokens(key: bytes = KEY, audience: str = "registry") -> RegistryTokens:
    return RegistryTokens(key, audience)


def claims(**more: object) -> Json:
    at = int(NOW.timestamp())
    usual: Json = {"iss": ISSUER, "aud": "registry", "sub": "alice", "uid": "", "groups": []}
    return {**usual, "iat": at, "nbf": at, "exp": at + 300, **more}


def signed(header: Json | None = None, key: bytes = KEY, **more: object) -> str:
    header = {"alg": ALGORITHM, "typ": TYPE} if header is None else header
    algorithm = str(header["alg"])
    return jwt.encode(header, claims(**more), OctKey.import_key(key), algorithms=[algorithm])


def unsigned(header: Json, signature: str = "") -> str:
    parts = (base64.urlsafe_b64encode(orjson.dumps(part)).decode().rstrip("=") for part in (header, claims()))
    return ".".join([*parts, signature])


async def test_a_token_brings_back_the_user_it_was_issued_to() -> None:
    issued = tokens().issue(ALICE, NOW)
    assert issued.expires_in == 300
    assert issued.issued_at == NOW
    assert await tokens().user_of(issued.token, NOW) == ALICE


async def test_a_token_made_by_hand_is_good_when_everything_in_it_is_right() -> None:
    assert await tokens().user_of(signed(), NOW) == User("alice")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "anonymous",
        "a.b.c",
        "..",
        "a.b.c.d.e",
        unsigned({"alg": "none", "typ": TYPE}),
        unsigned({"alg": "none", "typ": TYPE}, "x"),
        unsigned({"alg": ALGORITHM, "typ": TYPE}),
        unsigned({"alg": ALGORITHM, "typ": TYPE}, "AAAA"),
        unsigned({"typ": TYPE}, "x"),
        signed({"alg": "HS384", "typ": TYPE}, key=b"k" * 48),
        signed({"alg": "HS512", "typ": TYPE}, key=b"k" * 64),
        signed({"alg": ALGORITHM, "typ": "JWT"}),
        signed({"alg": ALGORITHM}),
        signed({"alg": ALGORITHM, "typ": TYPE, "kid": "../../etc/passwd"}),
        signed(key=b"x" * 32),
        signed(aud="elsewhere"),
        signed(aud=["registry"]),
        signed(aud=None),
        signed(iss="somebody"),
        signed(sub=""),
        signed(sub=7),
        signed(sub="x" * 2000),
        signed(uid=None),
        signed(groups="system:masters"),
        signed(groups=[7]),
        signed(exp="2999999999"),
        signed(exp=None),
        signed(exp=True),
        signed(exp=1e300),
        signed(nbf=int(NOW.timestamp()) + 60),
        signed(groups=["x" * MAX_TOKEN]),
    ],
    ids=lambda token: token[-12:],
)
async def test_anything_that_is_not_exactly_right_is_nobody(token: str) -> None:
    assert await tokens().user_of(token, NOW) is None


async def test_a_token_for_another_audience_or_of_another_key_is_nobody() -> None:
    token = tokens().issue(ALICE, NOW).token
    assert await tokens(audience="other").user_of(token, NOW) is None
    assert await tokens(key=b"x" * 32).user_of(token, NOW) is None


@pytest.mark.parametrize(("after", "good"), [(-10, False), (-5, True), (0, True), (299, True)])
async def test_a_token_is_good_in_its_time(after: int, good: bool) -> None:
    token = tokens().issue(ALICE, NOW).token
    assert (await tokens().user_of(token, NOW + after * SECOND) is not None) is good


async def test_a_token_past_its_time_says_so_even_when_it_was_remembered() -> None:
    kept = tokens()
    token = kept.issue(ALICE, NOW).token
    assert await kept.user_of(token, NOW) == ALICE
    with pytest.raises(BadCredentials) as expired:
        await kept.user_of(token, NOW + 300 * SECOND)
    assert expired.value.fault is Fault.EXPIRED
    assert token not in str(expired.value)


async def test_what_is_left_of_a_token() -> None:
    kept = tokens()
    token = kept.issue(ALICE, NOW).token
    left = kept.remaining(token, NOW + 100 * SECOND)
    assert left is not None
    assert (left.token, left.issued_at, left.expires_in) == (token, NOW, 200)
    assert kept.remaining(token, NOW + 300 * SECOND) is None
    assert kept.remaining("sha256~other", NOW) is None


async def test_tokens_are_remembered_within_bounds() -> None:
    kept = tokens()
    for number in range(MEMO_ENTRIES + 5):
        await kept.user_of(kept.issue(User(f"u{number}"), NOW).token, NOW)
    assert len(kept._memo) == MEMO_ENTRIES


def test_a_token_seen_before_is_read_in_microseconds() -> None:
    kept = tokens()
    token = kept.issue(ALICE, NOW).token
    kept._read(token, NOW.timestamp())
    seconds = min(timeit(lambda: kept._read(token, NOW.timestamp()), number=1000) for _ in range(5))
    assert seconds / 1000 < 60e-6  # measured: 2 µs; the rest is room for a busy machine


def test_a_user_with_too_many_groups_gets_no_token() -> None:
    with pytest.raises(Invalid):
        tokens().issue(User("alice", groups=("g",) * (MAX_GROUPS + 1)), NOW)
    with pytest.raises(Invalid):
        tokens().issue(User("alice", groups=("g" * MAX_TOKEN,)), NOW)


def test_secrets_do_not_show(tmp_path: Path) -> None:
    issued = tokens().issue(ALICE, NOW)
    assert issued.token not in repr(issued)
    with pytest.raises(Invalid) as short:
        RegistryTokens(b"hunter2", "registry")
    assert "hunter2" not in str(short.value)


async def test_the_signing_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "registry-token.key"
    token = RegistryTokens.open(path, "registry").issue(ALICE, NOW).token
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert await RegistryTokens.open(path, "registry").user_of(token, NOW) == ALICE


@given(st.text(max_size=60))
def test_no_token_raises_but_an_expired_one(token: str) -> None:
    assert tokens()._read(token, 0.0) is None


async def test_the_administrator_is_whoever_has_the_token_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "admin-token"
    admin = AdminToken(path)
    token = path.read_text().strip()
    assert token.startswith("sha256~")
    assert len(token) > 40
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert await admin.user_of(token, NOW) == ADMIN
    assert await admin.user_of(token[:-1], NOW) is None
    assert await admin.user_of("", NOW) is None
    assert await AdminToken(path).user_of(token, NOW) == ADMIN


async def test_a_replaced_file_replaces_the_token_at_once(tmp_path: Path) -> None:
    path = tmp_path / "admin-token"
    admin = AdminToken(path)
    old = path.read_text().strip()
    path.write_text("sha256~another-long-token\n")
    assert await admin.user_of(old, NOW) is None
    assert await admin.user_of("sha256~another-long-token", NOW) == ADMIN


@pytest.mark.parametrize("content", [b"", b"\n", b"short\n", b"x" * 5000])
async def test_a_file_that_is_empty_short_or_huge_lets_nobody_in(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "admin-token"
    admin = AdminToken(path)
    path.write_bytes(content)
    assert await admin.user_of(content.decode().strip(), NOW) is None


async def test_a_file_that_is_gone_lets_nobody_in_until_it_is_back(tmp_path: Path) -> None:
    path = tmp_path / "admin-token"
    admin = AdminToken(path)
    token = path.read_text()
    path.unlink()
    assert await admin.user_of(token.strip(), NOW) is None
    path.write_text(token)
    assert await admin.user_of(token.strip(), NOW) == ADMIN
