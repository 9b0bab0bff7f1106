"""registries.conf, version 2: short names, mirrors, blocked and insecure registries; no I/O.

containers-registries.conf(5). Texts come in the order they are read; a later one replaces what it names again.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from roadstead.base.errors import Invalid
from roadstead.base.values import Json
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.places import Place
from roadstead.streams.pullspec import host_and_port

MOST_BYTES = 1024 * 1024
MOST_ENTRIES = 10_000
LONGEST = 1024

Pulls = Literal["all", "digest-only", "tag-only"]
PULLS: dict[str, Pulls] = {"all": "all", "digest-only": "digest-only", "tag-only": "tag-only"}


@dataclass(frozen=True, slots=True)
class Mirror:
    """Another place for the images of an entry."""

    location: str
    insecure: bool = False
    pulls: Pulls = "all"


@dataclass(frozen=True, slots=True)
class Entry:
    """What holds for every image under `prefix` (host, host/path, or *.domain)."""

    prefix: str
    location: str
    insecure: bool = False
    blocked: bool = False
    mirrors: tuple[Mirror, ...] = ()


@dataclass(frozen=True, slots=True)
class RegistriesConf:
    """All texts together."""

    search: tuple[str, ...] = ()
    aliases: dict[str, str] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()

    def candidates(self, short: str) -> list[str]:
        """The full names (host/path) a name without a registry stands for: its alias, else one per search registry."""
        if short in self.aliases:
            return [self.aliases[short]]
        return [f"{host}/{short}" for host in self.search]

    def places(self, name: str, *, by_digest: bool) -> list[Place]:
        """Where to look for host/path, mirrors first, the place itself last; raises RemoteFailure if it is blocked."""
        entry = self._entry(name)
        if entry is None:
            return [_place(name, insecure=False)]
        if entry.blocked:
            host = name.partition("/")[0]
            said = f"registry {host} is blocked by registries.conf (prefix {entry.prefix})"
            raise RemoteFailure(Kind.BLOCKED, said, host=host, rule="blocked registry")
        rest = _rest(entry.prefix, name)
        unwanted = "tag-only" if by_digest else "digest-only"
        mirrors = [each for each in entry.mirrors if each.pulls != unwanted]
        found = [_place(f"{each.location}{rest}", insecure=each.insecure) for each in mirrors]
        return [*found, _place(f"{entry.location}{rest}" if entry.location else name, insecure=entry.insecure)]

    def is_insecure(self, name: str) -> bool:
        """Whether host/path itself may be asked without a good certificate."""
        entry = self._entry(name)
        return entry is not None and entry.insecure

    def _entry(self, name: str) -> Entry | None:
        fitting = [each for each in self.entries if _covers(each.prefix, name)]
        return max(fitting, key=lambda each: (not each.prefix.startswith("*."), len(each.prefix)), default=None)


def read(texts: Iterable[tuple[str, bytes]]) -> RegistriesConf:
    """Reads (path, content) pairs; raises Invalid naming the file and the rule it breaks."""
    search: tuple[str, ...] = ()
    aliases: dict[str, str] = {}
    entries: dict[str, Entry] = {}
    for path, text in texts:
        table = _table(path, text)
        if "unqualified-search-registries" in table:
            search = tuple(_texts(path, table, "unqualified-search-registries"))
        for short, full in _section(path, table, "aliases").items():
            if not isinstance(full, str):
                raise Invalid(f"{path}: aliases.{short} must be a text")
            # An empty alias takes back what an earlier file said.
            if full:
                aliases[short] = full
            else:
                aliases.pop(short, None)
        for value in _list(path, table, "registry"):
            entry = _read_entry(path, value)
            entries[entry.prefix] = entry
    return RegistriesConf(search, aliases, tuple(entries.values()))


def _table(path: str, text: bytes) -> Json:
    if len(text) > MOST_BYTES:
        raise Invalid(f"{path} is larger than the {MOST_BYTES} bytes that are read")
    try:
        table = tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise Invalid(f"{path} is not TOML: {wrong}") from None
    if "registries" in table:
        raise Invalid(f"{path} is of version 1; write it anew with [[registry]] (containers-registries.conf(5))")
    return table


def _read_entry(path: str, value: Any) -> Entry:
    if not isinstance(value, dict):
        raise Invalid(f"{path}: registry must be a table: [[registry]]")
    location, prefix = _text(path, value, "location"), _text(path, value, "prefix")
    prefix = prefix or location
    if not prefix:
        raise Invalid(f"{path}: a [[registry]] needs a prefix or a location")
    if not location and not prefix.startswith("*."):
        location = prefix
    digest_only = _flag(path, value, "mirror-by-digest-only")
    mirrors = tuple(_read_mirror(path, each, digest_only) for each in _list(path, value, "mirror"))
    return Entry(prefix, location, _flag(path, value, "insecure"), _flag(path, value, "blocked"), mirrors)


def _read_mirror(path: str, value: Any, digest_only: bool) -> Mirror:
    if not isinstance(value, dict) or not _text(path, value, "location"):
        raise Invalid(f"{path}: a [[registry.mirror]] needs a location")
    stated = _text(path, value, "pull-from-mirror") or ("digest-only" if digest_only else "all")
    if stated not in PULLS:
        raise Invalid(f"{path}: pull-from-mirror takes all, digest-only or tag-only, not {stated[:80]!r}")
    return Mirror(_text(path, value, "location"), _flag(path, value, "insecure"), PULLS[stated])


def _covers(prefix: str, name: str) -> bool:
    if prefix.startswith("*."):
        return name.partition("/")[0].partition(":")[0].endswith(prefix[1:])
    # A host without a port stands for it at every port.
    return (
        name == prefix
        or name.startswith(f"{prefix}/")
        or (not host_and_port(prefix)[1] and name.startswith(f"{prefix}:"))
    )


def _rest(prefix: str, name: str) -> str:
    if prefix.startswith("*."):
        host, slash, path = name.partition("/")
        return f"{slash}{path}"
    return name[len(prefix) :]


def _place(name: str, *, insecure: bool) -> Place:
    host, _, repository = name.partition("/")
    return Place(host, repository, insecure)


def _section(path: str, table: Json, name: str) -> Json:
    value = table.get(name, {})
    if not isinstance(value, dict):
        raise Invalid(f"{path}: {name} must be a section: [{name}]")
    return value


def _list(path: str, table: Json, name: str) -> list[Any]:
    value = table.get(name, [])
    if not isinstance(value, list) or len(value) > MOST_ENTRIES:
        raise Invalid(f"{path}: {name} must be a list of at most {MOST_ENTRIES}")
    return value


def _texts(path: str, table: Json, name: str) -> list[str]:
    value = _list(path, table, name)
    if not all(isinstance(each, str) for each in value):
        raise Invalid(f"{path}: {name} must be a list of texts")
    return value


def _text(path: str, table: Json, name: str) -> str:
    value = table.get(name, "")
    if not isinstance(value, str) or len(value) > LONGEST:
        raise Invalid(f"{path}: {name} must be a text of at most {LONGEST} characters")
    return value


def _flag(path: str, table: Json, name: str) -> bool:
    value = table.get(name, False)
    if not isinstance(value, bool):
        raise Invalid(f"{path}: {name} must be true or false")
    return value
