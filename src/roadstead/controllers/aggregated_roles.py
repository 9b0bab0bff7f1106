"""Cluster roles made of others: what they come to is written into them, for whoever reads a role."""

from __future__ import annotations

from collections.abc import Iterable

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection
from roadstead.apimachinery.served import ListOptions
from roadstead.auth.aggregation import aggregated_rules
from roadstead.auth.policy import part
from roadstead.auth.users import controller
from roadstead.base.values import Json
from roadstead.controllers.clock import REAL, Clock
from roadstead.controllers.lease import Lease
from roadstead.controllers.loop import Loop, Watched
from roadstead.controllers.queue import Key

ACTOR = controller("clusterrole-aggregation-controller", "kube-system")
ALL: Key = ("", "")
"""Every role may be part of every other, so all are seen to together."""


class AggregatedRoles:
    """Decisions do not wait for this: the gate works rules out by itself."""

    def __init__(self, roles: Collection, *, clock: Clock = REAL) -> None:
        """`roles` are the cluster roles."""
        self._roles, self._clock = roles, clock

    def loop(self, lease: Lease | None = None) -> Loop:
        """The loop that does it."""
        watched = (Watched(self._roles, _together),)
        return Loop("aggregated roles", watched, self.reconcile, lease=lease, clock=self._clock)

    async def reconcile(self, _: Key) -> None:
        """Writes the rules of every role that is made of others, where they are not written yet."""
        listing = await self._roles.list(None, ListOptions(), self._ask())
        effective = aggregated_rules(listing.items)
        for role in listing.items:
            name = role["metadata"]["name"]
            if part(role, "aggregationRule") and (role.get("rules") or []) != effective[name]:
                await self._roles.update(
                    "", name, {**role, "rules": effective[name]}, self._ask(), rules_hook=_as_it_is
                )

    def _ask(self) -> Ask:
        return Ask.internal(self._clock.now(), user=ACTOR)


def _together(_: Json) -> Iterable[Key]:
    return (ALL,)


async def _as_it_is(new: Json, old: Json, ask: Ask) -> Json:
    # Nobody gains by it what they did not have before: the gate counts these rules already.
    return new
