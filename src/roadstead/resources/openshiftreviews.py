"""Reviews as older OpenShift clients ask for them: may they, who can, what may they (authorization.openshift.io/v1).

Unlike those of Kubernetes, the question lies in the object itself instead of a spec, and most answers are of a kind of
their own. The gate that lets requests in gives the answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import View
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.served import Outcome
from roadstead.auth.policy import part, texts
from roadstead.auth.rbac import Rules as Policy
from roadstead.auth.users import AUTHENTICATED, Attributes, User, refusal
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.resources.reviews import text_of
from roadstead.resources.shapes import shape_of

GROUP = "authorization.openshift.io"


def _review(kind: str, *, namespaced: bool) -> Resource:
    singular = kind.lower()
    return Resource(
        GROUP,
        "v1",
        f"{singular}s",
        singular,
        kind,
        namespaced,
        verbs=("create",),
        stored=False,
        shape=shape_of(GROUP, kind),
    )


WHO_CAN = _review("ResourceAccessReview", namespaced=False)
LOCAL_WHO_CAN = _review("LocalResourceAccessReview", namespaced=True)
ACCESS = _review("SubjectAccessReview", namespaced=False)
LOCAL_ACCESS = _review("LocalSubjectAccessReview", namespaced=True)
SELF_RULES = _review("SelfSubjectRulesReview", namespaced=True)
RULES = _review("SubjectRulesReview", namespaced=True)


class OpenShiftReview(View):
    """One kind of review; create only, answered at once."""

    def __init__(self, resource: Resource, policy: Callable[[], Policy]) -> None:
        self.resource, self._policy = resource, policy

    async def create(self, namespace: str, obj: Json, ask: Ask) -> Outcome:
        """The answer; raises StatusError (400)."""
        if self.resource in (WHO_CAN, LOCAL_WHO_CAN):
            return Outcome(self._who_can(_action(obj, namespace, ask.user)), created=True)
        if self.resource in (ACCESS, LOCAL_ACCESS):
            subject = _subject(obj, ask.user)
            if subject is not ask.user:
                self._check_may_ask(namespace, ask)
            return Outcome(self._access(_action(obj, namespace, subject)), created=True)
        spec = part(obj, "spec")
        user = ask.user if self.resource is SELF_RULES else _subject(spec, None)
        return Outcome({**obj, "status": self._rules(user, namespace)}, created=True)

    def _check_may_ask(self, namespace: str, ask: Ask) -> None:
        """Everybody may ask about themselves, which roles cannot say: about others it takes the right to do so in
        Kubernetes' own group; raises StatusError (403)."""
        right = Attributes(ask.user, "create", "authorization.k8s.io", self.resource.plural, namespace=namespace)
        if not ask.may(right).allowed:
            raise status.forbidden(self.resource.group_resource, "", refusal(replace(right, group=GROUP)))

    def _who_can(self, asked: Attributes) -> Json:
        users, groups = self._policy().who_can(asked)
        # The name of the last field is misspelt on the wire since its first version.
        found = {"namespace": asked.namespace, "users": users, "groups": groups, "evalutionError": ""}
        return {"kind": "ResourceAccessReviewResponse", "apiVersion": f"{GROUP}/v1", **found}

    def _access(self, asked: Attributes) -> Json:
        decision = self._policy().decide(asked)
        found = {"namespace": asked.namespace, "allowed": decision.allowed, "reason": decision.reason}
        return {"kind": "SubjectAccessReviewResponse", "apiVersion": f"{GROUP}/v1", **found}

    def _rules(self, user: User, namespace: str) -> Json:
        resources, paths = self._policy().rules_for(user, namespace)
        rules = [
            {
                "verbs": rule["verbs"],
                "attributeRestrictions": None,
                "apiGroups": rule.get("apiGroups", []),
                "resources": rule.get("resources", []),
                **{name: rule[name] for name in ("resourceNames", "nonResourceURLs") if name in rule},
            }
            for rule in (*resources, *paths)
        ]
        return {"rules": rules}


def openshift_reviews(policy: Callable[[], Policy]) -> list[OpenShiftReview]:
    """Every kind of review; `policy` gives the roles and bindings in force."""
    kinds = (WHO_CAN, LOCAL_WHO_CAN, ACCESS, LOCAL_ACCESS, SELF_RULES, RULES)
    return [OpenShiftReview(each, policy) for each in kinds]


def _action(obj: Json, namespace: str, user: User) -> Attributes:
    """What is asked about; a review in a namespace is about that namespace, whatever the object says."""
    verb, wanted = text_of(obj, "verb"), text_of(obj, "namespace")
    if namespace and wanted not in ("", namespace):
        raise status.bad_request(f"namespace {wanted!r} does not match the namespace of the request, {namespace!r}")
    path, resource = text_of(obj, "path"), text_of(obj, "resource")
    if not verb or not (path if obj.get("isNonResourceURL") else resource):
        raise status.bad_request("a review needs a verb, and a resource or a path")
    if obj.get("isNonResourceURL"):
        return Attributes(user, verb, path=path)
    resource, _, sub = resource.partition("/")
    group, name = text_of(obj, "resourceAPIGroup"), text_of(obj, "resourceName")
    return Attributes(user, verb, group, resource, sub, namespace or wanted, name)


def _subject(said: Json, caller: User | None) -> User:
    """The user and groups named; nobody named means the caller, where that makes sense."""
    name, groups = text_of(said, "user"), texts(said.get("groups"))
    if not name and not groups:
        if caller is None:
            raise status.bad_request("at least one of user and groups must be given")
        return caller
    return User(name, groups=groups or ((AUTHENTICATED,) if name else ()))
