"""The part of the app that knows people: providers, logins, tokens, pages."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from roadstead.apimachinery.ask import Ask
from roadstead.app.names import own_names
from roadstead.auth import secretfile
from roadstead.auth.accesstokens import AccessTokens
from roadstead.auth.challenges import configured_base
from roadstead.auth.htpasswd import Htpasswd
from roadstead.auth.people import People
from roadstead.base.background import Background
from roadstead.base.errors import Invalid
from roadstead.base.settings import Settings
from roadstead.base.web import Handler
from roadstead.kube.status import StatusError
from roadstead.oauth.authorize import Authorize
from roadstead.oauth.clients import built_in
from roadstead.oauth.cookies import Signer, random_text
from roadstead.oauth.door import Page, Rooms, open_pages
from roadstead.oauth.grants import Grants
from roadstead.oauth.identities import Identities
from roadstead.oauth.identities import Mapping as Mapped
from roadstead.oauth.issuers import IssuerFacts
from roadstead.oauth.login import Login
from roadstead.oauth.logins import Logins, PasswordProvider
from roadstead.oauth.openid import OpenId, issuer_host
from roadstead.oauth.providers import SETTING, Issuer, PasswordFile, Provider, parse
from roadstead.oauth.token import Token
from roadstead.oauth.tokenpages import TokenPages
from roadstead.oauth.visits import Visits
from roadstead.objects.store import Store
from roadstead.remote.addresses import Allowed
from roadstead.remote.guard import Guard
from roadstead.remote.proxies import Proxies
from roadstead.resources.kinds import Kinds
from roadstead.resources.oauthrules import LONGEST, SHORTEST_INACTIVITY

HTPASSWD = "htpasswd"
"""The name of the identity provider behind the setting `access.htpasswd`, and of its file in the data folder."""
USES_SECONDS, SWEEP_SECONDS = 60, 600


@dataclass(frozen=True)
class Identity:
    """Who people are, and how they prove it."""

    logins: Logins
    pages: Mapping[str, Handler]
    grants: Grants
    guard: Guard | None

    async def close(self) -> None:
        """Ends connections to other identity providers."""
        if self.guard is not None:
            await self.guard.close()

    def start(self, background: Background) -> None:
        """What comes round by itself."""
        background.every(USES_SECONDS, "write down uses of tokens", self.grants.write_down_uses)
        background.every(SWEEP_SECONDS, "sweep tokens", self.grants.sweep)


@dataclass(frozen=True)
class Place:
    """Where the app lives: its folder, its clock, host[:port] of the registry."""

    folder: Path
    now: Callable[[], datetime]
    registry: str


def access_tokens(settings: Settings, store: Store) -> AccessTokens:
    """The tokens of those who logged in; made before the gate, which makes everything else possible."""
    return AccessTokens(store, People(store), settings.logins.token_inactivity_seconds)


def identity(settings: Settings, store: Store, kinds: Kinds, tokens: AccessTokens, place: Place) -> Identity:
    """All of it over one store; raises Invalid for settings that name what is not there."""
    standing = People(store)
    identities = Identities(kinds.people, standing, place.now)
    _check_times(settings)
    providers = parse(settings.logins.identity_providers)
    files = _password_providers(settings, place.folder, providers) if settings.logins.passwords else []
    logins = Logins(files, identities)
    grants = Grants(kinds.people, tokens, settings.logins.token_seconds, place.now)
    key = secretfile.read_or_make(place.folder / "tls" / "logins.key", lambda: secrets.token_hex(32).encode())
    visits = Visits(Signer(key), standing, place.now, own_names(settings), configured_base(settings.logins.public_url))
    elsewhere = _elsewhere(settings, providers, visits, identities, place.now)
    rooms = Rooms(
        Authorize(visits, kinds.people, grants, logins),
        Token(kinds.people, grants),
        TokenPages(visits, kinds.people, grants, place.registry),
        Login(visits, logins, elsewhere.issuers),
    )
    callbacks: dict[str, Page] = {each.path: each.callback for each in elsewhere.issuers}
    return Identity(logins, open_pages(visits, rooms, callbacks), grants, elsewhere.guard)


async def bootstrap_clients(kinds: Kinds, ask: Ask) -> None:
    """The OAuth clients every installation has; what administrators changed stays."""
    clients = kinds.people.clients
    for client in built_in(random_text()):
        if clients.peek("", client["metadata"]["name"]) is None:
            try:
                await clients.create("", client, ask)
            except StatusError as raced:
                if raced.code != 409:
                    raise


def _check_times(settings: Settings) -> None:
    lasts, unused = settings.logins.token_seconds, settings.logins.token_inactivity_seconds
    if not 0 <= lasts <= LONGEST:
        raise Invalid(f"logins.token_seconds must be between 0 and {LONGEST}")
    if unused and not SHORTEST_INACTIVITY <= unused <= LONGEST:
        raise Invalid(f"logins.token_inactivity_seconds must be 0, or between {SHORTEST_INACTIVITY} and {LONGEST}")


@dataclass(frozen=True)
class _Elsewhere:
    """The issuers, and the guard they are asked through."""

    issuers: list[OpenId]
    guard: Guard | None


def _elsewhere(
    settings: Settings, providers: list[Provider], visits: Visits, identities: Identities, now: Callable[[], datetime]
) -> _Elsewhere:
    issuers = [each for each in providers if isinstance(each, Issuer)]
    if not issuers:
        return _Elsewhere([], None)
    allowed = Allowed.parse([issuer_host(each) for each in issuers])
    guard = Guard(settings.outbound, Proxies.from_environment(os.environ), allowed=allowed)
    return _Elsewhere([OpenId(each, IssuerFacts(each, guard, now), visits, identities) for each in issuers], guard)


def _password_providers(settings: Settings, folder: Path, providers: list[Provider]) -> list[PasswordProvider]:
    file = settings.access.htpasswd
    own = _htpasswd("access.htpasswd", file) if file else Htpasswd(folder / HTPASSWD, may_be_missing=True)
    if any(each.name == HTPASSWD for each in providers):
        raise Invalid(f"{SETTING}: the name {HTPASSWD} belongs to the file of access.htpasswd")
    files = [each for each in providers if isinstance(each, PasswordFile)]
    more = [PasswordProvider(each.name, each.mapping, _htpasswd(SETTING, each.file)) for each in files]
    return [PasswordProvider(HTPASSWD, Mapped.CLAIM, own), *more]


def _htpasswd(setting: str, file: str) -> Htpasswd:
    if not Path(file).is_file():
        raise Invalid(f"{setting}: there is no file {file}; make it with: htpasswd -B -c {file} NAME")
    return Htpasswd(Path(file))
