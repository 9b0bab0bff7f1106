"""Ingresses, network policies and endpoint slices, kept for tools; nothing routes by them here; no I/O."""

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
    map_at,
    objects_at,
    selector,
    shortened,
    text_at,
    texts_at,
)
from roadstead.resources.plain.rows import row, status_of
from roadstead.resources.plain.services import balancers

GROUP = "networking.k8s.io"
MOST_HOSTS = 3


def _hosts(obj: Json, _: datetime) -> str:
    hosts = [host for each in objects_at(obj, "spec", "rules") if (host := text_at(each, "host"))]
    more = len(hosts) - MOST_HOSTS
    return (",".join(hosts[:MOST_HOSTS]) + (f" + {more} more..." if more > 0 else "")) or "*"


def _ports(obj: Json, _: datetime) -> str:
    return "80, 443" if objects_at(obj, "spec", "tls") else "80"


def _address(obj: Json, _: datetime) -> str:
    return ",".join(balancers(obj))


def _parameters(obj: Json, _: datetime) -> str:
    found = map_at(obj, "spec", "parameters")
    if not found:
        return NONE
    group = text_at(found, "apiGroup")
    return f"{text_at(found, 'kind')}{f'.{group}' if group else ''}/{text_at(found, 'name')}"


def _slice_ports(obj: Json, _: datetime) -> str:
    return shortened((text_at(each, "port") or "*" for each in objects_at(obj, "ports")), "<unset>")


def _slice_endpoints(obj: Json, _: datetime) -> str:
    return shortened((ip for each in objects_at(obj, "endpoints") for ip in texts_at(each, "addresses")), "<unset>")


INGRESSES = row(
    GROUP,
    "Ingress",
    (
        NAME,
        Column("Class", field_of("spec", "ingressClassName", absent=NONE)),
        Column("Hosts", _hosts),
        Column("Address", _address),
        Column("Ports", _ports),
        AGE,
    ),
    short=("ing",),
    plural="ingresses",
    subresources=(status_of("Ingress"),),
)
INGRESS_CLASSES = row(
    GROUP,
    "IngressClass",
    (NAME, Column("Controller", field_of("spec", "controller")), Column("Parameters", _parameters), AGE),
    plural="ingressclasses",
    namespaced=False,
)
NETWORK_POLICIES = row(
    GROUP,
    "NetworkPolicy",
    (NAME, Column("Pod-Selector", lambda obj, _: selector(at(obj, "spec", "podSelector"))), AGE),
    short=("netpol",),
    plural="networkpolicies",
)
ENDPOINT_SLICES = row(
    "discovery.k8s.io",
    "EndpointSlice",
    (
        NAME,
        Column("AddressType", field_of("addressType")),
        Column("Ports", _slice_ports),
        Column("Endpoints", _slice_endpoints),
        AGE,
    ),
)

NETWORKING = (INGRESSES, INGRESS_CLASSES, NETWORK_POLICIES, ENDPOINT_SLICES)
