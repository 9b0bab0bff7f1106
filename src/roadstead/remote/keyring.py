"""Keys people keep in files and secrets -> those to try at a place, in order; no I/O. image-api contract, 14.6."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Literal

import orjson

from roadstead.base.values import Json
from roadstead.remote.places import DOCKER_HUB, Credential
from roadstead.streams.pullspec import host_and_port

Form = Literal["config", "dockercfg", "auth"]
"""`config`: Docker's config.json and the secrets made of it, with `auths`. `dockercfg`: the older form, hosts at the
top. `auth`: the auth.json of podman and its relatives, whose paths count by whole components and which may name
programs that know the password."""

MOST_BYTES = 1024 * 1024
MOST_ENTRIES = 4096
LONGEST_KEY = 1024
LONGEST_FIELD = 256 * 1024
HUB_FALLBACK = "index.docker.io"

_PROGRAM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class KeyText:
    """A text to read keys from, and what people call the place it lies in (`secret shop/robot`, a path)."""

    origin: str
    form: Form
    text: bytes


@dataclass(frozen=True, slots=True)
class Problem:
    """A text, or one entry of it, that cannot be used; `why` repeats nothing secret."""

    origin: str
    scope: str
    why: str

    def __str__(self) -> str:
        return f"{self.origin}, {self.scope}: {self.why}" if self.scope else f"{self.origin}: {self.why}"


@dataclass(frozen=True, slots=True)
class Program:
    """A credential helper to ask for the password of `scope`: `docker-credential-NAME`."""

    origin: str
    scope: str
    name: str


@dataclass(frozen=True, slots=True)
class _Entry:
    """One key with the hosts and paths it is for. An empty host stands for every host (a default helper)."""

    host: str
    port: str
    path: str
    whole_components: bool
    found: Credential | Program

    @property
    def scope(self) -> str:
        """The host and path as keys are sorted by."""
        return _scope(self.host, self.port, self.path)

    def fits(self, host: str, port: str, path: str) -> bool:
        """Whether the key may be sent to this host and port for this path."""
        if isinstance(self.found, Program) and not self.host:
            return True
        if self.port != port or not _labels_match(self.host, host, globs=not self.whole_components):
            return False
        if self.whole_components and self.path:
            return f"{path}/".startswith(f"{self.path.rstrip('/')}/")
        return path.startswith(self.path)


class _Broken(Exception):
    """Why a text or an entry is not used."""


class Keyring:
    """Keys in groups: those of an earlier group are tried first, whatever they name (secrets of the namespace, the
    cluster's pull secret, the host's file). Within a group the more specific key comes first."""

    def __init__(self, groups: Sequence[Sequence[_Entry]], problems: Sequence[Problem]) -> None:
        self._groups, self.problems = groups, tuple(problems)

    @classmethod
    def read(cls, groups: Iterable[Iterable[KeyText]]) -> Keyring:
        """All texts; what is broken is reported in `problems` and spoils nothing else."""
        read: list[list[_Entry]] = []
        problems: list[Problem] = []
        for group in groups:
            entries = [entry for text in group for entry in _entries(text, problems)]
            # Python's sort keeps the order of the texts among keys that are the same.
            read.append(sorted(entries, key=lambda entry: entry.scope, reverse=True))
        return cls([_defaults_last(group) for group in read], problems)

    def matching(self, host: str, repository: str) -> list[Credential]:
        """What may be sent to `host` (host[:port]) for a repository, most promising first; may be empty."""
        return [found for found in self.with_programs(host, repository) if isinstance(found, Credential)]

    def with_programs(self, host: str, repository: str) -> list[Credential | Program]:
        """The same, with the programs to ask in their places."""
        found: list[Credential | Program] = []
        for group in self._groups:
            found += _fitting(group, host, repository)
            if host in DOCKER_HUB and host != HUB_FALLBACK:
                found += _fitting(group, HUB_FALLBACK, repository)
        return list(dict.fromkeys(found))


def _fitting(group: Sequence[_Entry], registry: str, repository: str) -> list[Credential | Program]:
    host, port = host_and_port(registry.lower())
    return [entry.found for entry in group if entry.fits(host, port, f"/{repository}")]


def _defaults_last(entries: list[_Entry]) -> list[_Entry]:
    """Helpers for every host come after the keys that name one."""
    return [each for each in entries if each.host] + [each for each in entries if not each.host]


def _entries(text: KeyText, problems: list[Problem]) -> list[_Entry]:
    """The usable entries of one text."""
    try:
        table, document = _table(text)
    except _Broken as broken:
        problems.append(Problem(text.origin, "", str(broken)))
        return []
    found = []
    for key, value in table.items():
        try:
            entry = _entry(text, key, value)
        except _Broken as broken:
            problems.append(Problem(text.origin, _shown(key), str(broken)))
            continue
        if entry is not None:
            found.append(entry)
    return found + _programs(text, document, problems)


def _table(text: KeyText) -> tuple[Json, Json]:
    """The hosts of a text, and the whole document."""
    if len(text.text) > MOST_BYTES:
        raise _Broken(f"is larger than the {MOST_BYTES} bytes that are read")
    try:
        document = orjson.loads(text.text)
    except orjson.JSONDecodeError:
        raise _Broken("is not JSON") from None
    if not isinstance(document, dict):
        raise _Broken("is not a JSON object")
    table = document if text.form == "dockercfg" else document.get("auths", {})
    if table is None:
        table = {}
    if not isinstance(table, dict):
        raise _Broken("auths is not an object of hosts")
    if len(table) > MOST_ENTRIES:
        raise _Broken(f"names {len(table)} hosts; at most {MOST_ENTRIES} are read")
    return table, document


def _entry(text: KeyText, key: str, value: object) -> _Entry | None:
    """One host's key; None for an entry without content, as `docker login` leaves beside a helper."""
    if not isinstance(value, dict):
        raise _Broken("is not an object")
    fields = {name: _text(value, name) for name in ("username", "password", "auth", "identitytoken", "registrytoken")}
    if not any(fields.values()):
        return None
    username, password = fields["username"], fields["password"]
    if fields["auth"]:
        username, password = _decoded(fields["auth"])
    tokens = fields["identitytoken"], fields["registrytoken"]
    if not any(tokens) and not password:
        raise _Broken("has no password")
    if ":" in username or _CONTROL.search(username):
        raise _Broken("has a user name with a colon or a control character, which no registry can be sent")
    if any(_CONTROL.search(token) for token in (password, *tokens)):
        raise _Broken("has a password or token with a control character")
    host, port, path = _split(key)
    credential = Credential(username, password, *tokens, source=text.origin)
    return _Entry(host, port, path, text.form == "auth", credential)


