"""Policy rules made ready for quick answers; malformed parts grant nothing; no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from roadstead.base.values import Json

ANY = "*"
ALLOW_ALL: tuple[Json, Json] = (
    {"apiGroups": [ANY], "resources": [ANY], "verbs": [ANY]},
    {"nonResourceURLs": [ANY], "verbs": [ANY]},
)


def texts(value: Any) -> tuple[str, ...]:
    """The strings of a JSON list; nothing for anything else."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def objects(value: Any) -> tuple[Json, ...]:
    """The objects of a JSON list; nothing for anything else."""
    return tuple(item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def part(value: Any, name: str) -> Json:
    """A member of an object that is itself an object; empty when it is not."""
    member = value.get(name) if isinstance(value, dict) else None
    return member if isinstance(member, dict) else {}


def text(value: Json, name: str) -> str:
    """A member that is a string; empty when it is not."""
    member = value.get(name)
    return member if isinstance(member, str) else ""


def spellings(target: str) -> tuple[str, ...]:
    """The entries of a rule's `resources` that mean this target: itself, `*/sub` for a subresource, and `*`."""
    _, slash, sub = target.partition("/")
    return (target, f"{ANY}/{sub}", ANY) if slash else (target, ANY)


@dataclass(frozen=True, slots=True)
class ResourceRule:
    """Verbs on resources. An empty `names` means every name."""

    verbs: frozenset[str]
    groups: frozenset[str]
    names: frozenset[str]

    def allows(self, verb: str, group: str, name: str | None) -> bool:
        """Whether one action is inside this rule; the resource has been matched already. None is "every name"."""
        return (
            (verb in self.verbs or ANY in self.verbs)
            and (group in self.groups or ANY in self.groups)
            and (not self.names or name in self.names)
        )


@dataclass(frozen=True, slots=True)
class PathRule:
    """Verbs on paths outside the API groups."""

    verbs: frozenset[str]
    exact: frozenset[str]
    prefixes: tuple[str, ...]

    def allows(self, verb: str, path: str) -> bool:
        """Whether one action is inside this rule. A pattern such as `/api*` is inside `/a*`."""
        return (verb in self.verbs or ANY in self.verbs) and (path in self.exact or path.startswith(self.prefixes))


class RuleSet:
    """The rules of one role, or of one user, found by resource."""

    def __init__(self, rules: Iterable[Json]) -> None:
        self.rules = tuple(rules)
        self._by_resource: dict[str, list[ResourceRule]] = {}
        self._paths: list[PathRule] = []
        for rule in self.rules:
            self._add(rule)

    def _add(self, rule: Json) -> None:
        verbs = frozenset(texts(rule.get("verbs")))
        resources = texts(rule.get("resources"))
        if resources:
            names = rule.get("resourceNames")
            if names and not texts(names):
                return  # a restriction that cannot be read must not become "every name"
            ready = ResourceRule(verbs, frozenset(texts(rule.get("apiGroups"))), frozenset(texts(names)))
            for resource in resources:
                self._by_resource.setdefault(resource, []).append(ready)
        urls = texts(rule.get("nonResourceURLs"))
        if urls:
            prefixes = tuple(url.rstrip(ANY) for url in urls if url.endswith(ANY))
            self._paths.append(PathRule(verbs, frozenset(urls), prefixes))

    def allows(self, verb: str, group: str, spelled: Sequence[str], name: str | None) -> bool:
        """Whether an action on a resource is granted; `spelled` comes from `spellings`."""
        for resource in spelled:
            for rule in self._by_resource.get(resource, ()):
                if rule.allows(verb, group, name):
                    return True
        return False

    def allows_path(self, verb: str, path: str) -> bool:
        """Whether an action on a path is granted."""
        return any(rule.allows(verb, path) for rule in self._paths)


def resource_part(rule: Json) -> Json | None:
    """The half of a rule that speaks of resources, tidied; None when there is none."""
    if not texts(rule.get("resources")):
        return None
    fields = ("verbs", "apiGroups", "resources", "resourceNames")
    kept = {field: list(texts(rule.get(field))) for field in fields}
    if not kept["resourceNames"]:
        if rule.get("resourceNames"):
            return None
        del kept["resourceNames"]
    return kept


def path_part(rule: Json) -> Json | None:
    """The half of a rule that speaks of paths, tidied; None when there is none."""
    urls = texts(rule.get("nonResourceURLs"))
    return {"verbs": list(texts(rule.get("verbs"))), "nonResourceURLs": list(urls)} if urls else None
