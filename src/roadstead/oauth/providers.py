"""Identity providers as the settings write them, checked; no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from roadstead.base.errors import Invalid
from roadstead.base.values import Json
from roadstead.oauth.identities import Mapping
from roadstead.resources.users import user_name

SETTING = "logins.identity_providers"
CLAIMS = {"id": ("sub",), "preferred_username": ("preferred_username",), "name": ("name",), "email": ("email",)}
"""Where each fact about somebody is looked for when the settings do not say; groups nowhere."""
_COMMON = {"name", "type", "mapping"}
_OPENID = {"issuer", "client_id", "client_secret_file", "ca_file", "scopes", "claims", "parameters"}


@dataclass(frozen=True, slots=True)
class PasswordFile:
    """An htpasswd file."""

    name: str
    mapping: Mapping
    file: str


@dataclass(frozen=True, slots=True)
class Issuer:
    """An OpenID Connect issuer; `claims` are the names under which each fact is looked for, the first found counts."""

    name: str
    mapping: Mapping
    issuer: str
    client_id: str
    client_secret_file: str = ""
    ca_file: str = ""
    scopes: tuple[str, ...] = ()
    claims: dict[str, tuple[str, ...]] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)


Provider = PasswordFile | Issuer


def parse(tables: Iterable[Json]) -> list[Provider]:
    """The providers; raises Invalid naming the table and the rule it breaks."""
    found: list[Provider] = []
    for number, table in enumerate(tables):
        provider = _provider(f"{SETTING}[{number}]", table)
        if provider.name in {each.name for each in found}:
            raise Invalid(f"{SETTING}[{number}]: the name {provider.name!r} is taken by another provider")
        found.append(provider)
    return found


def _provider(where: str, table: Json) -> Provider:
    name, kind = _text(where, table, "name"), _text(where, table, "type")
    if not name or ":" in name or user_name(name) or not name.isascii() or not name.isprintable():
        raise Invalid(f"{where}: name must be plain text without / % and :, not {name!r}")
    try:
        mapping = Mapping(_text(where, table, "mapping") or "claim")
    except ValueError:
        raise Invalid(f"{where}: mapping takes claim, lookup or add") from None
    if kind == "htpasswd":
        _only(where, table, _COMMON | {"file"})
        return PasswordFile(name, mapping, _needed(where, table, "file"))
    if kind != "openid":
        raise Invalid(f"{where}: type takes htpasswd or openid, not {kind!r}")
    _only(where, table, _COMMON | _OPENID)
    return Issuer(
        name,
        mapping,
        _issuer(where, _needed(where, table, "issuer")),
        _needed(where, table, "client_id"),
        _text(where, table, "client_secret_file"),
        _text(where, table, "ca_file"),
        _texts(where, "scopes", table.get("scopes", [])),
        _claims(where, table.get("claims", {})),
        _parameters(where, table.get("parameters", {})),
    )


def _issuer(where: str, text: str) -> str:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise Invalid(f"{where}: issuer is not a URL") from None
    plain = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    if not (parts.scheme == "https" or plain) or not parts.hostname or parts.query or parts.fragment or "@" in text:
        raise Invalid(f"{where}: issuer must be https:// and a host, without query and fragment")
    return text.rstrip("/")


def _claims(where: str, table: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(table, dict):
        raise Invalid(f"{where}: claims is a table")
    _only(f"{where}.claims", table, {*CLAIMS, "groups"})
    return {**CLAIMS, "groups": (), **{name: _texts(where, f"claims.{name}", value) for name, value in table.items()}}


def _parameters(where: str, table: Any) -> dict[str, str]:
    ours = {"client_id", "response_type", "redirect_uri", "scope", "state", "nonce", "code_challenge"}
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise Invalid(f"{where}: parameters is a table of texts")
    if set(table) & ours:
        raise Invalid(f"{where}: parameters must not hold {', '.join(sorted(set(table) & ours))}")
    return dict(table)


def _only(where: str, table: Json, known: set[str]) -> None:
    if unknown := sorted(set(table) - known):
        raise Invalid(f"{where}: there is no {unknown[0]}; known are {', '.join(sorted(known))}")


def _text(where: str, table: Json, name: str) -> str:
    value = table.get(name, "")
    if not isinstance(value, str):
        raise Invalid(f"{where}: {name} takes text")
    return value


def _needed(where: str, table: Json, name: str) -> str:
    if not (value := _text(where, table, name)):
        raise Invalid(f"{where}: {name} is needed")
    return value


def _texts(where: str, name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        raise Invalid(f"{where}: {name} takes a list of texts")
    return tuple(value)
