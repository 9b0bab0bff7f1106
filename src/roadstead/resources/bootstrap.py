"""What an installation starts with: namespaces, roles, bindings; made when missing, never taken back."""

from __future__ import annotations

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection
from roadstead.apimachinery.served import ListOptions
from roadstead.auth import bootstrap
from roadstead.base.values import Json
from roadstead.kube.status import StatusError
from roadstead.resources import plain
from roadstead.resources.kinds import Kinds

NAMESPACES = ("default", "openshift", "openshift-image-registry", "kube-system")

_COLLECTIONS = {
    "Role": plain.ROLES,
    "RoleBinding": plain.ROLE_BINDINGS,
    "ClusterRole": plain.CLUSTER_ROLES,
    "ClusterRoleBinding": plain.CLUSTER_ROLE_BINDINGS,
}


async def bootstrap_objects(kinds: Kinds, ask: Ask) -> None:
    """Writes what is missing; what administrators changed stays (`auth/bootstrap.py` decides)."""
    for name in NAMESPACES:
        await _create(kinds.namespaces, "", {"metadata": {"name": name}}, ask)
    wanted = [*bootstrap.bootstrap_objects(), *bootstrap.shared_objects()]
    existing: list[Json] = []
    for kind, resource in _COLLECTIONS.items():
        listing = await kinds.plain(resource).list(None, ListOptions(), ask)
        existing += [{**item, "kind": kind} for item in listing.items]
    have = {(each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"]) for each in existing}
    for obj in bootstrap.reconcile(existing, wanted):
        collection = kinds.plain(_COLLECTIONS[obj["kind"]])
        namespace, name = obj["metadata"].get("namespace", ""), obj["metadata"]["name"]
        if (obj["kind"], namespace, name) in have:
            await collection.update(namespace, name, obj, ask)
        else:
            await _create(collection, namespace, obj, ask)


async def _create(collection: Collection, namespace: str, obj: Json, ask: Ask) -> None:
    head = {"kind": collection.resource.kind, "apiVersion": collection.resource.api_version}
    try:
        await collection.create(namespace, {**obj, **head}, ask)
    except StatusError as failure:
        if failure.code != 409:
            raise
