"""The rules of ObjectMeta."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from roadstead.kube import meta
from roadstead.kube.names import dns_subdomain

NOW = datetime(2026, 11, 23, 18, 49, 39, tzinfo=UTC)
OWNER = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d", "uid": "u"}


def errors(metadata: dict[str, Any], *, namespaced: bool = True) -> list[str]:
    full = {"name": "web", **({"namespace": "ns"} if namespaced else {}), **metadata}
    return [str(error) for error in meta.check_new({"metadata": full}, namespaced=namespaced)]


def update_errors(new: dict[str, Any], old: dict[str, Any]) -> list[str]:
    base = {"name": "web", "namespace": "ns", "uid": "u", "resourceVersion": "5"}
    found = meta.check_update({"metadata": {**base, **new}}, {"metadata": {**base, **old}}, namespaced=True)
    return [str(error) for error in found]


def test_ordinary_metadata_is_fine() -> None:
    assert (
        errors({"labels": {"app": "x"}, "annotations": {"Example.com/Key": "any\ntext"}, "finalizers": ["a.io/b"]})
        == []
    )
    assert errors({}, namespaced=False) == []
    assert errors({"ownerReferences": [OWNER, {**OWNER, "controller": True}]}) == []


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"name": ""}, "metadata.name: Required value: name or generateName is required"),
        ({"name": "a/b"}, "metadata.name: Invalid value: \"a/b\": may not contain '/'"),
        ({"namespace": ""}, "metadata.namespace: Required value"),
        ({"generation": -1}, "metadata.generation: Invalid value: -1: must be greater than or equal to 0"),
        (
            {"annotations": {"a": "x" * (256 * 1024)}},
            "metadata.annotations: Too long: may not be more than 262144 bytes",
        ),
        (
            {"annotations": {"a": "ä" * (128 * 1024)}},
            "metadata.annotations: Too long: may not be more than 262144 bytes",
        ),
        (
            {"ownerReferences": [{**OWNER, "apiVersion": "apps/"}]},
            'metadata.ownerReferences.apiVersion: Invalid value: "apps/": version must not be empty',
        ),
        (
            {"ownerReferences": [{**OWNER, "uid": ""}]},
            'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
        ),
        (
            {"finalizers": ["orphan", "foregroundDeletion"]},
            'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: '
            "finalizer orphan and foregroundDeletion cannot be both set",
        ),
    ],
)
def test_each_broken_rule_is_told(metadata: dict[str, Any], message: str) -> None:
    assert errors(metadata) == [message]


@pytest.mark.parametrize(
    ("metadata", "start"),
    [
        ({"labels": {"a b": "c"}}, 'metadata.labels: Invalid value: "a b": name part must consist of'),
        ({"labels": {"a": "b c"}}, 'metadata.labels: Invalid value: "b c": a valid label must be'),
        ({"annotations": {"A b": "c"}}, 'metadata.annotations: Invalid value: "A b": name part must consist of'),
        ({"finalizers": ["a b"]}, 'metadata.finalizers: Invalid value: "a b": name part must consist of'),
        ({"namespace": "N"}, 'metadata.namespace: Invalid value: "N": a lowercase RFC 1123 label must consist of'),
        (
            {"ownerReferences": [{**OWNER, "apiVersion": "v1", "kind": "Event"}]},
            "metadata.ownerReferences: Invalid value: {",
        ),
    ],
)
def test_broken_grammar_is_told_with_the_rule(metadata: dict[str, Any], start: str) -> None:
    [message] = errors(metadata)
    assert message.startswith(start)


def test_only_one_owner_may_be_the_controller() -> None:
    [message] = errors({"ownerReferences": [{**OWNER, "controller": True}, {**OWNER, "controller": True, "name": "e"}]})
    assert message.endswith(
        "Only one reference can have Controller set to true. "
        'Found "true" in references for Deployment/d and Deployment/e'
    )


def test_a_cluster_scoped_object_has_no_namespace() -> None:
    assert errors({"namespace": "ns"}, namespaced=False) == ["metadata.namespace: Forbidden: not allowed on this type"]


def test_kinds_choose_the_rule_for_names_and_where_errors_point() -> None:
    [found] = meta.check_new(
        {"metadata": {"name": "A"}}, namespaced=False, name_rule=dns_subdomain, path="image.metadata"
    )
    assert str(found).startswith('image.metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain')


def test_an_unchanged_object_may_be_written_again() -> None:
    assert update_errors({"labels": {"a": "b"}}, {}) == []


@pytest.mark.parametrize(
    ("new", "old", "message"),
    [
        ({"resourceVersion": ""}, {}, "metadata.resourceVersion: Invalid value: 0: must be specified for an update"),
        ({"name": "app"}, {}, 'metadata.name: Invalid value: "app": field is immutable'),
        ({"uid": "v"}, {}, 'metadata.uid: Invalid value: "v": field is immutable'),
        (
            {"finalizers": ["x.io/b", "x.io/a", "x.io/c"]},
            {"deletionTimestamp": "t", "finalizers": ["x.io/c"]},
            "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, "
            'found new finalizers []string{"x.io/a", "x.io/b"}',
        ),
    ],
)
def test_each_broken_rule_of_updates_is_told(new: dict[str, Any], old: dict[str, Any], message: str) -> None:
    assert update_errors(new, old) == [message]


def test_finalizers_may_be_removed_while_deleting_and_added_before() -> None:
    assert update_errors({"finalizers": []}, {"deletionTimestamp": "t", "finalizers": ["x.io/c"]}) == []
    assert update_errors({"finalizers": ["x.io/c"]}, {}) == []


def test_a_new_object_gets_what_the_server_sets_and_loses_what_the_client_may_not() -> None:
    sent = {
        "kind": "K",
        "metadata": {
            "name": "a",
            "uid": "forged",
            "creationTimestamp": "2000-01-01T00:00:00Z",
            "deletionTimestamp": "2000-01-01T00:00:00Z",
            "deletionGracePeriodSeconds": 3,
            "selfLink": "/x",
            "managedFields": [{}],
            "labels": {"a": "b"},
        },
    }
    before = deepcopy(sent)
    assert meta.stamp_new(sent, "u1", NOW) == {
        "kind": "K",
        "metadata": {"name": "a", "labels": {"a": "b"}, "uid": "u1", "creationTimestamp": "2026-11-23T18:49:39Z"},
    }
    assert sent == before


def test_an_update_keeps_what_only_the_server_may_change() -> None:
    old = {"metadata": {"name": "a", "uid": "u", "generation": 3, "creationTimestamp": "t", "labels": {"x": "y"}}}
    new = {"spec": 1, "metadata": {"name": "a", "generation": 9, "selfLink": "/x"}}
    before = deepcopy(new)
    assert meta.carry_over(new, old) == {
        "spec": 1,
        "metadata": {"name": "a", "uid": "u", "generation": 3, "creationTimestamp": "t"},
    }
    assert new == before


def test_a_uid_that_is_given_is_left_for_the_checks() -> None:
    assert meta.carry_over({"metadata": {"uid": "v"}}, {"metadata": {"uid": "u"}})["metadata"]["uid"] == "v"


def test_an_update_cannot_say_that_an_object_is_going() -> None:
    carried = meta.carry_over({"metadata": {"deletionTimestamp": "t"}}, {"metadata": {"uid": "u", "name": "a"}})
    found = [str(each) for each in meta.check_update(carried, {"metadata": {"uid": "u"}}, namespaced=False)]
    assert 'metadata.deletionTimestamp: Invalid value: "t": field is immutable' in found


def test_built_in_kinds_know_the_finalizers_without_a_domain() -> None:
    named = {"metadata": {"name": "a", "finalizers": ["orphan", "mine", "example.com/mine"]}}
    [wrong] = meta.check_new(named, namespaced=False, built_in=True)
    assert str(wrong) == (
        'metadata.finalizers[1]: Invalid value: "mine": '
        "name is neither a standard finalizer name nor is it fully qualified"
    )
    assert meta.check_new(named, namespaced=False) == []


def test_generated_names_fit_a_label() -> None:
    assert meta.generated_name("app-", "x7k2v") == "app-x7k2v"
    assert len(meta.generated_name("a" * 80, "x7k2v")) == 63
    assert not set(meta.SUFFIX_LETTERS) & set("aeiou013")
