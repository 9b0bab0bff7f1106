"""The app on real sockets: folder, certificates, listeners, and what a new administrator needs to get in."""

from __future__ import annotations

import asyncio
import base64
import errno
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import yaml

from roadstead.app.build import App, build, utc_now
from roadstead.app.storage import open_log
from roadstead.auth.users import ADMIN_NAME, MASTERS
from roadstead.base.background import Background
from roadstead.base.certificates import Certificates, alone, write_private
from roadstead.base.errors import Failure, Invalid
from roadstead.base.folder import DataFolder
from roadstead.base.observe import logger
from roadstead.base.sending import FileSender
from roadstead.base.serving import Door, Limits, Listener
from roadstead.base.settings import Settings
from roadstead.base.web import Reply, Request
from roadstead.dataplane import failures
from roadstead.kube import status
from roadstead.objects.sealkeys import Unsealable
from roadstead.oci.errors import OciError, OciErrors

CERTIFICATE_CHECK_SECONDS = 12 * 3600
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Addresses that stand for all of this machine's, and the one its own programs connect to."""


@dataclass(frozen=True)
class Address:
    """Where to listen; `text` is the address as people write it, with the port in use."""

    scheme: str
    host: str
    port: int

    @property
    def netloc(self) -> str:
        """host:port, as image references and clients name it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def here(self) -> Address:
        """The address as programs on this machine reach it."""
        return replace(self, host=_ANYWHERE.get(self.host, self.host))

    def named(self, names: Sequence[str]) -> Address:
        """The address as others reach it: where all addresses are listened on, by the first of our names."""
        return replace(self, host=[*names, socket.gethostname()][0]) if self.host in _ANYWHERE else self

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}"


def parse_address(name: str, text: str, *, plain_beyond_loopback: bool) -> Address:
    """An address to listen on; raises Invalid with the rule it breaks."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise Invalid(f"{name}: {text!r} is not an address; write https://HOST:PORT") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise Invalid(f"{name}: {text!r} is not an address; write https://HOST:PORT (or http:// for plain)")
    if parts.scheme == "http" and not plain_beyond_loopback and not _is_loopback(parts.hostname):
        raise Invalid(
            f"{name}: {text} would serve plain http to other machines; use https://, a loopback address, "
            "or set ROADSTEAD_PLAIN_BEYOND_LOOPBACK=true"
        )
    return Address(parts.scheme, parts.hostname, (443 if parts.scheme == "https" else 80) if port is None else port)


@dataclass
class Running:
    """A server that answers."""

    settings: Settings
    folder: Path
    registry_address: Address
    api_address: Address
    app: App
    _listeners: list[Listener]
    _background: Background
    _held: DataFolder
    _sender: FileSender

    async def stop(self) -> None:
        """Stops accepting, lets requests under way finish, then lets everything go."""
        for listener in self._listeners:
            await listener.refuse_new()
        await self._background.stop()
        self.app.store.end_watches()
        drain = self.settings.limits.drain_seconds
        await asyncio.gather(*(listener.stop(drain) for listener in self._listeners))
        self._sender.close()
        await self.app.close()
        self._held.release()


@dataclass
class _Tls:
    """One certificate for every encrypted listener."""

    certificates: Certificates
    context: ssl.SSLContext = field(init=False)
    api_context: ssl.SSLContext = field(init=False)
    """The same, for the listener that recognises people by the certificates they have."""

    def __post_init__(self) -> None:
        try:
            self.certificates.ensure(utc_now())
            self.context = self.certificates.context()
            self.api_context = self.certificates.context(clients=True)
        except (ValueError, ssl.SSLError):
            files = f"{self.certificates.authority} and the folder tls beside it"
            raise Failure(f"{files} are damaged; restore them, or remove both to start with a new CA") from None

    async def renew(self) -> None:
        """Renews the certificate when its time comes; new connections see it at once."""
        if self.certificates.ensure(utc_now()):
            self.certificates.reload(self.context)
            self.certificates.reload(self.api_context)


async def start(settings: Settings) -> Running:
    """Serves both doors; raises Failure saying what is wrong and what to do."""
    registry, api = (
        parse_address(name, text, plain_beyond_loopback=settings.plain_beyond_loopback)
        for name, text in (("--registry", settings.serve_registry), ("--api", settings.serve_api))
    )
    held = DataFolder(settings.folder, shared=bool(settings.objects.url))
    try:
        return await _start(settings, held, registry, api)
    except BaseException:
        held.release()
        raise


