"""Roles and bindings into yes or no, and why; no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass

from roadstead.auth.advice import missing
from roadstead.auth.aggregation import aggregated_rules
from roadstead.auth.policy import ALLOW_ALL, RuleSet, objects, part, path_part, resource_part, spellings, text
from roadstead.auth.scopes import FULL, SCOPES, refusal
from roadstead.auth.users import MASTERS, SERVICE_ACCOUNT_PREFIX, Attributes, Decision, User
from roadstead.base.values import Json

MEMO_ENTRIES = 4096
MEMO_TEXT = 1024
"""Longest name and path together, in characters, that an answer is remembered for."""

_MASTERS = Decision(True, f"group {MASTERS} may do everything")
_CLUSTER = ""


@dataclass(frozen=True, slots=True)
class RoleObjects:
    """The four kinds that say who may do what, as plain objects."""

    roles: Iterable[Json] = ()
    cluster_roles: Iterable[Json] = ()
    role_bindings: Iterable[Json] = ()
    cluster_role_bindings: Iterable[Json] = ()


@dataclass(frozen=True, slots=True)
class Grant:
    """One subject of one binding. `rules` is None when the role it names does not exist."""

    binding: str
    role: str
    subject: str
    rules: RuleSet | None

    @property
    def reason(self) -> str:
        """Who gave what to whom."""
        return f"RBAC: allowed by {self.binding} of {self.role} to {self.subject}"


class Rules:
    """Every role and binding at one moment, indexed by subject. Never changes; answers are remembered inside."""

    def __init__(self, given: RoleObjects = RoleObjects()) -> None:
        self._cluster_roles = {name: RuleSet(rules) for name, rules in aggregated_rules(given.cluster_roles).items()}
        self._roles: dict[tuple[str, str], RuleSet] = {}
        for role in given.roles:
            meta = part(role, "metadata")
            self._roles[text(meta, "namespace"), text(meta, "name")] = RuleSet(objects(role.get("rules")))
        self._grants: dict[str, dict[str, list[Grant]]] = {}
        for binding in given.cluster_role_bindings:
            self._bind(binding, _CLUSTER)
        for binding in given.role_bindings:
            namespace = text(part(binding, "metadata"), "namespace")
            if namespace:
                self._bind(binding, namespace)
        self._memo: dict[Attributes, Decision] = {}

    def with_namespace(self, namespace: str, roles: Iterable[Json], bindings: Iterable[Json]) -> Rules:
        """The same with other roles and bindings in one namespace; everything else is shared."""
        changed = copy(self)
        changed._roles = {place: rules for place, rules in self._roles.items() if place[0] != namespace}
        for role in roles:
            changed._roles[namespace, text(part(role, "metadata"), "name")] = RuleSet(objects(role.get("rules")))
        changed._grants = {scope: grants for scope, grants in self._grants.items() if scope != namespace}
        for binding in bindings:
            changed._bind(binding, namespace)
        changed._memo = {}
        return changed

    def _bind(self, binding: Json, namespace: str) -> None:
        name, ref = text(part(binding, "metadata"), "name"), part(binding, "roleRef")
        label = f'RoleBinding "{name}/{namespace}"' if namespace else f'ClusterRoleBinding "{name}"'
        kind, role = text(ref, "kind"), text(ref, "name")
        rules = self._role(kind, role, namespace)
        scope = self._grants.setdefault(namespace, {})
        for key, subject in _subjects(binding, namespace):
            scope.setdefault(key, []).append(Grant(label, f'{kind} "{role}"', subject, rules))

    def _role(self, kind: str, name: str, namespace: str) -> RuleSet | None:
        if kind == "ClusterRole":
            return self._cluster_roles.get(name)
        return self._roles.get((namespace, name)) if kind == "Role" and namespace else None

    def rules_of(self, kind: str, name: str, namespace: str = "") -> list[Json] | None:
        """The effective rules of a Role or ClusterRole (aggregation included); None when there is no such role."""
        found = self._role(kind, name, namespace)
        return None if found is None else list(found.rules)

    def decide(self, attributes: Attributes) -> Decision:
        """Whether this may be done, and why."""
        known = self._memo.get(attributes)
        if known is not None:
            return known
        decision = self._decide(attributes)
        if len(attributes.name) + len(attributes.path) + len(attributes.namespace) <= MEMO_TEXT:
            if len(self._memo) >= MEMO_ENTRIES:
                self._memo.clear()
            self._memo[attributes] = decision
        return decision

    def _decide(self, asked: Attributes) -> Decision:
        scopes = asked.user.extra.get(SCOPES)
        if scopes is not None and (why := refusal(scopes, asked, self._cluster_roles.get)):
            return Decision(False, why)
        if MASTERS in asked.user.groups:
            return _MASTERS
        dangling = ""
        spelled = spellings(asked.target)
        for grant in self._grants_of(asked.user, _CLUSTER if asked.path else asked.namespace):
            if grant.rules is None:
                dangling = dangling or f"; {grant.binding} names {grant.role}, which does not exist"
            elif _allows(grant, asked, spelled):
                return Decision(True, grant.reason)
        return Decision(False, missing(asked, self._would_allow) + dangling)

    def _would_allow(self, role: str, asked: Attributes) -> bool:
        rules = self._cluster_roles.get(role)
        return rules is not None and rules.allows(asked.verb, asked.group, spellings(asked.target), asked.name)

    def _grants_of(self, user: User, namespace: str) -> Iterator[Grant]:
        for scope in (_CLUSTER, namespace) if namespace else (_CLUSTER,):
            by_subject = self._grants.get(scope)
            if by_subject:
                yield from by_subject.get(f"User:{user.name}", ())
                for group in user.groups:
                    yield from by_subject.get(f"Group:{group}", ())

    def who_can(self, asked: Attributes) -> tuple[list[str], list[str]]:
        """The users and the groups that hold a right, each sorted; who is asking in `asked` does not matter.

        Service accounts are users with the names they act under.
        """
        users: set[str] = set()
        groups = {MASTERS}
        spelled = spellings(asked.target)
        for scope in {_CLUSTER, _CLUSTER if asked.path else asked.namespace}:
            for key, grants in self._grants.get(scope, {}).items():
                if any(_allows(grant, asked, spelled) for grant in grants):
                    kind, _, name = key.partition(":")
                    (users if kind == "User" else groups).add(name)
        return sorted(users), sorted(groups)

    def rules_for(self, user: User, namespace: str = "") -> tuple[list[Json], list[Json]]:
        """Everything a user may do in a namespace: rules about resources, and rules about paths.

        Rights held on the whole cluster are included; paths can only be granted there. With an empty namespace, only
        those count.
        """
        if FULL not in user.extra.get(SCOPES, (FULL,)):
            return [], []  # nobody hands on what only a part of themselves may do
        if MASTERS in user.groups:
            return [dict(ALLOW_ALL[0])], [dict(ALLOW_ALL[1])]
        resources: list[Json] = []
        paths: list[Json] = []
        for grant in self._grants_of(user, namespace):
            for rule in grant.rules.rules if grant.rules else ():
                _collect(resources, resource_part(rule))
                if grant.binding.startswith("Cluster"):
                    _collect(paths, path_part(rule))
        return resources, paths


def _allows(grant: Grant, asked: Attributes, spelled: Sequence[str]) -> bool:
    if grant.rules is None:
        return False
    if asked.path:
        return grant.rules.allows_path(asked.verb, asked.path)
    return grant.rules.allows(asked.verb, asked.group, spelled, asked.name)


def _collect(kept: list[Json], rule: Json | None) -> None:
    if rule is not None and rule not in kept:
        kept.append(rule)


def _subjects(binding: Json, namespace: str) -> Iterator[tuple[str, str]]:
    """Index key and readable form of every subject that names somebody."""
    for subject in objects(binding.get("subjects")):
        kind, name = text(subject, "kind"), text(subject, "name")
        if kind in {"User", "Group"} and name:
            yield f"{kind}:{name}", f'{kind} "{name}"'
        elif kind == "ServiceAccount" and name:
            home = text(subject, "namespace") or namespace
            if home:
                yield f"User:{SERVICE_ACCOUNT_PREFIX}{home}:{name}", f'ServiceAccount "{name}/{home}"'
