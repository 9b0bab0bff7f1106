"""Where podman, skopeo, buildah and docker look for the CA of a registry."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from urllib.parse import urlsplit

import uvloop

from roadstead.base.errors import Failure, Invalid
from roadstead.base.settings import Outbound, Settings
from roadstead.remote.addresses import Allowed
from roadstead.remote.errors import RemoteFailure
from roadstead.remote.guard import Ask, Guard, Trust

NAME = "roadstead-ca.crt"
SECONDS = 3.0


def install(settings: Settings) -> list[str]:
    """Copies the CA for this registry's host and port; returns a line for each file. Raises Invalid with what to do."""
    authority = settings.folder / "ca.crt"
    try:
        certificate = authority.read_bytes()
    except PermissionError as refused:
        step = "run the command as root, or as the user who runs the server"
        raise Invalid(f"{authority} cannot be read ({refused.strerror}); {step}") from None
    except OSError as missing:
        step = "start `roadstead serve` once first, or name its folder with --data"
        raise Invalid(f"{authority} cannot be read ({missing.strerror}); {step}") from None
    written = []
    for file in _places(settings):
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            another = file.exists() and file.read_bytes() != certificate
            file.write_bytes(certificate)
        except OSError as refused:
            raise Invalid(f"{file} cannot be written: {refused.strerror}; run the command as root") from None
        written.append(f"wrote {file}" + (" (in place of another registry's CA)" if another else ""))
    return written


def stranger(settings: Settings) -> str:
    """What to know when somebody else than this data folder's server answers at the address; else empty."""
    host = urlsplit(settings.serve_registry).netloc.replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]")
    try:
        uvloop.run(_ask(host, (settings.folder / "ca.crt").read_text()))
    except RemoteFailure as failure:
        if failure.rule == "certificate":
            other = (
                f"note: what answers at {host} now is not the server of {settings.folder}: its certificate does not fit"
            )
            return f"{other}; --data names another folder, --registry another address"
    except (OSError, ValueError, Failure):
        pass
    return ""


async def _ask(host: str, authority: str) -> None:
    guard = Guard(Outbound(), allowed=Allowed.parse([host if urlsplit(f"//{host}").port else f"{host}:443"]))
    try:
        async with await guard.open(Ask("GET", f"https://{host}/healthz", trust=Trust(ca=authority), seconds=SECONDS)):
            return
    finally:
        await guard.close()


def remove(settings: Settings) -> list[str]:
    """Removes what `install` wrote, and folders left empty; returns a line for each file. Another CA stays."""
    removed = []
    ours: bytes | None = None
    with contextlib.suppress(OSError):
        ours = (settings.folder / "ca.crt").read_bytes()
    for file in _places(settings):
        try:
            if ours is not None and file.read_bytes() != ours:
                removed.append(f"kept {file}: it holds the CA of another registry (see --data)")
                continue
            file.unlink()
        except FileNotFoundError:
            continue
        except OSError as refused:
            raise Invalid(f"{file} cannot be removed: {refused.strerror}; run the command as root") from None
        removed.append(f"removed {file}")
        if not any(file.parent.iterdir()):
            file.parent.rmdir()
    return removed or ["nothing to remove"]


def _places(settings: Settings) -> list[Path]:
    """containers-certs.d(5) for podman, skopeo and buildah, Docker's own folder; a user's own where not root."""
    address = urlsplit(settings.serve_registry)
    if not address.hostname or "/" in address.netloc or address.netloc.startswith("."):
        raise Invalid(f"--registry: {settings.serve_registry!r} is not an address; write https://HOST:PORT")
    port = address.port or 443
    everywhere = address.hostname in ("0.0.0.0", "::")
    own = [f"{name}:{port}" for name in ("127.0.0.1", *settings.names)] if everywhere else [address.netloc]
    named = [host for host in (settings.registry.hostname, *settings.registry.external_hostnames) if host]
    hosts = list(dict.fromkeys([*own, *named]))
    if everywhere or address.hostname == "127.0.0.1":
        hosts.append(f"localhost:{port}")
    if os.geteuid() == 0:
        folders = [Path("/etc/containers/certs.d"), Path("/etc/docker/certs.d")]
    else:
        config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
        folders = [config / "containers" / "certs.d"]
    return [folder / host / NAME for folder in folders for host in hosts]
