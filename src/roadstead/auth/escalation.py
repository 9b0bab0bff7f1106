"""Nobody hands out more than they have; no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from math import prod

from roadstead.auth.policy import ALLOW_ALL, ANY, RuleSet, objects, part, path_part, resource_part, spellings, text
from roadstead.auth.rbac import Rules
from roadstead.auth.users import Attributes, User
from roadstead.base.values import Json

RBAC_GROUP = "rbac.authorization.k8s.io"
MAX_ACTIONS = 20_000
"""Single actions looked at in one check; beyond, a rule counts as missing unless one held rule covers it whole."""

_ROLES = {"Role": "roles", "ClusterRole": "clusterroles"}
_BINDINGS = {"RoleBinding": "rolebindings", "ClusterRoleBinding": "clusterrolebindings"}


def covers(granted: Iterable[Json], wanted: Iterable[Json]) -> list[Json]:
    """What is in `wanted` and not in `granted`: rules cut down to what is missing. Empty when all of it is held."""
    held = [half for rule in granted for half in (resource_part(rule), path_part(rule)) if half]
    ready = RuleSet(held)
    wide = [rule for rule in held if ANY in rule.get("resources", ())]
    missing: list[Json] = []
    budget = MAX_ACTIONS
    for rule in wanted:
        paths, resources = path_part(rule), resource_part(rule)
        if paths:
            budget -= len(paths["verbs"]) * len(paths["nonResourceURLs"])
            missing.extend([paths] if budget < 0 else _missing_paths(ready, paths))
        if resources and not any(_contains(one, resources) for one in wide):
            budget -= _count(resources)
            missing.extend([resources] if budget < 0 else _missing_actions(ready, resources))
    return missing


def _contains(held: Json, wanted: Json) -> bool:
    """Whether one rule on all resources holds another rule whole."""
    names = held.get("resourceNames")
    return (
        (ANY in held["verbs"] or set(wanted["verbs"]) <= set(held["verbs"]))
        and (ANY in held["apiGroups"] or set(wanted["apiGroups"]) <= set(held["apiGroups"]))
        and (not names or ("resourceNames" in wanted and set(wanted["resourceNames"]) <= set(names)))
    )


def _count(rule: Json) -> int:
    return prod(len(rule[field]) for field in ("apiGroups", "resources", "verbs")) * len(_names(rule))


def _names(rule: Json) -> Sequence[str | None]:
    return rule.get("resourceNames") or (None,)


def _missing_actions(held: RuleSet, wanted: Json) -> Iterator[Json]:
    for group, resource, name in product(wanted["apiGroups"], wanted["resources"], _names(wanted)):
        spelled = spellings(resource)
        verbs = [verb for verb in wanted["verbs"] if not held.allows(verb, group, spelled, name)]
        if verbs:
            rule = {"verbs": verbs, "apiGroups": [group], "resources": [resource]}
            yield rule if name is None else {**rule, "resourceNames": [name]}


def _missing_paths(held: RuleSet, wanted: Json) -> Iterator[Json]:
    for url in wanted["nonResourceURLs"]:
        verbs = [verb for verb in wanted["verbs"] if not held.allows_path(verb, url)]
        if verbs:
            yield {"verbs": verbs, "nonResourceURLs": [url]}


def refused_grant(rules: Rules, user: User, obj: Json) -> str:
    """Why a user may not write this role or binding; empty when they may, and for every other kind.

    A role may be written by whoever holds all its rules, or may `escalate` it; a binding by whoever holds all rules of
    its role, or may `bind` that role. Which verbs the caller needs on the object itself is asked elsewhere.
    """
    kind, meta = text(obj, "kind"), part(obj, "metadata")
    namespace = text(meta, "namespace") if kind in {"Role", "RoleBinding"} else ""
    wanted: list[Json] | None
    if kind in _ROLES:
        verb, target, name = "escalate", _ROLES[kind], text(meta, "name")
        wanted = _role_rules(obj)
    elif kind in _BINDINGS:
        ref = part(obj, "roleRef")
        verb, target, name = "bind", _ROLES.get(text(ref, "kind"), ""), text(ref, "name")
        wanted = rules.rules_of(text(ref, "kind"), name, namespace)
    else:
        return ""
    if rules.decide(Attributes(user, verb, RBAC_GROUP, target, "", namespace, name)).allowed:
        return ""
    if wanted is None:
        return f'{text(part(obj, "roleRef"), "kind")} "{name}" does not exist, so nobody can tell what it grants'
    resources, paths = rules.rules_for(user, namespace)
    lacking = covers([*resources, *paths], wanted)
    if not lacking:
        return ""
    return f'User "{user.name}" may only grant rights they hold; missing: {"; ".join(map(_sentence, lacking[:10]))}'


def _role_rules(role: Json) -> list[Json]:
    """A role that selects others by label can be filled by anyone who writes those, so it counts as everything."""
    if part(role, "aggregationRule"):
        return list(ALLOW_ALL)
    return list(objects(role.get("rules")))


def _sentence(rule: Json) -> str:
    verbs = ", ".join(rule["verbs"][:20])
    if "nonResourceURLs" in rule:
        return f"{verbs} on path {', '.join(rule['nonResourceURLs'][:5])}"
    named = f" named {', '.join(rule['resourceNames'][:5])}" if "resourceNames" in rule else ""
    groups = ", ".join(f'"{group}"' for group in rule["apiGroups"][:5])
    return f"{verbs} on {', '.join(rule['resources'][:5])}{named} in API group {groups}"
