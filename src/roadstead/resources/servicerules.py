"""Services and config maps: defaults and what is refused; no I/O."""

from __future__ import annotations

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.resource import Resource
from roadstead.base.values import Json
from roadstead.kube import names, status
from roadstead.kube.status import FieldError
from roadstead.resources.namedrules import NamedRules
from roadstead.resources.plain.cells import map_at, number_at, objects_at, text_at
from roadstead.resources.podtemplates import filled

PORTS = range(1, 65536)
HEADLESS = "None"
LARGEST = 1024 * 1024
_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")


class ServiceRules(NamedRules):
    """A service. Nothing hands out addresses here: one has a cluster address when somebody wrote it."""

    def __init__(self, resource: Resource) -> None:
        super().__init__(resource, names.dns_label)

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        """A new service; raises StatusError (422)."""
        return await super().on_create(_service(obj), ask)

    async def on_update(self, new: Json, old: Json, ask: Ask) -> Json:
        """A changed service; raises StatusError (422)."""
        return await super().on_update(_service(new), old, ask)

    def first_status(self, obj: Json) -> Json:
        """No balancer stands before it."""
        return {"loadBalancer": {}}

    def errors(self, obj: Json, old: Json | None) -> list[FieldError]:
        """Everything wrong with the service."""
        found, spec = super().errors(obj, old), map_at(obj, "spec")
        kind, ports = text_at(spec, "type"), objects_at(spec, "ports")
        if kind not in _TYPES:
            found.append(status.not_supported("spec.type", kind, _TYPES))
        if kind == "ExternalName":
            return found if text_at(spec, "externalName") else [*found, status.required("spec.externalName")]
        if not ports and text_at(spec, "clusterIP") != HEADLESS:
            found.append(status.required("spec.ports"))
        seen: set[tuple[str, int]] = set()
        for index, port in enumerate(ports):
            found += _port_errors(port, f"spec.ports[{index}]", seen, named=len(ports) > 1)
        return found


class ConfigMapRules(NamedRules):
    """A config map: what is marked immutable stays, and all of it has a limit."""

    def errors(self, obj: Json, old: Json | None) -> list[FieldError]:
        """Everything wrong with the config map."""
        found = super().errors(obj, old)
        texts, binaries = map_at(obj, "data"), map_at(obj, "binaryData")
        for key in sorted(texts.keys() & binaries.keys()):
            found.append(status.invalid_value(f"data[{key}]", key, "duplicate of key present in binaryData"))
        if sum(len(str(each).encode(errors="replace")) for each in (*texts.values(), *binaries.values())) > LARGEST:
            found.append(status.too_long("[]", LARGEST))
        if old is not None and old.get("immutable"):
            why = "field is immutable when `immutable` is set"
            found += [
                status.forbidden_field(field, why)
                for field in ("immutable", "data", "binaryData")
                if obj.get(field) != old.get(field)
            ]
        return found


def _service(obj: Json) -> Json:
    spec = filled(obj.get("spec"), {"type": "ClusterIP", "sessionAffinity": "None"})
    if spec["type"] != "ExternalName":
        spec = filled(spec, {"internalTrafficPolicy": "Cluster"})
    if isinstance(spec.get("ports"), list):
        spec["ports"] = [_port(each) for each in objects_at(spec, "ports")]
    return {**obj, "spec": spec}


def _port(given: Json) -> Json:
    port = filled(given, {"protocol": "TCP"})
    return filled(port, {"targetPort": port["port"]}) if "port" in port else port


def _port_errors(port: Json, path: str, seen: set[tuple[str, int]], *, named: bool) -> list[FieldError]:
    number, place = number_at(port, "port"), (text_at(port, "protocol"), number_at(port, "port"))
    errors = []
    if number not in PORTS:
        errors.append(status.invalid_value(f"{path}.port", number, "must be between 1 and 65535, inclusive"))
    if named and not text_at(port, "name"):
        errors.append(status.required(f"{path}.name"))
    if place in seen:
        errors.append(status.duplicate(path, {"port": number, "protocol": place[0]}))
    seen.add(place)
    return errors
