"""What others need to check our service account tokens themselves: issuer, keys, algorithms."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from roadstead.auth.account_tokens import AccountTokens
from roadstead.base.errors import Invalid
from roadstead.base.values import Json

DISCOVERY_PATH = "/.well-known/openid-configuration"
KEYS_PATH = "/openid/v1/jwks"
BUILT_IN = "https://kubernetes.default.svc"


def checked(text: str) -> str:
    """A configured issuer; raises Invalid when it is no https URL (OpenID Connect Discovery, section 3)."""
    try:
        parts = urlsplit(text)
    except ValueError:
        raise Invalid(f"access.token_issuer: {text!r} is not a URL") from None
    if parts.scheme != "https" or not parts.netloc or parts.query or parts.fragment or text.endswith("/"):
        raise Invalid(f"access.token_issuer: {text!r} must be https://HOST[/PATH], without a slash at the end")
    return text


def discovery(accounts: AccountTokens, own: Callable[[], str]) -> Json:
    """The discovery document. An issuer that is only a name leads to the keys where the client found us: `own` says
    where that is, or raises."""
    base = own() if accounts.issuer == BUILT_IN else accounts.issuer
    return {
        "issuer": accounts.issuer,
        "jwks_uri": base + KEYS_PATH,
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": sorted({key["alg"] for key in accounts.public_keys()}),
    }
