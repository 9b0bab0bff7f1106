"""Users with name and password, from an htpasswd file."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from roadstead.auth import passwords, secretfile
from roadstead.auth.passwords import Accounts
from roadstead.auth.throttle import Throttle, TooManyLogins
from roadstead.auth.users import AUTHENTICATED, PEOPLE, User
from roadstead.base.errors import Invalid, Unavailable
from roadstead.base.observe import logger

MAX_FILE = 1024 * 1024
REMEMBER_SECONDS = 60.0
REMEMBER_ENTRIES = 1024
VERIFY_AT_ONCE = 2
"""Hashing is meant to be costly; more than this would leave no processor for pushes and pulls."""
VERIFY_WAITING = 64


class Htpasswd:
    """Checks names and passwords. The file is read again when it changes; what it no longer holds is forgotten at once.

    Failures are limited for an account at one address, for an account anywhere, and for an address. The first limit
    is the tightest, so that one guesser cannot lock the owner out. `clock` gives seconds that only grow.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = monotonic, *, may_be_missing: bool = False) -> None:
        """`may_be_missing`: a file that is not there yet is no problem, and holds nobody."""
        self._path, self._clock, self._may_be_missing = path, clock, may_be_missing
        self._stamp: secretfile.Stamp | None = None
        self._accounts = Accounts()
        self._decoy = ""
        self._remembered: OrderedDict[bytes, float] = OrderedDict()
        self._key = secrets.token_bytes(32)
        self._hashing = asyncio.Semaphore(VERIFY_AT_ONCE)
        self._waiting = 0
        self._limits = {
            "account at address": Throttle(capacity=10, seconds_each=6.0),
            "account": Throttle(capacity=100, seconds_each=2.0),
            "address": Throttle(capacity=100, seconds_each=0.5),
        }

    @property
    def problems(self) -> tuple[str, ...]:
        """What the file holds that cannot be used, line by line; looks at the file."""
        self._refresh()
        return self._accounts.problems

    @property
    def holds_anybody(self) -> bool:
        """Whether the file has accounts now."""
        self._refresh()
        return bool(self._accounts.hashes)

    async def user_of(self, name: str, password: str, address: str) -> User | None:
        """The user, or None when name and password do not belong together.

        Raises TooManyLogins when too many failed from this address, Unavailable when too many are being checked.
        """
        self._refresh()
        if not self._accounts.hashes or not passwords.acceptable(password):
            return None
        hashed = self._accounts.hashes.get(name)
        mark = self._mark(name, password, hashed)
        if hashed is not None and self._remembers(mark):
            return _user(name)
        if self._waiting >= VERIFY_WAITING:
            raise Unavailable("too many logins at once")
        charged = self._charge(name, address)
        fits = await self._fits(password, hashed or self._decoy)
        if hashed is None or not fits or self._accounts.hashes.get(name) != hashed:
            return None
        for throttle, key in charged:
            throttle.give_back(key, self._clock())
        self._remember(mark)
        return _user(name)

    async def mark_of(self, name: str) -> str:
        """What stands for the line of this name in the file now; "" when there is none."""
        self._refresh()
        hashed = self._accounts.hashes.get(name)
        return hashlib.sha256(hashed.encode()).hexdigest()[:32] if hashed else ""

    async def user_now(self, name: str) -> User | None:
        """The user of that name, when the file has one."""
        return _user(name) if await self.mark_of(name) else None

    def _charge(self, name: str, address: str) -> list[tuple[Throttle, str]]:
        """Pays before the answer is known, so that many guesses at once cannot slip through; returns what was paid."""
        keys = (f"{address} {name}", name, address)
        paid: list[tuple[Throttle, str]] = []
        for throttle, key in zip(self._limits.values(), keys, strict=True):
            wait = throttle.take(key, self._clock())
            if wait:
                for earlier, its_key in paid:
                    earlier.give_back(its_key, self._clock())
                raise TooManyLogins("too many failed logins; try again later", retry_after=int(wait) + 1)
            paid.append((throttle, key))
        return paid

    async def _fits(self, password: str, hashed: str) -> bool:
        self._waiting += 1
        try:
            async with self._hashing:
                return await asyncio.to_thread(passwords.fits, password, hashed)
        finally:
            self._waiting -= 1

    def _mark(self, name: str, password: str, hashed: str | None) -> bytes:
        """What is remembered in place of a password. Worthless elsewhere: the key lives as long as the process."""
        parts = (name.encode(), password.encode(), (hashed or "").encode())
        text = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hmac.digest(self._key, text, hashlib.sha256)

    def _remembers(self, mark: bytes) -> bool:
        return self._remembered.get(mark, 0.0) > self._clock()

    def _remember(self, mark: bytes) -> None:
        self._remembered[mark] = self._clock() + REMEMBER_SECONDS
        self._remembered.move_to_end(mark)
        if len(self._remembered) > REMEMBER_ENTRIES:
            self._remembered.popitem(last=False)

    def _refresh(self) -> None:
        """Reads a changed file. A file that cannot be read lets nobody in, rather than those of yesterday."""
        seen = secretfile.stamp(self._path)
        if seen is not None and seen == self._stamp:
            return
        before = self._accounts.problems
        try:
            self._accounts = passwords.parse(secretfile.read(self._path, MAX_FILE).decode())
        except (OSError, Invalid, UnicodeDecodeError) as wrong:
            why = "it is not UTF-8 text" if isinstance(wrong, UnicodeDecodeError) else str(wrong)
            missing = self._may_be_missing and isinstance(wrong, FileNotFoundError)
            self._accounts = Accounts(problems=() if missing else (f"the file cannot be used: {why}",))
        self._stamp, self._decoy = seen, self._accounts.decoy
        self._remembered.clear()
        if self._accounts.problems != before:
            for problem in self._accounts.problems[:20]:
                logger().warning("htpasswd line left out", path=str(self._path), problem=problem)


def _user(name: str) -> User:
    return User(name, groups=(AUTHENTICATED, PEOPLE))
