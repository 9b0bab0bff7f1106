"""The part of the app that recognises callers: the gate with every kind of credential it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from roadstead.apimachinery.nonresource import Page
from roadstead.app.names import own_names
from roadstead.auth import issuer
from roadstead.auth.account_keys import AccountKeys
from roadstead.auth.account_tokens import AccountTokens, ForAudience
from roadstead.auth.challenges import configured_base
from roadstead.auth.gate import Gate
from roadstead.auth.standing import Standing
from roadstead.auth.stored_rules import StoredRules
from roadstead.auth.tokens import AdminToken, RegistryTokens, TokenSource
from roadstead.base.audit import AuditFile, Write, to_log, to_nowhere
from roadstead.base.errors import Invalid
from roadstead.base.settings import Settings
from roadstead.base.values import Json
from roadstead.base.web import Request
from roadstead.oauth import addresses
from roadstead.objects.store import Store
from roadstead.resources.serviceaccounts import MIN_SECONDS, TokenDesk

REGISTRY_AUDIENCE = "roadstead-registry"
"""Whom registry tokens are for; account tokens may be made for it too, and then open the registry alone."""


@dataclass(frozen=True)
class Access:
    """Who recognises callers, who makes tokens, and what others may read to check them."""

    gate: Gate
    desk: TokenDesk
    documents: Mapping[str, Page]


def open_access(settings: Settings, folder: Path, store: Store, people: TokenSource) -> Access:
    """The gate over a data folder; keys and tokens that are missing are made. Raises Invalid.

    `people` knows the tokens of those who logged in.
    """
    keys = AccountKeys(folder / "tls" / "service-accounts")
    accounts = AccountTokens(keys, Standing(store), issuer.checked(settings.access.token_issuer))
    registry_tokens = RegistryTokens.open(
        folder / "tls" / "tokens.key", REGISTRY_AUDIENCE, settings.registry.token_seconds
    )
    gate = Gate(
        StoredRules(store),
        [AdminToken(folder / "admin.token"), people, accounts],
        registry_tokens,
        registry_only=[ForAudience(accounts, REGISTRY_AUDIENCE)],
    )
    if settings.access.token_max_seconds < MIN_SECONDS:
        raise Invalid(f"access.token_max_seconds must be at least {MIN_SECONDS}")
    desk = TokenDesk(accounts, settings.access.token_max_seconds, gate.user_of_token)
    return Access(gate, desk, _documents(accounts, settings))


def audit_of(settings: Settings, folder: Path) -> Write:
    """Where the record of changes goes."""
    chosen = settings.audit
    if chosen.to == "file":
        return AuditFile(Path(chosen.file or folder / "audit.jsonl"), chosen.file_bytes, chosen.files_kept).write
    return to_log if chosen.to == "log" else to_nowhere


def _documents(accounts: AccountTokens, settings: Settings) -> dict[str, Page]:
    """What a verifier elsewhere reads: OpenID Connect Discovery 1.0 and the keys (RFC 7517)."""
    names, public = own_names(settings), configured_base(settings.logins.public_url)

    def discovery(request: Request) -> Json:
        return issuer.discovery(accounts, lambda: addresses.issuer(request.scheme, request.host, names, public))

    return {
        issuer.DISCOVERY_PATH: Page(discovery),
        issuer.KEYS_PATH: Page(lambda _: {"keys": accounts.public_keys()}, "application/jwk-set+json"),
    }
