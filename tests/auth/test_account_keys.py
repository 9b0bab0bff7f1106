"""The keys that sign service account tokens: a folder, read again when it changes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from roadstead.auth.account_keys import FIRST, AccountKeys, KeySet
from roadstead.base.errors import Invalid


def pem(key: PrivateKeyTypes) -> bytes:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption())


def public(key: PrivateKeyTypes) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form)


def p256() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def add(folder: Path, name: str, content: bytes) -> None:
    """A new key file, and a folder that says so even when the clock is coarse."""
    (folder / name).write_bytes(content)
    later = os.stat(folder).st_mtime_ns + 1_000_000
    os.utime(folder, ns=(later, later))


def test_the_first_start_makes_a_key_that_its_owner_alone_can_read(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    token = AccountKeys(folder).current().sign({"a": 1})
    assert stat.S_IMODE((folder / FIRST).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    again = AccountKeys(folder).current()
    assert again.verified(token, again.signer) == {"a": 1}


def test_the_last_key_by_name_signs_and_the_others_are_still_believed(tmp_path: Path) -> None:
    keys = AccountKeys(tmp_path)
    before = keys.current()
    old = before.sign({"a": 1})
    add(tmp_path, "0002.pem", pem(rsa.generate_private_key(65537, 2048)))
    after = keys.current()
    assert after.signer != before.signer
    assert after.verified(old, before.signer) == {"a": 1}
    assert after.verified(after.sign({"a": 2}), after.signer) == {"a": 2}
    assert {key["alg"] for key in after.public()} == {"ES256", "RS256"}


def test_a_key_that_is_taken_away_takes_its_tokens_with_it(tmp_path: Path) -> None:
    keys = AccountKeys(tmp_path)
    before = keys.current()
    token = before.sign({})
    add(tmp_path, "0002.pem", pem(p256()))
    (tmp_path / FIRST).unlink()
    assert keys.current().verified(token, before.signer) is None


def test_a_public_key_believes_tokens_but_signs_none(tmp_path: Path) -> None:
    retired = p256()
    add(tmp_path, "0001.pem", pem(p256()))
    add(tmp_path, "9999.pem", public(retired))
    current = AccountKeys(tmp_path).current()
    assert len(current.keys) == 2
    assert current.verified(current.sign({"a": 1}), current.signer) == {"a": 1}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        pem(ec.generate_private_key(ec.SECP384R1())),
        pem(ed25519.Ed25519PrivateKey.generate()),
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        b"x" * 40_000,
    ],
    ids=["empty", "nonsense", "P-384", "Ed25519", "damaged", "huge"],
)
def test_a_file_that_is_no_key_of_ours_is_left_out(tmp_path: Path, content: bytes) -> None:
    keys = AccountKeys(tmp_path)
    signer = keys.current().signer
    add(tmp_path, "0002.pem", content)
    assert keys.current().signer == signer
    assert len(keys.current().keys) == 1


def test_what_others_may_know_holds_nothing_private(tmp_path: Path) -> None:
    add(tmp_path, "0002.pem", pem(rsa.generate_private_key(65537, 2048)))
    for key in AccountKeys(tmp_path).current().public():
        assert not {"d", "p", "q", "dp", "dq", "qi"} & set(key)
        assert key["use"] == "sig"


def test_without_a_key_nothing_is_signed() -> None:
    with pytest.raises(Invalid):
        KeySet().sign({})
