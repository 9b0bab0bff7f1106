"""Pod templates: what is filled in where nothing is said, and what is refused; Kubernetes API, 1.32 level; no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roadstead.base.values import Json
from roadstead.kube import names, status
from roadstead.kube.status import FieldError
from roadstead.resources.plain.cells import at, map_at, objects_at, text_at

MODE_0644 = 0o644
_POD: Json = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "securityContext": {},
    "schedulerName": "default-scheduler",
}
_CONTAINER: Json = {
    "resources": {},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
}
_PROBE: Json = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_FILES = ("secret", "configMap", "projected", "downwardAPI")
_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


def filled(given: Any, defaults: Mapping[str, Any]) -> Json:
    """An object with what it lacks; null and the empty text count as lacking, and what it has stays."""
    found = given if isinstance(given, dict) else {}
    lacking = {name: value for name, value in defaults.items() if found.get(name) in (None, "")}
    return {**lacking, **{name: value for name, value in found.items() if value is not None and name not in lacking}}


def with_pod_defaults(spec: Json) -> Json:
    """The spec of a pod as it is stored."""
    spec = filled(spec, _POD)
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if account:
        spec["serviceAccountName"] = spec["serviceAccount"] = account
    for field in _CONTAINERS:
        if isinstance(spec.get(field), list):
            spec[field] = [_container(each) if isinstance(each, dict) else each for each in spec[field]]
    if isinstance(spec.get("volumes"), list):
        spec["volumes"] = [_volume(each) if isinstance(each, dict) else each for each in spec["volumes"]]
    return spec


def with_template_defaults(spec: Json) -> Json:
    """A spec with a pod template, and that template as it is stored."""
    template = map_at(spec, "template")
    if not template:
        return spec
    return {**spec, "template": {**template, "spec": with_pod_defaults(map_at(template, "spec"))}}


def _container(given: Json) -> Json:
    image = text_at(given, "image")
    tag = image.rpartition("/")[2].partition(":")[2]
    always = "@" not in image and tag in ("", "latest")
    container = filled(given, {**_CONTAINER, "imagePullPolicy": "Always" if always else "IfNotPresent"})
    for field in _PROBES:
        if isinstance(container.get(field), dict):
            container[field] = _probe(container[field])
    if isinstance(container.get("ports"), list):
        container["ports"] = [filled(each, {"protocol": "TCP"}) for each in objects_at(container, "ports")]
    if isinstance(container.get("env"), list):
        container["env"] = [_variable(each) for each in objects_at(container, "env")]
    return container


def _probe(given: Json) -> Json:
    probe = filled(given, _PROBE)
    if isinstance(probe.get("httpGet"), dict):
        probe["httpGet"] = filled(probe["httpGet"], {"path": "/", "scheme": "HTTP"})
    return probe


def _variable(given: Json) -> Json:
    field = at(given, "valueFrom", "fieldRef")
    if not isinstance(field, dict):
        return given
    return {**given, "valueFrom": {**given["valueFrom"], "fieldRef": filled(field, {"apiVersion": "v1"})}}


def _volume(given: Json) -> Json:
    volume = dict(given)
    for field in _FILES:
        if isinstance(volume.get(field), dict):
            volume[field] = filled(volume[field], {"defaultMode": MODE_0644})
    if isinstance(volume.get("hostPath"), dict):
        volume["hostPath"] = filled(volume["hostPath"], {"type": ""})
    return volume


def pod_errors(spec: Json, path: str) -> list[FieldError]:
    """Everything obviously wrong with the spec of a pod."""
    errors = [] if objects_at(spec, "containers") else [status.required(f"{path}.containers")]
    seen: set[str] = set()
    for field in _CONTAINERS[:2]:
        for index, container in enumerate(objects_at(spec, field)):
            errors += _container_errors(container, f"{path}.{field}[{index}]", seen)
    volumes = [text_at(each, "name") for each in objects_at(spec, "volumes")]
    for index, name in enumerate(volumes):
        errors += _name_errors(name, f"{path}.volumes[{index}].name", set(volumes[:index]))
    return errors


def _container_errors(container: Json, path: str, seen: set[str]) -> list[FieldError]:
    name = text_at(container, "name")
    errors = _name_errors(name, f"{path}.name", seen)
    seen.add(name)
    if not text_at(container, "image"):
        errors.append(status.required(f"{path}.image"))
    return errors


def _name_errors(name: str, path: str, taken: set[str]) -> list[FieldError]:
    if not name:
        return [status.required(path)]
    if name in taken:
        return [status.duplicate(path, name)]
    return [status.invalid_value(path, name, complaint) for complaint in names.dns_label(name)]
