"""What every installation has, and how it is kept."""

from __future__ import annotations

import copy

import orjson
import pytest

from roadstead.auth.advice import SUGGESTED
from roadstead.auth.bootstrap import (
    bootstrap_objects,
    cluster_role_binding,
    group,
    namespace_bindings,
    reconcile,
    record,
    role_binding,
    shared_objects,
)
from roadstead.auth.bootstrap_roles import cluster_roles
from roadstead.auth.rbac import RoleObjects, Rules
from roadstead.auth.role_rules import AUTOUPDATE, cluster_role, rule
from roadstead.auth.users import ANONYMOUS, Attributes, User, service_account
from roadstead.base.values import Json

IMAGE = "image.openshift.io"
ALICE = User("alice", groups=("system:authenticated", "system:authenticated:oauth"))


def rules_for(*roles: str) -> Rules:
    """Alice holds bundled roles in namespace shop; every namespace binding is there too."""
    bindings = [role_binding("shop", f"b-{name}", name, {"kind": "User", "name": "alice"}) for name in roles]
    shared = shared_objects()
    local = [*bindings, *namespace_bindings("shop"), shared[1]]
    wide = [obj for obj in bootstrap_objects() if obj["kind"] == "ClusterRoleBinding"]
    return Rules(RoleObjects([shared[0]], cluster_roles(), local, wide))


def may(role: str, verb: str, target: str, group: str = IMAGE, namespace: str = "shop") -> bool:
    resource, _, sub = target.partition("/")
    return rules_for(role).decide(Attributes(ALICE, verb, group, resource, sub, namespace, "web")).allowed


@pytest.mark.parametrize(
    ("role", "yes", "no"),
    [
        ("system:image-puller", "get imagestreams/layers", "update imagestreams/layers"),
        ("system:image-pusher", "update imagestreams/layers", "create imagestreams"),
        ("system:image-builder", "create imagestreams", "delete imagestreams"),
        ("system:image-signer", "create imagesignatures", "update images"),
        ("system:image-auditor", "patch images", "delete images"),
        ("system:image-pruner", "update imagestreams/status", "update imagestreams"),
        ("registry-viewer", "get imagestreams/layers", "update imagestreams/layers"),
        ("registry-editor", "create imagestreamimports", "get images"),
        ("registry-admin", "delete imagestreamtags", "get images"),
        ("registry-monitoring", "get registry/metrics", "get imagestreams"),
        ("view", "get imagestreams/layers", "create imagestreams"),
        ("edit", "update imagestreams/layers", "update imagestreams/status"),
        ("admin", "create imagestreammappings", "delete images"),
        ("cluster-reader", "get images", "delete images"),
        ("system:registry", "create imagestreammappings", "delete images"),
    ],
)
def test_bundled_roles_give_what_the_contract_lists(role: str, yes: str, no: str) -> None:
    assert may(role, *yes.split())
    assert not may(role, *no.split())


@pytest.mark.parametrize(
    ("role", "verb", "target", "group", "allowed"),
    [
        ("admin", "create", "rolebindings", "rbac.authorization.k8s.io", True),
        ("edit", "create", "rolebindings", "rbac.authorization.k8s.io", False),
        ("registry-admin", "create", "roles", "rbac.authorization.k8s.io", True),
        ("edit", "create", "secrets", "", True),
        ("view", "get", "secrets", "", False),
        ("cluster-reader", "get", "secrets", "", False),
        ("edit", "patch", "deployments", "apps", True),
        ("view", "list", "pods", "", True),
        ("cluster-admin", "anything", "whatever", "any", True),
    ],
)
def test_bundled_roles_beyond_images(role: str, verb: str, target: str, group: str, allowed: bool) -> None:
    assert may(role, verb, target, group) is allowed


def test_every_role_the_advice_proposes_exists() -> None:
    assert set(SUGGESTED) <= {role["metadata"]["name"] for role in cluster_roles()}


def test_names_stand_once_and_every_binding_names_a_role_that_exists() -> None:
    objects = bootstrap_objects()
    keys = [(obj["kind"], obj["metadata"]["name"]) for obj in objects]
    assert len(keys) == len(set(keys))
    for obj in objects:
        if "roleRef" in obj:
            assert ("ClusterRole", obj["roleRef"]["name"]) in keys


def test_service_accounts_pull_in_their_namespace_and_the_builder_pushes() -> None:
    rules = rules_for()
    pull = ("get", IMAGE, "imagestreams", "layers", "shop", "web")
    push = ("update", *pull[1:])
    assert rules.decide(Attributes(service_account("shop", "default"), *pull)).allowed
    assert not rules.decide(Attributes(service_account("lab", "default"), *pull)).allowed
    assert not rules.decide(Attributes(service_account("shop", "default"), *push)).allowed
    assert rules.decide(Attributes(service_account("shop", "builder"), *push)).allowed


def test_who_is_logged_in_may_use_the_shared_namespace_and_who_is_not_may_not() -> None:
    rules = rules_for()
    pull = ("get", IMAGE, "imagestreams", "layers", "openshift", "web")
    assert rules.decide(Attributes(ALICE, *pull)).allowed
    assert not rules.decide(Attributes(ANONYMOUS, *pull)).allowed


