"""Disruption budgets, autoscalers, storage and priority classes, kept for tools; nothing acts on them here; no I/O."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from roadstead.apimachinery.resource import Column, Resource
from roadstead.base.values import Json
from roadstead.resources.plain.cells import AGE, NAME, NONE, at, field_of, number_of, objects_at, text_at
from roadstead.resources.plain.rows import ALL, row, status_of
from roadstead.resources.shapes.autoscaling import AUTOSCALING_V2

MOST_TARGETS = 2
UNKNOWN = "<unknown>"
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def _class_name(obj: Json, _: datetime) -> str:
    name = text_at(obj, "metadata", "name")
    return f"{name} (default)" if at(obj, "metadata", "annotations", DEFAULT_CLASS) == "true" else name


def _reference(obj: Json, _: datetime) -> str:
    return f"{text_at(obj, 'spec', 'scaleTargetRef', 'kind')}/{text_at(obj, 'spec', 'scaleTargetRef', 'name')}"


def _targets(obj: Json, _: datetime) -> str:
    wanted, seen = objects_at(obj, "spec", "metrics"), objects_at(obj, "status", "currentMetrics")
    told = [_target(each, seen[index] if index < len(seen) else {}) for index, each in enumerate(wanted)]
    if not told:
        return NONE
    more = f" + {len(told) - MOST_TARGETS} more..." if len(told) > MOST_TARGETS else ""
    return ", ".join(told[:MOST_TARGETS]) + more


def _target(metric: Json, state: Json) -> str:
    """One metric: what it is and what it should be (the words of Kubernetes' own table)."""
    kind = text_at(metric, "type")
    source = f"{kind[:1].lower()}{kind[1:]}"
    target, current = at(metric, source, "target") or {}, at(state, source, "current") or {}
    name = text_at(metric, source, "name")
    prefix = f"{name}: " if name else ""
    for field, end, after in (("averageValue", "", " (avg)"), ("value", "", ""), ("averageUtilization", "%", "")):
        if field in target:
            after = after if kind in ("External", "Object") else ""
            seen = current.get(field)
            return f"{prefix}{UNKNOWN if seen is None else f'{seen}{end}'}/{target[field]}{end}{after}"
    return f"{prefix}{UNKNOWN}/<auto>"


def _cpu_target(obj: Json, _: datetime) -> str:
    wanted = at(obj, "spec", "targetCPUUtilizationPercentage")
    if wanted is None:
        return NONE
    seen = at(obj, "status", "currentCPUUtilizationPercentage")
    return f"cpu: {UNKNOWN if seen is None else f'{seen}%'}/{wanted}%"


POD_DISRUPTION_BUDGETS = row(
    "policy",
    "PodDisruptionBudget",
    (
        NAME,
        Column("Min Available", field_of("spec", "minAvailable", absent="N/A")),
        Column("Max Unavailable", field_of("spec", "maxUnavailable", absent="N/A")),
        Column("Allowed Disruptions", number_of("status", "disruptionsAllowed"), "integer"),
        AGE,
    ),
    short=("pdb",),
    subresources=(status_of("PodDisruptionBudget"),),
)


def _autoscalers(version: str, targets: Callable[[Json, datetime], str], **more: Any) -> Resource:
    columns = (
        NAME,
        Column("Reference", _reference),
        Column("Targets", targets),
        Column("MinPods", field_of("spec", "minReplicas", absent="<unset>")),
        Column("MaxPods", number_of("spec", "maxReplicas"), "integer"),
        Column("Replicas", number_of("status", "currentReplicas"), "integer"),
        AGE,
    )
    kind = "HorizontalPodAutoscaler"
    parts = (status_of(kind),)
    return row(
        "autoscaling", kind, columns, version=version, short=("hpa",), categories=ALL, subresources=parts, **more
    )


AUTOSCALERS = _autoscalers("v2", _targets, shape=AUTOSCALING_V2["HorizontalPodAutoscaler"])
EARLIER_AUTOSCALERS = _autoscalers("v1", _cpu_target)
"""The same objects in the version before."""
STORAGE_CLASSES = row(
    "storage.k8s.io",
    "StorageClass",
    (
        Column("Name", _class_name, format="name"),
        Column("Provisioner", field_of("provisioner")),
        Column("ReclaimPolicy", field_of("reclaimPolicy", absent="Delete")),
        Column("VolumeBindingMode", field_of("volumeBindingMode", absent="Immediate")),
        Column("AllowVolumeExpansion", field_of("allowVolumeExpansion", absent=False), "boolean"),
        AGE,
    ),
    short=("sc",),
    plural="storageclasses",
    namespaced=False,
)

PRIORITY_CLASSES = row(
    "scheduling.k8s.io",
    "PriorityClass",
    (
        NAME,
        Column("Value", number_of("value"), "integer"),
        Column("Global-Default", field_of("globalDefault", absent=False), "boolean"),
        AGE,
        Column("PreemptionPolicy", field_of("preemptionPolicy", absent="PreemptLowerPriority")),
    ),
    short=("pc",),
    plural="priorityclasses",
    namespaced=False,
)

POLICY = (POD_DISRUPTION_BUDGETS, AUTOSCALERS, STORAGE_CLASSES, PRIORITY_CLASSES)
