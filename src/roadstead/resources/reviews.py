"""Reviews: who am I, may I, may they, what may I; answered at once, never stored.

authorization.k8s.io/v1 and authentication.k8s.io/v1 (Kubernetes API, 1.32 level). The gate that lets requests in gives
the answers here too, with its reason.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import View
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.served import Outcome
from roadstead.auth.rbac import Rules as Policy
from roadstead.auth.users import Attributes, User
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.resources.shapes import shape_of
from roadstead.resources.tokenreviews import user_info

AUTHORIZATION, AUTHENTICATION = "authorization.k8s.io", "authentication.k8s.io"


def _review(group: str, plural: str, kind: str, *, namespaced: bool = False) -> Resource:
    shape = shape_of(group, kind)
    return Resource(
        group, "v1", plural, plural[:-1], kind, namespaced=namespaced, verbs=("create",), shape=shape, stored=False
    )


SELF_ACCESS = _review(AUTHORIZATION, "selfsubjectaccessreviews", "SelfSubjectAccessReview")
ACCESS = _review(AUTHORIZATION, "subjectaccessreviews", "SubjectAccessReview")
LOCAL_ACCESS = _review(AUTHORIZATION, "localsubjectaccessreviews", "LocalSubjectAccessReview", namespaced=True)
SELF_RULES = _review(AUTHORIZATION, "selfsubjectrulesreviews", "SelfSubjectRulesReview")
SELF = _review(AUTHENTICATION, "selfsubjectreviews", "SelfSubjectReview")


class Review(View):
    """One kind of review: its spec goes in, the same object with a status comes out."""

    def __init__(self, resource: Resource, policy: Callable[[], Policy]) -> None:
        self.resource, self._policy = resource, policy

    async def create(self, namespace: str, obj: Json, ask: Ask) -> Outcome:
        """The review with its status; raises StatusError (400, 422)."""
        spec = obj.get("spec") or {}
        if not isinstance(spec, dict):
            raise status.bad_request(f"{self.resource.kind}.spec must be an object")
        if self.resource is SELF:
            found: Json = {"userInfo": user_info(ask.user)}
        elif self.resource is SELF_RULES:
            found = self._rules(spec, ask.user)
        else:
            found = self._access(namespace, spec, ask)
        return Outcome({**obj, "metadata": obj.get("metadata") or {}, "status": found}, created=True)

    def _access(self, namespace: str, spec: Json, ask: Ask) -> Json:
        """`allowed`, and why or why not."""
        user = ask.user if self.resource is SELF_ACCESS else self._subject(spec)
        resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
        if isinstance(resource, dict) == isinstance(path, dict):
            text = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
            raise self._invalid(status.invalid_value("spec.resourceAttributes", resource, text))
        if isinstance(path, dict):
            wanted = Attributes(user, text_of(path, "verb"), path=text_of(path, "path"))
        else:
            resource = resource or {}
            if self.resource is LOCAL_ACCESS and text_of(resource, "namespace") != namespace:
                text = "must match the namespace of the request"
                raise self._invalid(
                    status.invalid_value("spec.resourceAttributes.namespace", resource.get("namespace"), text)
                )
            names = ("verb", "group", "resource", "subresource", "namespace", "name")
            wanted = Attributes(user, *(text_of(resource, name) for name in names))
        decision = self._policy().decide(wanted)
        return {"allowed": decision.allowed, "reason": decision.reason}

    def _rules(self, spec: Json, user: User) -> Json:
        namespace = text_of(spec, "namespace")
        if not namespace:
            raise status.bad_request("no namespace on request")
        resources, paths = self._policy().rules_for(user, namespace)
        return {"resourceRules": resources, "nonResourceRules": paths, "incomplete": False}

    def _subject(self, spec: Json) -> User:
        groups = spec.get("groups") or []
        if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
            raise status.bad_request(f"{self.resource.kind}.spec.groups must be a list of texts")
        name = text_of(spec, "user")
        if not name and not groups:
            raise self._invalid(
                status.invalid_value("spec.user", "", "at least one of user or group must be specified")
            )
        return User(name, text_of(spec, "uid"), tuple(groups))

    def _invalid(self, error: status.FieldError) -> status.StatusError:
        return status.invalid(self.resource.kind, self.resource.group, "", [error])


def reviews(policy: Callable[[], Policy]) -> list[Review]:
    """Every kind of review; `policy` gives the roles and bindings in force."""
    return [Review(each, policy) for each in (SELF_ACCESS, ACCESS, LOCAL_ACCESS, SELF_RULES, SELF)]


def text_of(of: Json, name: str) -> str:
    """A field of a review that must be text; raises StatusError (400)."""
    value: Any = of.get(name)
    if value is not None and not isinstance(value, str):
        raise status.bad_request(f"{name} of a review must be text")
    return value or ""
