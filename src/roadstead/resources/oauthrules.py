"""Rules of the OAuth server's objects: what a client may be, and that codes and tokens do not change; no I/O."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.rules import Rules
from roadstead.auth import scopes as all_scopes
from roadstead.auth.users import Attributes, service_account_of
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.names import dns_subdomain
from roadstead.kube.status import FieldError
from roadstead.objects.log import Write
from roadstead.resources.oauthobjects import ACCESS_TOKENS, AUTHORIZATIONS, AUTHORIZE_TOKENS, CLIENTS, GROUP
from roadstead.resources.users import user_name

TOKEN_PREFIX = "sha256~"
MIN_TOKEN_NAME = 32
SHORTEST_INACTIVITY = 300
"""Seconds; uses are written down far more often than that."""
LONGEST = 2**31 - 1
GRANT_METHODS = ("auto", "prompt")
CHALLENGE_METHODS = ("S256",)
_CHALLENGE = re.compile(r"[a-zA-Z0-9._~-]{43,128}")


def redirect_complaint(uri: str) -> str:
    """What is wrong with an address to be sent back to; "" when nothing is."""
    if not uri:
        return "may not be empty"
    try:
        parts = urlsplit(uri)
    except ValueError:
        return "is not a URL"
    if "#" in uri:
        return "may not contain a fragment"
    if any(segment in (".", "..") for segment in parts.path.split("/")):
        return "may not contain a path segment of . or .."
    return ""


class ClientRules(Rules):
    """An OAuthClient: where it may be sent back to, what it may ask for, how long its tokens last."""

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        """A new client; raises StatusError (422)."""
        name = obj["metadata"]["name"]
        errors = [status.invalid_value("metadata.name", name, wrong) for wrong in dns_subdomain(name)]
        for index, uri in enumerate(obj.get("redirectURIs") or ()):
            if wrong := redirect_complaint(uri):
                errors.append(status.invalid_value(f"redirectURIs[{index}]", uri, wrong))
        for index, secret in enumerate(obj.get("additionalSecrets") or ()):
            if not secret:
                errors.append(status.invalid_value(f"additionalSecrets[{index}]", "", "may not be empty"))
        for index, restriction in enumerate(obj.get("scopeRestrictions") or ()):
            errors += _restriction_errors(restriction, f"scopeRestrictions[{index}]")
        errors += _age_errors(obj) + _method_errors(obj.get("grantMethod", ""))
        return _passed(CLIENTS, obj, errors)

    async def on_update(self, new: Json, old: Json, ask: Ask) -> Json:
        """A changed client; raises StatusError (422)."""
        return await self.on_create(new, ask)


class TokenRules(Rules):
    """A code or an access token: named by the hash of its secret, and the same for as long as it lives."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        """A new code or token; raises StatusError (422)."""
        name, errors = obj["metadata"]["name"], _grant_errors(obj)
        if len(name) < MIN_TOKEN_NAME or not name.startswith(TOKEN_PREFIX):
            wrong = f"must be {TOKEN_PREFIX} and the hash of the token"
            errors.append(status.invalid_value("metadata.name", name, wrong))
        if wrong := redirect_complaint(obj.get("redirectURI", "")):
            errors.append(status.invalid_value("redirectURI", obj.get("redirectURI", ""), wrong))
        errors += _number_errors(obj)
        if self._resource is AUTHORIZE_TOKENS:
            errors += _challenge_errors(obj)
        return _passed(self._resource, obj, errors)

    async def on_update(self, new: Json, old: Json, ask: Ask) -> Json:
        """Only metadata may change, and the time a token may lie unused, which never shrinks; raises StatusError."""
        field = "inactivityTimeoutSeconds"
        errors = _number_errors(new)
        after, before = new.get(field, 0), old.get(field, 0)
        if 0 < after < before:
            errors.append(status.invalid_value(field, after, f"cannot be less than the current value={before}"))
        if after and not before:
            errors.append(status.invalid_value(field, after, "cannot update non-timing-out token"))
        kept = ("metadata", "kind", "apiVersion", field)
        for name in sorted({*new, *old} - {*kept}):
            if new.get(name) != old.get(name):
                errors.append(status.invalid_value(name, new.get(name, ""), "field is immutable"))
        return _passed(self._resource, new, errors)

    def on_delete(self, old: Json, ask: Ask) -> Sequence[Write]:
        """Whoever knows a token's name may not end it for that: it is theirs, or they may list them all (404)."""
        lists = Attributes(ask.user, "list", GROUP, self._resource.plural)
        if old.get("userName") != ask.user.name and not ask.may(lists).allowed:
            raise status.not_found(self._resource.group_resource, old["metadata"]["name"])
        return ()


