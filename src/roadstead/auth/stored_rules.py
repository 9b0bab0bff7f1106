"""Roles and bindings as the log keeps them."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from roadstead.auth.rbac import RoleObjects, Rules
from roadstead.base.values import Json
from roadstead.objects.log import Change
from roadstead.objects.store import Store

GROUP = "rbac.authorization.k8s.io"
RESOURCES = tuple(f"{plural}.{GROUP}" for plural in ("roles", "clusterroles", "rolebindings", "clusterrolebindings"))


MOST_NAMESPACES = 50
"""When more namespaces than this have changed, everything is read again."""


class StoredRules:
    """The gate's source of rules: whatever the API holds now.

    A change in a namespace is taken in by reading that namespace alone, so that many namespaces cost nothing.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen = 0
        self._changed: set[str] = set()
        store.follow(self._note)

    async def fresh(self) -> None:
        """Waits for what other processes have written."""
        await self._store.fresh()

    def version(self) -> int:
        """The revision of the latest change to a role or a binding."""
        return max(self._store.last_change(resource) for resource in RESOURCES)

    async def load(self) -> RoleObjects:
        """All roles and bindings."""
        self._changed.clear()
        roles, cluster_roles, bindings, cluster_bindings = [await self._all(resource) for resource in RESOURCES]
        return RoleObjects(roles, cluster_roles, bindings, cluster_bindings)

    async def update(self, rules: Rules, version: int) -> Rules | None:
        """The rules with what changed up to a version; None when all of them must be loaded.

        What we were not told of yet (`version` is of a change that is still on its way to us) counts as all of them.
        """
        changed = self._changed
        if self._seen < version or not changed or "" in changed or len(changed) > MOST_NAMESPACES:
            return None
        self._changed = set()
        try:
            for namespace in changed:
                roles, bindings = [await self._all(each, namespace) for each in (RESOURCES[0], RESOURCES[2])]
                rules = rules.with_namespace(namespace, roles, bindings)
        except BaseException:
            self._changed |= changed
            raise
        return rules

    def _note(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if change.key.resource in RESOURCES:
                self._seen = change.revision
                self._changed.add(change.key.namespace)

    async def _all(self, resource: str, namespace: str | None = None) -> list[Json]:
        page = await self._store.list(resource, namespace)
        return [orjson.loads(entry.value) for entry in page.entries]
