"""What this machine's user has set up for registries: keys, CAs and registries.conf, where podman looks for them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from roadstead.base.errors import Invalid
from roadstead.base.settings import Settings
from roadstead.copying.names import InRegistry
from roadstead.remote.addresses import Allowed
from roadstead.remote.authfiles import AuthFiles, Programs, default_files
from roadstead.remote.client import RemoteRegistry
from roadstead.remote.guard import Guard
from roadstead.remote.keyring import Keyring, Program
from roadstead.remote.places import Credential, Place, repository_on
from roadstead.remote.proxies import Proxies
from roadstead.remote.registriesconf import MOST_BYTES, RegistriesConf, read
from roadstead.remote.session import Remotes
from roadstead.streams.pullspec import DOCKER_HUB, host_and_port

MOST_CERTIFICATES = 100


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line says of one end."""

    insecure: bool = False
    credentials: str = ""
    authfile: str = ""


@dataclass(frozen=True, slots=True)
class FoundKeys:
    """Keys that were looked up for one place."""

    host: str
    credentials: tuple[Credential, ...]

    def matching(self, host: str, repository: str) -> Sequence[Credential]:
        """Those of exactly this host."""
        return self.credentials if host == self.host else ()


class Machine:
    """Makes clients for the registries that a command line names.

    Those hosts may be asked wherever they are, since a person at the terminal named them; redirects and token services
    stay guarded.
    """

    def __init__(self, settings: Settings, environment: Mapping[str, str], home: Path) -> None:
        self._settings, self._environment, self._home = settings, environment, home
        self.conf = _registries_conf(environment, home)
        self._programs = Programs()
        self._remotes: list[Remotes] = []

    def sources(self, name: InRegistry) -> list[Place]:
        """Where to look for an image, in order; raises RemoteFailure when registries.conf blocks it."""
        by_digest = bool(name.spec.id)
        if name.spec.registry:
            full = [f"{name.spec.registry}/{name.path}"]
        else:
            short = name.path.removeprefix("library/")
            full = self.conf.candidates(short) or [f"{DOCKER_HUB}/{name.path}"]
        return [place for each in full for place in self.conf.places(_canonical(each), by_digest=by_digest)]

    def destination(self, name: InRegistry) -> Place:
        """Where to write; the registry must be named. Raises Invalid, or RemoteFailure when it is blocked."""
        if not name.spec.registry:
            example = f"HOST/{name.path}, for example docker.io/{name.path}"
            raise Invalid(f"{name} does not name a registry; write {example}, or oci:{name.path} for a folder")
        return self.conf.places(_canonical(f"{name.spec.registry}/{name.path}"), by_digest=True)[-1]

    async def client(self, place: Place, wish: Wish) -> RemoteRegistry:
        """A client for a place, with the keys for it."""
        keys = FoundKeys(place.host, tuple(await self._keys(place, wish)))
        full = Place(place.host, place.repository, place.insecure or wish.insecure, self._certificates(place.host))
        proxies = Proxies.from_environment(self._environment)
        remotes = Remotes(Guard(self._settings.outbound, proxies, allowed=_named(place.server)))
        self._remotes.append(remotes)
        return RemoteRegistry(remotes, full, keys, manifest_bytes=self._settings.registry.manifest_bytes)

    async def close(self) -> None:
        """Closes all connections."""
        for remotes in self._remotes:
            await remotes.close()

    async def _keys(self, place: Place, wish: Wish) -> list[Credential]:
        if wish.credentials:
            username, _, password = wish.credentials.partition(":")
            return [Credential(username, password, source="the command line")]
        keyring = Keyring.read([await AuthFiles(self._auth_files(wish)).texts()])
        repository, found = repository_on(place.host, place.repository), []
        for each in keyring.with_programs(place.host, repository):
            key = await self._programs.credential(each, place.host) if isinstance(each, Program) else each
            if key is not None:
                found.append(key)
        return found

    def _auth_files(self, wish: Wish) -> list[Path]:
        if not wish.authfile:
            return default_files(self._environment, self._home)
        if not Path(wish.authfile).is_file():
            raise Invalid(f"there is no file {wish.authfile}; podman login --authfile {wish.authfile} HOST makes it")
        return [Path(wish.authfile)]

    def _certificates(self, host: str) -> str:
        """The CAs in certs.d for a host[:port] (containers-certs.d(5)), a user's and the machine's."""
        config = Path(self._environment.get("XDG_CONFIG_HOME") or self._home / ".config")
        folders = [config / "containers" / "certs.d", Path("/etc/containers/certs.d"), Path("/etc/docker/certs.d")]
        texts = []
        for folder in folders:
            for file in sorted((folder / host).glob("*.crt"))[:MOST_CERTIFICATES]:
                try:
                    texts.append(file.read_text("ascii"))
                except (OSError, UnicodeDecodeError):
                    raise Invalid(f"{file} cannot be read as a PEM certificate; mend or remove it") from None
        return "\n".join(texts)


def _named(server: str) -> Allowed:
    """What naming a host opens: that host, at that port."""
    if host_and_port(server)[1]:
        return Allowed.parse([server])
    return Allowed.parse([f"{server}:443", f"{server}:80"])


def _canonical(full: str) -> str:
    """host/path with Docker Hub's `library` written out, as registries.conf names images."""
    host, _, path = full.partition("/")
    return f"{host}/{repository_on(host, path)}"


def _registries_conf(environment: Mapping[str, str], home: Path) -> RegistriesConf:
    own = Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "containers"
    named = environment.get("CONTAINERS_REGISTRIES_CONF")
    mains = [Path(named)] if named else [own / "registries.conf", Path("/etc/containers/registries.conf")]
    main = [path for path in mains if path.is_file()][:1]
    folders = [Path("/etc/containers/registries.conf.d"), own / "registries.conf.d"]
    files = [*main, *(file for folder in folders for file in sorted(folder.glob("*.conf")))]
    return read([(str(file), _text(file)) for file in files])


def _text(file: Path) -> bytes:
    try:
        with open(os.fspath(file), "rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except OSError as refused:
        raise Invalid(f"{file} cannot be read: {refused.strerror}") from None
