"""Every knob once: default, unit, environment name and meaning; read from a file and the environment."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from roadstead.base.errors import Invalid
from roadstead.base.values import Json

PREFIX = "ROADSTEAD_"
ELSEWHERE = {"ROADSTEAD_CONFIG", "ROADSTEAD_VENV"}
"""Names of ours that are no settings: where the file is, and where the scripts put their environment."""


def knob(default: Any, meaning: str, unit: str = "", *, choices: tuple[str, ...] = (), secret: bool = False) -> Any:
    """A setting: its default, its meaning, the unit of its value, and the texts it takes where only some will do.

    The value of a `secret` one is never shown.
    """
    facts = {"meaning": meaning, "unit": unit, "choices": choices, "secret": secret}
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata=facts)
    return field(default=default, metadata=facts)


def default_data() -> Path:
    """A folder of the user's: `$XDG_DATA_HOME/roadstead`, else `~/.local/share/roadstead`."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "roadstead"


@dataclass(frozen=True)
class Registry:
    """The /v2/ door."""

    hostname: str = knob(
        "", "host[:port] that image references name; empty: the address it listens on, or if all, the first of names"
    )
    external_hostnames: list[str] = knob(
        [], "further names people reach the registry by; the first is shown in streams"
    )
    trust_forwarded: bool = knob(
        False, "believe Forwarded and X-Forwarded-* headers of a proxy in front of the registry"
    )
    read_only: bool = knob(False, "refuse everything on /v2/ that changes something")
    deletes: bool = knob(True, "allow manifests and blobs to be deleted through /v2/")
    sparse_images: bool = knob(
        True, "accept an image that lacks some layers when its config and another layer are here"
    )
    manifest_bytes: int = knob(4 * 1024 * 1024, "largest manifest accepted", "bytes")
    config_bytes: int = knob(8 * 1024 * 1024, "largest image config that is read for its facts", "bytes")
    catalog_entries: int = knob(1000, "most repositories on one page of the catalog")
    manifest_cache_bytes: int = knob(16 * 1024 * 1024, "manifests kept in memory", "bytes")
    token_seconds: int = knob(300, "lifetime of a registry token", "seconds")
    blob_grace_seconds: int = knob(600, "a blob touched within this time is not deleted for good", "seconds")
    metrics: bool = knob(True, "serve /extensions/v2/metrics to those who may get registry/metrics")


@dataclass(frozen=True)
class Uploads:
    """Uploads under way."""

    idle_seconds: int = knob(168 * 3600, "an upload nobody touched for this long is dropped", "seconds")
    sweep_seconds: int = knob(24 * 3600, "time between two looks for dropped uploads", "seconds")


@dataclass(frozen=True)
class Images:
    """The image API."""

    import_mode: str = knob(
        "Legacy",
        "import mode of tags that name none: Legacy or PreserveOriginal",
        choices=("Legacy", "PreserveOriginal"),
    )
    allowed_registries: list[str] = knob([], "host[:port] patterns tags may refer to; empty: any")
    auth_files: list[str] = knob(
        [], "auth.json files with keys for other registries, tried after all secrets; empty: the usual ones; none: none"
    )


@dataclass(frozen=True)
class Imports:
    """Images from other registries (docs/imports.md)."""

    tags_per_repository: int = knob(50, "tags that come in when a whole repository is imported; 0: all")
    look_seconds: int = knob(25, "time to find one image, with its config and all entries of its index", "seconds")
    side_by_side: int = knob(8, "images that one import looks at at a time")
    scheduled: bool = knob(True, "keep tags fresh that ask for it")
    interval_seconds: int = knob(900, "each stream with such tags is looked at once in this time", "seconds")
    scheduled_per_minute: int = knob(60, "such looks at streams in a minute; 0: as many as there are")
    workers: int = knob(16, "streams that are imported at the same time because a tag of theirs changed")


@dataclass(frozen=True)
class PullThrough:
    """Images of streams that live in other registries (docs/mirrors.md)."""

    enabled: bool = knob(True, "serve what a stream's image has only in another registry")
    keep: bool = knob(True, "keep what is pulled through, so that the next pull needs no other registry")
    fetches: int = knob(16, "blobs fetched from other registries at once, half of them at most for one namespace")
    space_bytes: int = knob(100 * 1024**3, "bytes of all blobs on their way from other registries at once", "bytes")


