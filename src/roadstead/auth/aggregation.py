"""Cluster roles made of other cluster roles, chosen by their labels; no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from roadstead.auth.policy import objects, part, text, texts
from roadstead.base.values import Json


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


def selects(selector: Json, labels: Mapping[str, object]) -> bool:
    """Whether a LabelSelector object matches; the empty one matches all, an unknown operator nothing."""
    wanted = part(selector, "matchLabels")
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _holds(expression, labels) for expression in objects(selector.get("matchExpressions"))
    )


def _holds(expression: Json, labels: Mapping[str, object]) -> bool:
    found = labels.get(text(expression, "key"))
    match expression.get("operator"):
        case "In":
            return found in texts(expression.get("values"))
        case "NotIn":
            return found not in texts(expression.get("values"))
        case "Exists":
            return found is not None
        case "DoesNotExist":
            return found is None
        case _:
            return False


def _chosen(role: Json, roles: Mapping[str, Json]) -> list[str]:
    selectors = objects(part(role, "aggregationRule").get("clusterRoleSelectors"))
    return sorted(
        name
        for name, other in roles.items()
        if other is not role
        and any(selects(selector, part(part(other, "metadata"), "labels")) for selector in selectors)
    )


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