def test_anonymous_callers_see_health_and_version_only() -> None:
    rules = rules_for()
    assert rules.decide(Attributes(ANONYMOUS, "get", path="/version")).allowed
    for path in ("/apis", "/metrics", "/openapi/v2"):
        assert not rules.decide(Attributes(ANONYMOUS, "get", path=path)).allowed
    assert rules.decide(Attributes(ALICE, "get", path="/apis/image.openshift.io/v1")).allowed


def test_people_may_request_projects_and_service_accounts_may_not() -> None:
    asked = ("create", "project.openshift.io", "projectrequests")
    assert rules_for().decide(Attributes(ALICE, *asked)).allowed
    assert not rules_for().decide(Attributes(service_account("shop", "default"), *asked)).allowed


ROLE = cluster_role("r", rule(["get", "list"], [""], ["pods"]), into=["view"])
BINDING = cluster_role_binding("b", "r", group("devs"))


def changed(obj: Json, **members: object) -> Json:
    return {**copy.deepcopy(obj), **members}


def test_what_is_missing_is_written_and_what_is_there_is_not() -> None:
    assert reconcile([], [ROLE, BINDING]) == [ROLE, BINDING]
    assert reconcile([ROLE, BINDING], [ROLE, BINDING]) == []
    assert reconcile(bootstrap_objects(), bootstrap_objects()) == []


def test_missing_rules_are_added_and_added_ones_stay() -> None:
    own = rule(["watch"], [""], ["secrets"])
    found = changed(ROLE, rules=[own, rule(["get"], [""], ["pods"])])
    (written,) = reconcile([found], [ROLE])
    assert written["rules"] == [own, rule(["get"], [""], ["pods"]), rule(["list"], [""], ["pods"])]


def test_rules_that_are_covered_by_wider_ones_are_not_added() -> None:
    assert reconcile([changed(ROLE, rules=[rule(["*"], ["*"], ["*"])])], [ROLE]) == []


def test_missing_subjects_are_added_and_added_ones_stay() -> None:
    (written,) = reconcile([changed(BINDING, subjects=[group("ops")])], [BINDING])
    assert written["subjects"] == [group("ops"), group("devs")]


def test_missing_labels_come_back_and_changed_ones_stay() -> None:
    found = changed(ROLE)
    found["metadata"] |= {"labels": {"mine": "yes"}, "annotations": {AUTOUPDATE: "yes"}, "uid": "1"}
    (written,) = reconcile([found], [ROLE])
    assert written["metadata"]["labels"] == {**ROLE["metadata"]["labels"], "mine": "yes"}
    assert written["metadata"]["annotations"] == {AUTOUPDATE: "yes"}
    assert written["metadata"]["uid"] == "1"


def test_missing_selectors_of_an_aggregated_role_come_back() -> None:
    wanted = cluster_role("all", made_of="view")
    other = {"matchLabels": {"mine": "yes"}}
    (written,) = reconcile([changed(wanted, aggregationRule={"clusterRoleSelectors": [other]})], [wanted])
    selectors = wanted["aggregationRule"]["clusterRoleSelectors"]
    assert written["aggregationRule"]["clusterRoleSelectors"] == [other, *selectors]
    assert reconcile([changed(wanted, rules=[rule(["get"], [""], ["pods"])])], [wanted]) == []


def test_what_was_given_once_and_taken_away_stays_away() -> None:
    given = record([ROLE, BINDING])
    assert reconcile([], [ROLE, BINDING], given) == []
    assert reconcile([changed(ROLE, rules=[]), changed(BINDING, subjects=[])], [ROLE, BINDING], given) == []
    bare = changed(ROLE)
    bare["metadata"] |= {"labels": {}, "annotations": {}}
    assert reconcile([bare], [ROLE], given) == []
    aggregated = cluster_role("all", made_of="view")
    cut = changed(aggregated, aggregationRule={"clusterRoleSelectors": []})
    assert reconcile([cut], [aggregated], record([aggregated])) == []


def test_what_a_newer_program_gives_is_added_beside_what_was_taken_away() -> None:
    given = record([ROLE, BINDING])
    newer = changed(ROLE, rules=[*ROLE["rules"], rule(["watch"], [""], ["pods"])])
    (written,) = reconcile([changed(ROLE, rules=[])], [newer], given)
    assert written["rules"] == [rule(["watch"], [""], ["pods"])]
    wider = changed(BINDING, subjects=[*BINDING["subjects"], group("ops")])
    (written,) = reconcile([changed(BINDING, subjects=[])], [wider], given)
    assert written["subjects"] == [group("ops")]
    assert reconcile([], [cluster_role_binding("c", "r", group("x"))], given) != []


def test_what_is_remembered_fits_a_config_map_many_times() -> None:
    assert len(orjson.dumps(record(bootstrap_objects()))) < 256 * 1024


def test_an_object_that_asks_not_to_be_updated_is_left_alone() -> None:
    found = changed(ROLE, rules=[])
    found["metadata"]["annotations"][AUTOUPDATE] = "false"
    assert reconcile([found], [ROLE]) == []


def test_a_binding_to_another_role_is_left_alone() -> None:
    found = changed(BINDING, roleRef={"kind": "ClusterRole", "name": "cluster-admin"}, subjects=[group("ops")])
    assert reconcile([found], [BINDING]) == []


def test_reconciling_changes_none_of_its_arguments() -> None:
    found, wanted = changed(ROLE, rules=[]), changed(ROLE)
    before = copy.deepcopy((found, wanted))
    reconcile([found], [wanted])
    assert (found, wanted) == before
