"""Scopes: what a token may be used for at most, whatever its user may do; no I/O.

`user:full`, `user:info`, `user:check-access`, `user:list-projects`, `user:list-scoped-projects`, and
`role:NAME:NAMESPACE` (`*` for every namespace), which leaves out what hands over more rights unless it ends in `:!`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from roadstead.auth.policy import ANY, RuleSet, spellings
from roadstead.auth.users import Attributes
from roadstead.base.values import Json

SCOPES = "scopes.authorization.openshift.io"
"""Where a user carries the scopes of their token: a name in `User.extra`. Absent: no scopes, no limits."""
FULL = "user:full"
MAX_SCOPES = 50
MAX_SCOPE = 1024

_AUTHORIZATION = ("authorization.k8s.io", "authorization.openshift.io", "")
_SELF = ("selfsubjectaccessreviews", "selfsubjectrulesreviews")
_PROJECTS = ("", "project.openshift.io")
_DISCOVERY = ("/version", "/version/*", "/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*",
              "/healthz", "/livez", "/readyz", "/.well-known", "/.well-known/*", "/")  # fmt: skip


def _rule(verbs: Sequence[str], groups: Sequence[str], *resources: str, names: Sequence[str] = ()) -> Json:
    made: Json = {"verbs": list(verbs), "apiGroups": list(groups), "resources": list(resources)}
    return {**made, "resourceNames": list(names)} if names else made


_MYSELF = _rule(("get",), ("", "user.openshift.io"), "users", names=("~",))
_OF_USERS: dict[str, RuleSet] = {
    "user:info": RuleSet([_MYSELF, _rule(("create",), ("authentication.k8s.io",), "selfsubjectreviews")]),
    "user:check-access": RuleSet(
        [
            _rule(("create",), _AUTHORIZATION, *_SELF),
            _rule(("create",), ("", "authorization.openshift.io"), "localsubjectaccessreviews", "subjectaccessreviews"),
        ]
    ),
    "user:list-projects": RuleSet([_rule(("list", "watch"), _PROJECTS, "projects")]),
    "user:list-scoped-projects": RuleSet([_rule(("list", "watch"), _PROJECTS, "projects")]),
}
_EVERYWHERE = RuleSet([{"verbs": ["get"], "nonResourceURLs": list(_DISCOVERY)}])
_ESCALATING_VERBS = frozenset({"impersonate", "escalate", "bind"})
_ESCALATING = frozenset(
    {
        "secrets",
        "imagestreams/secrets",
        "serviceaccounts/token",
        "oauthaccesstokens",
        "oauthauthorizetokens",
        "roles",
        "rolebindings",
        "clusterroles",
        "clusterrolebindings",
    }
)


@dataclass(frozen=True, slots=True)
class RoleScope:
    """What a role, in one namespace or (`*`) in all, allows."""

    role: str
    namespace: str
    escalating: bool


def parse_role(scope: str) -> RoleScope | None:
    """A `role:` scope in parts; None for what is not one. Names of roles may hold colons, those of namespaces not."""
    if not scope.startswith("role:"):
        return None
    text = scope.removeprefix("role:")
    escalating = text.endswith(":!")
    role, _, namespace = text.removesuffix(":!").rpartition(":")
    return RoleScope(role, namespace, escalating) if role and namespace else None


def complaint(scope: str) -> str:
    """What is wrong with one scope; "" when it can be asked for (RFC 6749, 3.3 for the letters)."""
    if len(scope) > MAX_SCOPE:
        return f"may not be longer than {MAX_SCOPE} characters"
    if not scope or not all("!" <= letter <= "~" and letter not in '"\\' for letter in scope):
        return "holds a character that is not allowed"
    if scope == FULL or scope in _OF_USERS or parse_role(scope) is not None:
        return ""
    return "no scope handler found"


def refused_scopes(client: Json, scopes: Iterable[str]) -> list[str]:
    """The scopes that an OAuthClient of this form may not ask for."""
    restrictions = [each for each in client.get("scopeRestrictions") or () if isinstance(each, dict)]
    if not client.get("scopeRestrictions"):
        return []
    return [scope for scope in scopes if not any(_fits(each, scope) for each in restrictions)]


def refusal(scopes: Sequence[str], asked: Attributes, rules_of: Callable[[str], RuleSet | None]) -> str:
    """Why scopes forbid an action; "" when they allow it. `rules_of` gives the rules of a cluster role."""
    if FULL in scopes or (asked.path and _EVERYWHERE.allows_path(asked.verb, asked.path)):
        return ""
    if any(_allows(scope, asked, rules_of) for scope in scopes):
        return ""
    return f"scopes [{' '.join(scopes)}] prevent this action"


def _allows(scope: str, asked: Attributes, rules_of: Callable[[str], RuleSet | None]) -> bool:
    spelled = spellings(asked.target)
    rules = _OF_USERS.get(scope)
    if rules is None:
        wanted = parse_role(scope)
        rules = rules_of(wanted.role) if wanted is not None else None
        if wanted is None or rules is None or wanted.namespace not in (ANY, asked.namespace):
            return False
        if not wanted.escalating and (asked.target in _ESCALATING or asked.verb in _ESCALATING_VERBS):
            return False
    if asked.path:
        return rules.allows_path(asked.verb, asked.path)
    return rules.allows(asked.verb, asked.group, spelled, asked.name)


def _fits(restriction: Json, scope: str) -> bool:
    if scope in (restriction.get("literals") or ()):
        return True
    of_roles, wanted = restriction.get("clusterRole"), parse_role(scope)
    if not isinstance(of_roles, dict) or wanted is None:
        return False
    named = {ANY, wanted.role} & set(of_roles.get("roleNames") or ())
    placed = {ANY, wanted.namespace} & set(of_roles.get("namespaces") or ())
    return bool(named and placed) and (not wanted.escalating or bool(of_roles.get("allowEscalation")))
