"""The shapes every kind is built from."""

from roadstead.kube.objectmeta import OBJECT_META, plain_shape
from roadstead.kube.schema import conform


def test_every_field_of_metadata_survives() -> None:
    metadata = {
        "name": "a",
        "generateName": "a-",
        "namespace": "ns",
        "selfLink": "/a",
        "uid": "u",
        "resourceVersion": "7",
        "generation": 2,
        "creationTimestamp": "2026-11-23T18:49:39Z",
        "deletionTimestamp": "2026-11-23T18:49:39Z",
        "deletionGracePeriodSeconds": 0,
        "labels": {"a": "b"},
        "annotations": {"a": "b"},
        "ownerReferences": [{"apiVersion": "v1", "kind": "K", "name": "n", "uid": "u", "controller": False}],
        "finalizers": ["example.com/x"],
        "managedFields": [{"manager": "m", "operation": "Update", "fieldsV1": {"f:spec": {}}}],
    }
    found = conform(OBJECT_META, metadata)
    assert (found.value, found.unknown) == (metadata, [])


def test_a_plain_kind_keeps_its_content_and_checks_its_metadata() -> None:
    sent = {"kind": "ConfigMap", "metadata": {"name": "a", "stray": 1}, "data": {"x": ""}}
    found = conform(plain_shape("ConfigMap"), sent)
    assert found.value == {"kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"x": ""}}
    assert found.unknown == ["metadata.stray"]
