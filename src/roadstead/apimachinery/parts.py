"""The parts of an object that have paths of their own: status, written by whoever looks after it, and scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from roadstead.apimachinery import patching
from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.resource import Resource, Scaling, Subresource
from roadstead.apimachinery.rules import Rules
from roadstead.apimachinery.served import Outcome, Patch, PatchType
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.merging import merge
from roadstead.kube.patches import same
from roadstead.kube.schema import Shape
from roadstead.kube.selectors import selector_text
from roadstead.kube.status import StatusError

if TYPE_CHECKING:
    from roadstead.apimachinery.collection import Collection

UNCOUNTED = frozenset({("", "Namespace"), ("", "Pod"), ("", "Service"), ("", "ResourceQuota"),
                       ("", "PersistentVolume"), ("", "PersistentVolumeClaim")})  # fmt: skip
"""Kinds with a status whose generation Kubernetes does not count."""
LARGEST_SCALE = (1 << 31) - 1


class PartedRules(Rules):
    """A kind whose status is a part of its own: writes to the object leave it, and what people want is counted in
    `metadata.generation`. The server's own writes carry both.
    """

    def __init__(self, resource: Resource) -> None:
        self._counted = (resource.group, resource.kind) not in UNCOUNTED
        scale = resource.subresource("scale")
        self._replicas = None if scale is None else (scale.scaling or Scaling()).replicas

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        """A new object: of the first generation, without a status of its author's."""
        if ask.field_manager:
            obj.pop("status", None)
        if self._counted:
            obj["metadata"]["generation"] = 1
        return self._scaled(obj)

    async def on_update(self, new: Json, old: Json, ask: Ask) -> Json:
        """A changed object: the next generation when something else than metadata and status differs."""
        new = self._scaled(new)
        if ask.field_manager:
            new.pop("status", None)
            if "status" in old:
                new["status"] = old["status"]
        if self._counted and not same(_wanted(new), _wanted(old)):
            new["metadata"]["generation"] = int(old["metadata"].get("generation") or 0) + 1
        return new

    def _scaled(self, obj: Json) -> Json:
        """Where there is a number to scale, it is 1 for who says nothing."""
        if self._replicas == ("spec", "replicas") and isinstance(obj.get("spec"), dict):
            obj["spec"].setdefault("replicas", 1)
        return obj


def default_rules(resource: Resource) -> Rules:
    """The rules of a kind that has none of its own."""
    return PartedRules(resource) if resource.stored and resource.subresource("status") is not None else Rules()


def _wanted(obj: Json) -> Json:
    return {name: value for name, value in obj.items() if name not in ("kind", "apiVersion", "metadata", "status")}


async def status_rule(new: Json, old: Json, ask: Ask) -> Json:
    """A write to /status: everything else stays as it is."""
    rest = {name: value for name, value in old.items() if name != "status"}
    return {**rest, "status": new["status"]} if "status" in new else rest


async def answer(
    collection: Collection, verb: str, namespace: str, name: str, sub: Subresource, body: Json | Patch | None, ask: Ask
) -> Outcome:
    """Serves status and scale; raises StatusError."""
    if sub.name == "scale":
        return await _Scale(collection, sub, namespace, name, ask).answer(body)
    if isinstance(body, Patch):
        return await collection.patch(namespace, name, body, ask, rules_hook=status_rule)
    if body is not None:
        return await collection.update(namespace, name, body, ask, rules_hook=status_rule)
    return Outcome(await collection.get(namespace, name, ask))


class _Scale:
    """How many of something there shall be, as an object of its own."""

    def __init__(self, collection: Collection, sub: Subresource, namespace: str, name: str, ask: Ask) -> None:
        self._collection, self._namespace, self._name, self._ask = collection, namespace, name, ask
        self._paths = sub.scaling or Scaling()
        shape = sub.shape or Shape("Scale", {}, open=True)
        # Only what patches look at: the names of the kind and the shape of its bodies.
        self._resource = Resource(
            sub.group or "autoscaling",
            sub.version or "v1",
            "scales",
            "scale",
            sub.kind,
            True,
            shape=shape,
            stored=False,
        )

    async def answer(self, body: Json | Patch | None) -> Outcome:
        """The scale, after what was sent in."""
        if body is None:
            return Outcome(await self._read())
        if isinstance(body, Patch):
            if body.type is PatchType.APPLY:
                live = await self._read()
                return await self._write(merge(live, body.body, None))
            return await patching.patch_by_update(self._resource, body, self._ask, read=self._read, update=self._write)
        return await self._write(body)

    async def _read(self) -> Json:
        return self._of(await self._collection.get(self._namespace, self._name, self._ask))

    async def _write(self, scale: Json) -> Outcome:
        wanted = (scale.get("spec") or {}).get("replicas") or 0
        if isinstance(wanted, bool) or not isinstance(wanted, int) or not 0 <= wanted <= LARGEST_SCALE:
            raise self._invalid("spec.replicas", wanted, "must be greater than or equal to 0")
        obj = await self._collection.get(self._namespace, self._name, self._ask)
        metadata = scale.get("metadata") or {}
        for field in ("resourceVersion", "uid"):
            if metadata.get(field):
                obj["metadata"][field] = metadata[field]
            elif field == "resourceVersion" and self._collection.resource.unconditional_update:
                obj["metadata"].pop(field, None)
        _set(obj, self._paths.replicas, wanted)
        done = await self._collection.update(self._namespace, self._name, obj, self._ask)
        return Outcome(self._of(done.object))

    def _of(self, obj: Json) -> Json:
        kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
        metadata = {name: obj["metadata"][name] for name in kept if name in obj["metadata"]}
        wanted, current = _at(obj, self._paths.replicas), _at(obj, self._paths.current)
        state: Json = {"replicas": current if isinstance(current, int) else 0}
        if chosen := selector_text(_at(obj, self._paths.selector)):
            state["selector"] = chosen
        spec = {"replicas": wanted} if wanted else {}
        kind, version = self._resource.kind, self._resource.api_version
        return {"kind": kind, "apiVersion": version, "metadata": metadata, "spec": spec, "status": state}

    def _invalid(self, field: str, value: Any, why: str) -> StatusError:
        wrong = status.invalid_value(field, value, why)
        return status.invalid(self._resource.kind, self._resource.group, self._name, [wrong])


def _at(obj: Json, path: tuple[str, ...]) -> Any:
    found: Any = obj if path else None
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _set(obj: Json, path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        below = obj.get(name)
        obj[name] = obj = below if isinstance(below, dict) else {}
    obj[path[-1]] = value
