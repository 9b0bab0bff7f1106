"""Cluster roles made of others."""

from __future__ import annotations

import pytest

from roadstead.auth.aggregation import aggregated_rules, selects
from roadstead.base.values import Json


def role(name: str, labels: str = "", of: str = "", rules: int = 0) -> Json:
    made: Json = {"metadata": {"name": name, "labels": dict.fromkeys(labels.split(), "true")}}
    if of:
        made["aggregationRule"] = {"clusterRoleSelectors": [{"matchLabels": {one: "true"}} for one in of.split()]}
    made["rules"] = [{"verbs": [f"{name}{number}"]} for number in range(rules)]
    return made


def verbs(roles: list[Json], name: str) -> list[str]:
    return [verb for rule in aggregated_rules(roles)[name] for verb in rule["verbs"]]


def test_a_plain_role_keeps_its_rules() -> None:
    assert verbs([role("a", rules=2)], "a") == ["a0", "a1"]


def test_an_aggregated_role_has_the_rules_of_those_it_selects_and_none_of_its_own() -> None:
    roles = [role("all", of="x y", rules=1), role("a", "x", rules=1), role("b", "y", rules=1), role("c", "z", rules=1)]
    assert verbs(roles, "all") == ["a0", "b0"]


def test_aggregation_reaches_through_aggregated_roles() -> None:
    roles = [role("admin", of="to-admin"), role("edit", "to-admin", of="to-edit"), role("base", "to-edit", rules=1)]
    assert verbs(roles, "admin") == ["base0"]


def test_circles_end() -> None:
    roles = [role("a", "x", of="y"), role("b", "y", of="x z"), role("c", "z", rules=1)]
    assert verbs(roles, "a") == verbs(roles, "b") == ["c0"]


def test_a_role_does_not_select_itself() -> None:
    assert verbs([role("a", "x", of="x", rules=1)], "a") == []


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ({}, True),
        ({"matchLabels": {"tier": "web"}}, True),
        ({"matchLabels": {"tier": "db"}}, False),
        ({"matchLabels": {"none": "web"}}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "In", "values": ["web", "db"]}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "In", "values": []}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["web"]}]}, False),
        ({"matchExpressions": [{"key": "none", "operator": "NotIn", "values": ["web"]}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "Near"}]}, False),
        ({"matchLabels": {"tier": ["web"]}}, False),
        ({"matchLabels": {"tier": "web"}, "matchExpressions": [{"key": "none", "operator": "Exists"}]}, False),
    ],
)
def test_label_selectors(selector: Json, matches: bool) -> None:
    assert selects(selector, {"tier": "web"}) is matches
