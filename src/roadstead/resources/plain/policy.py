"""Disruption budgets and storage classes, kept for tools; nothing acts on them here; no I/O."""

from __future__ import annotations

from datetime import datetime

from roadstead.apimachinery.resource import Column
from roadstead.base.values import Json
from roadstead.resources.plain.cells import AGE, NAME, at, field_of, number_of, text_at
from roadstead.resources.plain.rows import row, status_of

DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def _class_name(obj: Json, _: datetime) -> str:
    name = text_at(obj, "metadata", "name")
    return f"{name} (default)" if at(obj, "metadata", "annotations", DEFAULT_CLASS) == "true" else name


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

POLICY = (POD_DISRUPTION_BUDGETS, STORAGE_CLASSES)
