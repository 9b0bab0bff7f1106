"""Every loop that runs by itself, and the lease they share: kinds in, loops out."""

from __future__ import annotations

import platform
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from roadstead.auth.account_tokens import AccountTokens
from roadstead.base.background import Background
from roadstead.controllers.aggregated_roles import AggregatedRoles
from roadstead.controllers.custom_definitions import CustomDefinitions
from roadstead.controllers.garbage import GarbageCollector, StoredKinds
from roadstead.controllers.lease import Lease
from roadstead.controllers.loop import Loop
from roadstead.controllers.namespace_defaults import NamespaceDefaults
from roadstead.controllers.namespace_ends import NamespaceEnds
from roadstead.controllers.pull_secrets import PullSecrets
from roadstead.controllers.quota_usage import QuotaUsage
from roadstead.controllers.token_secrets import TokenSecrets
from roadstead.resources import plain
from roadstead.resources.kinds import Kinds

LEASE_NAMESPACE, LEASE_NAME = "openshift-image-registry", "roadstead-controllers"


@dataclass(frozen=True)
class Loops:
    """The loops, ready to start. All of them work in the one process that holds the lease."""

    lease: Lease
    loops: Sequence[Loop]

    def start(self, background: Background) -> None:
        """Starts the lease and every loop."""
        background.keep("lease", self.lease.run)
        for loop in self.loops:
            background.keep(loop.name, loop.run)


@dataclass(frozen=True)
class Accounts:
    """What the loops of service accounts need: who signs, where the registry is reached, and whom clients trust."""

    tokens: AccountTokens
    hosts: Sequence[str]
    authority: Path
    pull_secret_seconds: int

    def certificate(self) -> bytes:
        """The CA certificate, as PEM; empty before there is one."""
        try:
            return self.authority.read_bytes()
        except OSError:
            return b""


def holder_name(hostname: str, *, shared: bool) -> str:
    """Who holds the lease. Alone on its data, a server that comes back is who it was and goes on at once; where others
    may work on the same objects (`shared`), each process is somebody else."""
    name = f"{platform.node()}_{hostname}"
    return f"{name}_{uuid.uuid4().hex[:8]}" if shared else name


def all_loops(kinds: Kinds, holder: str, accounts: Accounts, fresh: Callable[[Lease], Sequence[Loop]]) -> Loops:
    """The loops over these kinds; `holder` is the name in the lease. `fresh` makes those that import images."""
    lease = Lease(kinds.plain(plain.LEASES), LEASE_NAMESPACE, LEASE_NAME, holder)
    custom = CustomDefinitions(kinds.custom).loop(lease)
    bounds = [kinds.plain(plain.RESOURCE_QUOTAS), kinds.plain(plain.CLUSTER_RESOURCE_QUOTAS), kinds.namespaces]
    usage = QuotaUsage(kinds.quotas, kinds.namespaces.store, bounds).loop(lease)
    roles = AggregatedRoles(kinds.plain(plain.CLUSTER_ROLES)).loop(lease)
    deletion = _deletion_loops(kinds, lease)
    return Loops(lease, [*deletion, *_account_loops(kinds, accounts, lease), roles, custom, usage, *fresh(lease)])


def _deletion_loops(kinds: Kinds, lease: Lease) -> list[Loop]:
    stored = StoredKinds(kinds.served.values)
    return [
        NamespaceEnds(kinds.namespaces).loop(lease),
        GarbageCollector(stored, kinds.plain(plain.EVENTS)).loop(lease),
    ]


def _account_loops(kinds: Kinds, given: Accounts, lease: Lease) -> list[Loop]:
    accounts, secrets = kinds.plain(plain.SERVICE_ACCOUNTS), kinds.plain(plain.SECRETS)
    bindings, services = kinds.plain(plain.ROLE_BINDINGS), kinds.plain(plain.SERVICES)
    seconds = given.pull_secret_seconds
    return [
        NamespaceDefaults(kinds.namespaces, accounts, bindings).loop(lease),
        TokenSecrets(secrets, accounts, given.tokens, given.certificate).loop(lease),
        PullSecrets(accounts, secrets, services, given.tokens, given.hosts, seconds=seconds).loop(lease),
    ]
