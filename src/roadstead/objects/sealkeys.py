"""The keys that secret objects are encrypted with: a small file, the first key seals, all of them open."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from roadstead.base.errors import Unavailable

KEY_BYTES, ID_BYTES, NONCE_BYTES = 32, 4, 12
MARK = b"\0s1"
"""How a sealed value begins; JSON never begins with a zero byte. Then key id, nonce, and what AES-256-GCM made."""
HEAD = len(MARK) + ID_BYTES + NONCE_BYTES
LARGEST_FILE = 64 * 1024
MOST_KEYS = 64


class Unsealable(Unavailable):
    """The keys cannot be read, or a sealed value does not open: its key is missing, or it was damaged or moved."""


def new_line() -> str:
    """One more key, as it stands in the file."""
    key = secrets.token_bytes(KEY_BYTES)
    return f"{_id_of(key).hex()} {base64.b64encode(key).decode()}\n"


def is_sealed(value: bytes) -> bool:
    """Whether a stored value is encrypted."""
    return value.startswith(MARK)


def key_id_of(value: bytes) -> str:
    """The id of the key that a sealed value was made with."""
    return value[len(MARK) : len(MARK) + ID_BYTES].hex()


@dataclass(frozen=True)
class Ring:
    """The keys by id, as one state of the file has them; `current` is the id of the one that seals."""

    current: str
    keys: Mapping[str, AESGCM]


class SealKeys:
    """The key file. It is read again when it has changed, so that a key can be added while servers run."""

    def __init__(self, path: Path) -> None:
        """Reads the file; raises Unsealable when it is missing or damaged."""
        self.path = path
        self._stamp = self._seen()
        self._ring = _parsed(path)

    @property
    def ring(self) -> Ring:
        """The keys now; a file that is gone leaves them as they were. Raises Unsealable for a damaged one."""
        if (seen := self._seen()) != self._stamp and seen is not None:
            self._ring, self._stamp = _parsed(self.path), seen
        return self._ring

    def seal(self, value: bytes, place: bytes) -> bytes:
        """The value encrypted for its place in the log: put anywhere else, it does not open."""
        ring = self.ring
        nonce = secrets.token_bytes(NONCE_BYTES)
        return MARK + bytes.fromhex(ring.current) + nonce + ring.keys[ring.current].encrypt(nonce, value, place)

    def open(self, value: bytes, place: bytes, name: str) -> bytes:
        """What was sealed; `name` says in a refusal which object it is. Raises Unsealable."""
        key_id = key_id_of(value)
        key = self._ring.keys.get(key_id) or self.ring.keys.get(key_id)
        if key is None:
            raise Unsealable(
                f"{name} was encrypted with the key {key_id}, which {self.path} does not hold; "
                "restore that file from a backup, or add the line of that key to it"
            )
        try:
            return key.decrypt(value[HEAD - NONCE_BYTES : HEAD], value[HEAD:], place)
        except InvalidTag:
            raise Unsealable(f"{name} does not open with its key {key_id}: the stored value was damaged") from None

    def _seen(self) -> tuple[int, int, int] | None:
        try:
            found = os.stat(self.path)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def _parsed(path: Path) -> Ring:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as wrong:
        raise Unsealable(
            f"{path} cannot be read ({wrong.strerror}); it holds the keys of secret objects: restore it from a backup"
        ) from None
    lines = [line for line in data.decode(errors="replace").splitlines() if line.strip() and line[0] != "#"]
    if not lines or len(lines) > MOST_KEYS or len(data) > LARGEST_FILE:
        raise Unsealable(f"{path} must hold 1 to {MOST_KEYS} keys, one a line; restore it from a backup")
    keys = dict(_key(path, number, line.split()) for number, line in enumerate(lines, 1))
    return Ring(next(iter(keys)), keys)


def _key(path: Path, number: int, words: Sequence[str]) -> tuple[str, AESGCM]:
    try:
        key_id, text = words
        key = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        key_id, key = "", b""
    if len(key) != KEY_BYTES or _id_of(key).hex() != key_id:
        raise Unsealable(f"{path}: key {number} is damaged (each line is an id and its key); restore it from a backup")
    return key_id, AESGCM(key)


def _id_of(key: bytes) -> bytes:
    return hashlib.sha256(b"roadstead object key" + key).digest()[:ID_BYTES]
