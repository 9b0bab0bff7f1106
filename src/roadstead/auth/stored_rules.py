"""Roles and bindings as the log keeps them."""

from __future__ import annotations

import orjson

from roadstead.auth.rbac import RoleObjects
from roadstead.base.values import Json
from roadstead.objects.store import Store

GROUP = "rbac.authorization.k8s.io"
KINDS = {"roles": "Role", "clusterroles": "ClusterRole", "rolebindings": "RoleBinding",
         "clusterrolebindings": "ClusterRoleBinding"}  # fmt: skip


class StoredRules:
    """The gate's source of rules: whatever the API holds now."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def fresh(self) -> None:
        """Waits for what other processes have written."""
        await self._store.fresh()

    def version(self) -> int:
        """The revision of the latest change to a role or a binding."""
        return max(self._store.last_change(f"{plural}.{GROUP}") for plural in KINDS)

    async def load(self) -> RoleObjects:
        """All roles and bindings."""
        roles, cluster_roles, bindings, cluster_bindings = [await self._all(plural) for plural in KINDS]
        return RoleObjects(roles, cluster_roles, bindings, cluster_bindings)

    async def _all(self, plural: str) -> list[Json]:
        page = await self._store.list(f"{plural}.{GROUP}")
        return [orjson.loads(entry.value) for entry in page.entries]
