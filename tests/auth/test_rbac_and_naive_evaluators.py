"""The index and the escalation check against evaluators too simple to be wrong."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from roadstead.auth.escalation import covers, refused_grant
from roadstead.auth.rbac import RoleObjects, Rules
from roadstead.auth.users import Attributes, User
from roadstead.base.values import Json

IMAGE = "image.openshift.io"
ALICE = User("alice", groups=("devs", "system:authenticated"))


def user(name: str) -> Json:
    return {"kind": "User", "name": name}


def meta(name: str, namespace: str) -> Json:
    return {"name": name, "namespace": namespace} if namespace else {"name": name}


VERBS, GROUPS = ["get", "update", "*"], ["", IMAGE, "*"]
RESOURCES = ["imagestreams", "imagestreams/layers", "images", "*/layers", "*"]
NAMESPACES, NAMES = ["", "shop", "lab"], ["", "web", "api"]


def some(values: list[str], least: int = 0) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=least, max_size=2)


any_rule = st.fixed_dictionaries(
    {"verbs": some(VERBS), "apiGroups": some(GROUPS), "resources": some(RESOURCES)},
    optional={"resourceNames": some(NAMES[1:])},
)
any_role = st.tuples(st.sampled_from(NAMESPACES), st.sampled_from(["r", "s"]), st.lists(any_rule, max_size=2))
any_binding = st.tuples(
    st.sampled_from(NAMESPACES),
    st.sampled_from(["Role", "ClusterRole"]),
    st.sampled_from(["r", "s"]),
    st.sampled_from([user("alice"), user("bob"), {"kind": "Group", "name": "devs"}]),
)
any_question = st.builds(
    Attributes,
    st.sampled_from([ALICE, User("bob")]),
    st.sampled_from(["get", "update", "list"]),
    st.sampled_from(["", IMAGE, "apps"]),
    st.sampled_from(["imagestreams", "images"]),
    st.sampled_from(["", "layers"]),
    st.sampled_from(NAMESPACES),
    st.sampled_from(NAMES),
)
Roles = dict[tuple[str, str], list[Json]]


def naive(roles: Roles, bindings: list[tuple[str, str, str, Json]], asked: Attributes) -> bool:
    """Every binding, every rule, every entry, one by one."""
    for namespace, kind, name, subject in bindings:
        reached = subject["name"] == asked.user.name or (
            subject["kind"] == "Group" and subject["name"] in asked.user.groups
        )
        if not reached or namespace not in ("", asked.namespace) or (kind == "Role" and not namespace):
            continue
        for one in roles.get((namespace if kind == "Role" else "", name), []):
            if naive_rule(one, asked):
                return True
    return False


def naive_rule(one: Json, asked: Attributes) -> bool:
    target = asked.resource + (f"/{asked.subresource}" if asked.subresource else "")
    fits = [
        entry in ("*", target) or (asked.subresource and entry == f"*/{asked.subresource}")
        for entry in one["resources"]
    ]
    names = one.get("resourceNames") or [asked.name]
    verbs, groups = one["verbs"], one["apiGroups"]
    in_verbs, in_groups = asked.verb in verbs or "*" in verbs, asked.group in groups or "*" in groups
    return bool(in_verbs and in_groups and any(fits) and asked.name in names)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(any_role, max_size=5), st.lists(any_binding, max_size=5), st.lists(any_question, min_size=1, max_size=8)
)
def test_the_index_agrees_with_an_evaluator_that_looks_at_everything(
    roles: list[tuple[str, str, list[Json]]], bindings: list[tuple[str, str, str, Json]], questions: list[Attributes]
) -> None:
    known: Roles = {(namespace, name): held for namespace, name, held in roles}
    made = [{"metadata": meta(name, namespace), "rules": held} for (namespace, name), held in known.items()]
    bound = [
        {"metadata": meta("b", at), "roleRef": {"kind": kind, "name": name}, "subjects": [subject]}
        for at, kind, name, subject in bindings
    ]
    rules = Rules(
        RoleObjects(
            [one for one in made if "namespace" in one["metadata"]],
            [one for one in made if "namespace" not in one["metadata"]],
            [one for one in bound if "namespace" in one["metadata"]],
            [one for one in bound if "namespace" not in one["metadata"]],
        )
    )
    for question in questions:
        assert rules.decide(question).allowed == naive(known, bindings, question)


def actions(rule: Json) -> list[tuple[str, str, str, str | None]]:
    """Every single action a rule names, wildcards as they stand."""
    names = rule.get("resourceNames") or [None]
    return list(product(rule["verbs"], rule["apiGroups"], rule["resources"], names))


def holds(rule: Json, action: tuple[str, str, str, str | None]) -> bool:
    verb, group, resource, name = action
    slash, sub = "/" in resource, resource.partition("/")[2]
    return (
        ("*" in rule["verbs"] or verb in rule["verbs"])
        and ("*" in rule["apiGroups"] or group in rule["apiGroups"])
        and any(entry in ("*", resource) or (slash and entry == f"*/{sub}") for entry in rule["resources"])
        and (not rule.get("resourceNames") or name in rule["resourceNames"])
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(any_rule, max_size=4), st.lists(any_rule, max_size=3))
def test_the_escalation_check_finds_exactly_the_actions_not_held(held: list[Json], wanted: list[Json]) -> None:
    expected = {one for rule in wanted for one in actions(rule) if not any(holds(other, one) for other in held)}
    assert {one for rule in covers(held, wanted) for one in actions(rule)} == expected


@settings(max_examples=100, deadline=None)
@given(st.lists(any_rule, max_size=4), st.lists(any_rule, max_size=3))
def test_adding_what_was_missing_leaves_nothing_missing(held: list[Json], wanted: list[Json]) -> None:
    assert covers([*held, *covers(held, wanted)], wanted) == []


words = st.sampled_from(["metadata", "rules", "verbs", "resources", "labels", "name", "kind", "*", "get", "alice"])
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
MEMBERS = ["metadata", "rules", "roleRef", "subjects", "aggregationRule"]
INNER = ["name", "namespace", "labels", "kind", "clusterRoleSelectors", "matchLabels", "matchExpressions", "verbs"]
any_object = st.dictionaries(
    st.sampled_from(MEMBERS),
    any_json
    | st.dictionaries(st.sampled_from(INNER), any_json | st.lists(st.dictionaries(st.sampled_from(INNER), any_json))),
    max_size=5,
)


@settings(max_examples=50, deadline=None)
@given(st.lists(any_object, max_size=4))
def test_whatever_lies_in_the_log_the_gate_still_decides(stored: list[Json]) -> None:
    rules = Rules(RoleObjects(stored, stored, stored, stored))
    rules.decide(Attributes(ALICE, "get", IMAGE, "imagestreams", "layers", "shop", "web"))
    rules.rules_for(ALICE, "shop")
    for obj in stored:
        covers([], [obj])
        refused_grant(rules, ALICE, {**obj, "kind": "ClusterRole"})
        refused_grant(rules, ALICE, {**obj, "kind": "RoleBinding"})
