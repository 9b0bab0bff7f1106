"""Every loop that runs by itself, and the lease they share: kinds in, loops out."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass

from roadstead.base.background import Background
from roadstead.controllers.lease import Lease
from roadstead.controllers.loop import Loop
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


def all_loops(kinds: Kinds, hostname: str) -> Loops:
    """The loops over these kinds; `hostname` and the machine's name say whose the lease is."""
    lease = Lease(kinds.plain(plain.LEASES), LEASE_NAMESPACE, LEASE_NAME, f"{platform.node()}_{hostname}")
    return Loops(lease, ())