class AuthorizationRules(Rules):
    """What a user has approved for a client, under the name USER:CLIENT."""

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        """A new approval; raises StatusError (422)."""
        name, errors = obj["metadata"]["name"], _grant_errors(obj)
        if name != f"{obj.get('userName', '')}:{obj.get('clientName', '')}":
            errors.append(status.invalid_value("metadata.name", name, "must be in the format <userName>:<clientName>"))
        return _passed(AUTHORIZATIONS, obj, errors)

    async def on_update(self, new: Json, old: Json, ask: Ask) -> Json:
        """Scopes may change; raises StatusError (422)."""
        new = await self.on_create(new, ask)
        errors = [
            status.invalid_value(name, new.get(name, ""), f"{name} is not a mutable field")
            for name in ("clientName", "userName", "userUID")
            if new.get(name) != old.get(name)
        ]
        return _passed(AUTHORIZATIONS, new, errors)


def rules_of(resource: Resource) -> Rules:
    """The rules of one of the stored kinds."""
    if resource in (ACCESS_TOKENS, AUTHORIZE_TOKENS):
        return TokenRules(resource)
    return ClientRules() if resource is CLIENTS else AuthorizationRules()


def _grant_errors(obj: Json) -> list[FieldError]:
    """Who granted what to whom."""
    errors: list[FieldError] = []
    client, user, scopes = obj.get("clientName", ""), obj.get("userName", ""), obj.get("scopes") or []
    if not client:
        errors.append(status.required("clientName"))
    elif service_account_of(client) is None:
        errors += [status.invalid_value("clientName", client, wrong) for wrong in dns_subdomain(client)]
    if not user:
        errors.append(status.required("userName"))
    errors += [status.invalid_value("userName", user, wrong) for wrong in user_name(user)]
    if not obj.get("userUID"):
        errors.append(status.required("userUID"))
    if not scopes:
        errors.append(status.required("scopes", "may not be empty"))
    for index, scope in enumerate(scopes):
        if wrong := all_scopes.complaint(scope):
            errors.append(status.invalid_value(f"scopes[{index}]", scope, wrong))
    return errors


def _number_errors(obj: Json) -> list[FieldError]:
    return [
        status.invalid_value(name, obj[name], f"must be between 0 and {LONGEST}")
        for name in ("expiresIn", "inactivityTimeoutSeconds")
        if not 0 <= obj.get(name, 0) <= LONGEST
    ]


def _challenge_errors(obj: Json) -> list[FieldError]:
    challenge, method = obj.get("codeChallenge", ""), obj.get("codeChallengeMethod", "")
    if obj.get("expiresIn", 0) <= 0:
        return [status.invalid_value("expiresIn", obj.get("expiresIn", 0), "must be greater than zero")]
    if not challenge and not method:
        return []
    if not _CHALLENGE.fullmatch(challenge):
        return [status.invalid_value("codeChallenge", challenge, "must be 43-128 characters [a-zA-Z0-9.~_-]")]
    if method not in CHALLENGE_METHODS:
        return [status.not_supported("codeChallengeMethod", method, CHALLENGE_METHODS)]
    return []


def _restriction_errors(restriction: Json, path: str) -> list[FieldError]:
    literals, of_roles = restriction.get("literals") or [], restriction.get("clusterRole")
    if bool(literals) == (of_roles is not None):
        return [status.invalid_value(path, restriction, "exactly one of literals, clusterRole is required")]
    errors = [
        status.invalid_value(f"{path}.literals[{index}]", "", "may not be empty")
        for index, literal in enumerate(literals)
        if not literal
    ]
    for name in ("roleNames", "namespaces") if of_roles is not None else ():
        if not (of_roles or {}).get(name):
            errors.append(status.required(f"{path}.clusterRole.{name}", "won't match anything"))
    return errors


def _age_errors(obj: Json) -> list[FieldError]:
    errors = []
    age, idle = obj.get("accessTokenMaxAgeSeconds"), obj.get("accessTokenInactivityTimeoutSeconds")
    if age is not None and age < 0:
        errors.append(status.invalid_value("accessTokenMaxAgeSeconds", age, "value cannot be negative"))
    if idle is not None and idle < 0:
        errors.append(status.invalid_value("accessTokenInactivityTimeoutSeconds", idle, "value cannot be negative"))
    elif idle and idle < SHORTEST_INACTIVITY:
        least = f"The minimum valid timeout value is {SHORTEST_INACTIVITY} seconds"
        errors.append(status.invalid_value("accessTokenInactivityTimeoutSeconds", idle, least))
    return errors


def _method_errors(method: str) -> list[FieldError]:
    if not method:
        return [status.required("grantMethod", "must be auto or prompt")]
    return [] if method in GRANT_METHODS else [status.not_supported("grantMethod", method, GRANT_METHODS)]


def _passed(resource: Resource, obj: Json, errors: list[FieldError]) -> Json:
    if errors:
        raise status.invalid(resource.kind, GROUP, obj["metadata"].get("name", ""), errors)
    return obj
