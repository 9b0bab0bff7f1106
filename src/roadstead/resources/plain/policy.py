"""Disruption budgets, autoscalers and storage classes, kept for tools; nothing acts on them here; no I/O."""

from __future__ import annotations

from datetime import datetime

from roadstead.apimachinery.resource import Column
from roadstead.base.values import Json
from roadstead.resources.plain.cells import AGE, NAME, at, field_of, number_of, text_at
from roadstead.resources.plain.rows import ALL, row, status_of

DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def _class_name(obj: Json, _: datetime) -> str:
    name = text_at(obj, "metadata", "name")
    return f"{name} (default)" if at(obj, "metadata", "annotations", DEFAULT_CLASS) == "true" else name


def _reference(obj: Json, _: datetime) -> str:
    return f"{text_at(obj, 'spec', 'scaleTargetRef', 'kind')}/{text_at(obj, 'spec', 'scaleTargetRef', 'name')}"


def _targets(obj: Json, _: datetime) -> str:
    wanted = at(obj, "spec", "targetCPUUtilizationPercentage")
    if wanted is None:
        return "<none>"
    seen = at(obj, "status", "currentCPUUtilizationPercentage")
    return f"cpu: {'<unknown>' if seen is None else f'{seen}%'}/{wanted}%"


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
AUTOSCALERS = row(
    "autoscaling",
    "HorizontalPodAutoscaler",
    (
        NAME,
        Column("Reference", _reference),
        Column("Targets", _targets),
        Column("MinPods", field_of("spec", "minReplicas", absent="<unset>")),
        Column("MaxPods", number_of("spec", "maxReplicas"), "integer"),
        Column("Replicas", number_of("status", "currentReplicas"), "integer"),
        AGE,
    ),
    short=("hpa",),
    categories=ALL,
    subresources=(status_of("HorizontalPodAutoscaler"),),
)
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

POLICY = (POD_DISRUPTION_BUDGETS, AUTOSCALERS, STORAGE_CLASSES)
