"""What is still in a namespace that is being deleted, counted and put into words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

import orjson

from roadstead.apimachinery.resource import Resource
from roadstead.base.values import Json
from roadstead.kube.time import format_time
from roadstead.objects.store import Store

LOOKED_AT = 500
"""Objects of one kind whose finalizers are read; more are only counted."""


@dataclass
class Leftovers:
    """The objects left by kind, and the finalizers that hold them; `unfinished` when nobody has come to the end yet."""

    kinds: Counter[str] = field(default_factory=Counter)
    finalizers: Counter[str] = field(default_factory=Counter)
    unfinished: bool = False

    def __bool__(self) -> bool:
        return self.unfinished or bool(self.kinds)

    @classmethod
    async def of(cls, store: Store, namespace: str, resources: Sequence[Resource]) -> Self:
        """What is in a namespace now."""
        found = cls()
        for resource in resources:
            page = await store.list(resource.key_resource, namespace, limit=LOOKED_AT)
            if not page.entries:
                continue
            found.kinds[f"{resource.plural}.{resource.group}"] = len(page.entries) + page.remaining
            for entry in page.entries:
                held = orjson.loads(entry.value).get("metadata", {}).get("finalizers") or []
                found.finalizers.update(str(each) for each in held)
        return found


def conditions(before: Sequence[Json], left: Leftovers, now: datetime) -> list[Json]:
    """The conditions of a namespace with these leftovers; one that says the same as before keeps its time."""
    counted = ", ".join(f"{kind} has {count} resource instances" for kind, count in sorted(left.kinds.items()))
    holding = ", ".join(f"{name} in {count} resource instances" for name, count in sorted(left.finalizers.items()))
    remaining = "Some resources are remaining: " + counted if counted else "All content successfully removed"
    held = "Some content in the namespace has finalizers remaining: " + holding if holding else ""
    wanted = [
        _condition("NamespaceDeletionDiscoveryFailure", False, "ResourcesDiscovered", "All resources discovered"),
        _condition("NamespaceDeletionContentFailure", False, "ContentDeleted", "All content successfully deleted"),
        _condition(
            "NamespaceContentRemaining",
            bool(counted),
            "SomeResourcesRemain" if counted else "ContentRemoved",
            remaining,
        ),
        _condition(
            "NamespaceFinalizersRemaining",
            bool(holding),
            "SomeFinalizersRemain" if holding else "ContentHasNoFinalizers",
            held or "All content-preserving finalizers finished",
        ),
    ]
    return [_kept(each, before) or {**each, "lastTransitionTime": format_time(now)} for each in wanted]


def _condition(kind: str, holds: bool, reason: str, message: str) -> Json:
    return {"type": kind, "status": "True" if holds else "False", "reason": reason, "message": message}


def _kept(condition: Json, before: Sequence[Json]) -> Json | None:
    for each in before:
        if {name: value for name, value in each.items() if name != "lastTransitionTime"} == condition:
            return each
    return None