@dataclass(frozen=True)
class Access:
    """Who gets in."""

    htpasswd: str = knob(
        "", "htpasswd file (bcrypt or argon2) of users who log in with name and password; empty: DIR/htpasswd, if any"
    )
    token_issuer: str = knob(
        "https://kubernetes.default.svc",
        "issuer of service account tokens, and their audience when none is asked for; others find keys below its URL",
    )
    token_max_seconds: int = knob(366 * 86400, "longest lifetime of a service account token on request", "seconds")
    pull_secret_seconds: int = knob(3600, "lifetime of the tokens in managed pull secrets", "seconds")


@dataclass(frozen=True)
class Outbound:
    """Connections to other registries (docs/outbound.md)."""

    allow: list[str] = knob(
        [], "hosts, *.suffixes, addresses and networks, each with :PORT or without, that may be asked though not public"
    )
    connect_seconds: int = knob(10, "time for a connection to be made", "seconds")
    idle_seconds: int = knob(30, "a server that sends nothing for this long is given up", "seconds")
    document_seconds: int = knob(60, "time for a manifest, a page of tags or a token, retries included", "seconds")
    transfer_seconds: int = knob(3600, "time for a blob", "seconds")


@dataclass(frozen=True)
class Logins:
    """How people log in, and how long what they get lasts."""

    public_url: str = knob(
        "", "address people reach the API and its login page by; empty: whatever name of ours they used"
    )
    passwords: bool = knob(True, "let people log in with name and password; says nothing of tokens")
    identity_providers: tuple[Json, ...] = knob(
        (), "who vouches for people, besides access.htpasswd (docs/access.md); in the environment as JSON"
    )
    token_seconds: int = knob(86400, "lifetime of a token where its OAuthClient has none; 0: for ever", "seconds")
    token_inactivity_seconds: int = knob(
        0, "a login's token unused for this long ends, where its OAuthClient does not say; 0: never", "seconds"
    )


@dataclass(frozen=True)
class Audit:
    """The record of who changed what."""

    to: str = knob("log", "where a line for each changing request goes", choices=("log", "file", "nowhere"))
    file: str = knob("", "the audit file; empty: audit.jsonl in the data folder")
    file_bytes: int = knob(64 * 1024 * 1024, "an audit file this large is put aside and a new one begun", "bytes")
    files_kept: int = knob(5, "audit files put aside that are kept")


@dataclass(frozen=True)
class Limits:
    """What one client may cost."""

    api_body_bytes: int = knob(3 * 1024 * 1024, "largest request body of the API", "bytes")
    body_idle_seconds: int = knob(60, "a client that sends nothing for this long is cut off", "seconds")
    send_idle_seconds: int = knob(60, "a client that reads nothing for this long is cut off", "seconds")
    drain_seconds: int = knob(28, "time for requests under way to finish when the server stops", "seconds")
    watch_queue: int = knob(1000, "changes a slow watcher may lag behind before it is closed")


@dataclass(frozen=True)
class Objects:
    """The log of objects."""

    url: str = knob(
        "",
        "postgresql://… of a database that several servers share, together with the data folder; "
        "empty: a file in the data folder, for one server",
        secret=True,
    )
    keep_changes_seconds: int = knob(600, "changes younger than this can be watched again", "seconds")
    keep_replaced_bytes: int = knob(
        256 * 1024 * 1024, "with more bytes of replaced states than this, younger changes are forgotten too", "bytes"
    )
    compact_seconds: int = knob(30, "time between two looks for changes to forget", "seconds")
    event_seconds: int = knob(3600, "an event that was not seen again for this long is forgotten", "seconds")
    renew_seconds: int = knob(300, "time between two looks for secrets that an older key encrypts", "seconds")


@dataclass(frozen=True)
class Settings:
    """The whole tree. Names in the environment: ROADSTEAD_DATA, ROADSTEAD_REGISTRY_READ_ONLY, …"""

    data: str = knob("", "folder that holds everything; empty: a folder of the user's")
    serve_registry: str = knob("https://127.0.0.1:5000", "address of the registry; http:// serves plain")
    serve_api: str = knob("https://127.0.0.1:6443", "address of the API; http:// serves plain")
    names: list[str] = knob([], "further host names and addresses the serving certificates are made for")
    plain_beyond_loopback: bool = knob(False, "allow plain http on addresses other machines can reach")
    log_level: str = knob("info", "debug, info, warning or error", choices=("debug", "info", "warning", "error"))
    log_format: str = knob("text", "text or json", choices=("text", "json"))
    registry: Registry = field(default_factory=Registry)
    uploads: Uploads = field(default_factory=Uploads)
    images: Images = field(default_factory=Images)
    imports: Imports = field(default_factory=Imports)
    pullthrough: PullThrough = field(default_factory=PullThrough)
    access: Access = field(default_factory=Access)
    audit: Audit = field(default_factory=Audit)
    logins: Logins = field(default_factory=Logins)
    outbound: Outbound = field(default_factory=Outbound)
    limits: Limits = field(default_factory=Limits)
    objects: Objects = field(default_factory=Objects)

    @property
    def folder(self) -> Path:
        """The data folder."""
        return Path(self.data) if self.data else default_data()


