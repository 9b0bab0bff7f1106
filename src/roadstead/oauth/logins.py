"""Names and passwords at every door: the identity provider checks, and the user is the one it is linked to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roadstead.auth.htpasswd import Htpasswd
from roadstead.auth.users import User
from roadstead.base.observe import logger
from roadstead.oauth.identities import Claimed, Identities, LoginRefused, Mapping


@dataclass(frozen=True, slots=True)
class PasswordProvider:
    """An identity provider that knows passwords."""

    name: str
    mapping: Mapping
    accounts: Htpasswd


class Logins:
    """The one place passwords are looked at, for the registry, the API, the login page and `oc login` alike.

    With no providers, or none that may be used, every password is wrong.
    """

    def __init__(self, providers: Sequence[PasswordProvider], identities: Identities) -> None:
        self.providers, self._identities = tuple(providers), identities

    @property
    def any(self) -> bool:
        """Whether anybody has a password here."""
        return any(provider.accounts.holds_anybody for provider in self.providers)

    async def log_in(self, name: str, password: str, address: str) -> User | None:
        """The user; None for a wrong name or password. Raises LoginRefused, TooManyLogins, Unavailable."""
        for provider in await self._knowing(name):
            if await provider.accounts.user_of(name, password, address) is not None:
                return await self._identities.user_for(_claimed(provider, name), provider.mapping)
        return None

    async def user_of(self, name: str, password: str, address: str) -> User | None:
        """`log_in` for doors that only know yes and no; why somebody known is refused stands in the log."""
        try:
            return await self.log_in(name, password, address)
        except LoginRefused as refused:
            logger().warning("login refused", user=name, why=refused.message)
            return None

    async def mark_of(self, name: str) -> str:
        """What stands for the password a user has now; "" for nobody."""
        for provider in self.providers:
            if mark := await provider.accounts.mark_of(name):
                return f"{provider.name}:{mark}"
        return ""

    async def user_now(self, name: str) -> User | None:
        """The user who logs in by that name, as they stand now."""
        for provider in await self._knowing(name):
            if (user := await self._identities.user_now(_claimed(provider, name))) is not None:
                return user
        return None

    async def _knowing(self, name: str) -> Sequence[PasswordProvider]:
        """Those that have the name; or the first, which takes its time to say that it does not know it."""
        knowing = [each for each in self.providers if await each.accounts.mark_of(name)]
        return knowing or self.providers[:1]


def _claimed(provider: PasswordProvider, name: str) -> Claimed:
    return Claimed(provider.name, name, preferred=name)
