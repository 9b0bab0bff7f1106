"""The lines of an htpasswd file, and whether a password fits one; no I/O."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import bcrypt
from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import Argon2Error, InvalidHashError

from roadstead.auth.users import MAX_NAME

MAX_PASSWORD = 1024
"""Bytes of a password."""
MAX_BCRYPT_COST = 14
MAX_ARGON2_KIB = 256 * 1024
MAX_ARGON2_PASSES = 16
BCRYPT_READS = 72
"""bcrypt looks at no more bytes than this; htpasswd(1) has always cut longer passwords here."""

_BCRYPT = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
_ARGON2 = PasswordHasher(type=Type.ID)
_OTHERS = (
    ("$apr1$", "MD5"),
    ("$1$", "MD5"),
    ("{SHA}", "SHA-1"),
    ("{SSHA}", "SHA-1"),
    ("$5$", "SHA-256 crypt"),
    ("$6$", "SHA-512 crypt"),
    ("$argon2", "another argon2 than argon2id"),
)


@dataclass(frozen=True, slots=True)
class Accounts:
    """Name to hash. `problems` says, line by line, what was left out; those accounts cannot log in."""

    hashes: Mapping[str, str] = field(default_factory=dict, repr=False)
    problems: tuple[str, ...] = ()

    @property
    def decoy(self) -> str:
        """A hash of the most usual price, to be paid for names that do not exist; empty when there are no accounts."""
        prices = Counter(_price(hashed) for hashed in self.hashes.values())
        usual = max(prices, key=lambda price: prices[price], default="")
        return next((hashed for hashed in self.hashes.values() if _price(hashed) == usual), "")


def parse(text: str) -> Accounts:
    """The accounts of an htpasswd file. A name that stands twice counts with neither line.

    Names end at the first colon, so none of them can be one of the system's own.
    """
    hashes: dict[str, str] = {}
    problems: list[str] = []
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, colon, hashed = line.strip().partition(":")
        wrong = "there is no colon" if not colon else _wrong(name, hashed)
        if name in lines:
            hashes.pop(name, None)
            wrong = f"the name stands in line {lines[name]} already"
        lines.setdefault(name, number)
        if wrong:
            problems.append(f"line {number}: {wrong}")
        else:
            hashes[name] = hashed
    return Accounts(hashes, tuple(problems))


def fits(password: str, hashed: str) -> bool:
    """Whether the password belongs to the hash. Takes tens of milliseconds, on purpose."""
    raw = password.encode()
    try:
        if hashed.startswith("$argon2id$"):
            return _ARGON2.verify(hashed, raw)
        return bcrypt.checkpw(raw[:BCRYPT_READS], hashed.encode())
    except (Argon2Error, InvalidHashError, ValueError):
        return False


def acceptable(password: str) -> bool:
    """Whether a password is worth looking at: not empty, not huge, no NUL."""
    return 0 < len(password) <= MAX_PASSWORD and "\0" not in password and len(password.encode()) <= MAX_PASSWORD


def _wrong(name: str, hashed: str) -> str:
    """Why a line is left out; empty when it is good. Never repeats the hash."""
    if not name or len(name) > MAX_NAME or not name.isprintable():
        return "the user name is empty, too long or has unprintable characters"
    if hashed.startswith("$argon2id$"):
        return _wrong_argon2(hashed)
    found = _BCRYPT.fullmatch(hashed)
    if found:
        cost = int(found[1])
        return "" if 4 <= cost <= MAX_BCRYPT_COST else f"bcrypt cost {cost} is not between 4 and {MAX_BCRYPT_COST}"
    scheme = next((title for prefix, title in _OTHERS if hashed.startswith(prefix)), "")
    scheme = f"{scheme} is not accepted" if scheme else "the hash is of no known scheme"
    return f"{scheme}; use bcrypt (htpasswd -B) or argon2id"


def _wrong_argon2(hashed: str) -> str:
    try:
        price = extract_parameters(hashed)
    except (InvalidHashError, ValueError):
        return "the argon2id hash is malformed"
    if price.memory_cost > MAX_ARGON2_KIB or price.time_cost > MAX_ARGON2_PASSES:
        return f"argon2id asks for more than {MAX_ARGON2_KIB} KiB or {MAX_ARGON2_PASSES} passes"
    return ""


def _price(hashed: str) -> str:
    """What makes one hash as costly as another: everything before salt and digest."""
    return hashed.rsplit("$", 2)[0] if hashed.startswith("$argon2id$") else hashed[4:6]
