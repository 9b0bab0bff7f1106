"""The part of the app that knows people: providers, logins, tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from roadstead.auth.accesstokens import AccessTokens
from roadstead.auth.htpasswd import Htpasswd
from roadstead.auth.people import People
from roadstead.base.errors import Invalid
from roadstead.base.settings import Settings
from roadstead.oauth.identities import Identities, Mapping
from roadstead.oauth.logins import Logins, PasswordProvider
from roadstead.objects.store import Store
from roadstead.resources.kinds import Kinds

HTPASSWD = "htpasswd"
"""The name of the identity provider behind the setting `access.htpasswd`."""


@dataclass(frozen=True)
class Identity:
    """Who people are, and how they prove it."""

    logins: Logins
    identities: Identities


def access_tokens(settings: Settings, store: Store) -> AccessTokens:
    """The tokens of those who logged in; made before the gate, which makes everything else possible."""
    return AccessTokens(store, People(store), settings.logins.token_inactivity_seconds)


def identity(settings: Settings, store: Store, kinds: Kinds, now: Callable[[], datetime]) -> Identity:
    """All of it over one store; raises Invalid for settings that name what is not there."""
    identities = Identities(kinds.people, People(store), now)
    providers = _password_providers(settings) if settings.logins.passwords else []
    return Identity(Logins(providers, identities), identities)


def _password_providers(settings: Settings) -> list[PasswordProvider]:
    file = settings.access.htpasswd
    return [PasswordProvider(HTPASSWD, Mapping.CLAIM, _htpasswd("access.htpasswd", file))] if file else []


def _htpasswd(setting: str, file: str) -> Htpasswd:
    if not Path(file).is_file():
        raise Invalid(f"{setting}: there is no file {file}; make it with: htpasswd -B -c {file} NAME")
    return Htpasswd(Path(file))
