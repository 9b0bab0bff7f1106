"""The apps group: deployments and their relatives, kept for tools and triggers; nothing runs them here; no I/O."""

from __future__ import annotations

from datetime import datetime

from roadstead.apimachinery.resource import Column
from roadstead.base.values import Json
from roadstead.resources.plain.cells import (
    AGE,
    NAME,
    NONE,
    at,
    labels,
    number_at,
    number_of,
    objects_at,
    selector_column,
    template_columns,
    text_at,
)
from roadstead.resources.plain.rows import ALL, SCALE, row, selects, status_of

GROUP = "apps"


def _ready(obj: Json, _: datetime) -> str:
    return f"{number_at(obj, 'status', 'readyReplicas')}/{number_at(obj, 'spec', 'replicas')}"


def _controller(obj: Json, _: datetime) -> str:
    owners = [each for each in objects_at(obj, "metadata", "ownerReferences") if each.get("controller") is True]
    if not owners:
        return NONE
    group = text_at(owners[0], "apiVersion").rpartition("/")[0]
    kind = text_at(owners[0], "kind").lower()
    return f"{kind}.{group}/{text_at(owners[0], 'name')}" if group else f"{kind}/{text_at(owners[0], 'name')}"


_TEMPLATE = template_columns("spec", "template")
_SELECTOR = selector_column("spec", "selector")
DEPLOYMENTS = row(
    GROUP,
    "Deployment",
    (
        NAME,
        Column("Ready", _ready, description="Pods that are ready, of those wanted."),
        Column("Up-to-date", number_of("status", "updatedReplicas"), "integer"),
        Column("Available", number_of("status", "availableReplicas"), "integer"),
        AGE,
        *_TEMPLATE,
        _SELECTOR,
    ),
    short=("deploy",),
    categories=ALL,
    subresources=(status_of("Deployment"), SCALE),
)
REPLICA_SETS = row(
    GROUP,
    "ReplicaSet",
    (
        NAME,
        Column("Desired", number_of("spec", "replicas"), "integer"),
        Column("Current", number_of("status", "replicas"), "integer"),
        Column("Ready", number_of("status", "readyReplicas"), "integer"),
        AGE,
        *_TEMPLATE,
        _SELECTOR,
    ),
    short=("rs",),
    categories=ALL,
    subresources=(status_of("ReplicaSet"), SCALE),
    selectable=selects(status_replicas=("status", "replicas")),
)
STATEFUL_SETS = row(
    GROUP,
    "StatefulSet",
    (NAME, Column("Ready", _ready), AGE, *_TEMPLATE),
    short=("sts",),
    categories=ALL,
    subresources=(status_of("StatefulSet"), SCALE),
)
DAEMON_SETS = row(
    GROUP,
    "DaemonSet",
    (
        NAME,
        Column("Desired", number_of("status", "desiredNumberScheduled"), "integer"),
        Column("Current", number_of("status", "currentNumberScheduled"), "integer"),
        Column("Ready", number_of("status", "numberReady"), "integer"),
        Column("Up-to-date", number_of("status", "updatedNumberScheduled"), "integer"),
        Column("Available", number_of("status", "numberAvailable"), "integer"),
        Column("Node Selector", lambda obj, _: labels(at(obj, "spec", "template", "spec", "nodeSelector"))),
        AGE,
        *_TEMPLATE,
        _SELECTOR,
    ),
    short=("ds",),
    categories=ALL,
    subresources=(status_of("DaemonSet"),),
)
CONTROLLER_REVISIONS = row(
    GROUP,
    "ControllerRevision",
    (NAME, Column("Controller", _controller), Column("Revision", number_of("revision"), "integer"), AGE),
)

APPS = (DEPLOYMENTS, REPLICA_SETS, STATEFUL_SETS, DAEMON_SETS, CONTROLLER_REVISIONS)
