"""What an installation starts with: namespaces, roles, bindings, settings; made when missing, never undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection
from roadstead.apimachinery.served import ListOptions
from roadstead.auth import bootstrap
from roadstead.base.values import Json
from roadstead.kube.status import StatusError
from roadstead.resources import plain
from roadstead.resources.kinds import Kinds
from roadstead.resources.plain.cells import map_at

NAMESPACES = (
    "default",
    "kube-public",
    "kube-system",
    "openshift",
    "openshift-config",
    "openshift-config-managed",
    "openshift-image-registry",
    "openshift-infra",
)
CLUSTER = "cluster"
RECORD = ("kube-system", "bootstrap-policy")
"""The config map that remembers the roles and bindings given so far, so that what was taken away stays away."""
GIVEN = "given.json"

_COLLECTIONS = {
    "Role": plain.ROLES,
    "RoleBinding": plain.ROLE_BINDINGS,
    "ClusterRole": plain.CLUSTER_ROLES,
    "ClusterRoleBinding": plain.CLUSTER_ROLE_BINDINGS,
}


@dataclass(frozen=True, slots=True)
class Installation:
    """What this server is, as `image.config.openshift.io/cluster` tells it (operator contract, section 13)."""

    registry: str
    external_registries: Sequence[str] = ()
    import_mode: str = ""

    def status(self) -> Json:
        """The status of the image configuration."""
        return {
            "internalRegistryHostname": self.registry,
            "externalRegistryHostnames": list(self.external_registries),
            "imageStreamImportMode": self.import_mode,
        }


async def bootstrap_objects(kinds: Kinds, installation: Installation, ask: Ask) -> None:
    """Writes what is missing; what administrators changed stays (`auth/bootstrap.py` decides)."""
    for name in NAMESPACES:
        await _create(kinds.namespaces, "", {"metadata": {"name": name}}, ask)
    await _tell_image_config(kinds.plain(plain.IMAGE_CONFIGS), installation, ask)
    wanted = [*bootstrap.bootstrap_objects(), *bootstrap.shared_objects()]
    existing: list[Json] = []
    for kind, resource in _COLLECTIONS.items():
        listing = await kinds.plain(resource).list(None, ListOptions(), ask)
        existing += [{**item, "kind": kind} for item in listing.items]
    have = {(each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"]) for each in existing}
    records = kinds.plain(plain.CONFIG_MAPS)
    for obj in bootstrap.reconcile(existing, wanted, _given(records)):
        collection = kinds.plain(_COLLECTIONS[obj["kind"]])
        namespace, name = obj["metadata"].get("namespace", ""), obj["metadata"]["name"]
        if (obj["kind"], namespace, name) in have:
            await collection.update(namespace, name, obj, ask)
        else:
            await _create(collection, namespace, obj, ask)
    await _remember(records, bootstrap.record(wanted), ask)


def _given(records: Collection) -> Json:
    """What was given at the last start; nothing where nobody remembers."""
    found = records.peek(*RECORD) or {}
    try:
        given = orjson.loads(str(map_at(found, "data").get(GIVEN) or "{}"))
    except orjson.JSONDecodeError:
        return {}
    return given if isinstance(given, dict) else {}


async def _remember(records: Collection, given: Json, ask: Ask) -> None:
    # Last: after a crash before it, the next start gives once more what is missing, as the first one does.
    namespace, name = RECORD
    data = {GIVEN: orjson.dumps(given, option=orjson.OPT_SORT_KEYS).decode()}
    found = records.peek(namespace, name)
    if found is None:
        await _create(records, namespace, {"metadata": {"name": name}, "data": data}, ask)
    elif found.get("data") != data:
        try:
            await records.update(namespace, name, {**found, "data": data}, ask)
        except StatusError as raced:  # with another server that starts: of this version, or the next start sees to it
            if raced.code != 409:
                raise


async def _tell_image_config(configs: Collection, installation: Installation, ask: Ask) -> None:
    """The image configuration exists, and its status says where the registry is; its spec is the administrators'."""
    await _create(configs, "", {"metadata": {"name": CLUSTER}, "spec": {}}, ask)
    found = configs.peek("", CLUSTER) or {}
    changed = {**found, "status": {**(found.get("status") or {}), **installation.status()}}

    async def told(new: Json, old: Json, ask: Ask) -> Json:
        return {**old, "status": new["status"]}

    await configs.update("", CLUSTER, changed, ask, rules_hook=told)


async def _create(collection: Collection, namespace: str, obj: Json, ask: Ask) -> None:
    head = {"kind": collection.resource.kind, "apiVersion": collection.resource.api_version}
    try:
        await collection.create(namespace, {**obj, **head}, ask)
    except StatusError as failure:
        if failure.code != 409:
            raise