async def _start(settings: Settings, held: DataFolder, registry: Address, api: Address) -> Running:
    folder = held.path
    tls = _Tls(Certificates(folder, _names(settings, registry, api)))
    app = await _open(settings, folder, registry)
    limits = Limits(
        body_idle_seconds=settings.limits.body_idle_seconds, send_idle_seconds=settings.limits.send_idle_seconds
    )
    sender = FileSender(idle_seconds=limits.send_idle_seconds)
    registry_listener = Listener(Door(app.doors.audited_registry(), sender, limits, _registry_fault), limits)
    api_listener = Listener(Door(app.doors.audited_api(), sender, limits, _api_fault), limits)
    background = Background()
    running = Running(settings, folder, registry, api, app, [registry_listener, api_listener], background, held, sender)
    try:
        running.registry_address = await _listen(registry_listener, "--registry", registry, tls.context)
        running.api_address = await _listen(api_listener, "--api", api, tls.api_context)
        _write_kubeconfig(folder, running.api_address, tls)
    except BaseException:
        await running.stop()
        raise
    app.start_background(background)
    background.every(CERTIFICATE_CHECK_SECONDS, "renew certificates", lambda: _renew(running, tls))
    return running


async def _renew(running: Running, tls: _Tls) -> None:
    await tls.renew()
    _write_kubeconfig(running.folder, running.api_address, tls)


async def _open(settings: Settings, folder: Path, registry: Address) -> App:
    try:
        app = build(settings, folder, registry.named(settings.names).netloc, await open_log(settings, folder))
        await app.recover()
    except (Invalid, Unsealable):
        raise
    except Failure as unusable:
        why = f"{folder} cannot be used: {unusable.message}"
        raise Failure(f"{why}; make it usable, restore it from a backup, or choose another with --data") from None
    return app


async def _listen(listener: Listener, flag: str, address: Address, context: ssl.SSLContext) -> Address:
    try:
        port = await listener.start(address.host, address.port, context if address.scheme == "https" else None)
    except OSError as wrong:
        raise Failure(_why_not(flag, address, wrong)) from None
    return Address(address.scheme, address.host, port)


def _why_not(flag: str, address: Address, wrong: OSError) -> str:
    if wrong.errno == errno.EADDRINUSE:
        return f"{address} is taken by another program (ss -ltnp shows which); stop it, or choose another with {flag}"
    if wrong.errno == errno.EACCES:
        return f"{address} may not be used by this user: ports below 1024 need root; choose another with {flag}"
    if wrong.errno == errno.EADDRNOTAVAIL or isinstance(wrong, socket.gaierror):
        return f"{address} is not an address of this machine; choose another with {flag}"
    return f"{address} cannot be listened on: {wrong.strerror or wrong}; choose another with {flag}"


def _names(settings: Settings, *addresses: Address) -> list[str]:
    """Every name the serving certificate must hold."""
    names = {"localhost", "127.0.0.1", "::1", socket.gethostname(), *settings.names}
    names.update(address.host for address in addresses if address.host not in _ANYWHERE)
    hosts = (settings.registry.hostname, *settings.registry.external_hostnames)
    names.update(host.rpartition(":")[0] or host for host in hosts if host)
    return sorted(names)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _write_kubeconfig(folder: Path, api: Address, tls: _Tls) -> None:
    """What `kubectl --kubeconfig` needs to be the administrator."""
    server = {"server": str(api.here())}
    user = {"token": (folder / "admin.token").read_text().strip()}
    if api.scheme == "https":
        server["certificate-authority-data"] = base64.b64encode((folder / "ca.crt").read_bytes()).decode()
        certificate, key = tls.certificates.client("admin", ADMIN_NAME, MASTERS, utc_now())
        user = {
            "client-certificate-data": base64.b64encode(certificate).decode(),
            "client-key-data": base64.b64encode(key).decode(),
        }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "roadstead", "cluster": server}],
        "users": [{"name": "admin", "user": user}],
        "contexts": [
            {"name": "roadstead", "context": {"cluster": "roadstead", "user": "admin", "namespace": "default"}}
        ],
        "current-context": "roadstead",
    }
    file, text = folder / "admin.kubeconfig", yaml.safe_dump(config, sort_keys=False).encode()
    with alone(folder / "tls" / "lock"):
        if not file.exists() or file.read_bytes() != text:
            write_private(file, text)


def _registry_fault(request: Request) -> Reply:
    logger().exception("fault", id=request.id, method=request.method, path=request.path)
    error = OciError("UNKNOWN", "unknown error; the server's log has the details", {"id": request.id})
    return failures.reply(OciErrors([error]))


def _api_fault(request: Request) -> Reply:
    logger().exception("fault", id=request.id, method=request.method, path=request.path)
    fault = status.internal(f"the server's log has the details under id {request.id}")
    return Reply(500, {"Content-Type": "application/json"}, orjson.dumps(fault.status))
