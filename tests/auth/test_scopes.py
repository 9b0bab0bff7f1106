"""What a token may be used for at most."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.auth.bootstrap import bootstrap_objects
from roadstead.auth.rbac import RoleObjects, Rules
from roadstead.auth.scopes import MAX_SCOPE, SCOPES, RoleScope, complaint, parse_role, refused_scopes
from roadstead.auth.users import Attributes, User
from roadstead.base.values import Json

MASTERS = ("system:masters", "system:authenticated")
RULES = Rules(
    RoleObjects(
        cluster_roles=[each for each in bootstrap_objects() if each["kind"] == "ClusterRole"],
        cluster_role_bindings=[each for each in bootstrap_objects() if each["kind"] == "ClusterRoleBinding"],
    )
)


def holding(*scopes: str) -> User:
    """Somebody who may do everything, with a token that may not."""
    return User("root", groups=MASTERS, extra={SCOPES: scopes})


def on(user: User, verb: str, resource: str, namespace: str = "", *, group: str = "", name: str = "") -> bool:
    return RULES.decide(Attributes(user, verb, group, resource, namespace=namespace, name=name)).allowed


@pytest.mark.parametrize(
    ("scope", "verb", "resource", "group", "namespace", "name", "allowed"),
    [
        ("user:full", "delete", "secrets", "", "shop", "x", True),
        ("user:info", "get", "users", "user.openshift.io", "", "~", True),
        ("user:info", "get", "users", "user.openshift.io", "", "alice", False),
        ("user:info", "list", "pods", "", "shop", "", False),
        ("user:check-access", "create", "selfsubjectaccessreviews", "authorization.k8s.io", "", "", True),
        ("user:check-access", "create", "namespaces", "", "", "", False),
        ("user:list-projects", "list", "projects", "project.openshift.io", "", "", True),
        ("user:list-projects", "delete", "projects", "project.openshift.io", "", "", False),
        ("role:edit:shop", "create", "configmaps", "", "shop", "", True),
        ("role:edit:shop", "create", "configmaps", "", "depot", "", False),
        ("role:edit:*", "create", "configmaps", "", "depot", "", True),
        ("role:edit:shop", "get", "secrets", "", "shop", "x", False),
        ("role:edit:shop:!", "get", "secrets", "", "shop", "x", True),
        ("role:edit:shop", "impersonate", "serviceaccounts", "", "shop", "x", False),
        ("role:none:shop", "get", "configmaps", "", "shop", "x", False),
        ("nonsense", "get", "configmaps", "", "shop", "x", False),
    ],
)
def test_a_scope_cuts_down_what_its_user_may_do(
    scope: str, verb: str, resource: str, group: str, namespace: str, name: str, allowed: bool
) -> None:
    assert on(holding(scope), verb, resource, namespace, group=group, name=name) == allowed


def test_a_scope_gives_nothing_its_user_has_not() -> None:
    nobody = User("nobody", groups=("system:authenticated",), extra={SCOPES: ("role:edit:shop", "user:full")})
    assert not on(nobody, "create", "configmaps", "shop")


def test_no_scopes_at_all_allow_nothing_and_the_absence_of_scopes_is_no_limit() -> None:
    assert not on(holding(), "get", "configmaps", "shop")
    assert on(User("root", groups=MASTERS), "get", "configmaps", "shop")


def test_what_the_api_has_may_be_looked_at_with_any_scope() -> None:
    asked = Attributes(holding("user:info"), "get", path="/apis/image.openshift.io")
    assert RULES.decide(asked).allowed
    assert not RULES.decide(Attributes(holding("user:info"), "get", path="/metrics")).allowed


def test_the_answer_to_one_token_is_not_the_answer_to_another_of_the_same_user() -> None:
    assert on(holding("user:full"), "get", "configmaps", "shop")
    assert not on(holding("user:info"), "get", "configmaps", "shop")


def test_a_refusal_names_the_scopes() -> None:
    asked = Attributes(holding("user:info"), "list", "", "pods", namespace="shop")
    assert RULES.decide(asked).reason == "scopes [user:info] prevent this action"


def test_rights_of_a_part_are_not_handed_on() -> None:
    assert RULES.rules_for(holding("role:edit:shop"), "shop") == ([], [])
    assert RULES.rules_for(holding("user:full"), "shop")[0]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("role:edit:shop", RoleScope("edit", "shop", escalating=False)),
        ("role:system:image-puller:*:!", RoleScope("system:image-puller", "*", escalating=True)),
        ("role:edit", None),
        ("role::shop", None),
        ("role:edit:", None),
        ("user:full", None),
    ],
)
def test_scopes_of_roles_are_read_from_the_end(scope: str, expected: RoleScope | None) -> None:
    assert parse_role(scope) == expected


@pytest.mark.parametrize(
    "scope", ["", "user:everything", "role:edit", 'user:"full"', "user:full\\", "a" * MAX_SCOPE * 2]
)
def test_nobody_can_ask_for_what_is_no_scope(scope: str) -> None:
    assert complaint(scope)


@given(st.text(max_size=80))
def test_no_scope_raises(scope: str) -> None:
    complaint(scope)
    parse_role(scope)


@pytest.mark.parametrize(
    ("restriction", "scope", "refused"),
    [
        ({"literals": ["user:info"]}, "user:info", False),
        ({"literals": ["user:info"]}, "user:full", True),
        ({"clusterRole": {"roleNames": ["edit"], "namespaces": ["*"]}}, "role:edit:shop", False),
        ({"clusterRole": {"roleNames": ["edit"], "namespaces": ["*"]}}, "role:edit:shop:!", True),
        ({"clusterRole": {"roleNames": ["*"], "namespaces": ["lab"]}}, "role:edit:shop", True),
        ({"clusterRole": {"roleNames": ["*"], "namespaces": ["*"]}}, "user:full", True),
    ],
)
def test_a_client_asks_for_no_more_than_it_may(restriction: Json, scope: str, refused: bool) -> None:
    assert refused_scopes({"scopeRestrictions": [restriction]}, [scope]) == ([scope] if refused else [])
    assert refused_scopes({}, [scope]) == []
