"""What a client asks of the OAuth server: parameters, each once, of bounded size; no I/O."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus, urlencode

from roadstead.auth import scopes as all_scopes
from roadstead.auth.scopes import FULL, MAX_SCOPES
from roadstead.base.errors import Invalid

MAX_FIELDS = 40
MAX_FIELD = 4096
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class OAuthError(Exception):
    """An answer of the protocol (RFC 6749, 4.1.2.1 and 5.2); `state` goes back where the client is told by redirect."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error, self.description, self.status = error, description, status


def fields_of(*texts: str) -> dict[str, str]:
    """The fields of forms and queries; raises Invalid for one given twice, too many, or one that is too long."""
    try:
        pairs = [pair for text in texts for pair in parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)]
    except ValueError:
        raise Invalid(f"the form has more than {MAX_FIELDS} fields") from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise Invalid(f"the parameter {ascii(name[:60])} is given twice")
        if len(name) > MAX_FIELD or len(value) > MAX_FIELD:
            raise Invalid(f"a parameter is longer than {MAX_FIELD} characters")
        if "\0" in value:
            raise Invalid("a parameter holds a character that is not text")
        found[name] = value
    return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an authorize request is for."""

    client: str
    redirect: str
    kind: str
    scopes: tuple[str, ...]
    state: str
    challenge: str
    method: str

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Wanted:
        """The request in these fields, checked no further."""
        scopes = tuple(dict.fromkeys(fields.get("scope", "").split())) or (FULL,)
        names = ("client_id", "redirect_uri", "response_type")
        client, redirect, kind = (fields.get(name, "") for name in names)
        challenge = fields.get("code_challenge", "")
        return cls(
            client, redirect, kind, scopes, fields.get("state", ""), challenge, fields.get("code_challenge_method", "")
        )

    def check(self, *, needs_challenge: bool) -> None:
        """Raises OAuthError for what breaks a rule that is told to the client."""
        if self.kind not in ("code", "token"):
            raise OAuthError("unsupported_response_type", "response_type must be code or token")
        if self.challenge or self.method:
            if self.method != "S256":
                raise OAuthError("invalid_request", "code_challenge_method must be S256")
            if not _VERIFIER.fullmatch(self.challenge):
                raise OAuthError("invalid_request", "code_challenge must be 43 to 128 letters, digits and .~_-")
        elif needs_challenge:
            raise OAuthError("invalid_request", "a client without a secret on this machine must send a code_challenge")
        if len(self.scopes) > MAX_SCOPES:
            raise OAuthError("invalid_scope", f"more than {MAX_SCOPES} scopes")
        for scope in self.scopes:
            if wrong := all_scopes.complaint(scope):
                raise OAuthError("invalid_scope", f"{ascii(scope[:100])} {wrong}")


def back(redirect: str, fields: Iterable[tuple[str, str]], *, fragment: bool = False) -> str:
    """A redirect address with an answer in its query, or behind its #."""
    answer = urlencode([(name, value) for name, value in fields if value])
    if fragment:
        return f"{redirect}#{answer}"
    return f"{redirect}{'&' if '?' in redirect else '?'}{answer}"


def client_of(fields: Mapping[str, str], authorization: str) -> tuple[str, str]:
    """Name and secret of the client that asks for a token; raises OAuthError when it shows two, or nonsense."""
    named = fields.get("client_id", ""), fields.get("client_secret", "")
    if not authorization:
        return named
    scheme, _, encoded = authorization.strip().partition(" ")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (ValueError, binascii.Error):
        text = ""
    name, colon, secret = text.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise OAuthError("invalid_client", "the Authorization header names no client", status=401)
    name, secret = unquote_plus(name), unquote_plus(secret)
    if named[1] or (named[0] and named[0] != name):
        raise OAuthError("invalid_request", "the client is named twice")
    return name, secret


def proves(challenge: str, verifier: str) -> bool:
    """Whether a verifier belongs to an S256 challenge (RFC 7636, 4.6); without a challenge there must be none."""
    if not challenge:
        return not verifier
    if not _VERIFIER.fullmatch(verifier):
        return False
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    return hmac.compare_digest(digest, challenge.encode())