def _programs(text: KeyText, document: Json, problems: list[Problem]) -> list[_Entry]:
    """The helpers an administrator's file names; in a secret anybody could name a program, so there none counts."""
    helpers = document.get("credHelpers") if text.form != "dockercfg" else None
    default = document.get("credsStore") if text.form != "dockercfg" else None
    if not helpers and not default:
        return []
    if text.form != "auth":
        problems.append(Problem(text.origin, "", "credential helpers are only asked for keys of the host's own file"))
        return []
    found = []
    named = dict(list(helpers.items())[:MOST_ENTRIES]) if isinstance(helpers, dict) else {}
    for key, name in [*named.items(), *([("", default)] if default else [])]:
        if not isinstance(name, str) or not _PROGRAM.fullmatch(name):
            problems.append(Problem(text.origin, _shown(key), "does not name a credential helper"))
            continue
        try:
            host, port, path = _split(key) if key else ("", "", "")
        except _Broken as broken:
            problems.append(Problem(text.origin, _shown(key), str(broken)))
            continue
        found.append(_Entry(host, port, path, True, Program(text.origin, _scope(host, port, path), name)))
    return found


def _text(value: Json, name: str) -> str:
    field = value.get(name)
    if field is None:
        return ""
    if not isinstance(field, str):
        raise _Broken(f"{name} is not a text")
    if len(field) > LONGEST_FIELD:
        raise _Broken(f"{name} has more than {LONGEST_FIELD} characters")
    return field


def _decoded(auth: str) -> tuple[str, str]:
    """User name and password of an `auth` field: base64 of `name:password`, padding optional."""
    stripped = "".join(auth.split()).rstrip("=")
    try:
        text = base64.b64decode(stripped + "=" * (-len(stripped) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        raise _Broken("auth is not base64 of NAME:PASSWORD") from None
    username, colon, password = text.rstrip("\x00").partition(":")
    if not colon:
        raise _Broken("auth is not base64 of NAME:PASSWORD")
    return username, password


def _split(key: str) -> tuple[str, str, str]:
    """Host, port and path (empty, or with a slash in front) that a key names; the scheme and /v1/, /v2/ are noise."""
    if len(key) > LONGEST_KEY or _CONTROL.search(key):
        raise _Broken("does not name a host")
    rest = re.sub(r"^https?://", "", key, flags=re.IGNORECASE)
    netloc, slash, path = rest.partition("/")
    host, port = host_and_port(netloc.lower())
    if not host or "@" in netloc or (":" in host and host[0] != "[") or not re.fullmatch(r"[0-9]{0,5}", port):
        raise _Broken("does not name a host")
    path = slash + path
    path = path[3:] if path.startswith(("/v1/", "/v2/")) or path in ("/v1", "/v2") else path
    return host, port, "" if path == "/" else path


def _scope(host: str, port: str, path: str) -> str:
    return f"{host}:{port}{path}" if port else f"{host}{path}"


@lru_cache(maxsize=4096)
def _labels_match(pattern: str, host: str, *, globs: bool) -> bool:
    """Whether each label of the pattern fits the label of the host; `*` never spans a dot."""
    if not globs or pattern.startswith("["):  # an IPv6 address is no pattern
        return pattern == host
    wanted, labels = pattern.split("."), host.split(".")
    return len(wanted) == len(labels) and all(map(fnmatchcase, labels, wanted))


def _shown(key: str) -> str:
    """A key as it may be printed: some people put passwords into addresses."""
    shown = re.sub(r"//[^/@]*@", "//***@", key)
    return shown if len(shown) <= 160 else f"{shown[:160]}..."
