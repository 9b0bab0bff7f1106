"""Where an image may be got, and with which keys; no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

DOCKER_HUB = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})
DOCKER_HUB_SERVER = "registry-1.docker.io"


@dataclass(frozen=True, slots=True)
class Place:
    """A registry and a repository on it.

    `insecure`: neither certificate nor encryption is insisted on. `ca`: PEM certificates trusted besides the system's.
    """

    host: str
    repository: str = ""
    insecure: bool = False
    ca: str = ""

    @property
    def server(self) -> str:
        """host[:port] to connect to."""
        return server_of(self.host)


@dataclass(frozen=True, slots=True)
class Credential:
    """What one registry knows a caller by; `source` says where it was found, for people to read.

    An identity token is exchanged for access at the token service; a registry token is access itself.
    """

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)
    source: str = ""


class Keys(Protocol):
    """Where credentials are found."""

    def matching(self, host: str, repository: str) -> Sequence[Credential]:
        """The credentials for a repository on a registry, in the order to try them; none: ask as nobody."""
        ...


@dataclass(frozen=True, slots=True)
class NoKeys:
    """Nobody's keys."""

    def matching(self, host: str, repository: str) -> Sequence[Credential]:
        """None."""
        return ()


NO_KEYS = NoKeys()


def server_of(host: str) -> str:
    """The host[:port] that speaks for a registry: Docker Hub's has another name than the registry."""
    return DOCKER_HUB_SERVER if host.lower() in DOCKER_HUB else host


def repository_on(host: str, repository: str) -> str:
    """The repository under its full name: Docker Hub's `busybox` is `library/busybox`."""
    return f"library/{repository}" if host.lower() in DOCKER_HUB and "/" not in repository else repository
