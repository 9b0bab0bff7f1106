"""Nobody hands out more than they have."""

from __future__ import annotations

import pytest

from roadstead.auth.bootstrap import bootstrap_objects, role_binding
from roadstead.auth.escalation import MAX_ACTIONS, covers, refused_grant
from roadstead.auth.rbac import RoleObjects, Rules
from roadstead.auth.users import ADMIN, User
from roadstead.base.values import Json

ALICE = User("alice")


def rule(verbs: str, resources: str, names: str = "", groups: str = "") -> Json:
    made: Json = {"verbs": verbs.split(), "apiGroups": groups.split(","), "resources": resources.split()}
    return {**made, "resourceNames": names.split()} if names else made


def path(verbs: str, urls: str) -> Json:
    return {"verbs": verbs.split(), "nonResourceURLs": urls.split()}


@pytest.mark.parametrize(
    ("held", "wanted", "missing"),
    [
        ([], [rule("get", "pods")], [rule("get", "pods")]),
        ([rule("*", "*", groups="*")], [rule("get list", "pods secrets")], []),
        ([rule("get", "pods"), rule("list", "pods")], [rule("get list", "pods")], []),
        (
            [rule("get", "pods")],
            [rule("get list", "pods secrets")],
            [rule("list", "pods"), rule("get list", "secrets")],
        ),
        ([rule("get", "pods")], [rule("*", "pods")], [rule("*", "pods")]),
        ([rule("get", "pods", "web")], [rule("get", "pods")], [rule("get", "pods")]),
        ([rule("get", "pods", "web")], [rule("get", "pods", "web")], []),
        ([rule("get", "pods")], [rule("get", "pods", "web")], []),
        ([rule("get", "*/log")], [rule("get", "pods/log pods")], [rule("get", "pods")]),
        ([rule("get", "pods")], [rule("get", "*")], [rule("get", "*")]),
        ([path("get", "/api/*")], [path("get", "/api/v1 /apis")], [path("get", "/apis")]),
        ([path("get", "/a*")], [path("get", "/api/*")], []),
        ([path("get", "*")], [path("get post", "/api")], [path("post", "/api")]),
        ([rule("get", "pods") | {"resourceNames": [7]}], [rule("get", "pods")], [rule("get", "pods")]),
        ([rule("get", "pods") | {"resourceNames": [""]}], [rule("get", "pods")], [rule("get", "pods")]),
    ],
)
def test_what_is_wanted_and_not_held_is_missing(held: list[Json], wanted: list[Json], missing: list[Json]) -> None:
    assert covers(held, wanted) == missing


def test_a_rule_with_too_many_actions_counts_as_missing_unless_one_rule_holds_it_whole() -> None:
    many = " ".join(f"r{number}" for number in range(200))
    huge = rule(many, many)
    assert 200 * 200 > MAX_ACTIONS
    assert covers([rule(many, many)], [huge]) == [huge]
    assert covers([rule("*", "*", groups="*")], [huge]) == []


def rules_with(*held: Json, namespace: str = "shop") -> Rules:
    mine = {"metadata": {"name": "mine", "namespace": namespace}, "rules": list(held)}
    subject = {"kind": "User", "name": "alice"}
    bound = role_binding(namespace, "mine", "mine", subject, kind="Role")
    return Rules(RoleObjects([mine], [o for o in bootstrap_objects() if o["kind"] == "ClusterRole"], [bound]))


def new_role(*held: Json, kind: str = "Role", **more: object) -> Json:
    return {"kind": kind, "metadata": {"name": "new", "namespace": "shop"}, "rules": list(held), **more}


PULLER = role_binding("shop", "b", "system:image-puller", {"kind": "User", "name": "bob"})
PULL = rule("get", "imagestreams/layers", groups=",image.openshift.io")
BIND = rule("bind", "clusterroles", "system:image-puller", "rbac.authorization.k8s.io")
ESCALATE = rule("escalate", "roles", "", "rbac.authorization.k8s.io")


@pytest.mark.parametrize(
    ("held", "written", "allowed"),
    [
        ([rule("get", "pods")], new_role(rule("get", "pods")), True),
        ([rule("get", "pods")], new_role(rule("get", "secrets")), False),
        ([ESCALATE], new_role(rule("get", "secrets")), True),
        ([rule("get", "pods")], new_role(rule("get", "pods"), kind="ClusterRole"), False),
        ([PULL], PULLER, True),
        ([], PULLER, False),
        ([BIND], PULLER, True),
        ([BIND], role_binding("shop", "b", "admin"), False),
        ([rule("*", "*", groups="*")], role_binding("shop", "b", "no-such-role"), True),
        ([PULL], role_binding("shop", "b", "no-such-role"), False),
        ([PULL], PULLER | {"kind": "ClusterRoleBinding"}, False),
        ([rule("*", "*", groups="*")], role_binding("lab", "b", "system:image-puller"), False),
        ([], {"kind": "ConfigMap"}, True),
    ],
)
def test_a_role_or_binding_may_be_written_by_who_holds_what_it_grants(
    held: list[Json], written: Json, allowed: bool
) -> None:
    assert (refused_grant(rules_with(*held), ALICE, written) == "") is allowed


def test_the_refusal_names_what_is_missing() -> None:
    assert refused_grant(rules_with(), ALICE, PULLER) == (
        'User "alice" may only grant rights they hold; missing: '
        'get on imagestreams/layers in API group ""; get on imagestreams/layers in API group "image.openshift.io"'
    )
    wanted = new_role(path("get", "/metrics"), rule("get", "pods", "web"))
    assert refused_grant(rules_with(), ALICE, wanted) == (
        'User "alice" may only grant rights they hold; missing: '
        'get on path /metrics; get on pods named web in API group ""'
    )


def test_a_role_that_fills_itself_by_label_takes_every_right_there_is() -> None:
    selecting = new_role(kind="ClusterRole", aggregationRule={"clusterRoleSelectors": [{}]})
    assert refused_grant(rules_with(rule("*", "*", groups="*")), ALICE, selecting)
    assert refused_grant(rules_with(), ADMIN, selecting) == ""


def test_a_project_administrator_can_bind_the_bundled_roles_below_their_own() -> None:
    bound = role_binding("shop", "a", "admin", {"kind": "User", "name": "alice"})
    objects = [o for o in bootstrap_objects() if o["kind"] == "ClusterRole"]
    rules = Rules(RoleObjects((), objects, [bound]))
    for name in ("system:image-puller", "system:image-pusher", "system:image-builder", "view", "edit", "admin"):
        assert refused_grant(rules, ALICE, role_binding("shop", "b", name)) == ""
    assert refused_grant(rules, ALICE, role_binding("shop", "b", "cluster-admin"))
    assert refused_grant(rules, ALICE, role_binding("lab", "b", "view"))
