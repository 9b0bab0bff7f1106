"""What `kubectl get services` says about a service; no I/O."""

from __future__ import annotations

from datetime import datetime

from roadstead.apimachinery.resource import Column
from roadstead.base.values import Json
from roadstead.resources.plain.cells import (
    AGE,
    NAME,
    NONE,
    at,
    field_of,
    labels,
    number_at,
    objects_at,
    text_at,
    texts_at,
)


def balancers(obj: Json) -> list[str]:
    """The addresses of the load balancers in front of a service or ingress."""
    found = objects_at(obj, "status", "loadBalancer", "ingress")
    return [text_at(each, "ip") or text_at(each, "hostname") for each in found]


def _external(obj: Json, _: datetime) -> str:
    extra = texts_at(obj, "spec", "externalIPs")
    match text_at(obj, "spec", "type"):
        case "LoadBalancer":
            return ",".join([*balancers(obj), *extra]) or "<pending>"
        case "ExternalName":
            return text_at(obj, "spec", "externalName")
        case _:
            return ",".join(extra) or NONE


def _ports(obj: Json, _: datetime) -> str:
    shown = []
    for port in objects_at(obj, "spec", "ports"):
        node = number_at(port, "nodePort")
        protocol = text_at(port, "protocol") or "TCP"
        shown.append(f"{text_at(port, 'port')}{f':{node}' if node else ''}/{protocol}")
    return ",".join(shown) or NONE


SERVICE_COLUMNS = (
    NAME,
    Column("Type", field_of("spec", "type"), description="How the service is reached."),
    Column("Cluster-IP", field_of("spec", "clusterIP", absent=NONE)),
    Column("External-IP", _external),
    Column("Port(s)", _ports),
    AGE,
    Column("Selector", lambda obj, _: labels(at(obj, "spec", "selector")), priority=1),
)
