"""Where podman, skopeo, buildah and docker look for the CA of a registry."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from urllib.parse import urlsplit

from roadstead.base.errors import Invalid
from roadstead.base.settings import Settings

NAME = "roadstead-ca.crt"


def install(settings: Settings) -> list[str]:
    """Copies the CA for this registry's host and port; returns a line for each file. Raises Invalid with what to do."""
    authority = settings.folder / "ca.crt"
    try:
        certificate = authority.read_bytes()
    except OSError as missing:
        raise Invalid(f"{authority} cannot be read ({missing.strerror}); start `roadstead serve` once first") from None
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
