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
        "uid": text(called="types.UID", required=True, default=""),
        "controller": boolean(keep=True, description="Whether the owner looks after the object; at most one does."),
        "blockOwnerDeletion": boolean(
            keep=True, description="The owner cannot go before the object, when it is deleted in the foreground."
        ),
    },
    atomic=True,
    description="An object that this one belongs to.",
    package=META_PACKAGE,
)

MANAGED_FIELDS = Shape(
    "ManagedFieldsEntry",
    {
        "manager": text(description="Who it is, by the name they gave."),
        "operation": text(called="v1.ManagedFieldsOperationType", description="Apply or Update."),
        "apiVersion": text(),
        "time": time(),
        "fieldsType": text(),
        "fieldsV1": anything(description="The fields: f:NAME for a field, k:KEYS for an item of a list."),
        "subresource": text(description="The part of the object through whose path they were written."),
    },
    description="The fields somebody has set.",
    package=META_PACKAGE,
)

OBJECT_META = Shape(
    "ObjectMeta",
    {
        "name": text(description="What the object is called; unique for its kind in its namespace, and fixed."),
        "generateName": text(description="What a name is made from that the server chooses."),
        "namespace": text(description="The namespace the object is in; fixed."),
        "selfLink": text(description="Unused."),
        "uid": text(called="types.UID", description="Tells the object from any other that ever was."),
        "resourceVersion": text(description="The state of the object; send it back so that nobody's change is lost."),
        "generation": integer(description="Counts the changes of what is wanted."),
        "creationTimestamp": time(description="When the object was created."),
        "deletionTimestamp": time(
            description="When its deletion was asked for; it is there until all finalizers are gone."
        ),
        "deletionGracePeriodSeconds": integer(keep=True, description="How long it may take to go."),
        "labels": map_of(text(), description="Words to choose objects by."),
        "annotations": map_of(text(), description="Notes for people and programs."),
        "ownerReferences": list_of(
            object_of(OWNER_REFERENCE),
            merge_key="uid",
            description="Objects it goes with: when all of them are gone, so is it.",
        ),
        "finalizers": list_of(
            text(), as_set=True, description="Who still has something to do before the object may go."
        ),
        "managedFields": list_of(object_of(MANAGED_FIELDS), keep=True, description="Who has set which field."),
    },
    description="What every object says about itself.",
    package=META_PACKAGE,
)

OBJECT_REFERENCE = Shape(
    "ObjectReference",
    {
        "kind": text(),
        "namespace": text(),
        "name": text(),
        "uid": text(called="types.UID"),
        "apiVersion": text(),
        "resourceVersion": text(),
        "fieldPath": text(),
    },
    atomic=True,
    description="Another object.",
    package=CORE_PACKAGE,
)


def kind_shape(kind: str, fields: dict[str, Field], *, described: str = "") -> Shape:
    """A whole object: kind, apiVersion and metadata (always there), then its own fields."""
    return Shape(kind, _type_and_meta() | fields, description=described)


def plain_shape(kind: str) -> Shape:
    """A whole object of which only the metadata is known; the rest is kept as sent."""
    return Shape(kind, _type_and_meta(), open=True)


def _type_and_meta() -> dict[str, Field]:
    return {
        "kind": text(description="What sort of object it is."),
        "apiVersion": text(description="The group and version it is written in."),
        "metadata": object_of(OBJECT_META, default={}, description="Its name, its place, its history."),
    }
