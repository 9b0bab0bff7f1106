"""The part of the app that knows people: providers, logins, tokens, pages."""

from __future__ import annotations

import platform
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from roadstead.apimachinery.ask import Ask
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
from roadstead.oauth.door import Rooms, open_pages
from roadstead.oauth.grants import Grants
from roadstead.oauth.identities import Identities
from roadstead.oauth.identities import Mapping as Mapped
from roadstead.oauth.login import Login
from roadstead.oauth.logins import Logins, PasswordProvider
from roadstead.oauth.token import Token
from roadstead.oauth.tokenpages import TokenPages
from roadstead.oauth.visits import Visits
from roadstead.objects.store import Store
from roadstead.resources.kinds import Kinds

HTPASSWD = "htpasswd"
"""The name of the identity provider behind the setting `access.htpasswd`."""
USES_SECONDS, SWEEP_SECONDS = 60, 600


@dataclass(frozen=True)
class Identity:
    """Who people are, and how they prove it."""

    logins: Logins
    pages: Mapping[str, Handler]
    grants: Grants

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
    logins = Logins(_password_providers(settings) if settings.logins.passwords else [], identities)
    grants = Grants(kinds.people, tokens, settings.logins.token_seconds, place.now)
    key = secretfile.read_or_make(place.folder / "tls" / "logins.key", lambda: secrets.token_hex(32).encode())
    visits = Visits(Signer(key), standing, place.now, _names(settings), configured_base(settings.logins.public_url))
    rooms = Rooms(
        Authorize(visits, kinds.people, grants, logins),
        Token(kinds.people, grants),
        TokenPages(visits, kinds.people, grants, place.registry),
        Login(visits, logins),
    )
    return Identity(logins, open_pages(visits, rooms, {}), grants)


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


def _names(settings: Settings) -> list[str]:
    """The names this server answers to, as its serving certificates have them."""
    host = urlsplit(settings.serve_api).hostname or ""
    return [each for each in {"localhost", "127.0.0.1", "::1", platform.node(), host, *settings.names} if each]


def _password_providers(settings: Settings) -> list[PasswordProvider]:
    file = settings.access.htpasswd
    return [PasswordProvider(HTPASSWD, Mapped.CLAIM, _htpasswd("access.htpasswd", file))] if file else []


def _htpasswd(setting: str, file: str) -> Htpasswd:
    if not Path(file).is_file():
        raise Invalid(f"{setting}: there is no file {file}; make it with: htpasswd -B -c {file} NAME")
    return Htpasswd(Path(file))
