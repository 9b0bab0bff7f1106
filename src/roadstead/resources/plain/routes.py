"""Routes and deployment configs of OpenShift, kept for tools and triggers; no I/O."""

from __future__ import annotations

from datetime import datetime

from roadstead.apimachinery.resource import Column
from roadstead.base.values import Json
from roadstead.resources.plain.cells import NAME, at, field_of, map_at, number_at, objects_at, text_at, texts_at
from roadstead.resources.plain.rows import ALL, SCALE, row, selects, status_of


def _admissions(obj: Json) -> list[tuple[str, str, str]]:
    """(host, whether it was admitted, why not) of every router that looked at the route."""
    found = []
    for ingress in objects_at(obj, "status", "ingress"):
        admitted = [each for each in objects_at(ingress, "conditions") if each.get("type") == "Admitted"]
        condition = admitted[0] if admitted else {}
        found.append((text_at(ingress, "host"), text_at(condition, "status"), text_at(condition, "reason")))
    return found


def _host(obj: Json, _: datetime) -> str:
    wanted, seen = text_at(obj, "spec", "host"), _admissions(obj)
    admitted = [host for host, status, _ in seen if status == "True"]
    reasons = [reason for _, status, reason in seen if status == "False"]
    host = wanted if not admitted or wanted in admitted else admitted[-1]
    if not seen:
        return host
    if reasons:
        return f"{host} ... {len(reasons)} rejected" if admitted else reasons[-1]
    if not admitted:
        return "Pending"
    return f"{host} ... {len(admitted) - 1} more" if len(admitted) > 1 else host


def _services(obj: Json, _: datetime) -> str:
    backends = [map_at(obj, "spec", "to"), *objects_at(obj, "spec", "alternateBackends")]
    total = sum(number_at(each, "weight") for each in backends)
    shown = []
    for each in backends:
        name, weight = text_at(each, "name"), each.get("weight")
        if not isinstance(weight, int) or (len(backends) == 1 and total):
            shown.append(name)
        else:
            shown.append(f"{name}({weight * 100 // total if total else 0}%)")
    return ",".join(shown)


def _termination(obj: Json, _: datetime) -> str:
    tls = map_at(obj, "spec", "tls")
    ends, insecure = text_at(tls, "termination"), text_at(tls, "insecureEdgeTerminationPolicy")
    return f"{ends or 'default'}/{insecure}" if insecure else ends


def _port(obj: Json, _: datetime) -> str:
    return text_at(obj, "spec", "port", "targetPort") or "<all>"


def _desired(obj: Json, _: datetime) -> str:
    testing = " (during test)" if at(obj, "spec", "test") is True else ""
    return f"{number_at(obj, 'spec', 'replicas')}{testing}"


def _triggered(obj: Json, _: datetime) -> str:
    containers = {text_at(each, "name") for each in objects_at(obj, "spec", "template", "spec", "containers")}
    found = set()
    for trigger in objects_at(obj, "spec", "triggers"):
        kind, image = text_at(trigger, "type"), map_at(trigger, "imageChangeParams")
        if kind == "ConfigChange":
            found.add("config")
        elif kind != "ImageChange":
            found.add(kind)
        elif image.get("automatic") is True:
            names = sorted(texts_at(image, "containerNames"))
            unclear = len(containers) != 1 and not containers.issuperset(names)
            source = text_at(image, "from", "kind")
            prefix = "image" if source == "ImageStreamTag" else source
            found.add(f"{prefix}({','.join(names) + ':' if unclear else ''}{text_at(image, 'from', 'name')})")
    return ",".join(sorted(found))


ROUTES = row(
    "route.openshift.io",
    "Route",
    (
        NAME,
        Column("Host/Port", _host, description="The host the route is reached by, or why it is not."),
        Column("Path", field_of("spec", "path")),
        Column("Services", _services, description="Primary and alternate backends."),
        Column("Port", _port),
        Column("Termination", _termination, description="Where TLS ends."),
        Column("Wildcard", field_of("spec", "wildcardPolicy")),
    ),
    categories=ALL,
    subresources=(status_of("Route"),),
    unconditional_update=False,
    selectable=selects(
        spec_path=("spec", "path"),
        spec_host=("spec", "host"),
        spec_to_name=("spec", "to", "name"),
    ),
)
DEPLOYMENT_CONFIGS = row(
    "apps.openshift.io",
    "DeploymentConfig",
    (
        NAME,
        Column("Revision", field_of("status", "latestVersion", absent=0)),
        Column("Desired", _desired),
        Column("Current", lambda obj, _: number_at(obj, "status", "updatedReplicas")),
        Column("Triggered By", _triggered),
    ),
    short=("dc",),
    categories=ALL,
    unconditional_update=False,
    subresources=(status_of("DeploymentConfig"), SCALE),
)
