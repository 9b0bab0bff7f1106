"""The shapes every kind is built from: metadata, references, and whole objects; no I/O."""

from __future__ import annotations

from roadstead.kube.schema import Field, Shape, anything, boolean, integer, list_of, map_of, object_of, text, time

META_PACKAGE = "io.k8s.apimachinery.pkg.apis.meta.v1"
CORE_PACKAGE = "io.k8s.api.core.v1"

OWNER_REFERENCE = Shape(
    "OwnerReference",
    {
        "apiVersion": text(required=True, default=""),
        "kind": text(required=True, default=""),
        "name": text(required=True, default=""),
        "uid": text(required=True, default=""),
        "controller": boolean(keep=True),
        "blockOwnerDeletion": boolean(keep=True),
    },
    atomic=True,
    package=META_PACKAGE,
)

MANAGED_FIELDS = Shape(
    "ManagedFieldsEntry",
    {
        "manager": text(),
        "operation": text(),
        "apiVersion": text(),
        "time": time(),
        "fieldsType": text(),
        "fieldsV1": anything(),
        "subresource": text(),
    },
    package=META_PACKAGE,
)

OBJECT_META = Shape(
    "ObjectMeta",
    {
        "name": text(),
        "generateName": text(),
        "namespace": text(),
        "selfLink": text(),
        "uid": text(),
        "resourceVersion": text(),
        "generation": integer(),
        "creationTimestamp": time(),
        "deletionTimestamp": time(),
        "deletionGracePeriodSeconds": integer(keep=True),
        "labels": map_of(text()),
        "annotations": map_of(text()),
        "ownerReferences": list_of(object_of(OWNER_REFERENCE), merge_key="uid"),
        "finalizers": list_of(text(), as_set=True),
        "managedFields": list_of(object_of(MANAGED_FIELDS), keep=True),
    },
    package=META_PACKAGE,
)

OBJECT_REFERENCE = Shape(
    "ObjectReference",
    {
        "kind": text(),
        "namespace": text(),
        "name": text(),
        "uid": text(),
        "apiVersion": text(),
        "resourceVersion": text(),
        "fieldPath": text(),
    },
    atomic=True,
    package=CORE_PACKAGE,
)


def kind_shape(kind: str, fields: dict[str, Field], *, described: str = "") -> Shape:
    """A whole object: kind, apiVersion and metadata (always there), then its own fields."""
    return Shape(kind, _type_and_meta() | fields, description=described)


def plain_shape(kind: str) -> Shape:
    """A whole object of which only the metadata is known; the rest is kept as sent."""
    return Shape(kind, _type_and_meta(), open=True)


def _type_and_meta() -> dict[str, Field]:
    return {"kind": text(), "apiVersion": text(), "metadata": object_of(OBJECT_META, default={})}
