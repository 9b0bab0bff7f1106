"""Which API to talk to, and as whom: kubeconfig files as kubectl reads them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from roadstead.auth.policy import objects, part, text
from roadstead.base.errors import Invalid
from roadstead.base.settings import default_data
from roadstead.base.values import Json

MOST_BYTES = 1024 * 1024
MAKE_ONE = "start `roadstead serve` once and export KUBECONFIG=DIR/admin.kubeconfig, or give --kubeconfig FILE"


@dataclass(frozen=True, slots=True)
class Connection:
    """A server, how to trust it (PEM), and what to show it; `namespace` is the one of the context."""

    server: str
    ca: str = ""
    insecure: bool = False
    authorization: str = field(default="", repr=False)
    certificate: str = ""
    key: str = field(default="", repr=False)
    namespace: str = "default"


def connection(named: str, context: str, environment: Mapping[str, str], home: Path) -> Connection:
    """The connection of a context (empty: the current one); raises Invalid saying what is missing.

    `named` is a file from the command line. Without one, the files in KUBECONFIG count, else ~/.kube/config, else that
    of a server in the usual data folder.
    """
    files = _files(named, environment, home)
    found = [(file, _read(file)) for file in files]
    chosen = context or next((name for _, each in found if (name := text(each, "current-context"))), "")
    if not chosen:
        raise Invalid(f"{_named(files)} has no current context; choose one with --context")
    about = _entry(found, "contexts", "context", chosen)[1]
    beside, cluster = _entry(found, "clusters", "cluster", text(about, "cluster"))
    home_of_user, user = _entry(found, "users", "user", text(about, "user")) if about.get("user") else (beside, {})
    return Connection(
        _server(cluster),
        _data(cluster, "certificate-authority", beside),
        cluster.get("insecure-skip-tls-verify") is True,
        _authorization(user, home_of_user),
        _data(user, "client-certificate", home_of_user),
        _data(user, "client-key", home_of_user),
        text(about, "namespace") or "default",
    )


def _files(named: str, environment: Mapping[str, str], home: Path) -> list[Path]:
    if named:
        files = [Path(named)]
    elif environment.get("KUBECONFIG"):
        files = [Path(each) for each in environment["KUBECONFIG"].split(":") if each]
    else:
        usual = (home / ".kube" / "config", default_data() / "admin.kubeconfig")
        files = [file for file in usual if file.is_file()][:1]
    present = [file for file in files if file.is_file()]
    if not present:
        raise Invalid(f"there is no kubeconfig{f' {_named(files)}' if files else ''}; {MAKE_ONE}")
    return present


def _read(file: Path) -> Json:
    try:
        with file.open("rb") as opened:
            raw = opened.read(MOST_BYTES + 1)
        found: Any = yaml.safe_load(raw) if len(raw) <= MOST_BYTES else None
    except OSError as wrong:
        raise Invalid(f"kubeconfig {file} cannot be read: {wrong.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        found = None
    if not isinstance(found, dict):
        raise Invalid(f"kubeconfig {file} is not a YAML object of at most {MOST_BYTES} bytes")
    return found


def _entry(found: Sequence[tuple[Path, Json]], listed: str, kind: str, name: str) -> tuple[Path, Json]:
    """The first entry of a name, and the folder its file names are relative to."""
    for file, each in found:
        for entry in objects(each.get(listed)):
            if entry.get("name") == name:
                return file.parent, part(entry, kind)
    raise Invalid(f"{_named([file for file, _ in found])} has no {kind} {name!r}")


def _server(cluster: Json) -> str:
    server = text(cluster, "server").rstrip("/")
    if not server.startswith(("https://", "http://")):
        raise Invalid("the kubeconfig names no server that begins with https:// or http://")
    return server


def _data(entry: Json, name: str, folder: Path) -> str:
    """A certificate or key: in the file itself, or in one it names."""
    inside = text(entry, f"{name}-data")
    try:
        if inside:
            return base64.b64decode(inside, validate=True).decode()
        named = text(entry, name)
        return (folder / named).read_text() if named else ""
    except (binascii.Error, UnicodeDecodeError):
        raise Invalid(f"{name} in the kubeconfig is damaged") from None
    except OSError as wrong:
        raise Invalid(f"{name} of the kubeconfig cannot be read: {wrong.strerror}") from None


def _authorization(user: Json, folder: Path) -> str:
    token = text(user, "token")
    if user.get("tokenFile") and not token:
        token = _data({"token": user["tokenFile"]}, "token", folder).strip()
    if token:
        return f"Bearer {token}"
    name, password = text(user, "username"), text(user, "password")
    if name:
        return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
    if user.get("exec") or user.get("auth-provider"):
        raise Invalid("the user of this context logs in by a program, which is not run here; use one with a token")
    return ""


def _named(files: Sequence[Path]) -> str:
    return ":".join(map(str, files))
