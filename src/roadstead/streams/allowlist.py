"""Which registries images may come from; no I/O. image-api contract, section 15.1."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from roadstead.base.values import Json
from roadstead.streams import pullspec
from roadstead.streams.pullspec import PullSpec

SECURE_PORT, INSECURE_PORT = "443", "80"
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Registry:
    """One allowed registry; both parts may hold `*` and `?`."""

    host: str
    port: str

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def admits(self, host: str, ports: Collection[str]) -> bool:
        """Whether `host`, at one of `ports`, is meant."""
        return _matches(self.host, host) and any(_matches(self.port, port) for port in ports)


@dataclass(frozen=True, slots=True)
class AllowList:
    """Allowed registries, our own first; `registries` None allows everything."""

    registries: tuple[Registry, ...] | None = None

    @classmethod
    def from_config(cls, entries: Sequence[Json], internal_registry: str = "") -> "AllowList":
        """`allowedRegistriesForImport` ([{domainName, insecure}]); nothing listed, everything allowed."""
        if not entries:
            return cls()
        own = [_registry(internal_registry, False)] if internal_registry else []
        listed = [_registry(str(each.get("domainName", "")), bool(each.get("insecure"))) for each in entries]
        return cls(tuple(dict.fromkeys([*own, *listed])))

    def refusal(self, spec: PullSpec, *, insecure: bool = False, exempt: Collection[str] = ()) -> str | None:
        """Why images may not come from `spec`, or None when they may.

        `exempt` holds repositories (as `repository_key` spells them) that are admitted whatever the list says.
        """
        if self.registries is None or repository_key(spec) in exempt:
            return None
        host, port = pullspec.host_and_port(spec.registry or pullspec.DOCKER_HUB)
        names = {host, pullspec.DOCKER_HUB} if host in pullspec.DOCKER_HUB_ALIASES else {host}
        ports = [port] if port else [INSECURE_PORT, SECURE_PORT] if insecure else [SECURE_PORT]
        if any(entry.admits(name, ports) for entry in self.registries for name in names):
            return None
        shown = spec.registry or f"{host}:{INSECURE_PORT if insecure else SECURE_PORT}"
        return f'registry "{shown}" not allowed by {self._described()}'

    def refusal_with_port(self, spec: PullSpec, *, insecure: bool = False) -> str | None:
        """The same, always naming host and port, the way ImageStreamImport words it (section 14.2)."""
        return (
            self.refusal(_with_port(spec, insecure), insecure=insecure)
            if self.refusal(spec, insecure=insecure)
            else None
        )

    def _described(self) -> str:
        names = [f'"{entry}"' for entry in self.registries or ()]
        if not names:
            return "empty whitelist"
        if len(names) > _SHOWN:
            return f"whitelist: {', '.join(names[: _SHOWN - 1])}, and {len(names) - _SHOWN + 1} more ..."
        return f"whitelist: {', '.join(names)}"


def repository_key(spec: PullSpec) -> str:
    """One spelling for all references into the same repository."""
    return spec.repository().with_defaults().repository().exact()


def _registry(text: str, insecure: bool) -> Registry:
    host, port = pullspec.host_and_port(text)
    return Registry(host, port or (INSECURE_PORT if insecure else SECURE_PORT))


def _with_port(spec: PullSpec, insecure: bool) -> PullSpec:
    registry = spec.registry or pullspec.DOCKER_HUB
    if not pullspec.host_and_port(registry)[1]:
        registry = f"{registry}:{INSECURE_PORT if insecure else SECURE_PORT}"
    return PullSpec(registry, spec.namespace, spec.name, spec.tag, spec.id)


def _matches(pattern: str, text: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    # A run of stars means one star; written as several it would make matching slow.
    pieces = {"*": ".*", "?": "."}
    return re.compile("".join(pieces.get(char, re.escape(char)) for char in re.sub(r"\*+", "*", pattern)))