@dataclass(frozen=True)
class Line:
    """One setting as it is shown to people."""

    name: str
    environment: str
    value: object
    default: object
    unit: str
    meaning: str


def load(file: Path | None, environment: Mapping[str, str]) -> Settings:
    """Settings from a TOML file and the environment, which wins. Raises Invalid naming the setting that is wrong."""
    settings = Settings()
    if file is not None:
        try:
            settings = _merge(settings, tomllib.loads(file.read_text()), "")
        except OSError as missing:
            raise Invalid(f"settings file {file} cannot be read: {missing.strerror}") from None
        except tomllib.TOMLDecodeError as wrong:
            raise Invalid(f"settings file {file} is not TOML: {wrong}") from None
    return _from_environment(settings, environment)


def lines(settings: Settings) -> list[Line]:
    """Every setting with its value, in the order of the tree."""
    return list(_walk(settings, Settings(), ""))


def _walk(node: Any, default: Any, path: str) -> list[Line]:
    found: list[Line] = []
    for one in fields(node):
        name, value = f"{path}{one.name}", getattr(node, one.name)
        if is_dataclass(value):
            found += _walk(value, getattr(default, one.name), name + ".")
        else:
            found.append(
                Line(
                    name,
                    _environment_name(name),
                    "(not shown)" if one.metadata["secret"] and value else value,
                    getattr(default, one.name),
                    _unit(one),
                    one.metadata["meaning"],
                )
            )
    return found


def _unit(one: Field[Any]) -> str:
    return str(one.metadata["unit"])


def _environment_name(name: str) -> str:
    return PREFIX + name.replace(".", "_").upper()


def _merge(node: Any, table: Mapping[str, Any], path: str) -> Any:
    known, changes = {one.name: one for one in fields(node)}, {}
    for key, value in table.items():
        if key not in known:
            raise Invalid(f"there is no setting {path}{key}; `roadstead settings` lists them all")
        current = getattr(node, key)
        if is_dataclass(current):
            if not isinstance(value, dict):
                raise Invalid(f"{path}{key} is a section: write it as [{path}{key}]")
            changes[key] = _merge(current, value, f"{path}{key}.")
        else:
            changes[key] = _typed(f"{path}{key}", value, current)
            choices = known[key].metadata["choices"]
            if choices and value not in choices:
                raise Invalid(f"{path}{key} takes {' or '.join(choices)}, not {value!r}")
    return replace(node, **changes)


def _typed(name: str, value: Any, current: Any) -> Any:
    if isinstance(current, tuple) and isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return tuple(value)
    if isinstance(current, list) and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    if type(value) is type(current) and not isinstance(value, list):
        return value
    raise Invalid(f"{name} takes {_type_name(current)}, not {value!r}")


def _type_name(current: Any) -> str:
    names = {bool: "true or false", int: "a whole number", str: "text", list: "a list of texts", tuple: "tables"}
    return names[type(current)]


def _from_environment(settings: Settings, environment: Mapping[str, str]) -> Settings:
    table: dict[str, Any] = {}
    found = lines(settings)
    ours = {name for name in environment if name.startswith(PREFIX)}
    unknown = ours - ELSEWHERE - {line.environment for line in found}
    if unknown:
        raise Invalid(f"there is no setting {min(unknown)}; `roadstead settings` lists them all")
    for line in found:
        if (text := environment.get(line.environment)) is None:
            continue
        *sections, last = line.name.split(".")
        at = table
        for section in sections:
            at = at.setdefault(section, {})
        at[last] = _parsed(line, text)
    merged: Settings = _merge(settings, table, "")
    return merged


def _parsed(line: Line, text: str) -> Any:
    if isinstance(line.default, bool):
        if text.lower() not in ("true", "false"):
            raise Invalid(f"{line.environment} takes true or false, not {text!r}")
        return text.lower() == "true"
    if isinstance(line.default, int):
        if not text.isascii() or not text.isdigit():
            raise Invalid(f"{line.environment} takes a whole number, not {text!r}")
        return int(text)
    if isinstance(line.default, tuple):
        try:
            return json.loads(text)
        except ValueError:
            raise Invalid(f"{line.environment} takes a JSON list of objects") from None
    if isinstance(line.default, list):
        return [item.strip() for item in text.split(",") if item.strip()]
    return text
