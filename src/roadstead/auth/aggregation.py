"""Cluster roles made of other cluster roles, chosen by their labels; no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from roadstead.auth.policy import objects, part, text, texts
from roadstead.base.values import Json
from roadstead.kube.selectors import LabelSelector, Requirement

_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}


def aggregated_rules(cluster_roles: Iterable[Json]) -> dict[str, list[Json]]:
    """The effective rules of every cluster role, by name.

    A role with an aggregationRule has the rules of the roles it selects, and of those they select in turn; rules
    written into it by hand do not count, because Kubernetes overwrites them too. Circles end where they began.
    """
    roles = {text(part(role, "metadata"), "name"): role for role in cluster_roles}
    chosen = {name: _chosen(role, roles) for name, role in roles.items() if part(role, "aggregationRule")}
    return {
        name: _gathered(name, roles, chosen) if name in chosen else list(objects(role.get("rules")))
        for name, role in roles.items()
    }


def selects(selector: Json, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector object matches; the empty one matches all, one that cannot be read nothing."""
    requirements: list[Requirement] = []
    for key, value in part(selector, "matchLabels").items():
        if not isinstance(value, str):
            return False
        requirements.append(Requirement(key, "=", frozenset({value})))
    for expression in objects(selector.get("matchExpressions")):
        operator = _OPERATORS.get(text(expression, "operator"))
        if operator is None:
            return False
        values = frozenset(texts(expression.get("values")))
        requirements.append(Requirement(text(expression, "key"), operator, values))
    return LabelSelector(tuple(requirements)).matches(labels)


def _chosen(role: Json, roles: Mapping[str, Json]) -> list[str]:
    selectors = objects(part(role, "aggregationRule").get("clusterRoleSelectors"))
    return sorted(
        name
        for name, other in roles.items()
        if other is not role and any(selects(selector, _labels(other)) for selector in selectors)
    )


def _labels(role: Json) -> dict[str, str]:
    labels = part(part(role, "metadata"), "labels")
    return {key: value for key, value in labels.items() if isinstance(value, str)}


def _gathered(name: str, roles: Mapping[str, Json], chosen: Mapping[str, list[str]]) -> list[Json]:
    rules: list[Json] = []
    seen, todo = {name}, list(reversed(chosen[name]))
    while todo:
        current = todo.pop()
        if current in seen:
            continue
        seen.add(current)
        if current in chosen:
            todo.extend(reversed(chosen[current]))
        else:
            rules.extend(rule for rule in objects(roles[current].get("rules")) if rule not in rules)
    return rules
