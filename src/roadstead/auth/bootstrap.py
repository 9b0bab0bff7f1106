"""Roles and bindings every installation has, and how they are kept without undoing what administrators did; no I/O."""

from __future__ import annotations

from collections.abc import Iterable

from roadstead.auth.bootstrap_roles import cluster_roles
from roadstead.auth.escalation import covers
from roadstead.auth.policy import objects, part, text
from roadstead.auth.role_rules import (
    API_VERSION,
    AUTOUPDATE,
    CONTROLLER,
    IMAGES,
    LAYERS,
    RBAC,
    READ,
    cluster_role,
    rule,
)
from roadstead.auth.users import AUTHENTICATED, MASTERS, PEOPLE, SERVICE_ACCOUNTS, UNAUTHENTICATED
from roadstead.base.values import Json

SHARED_NAMESPACE = "openshift"
REGISTRY_NAMESPACE = "openshift-image-registry"
CONTROLLERS_NAMESPACE = "openshift-infra"
DESCRIPTION = "openshift.io/description"
_PARTS = ("rules", "aggregationRule", "roleRef", "subjects")
_NOTHING: Json = {}


def group(name: str) -> Json:
    """A group as the subject of a binding."""
    return {"kind": "Group", "apiGroup": RBAC, "name": name}


def account(namespace: str, name: str) -> Json:
    """A service account as the subject of a binding."""
    return {"kind": "ServiceAccount", "namespace": namespace, "name": name}


def cluster_role_binding(name: str, role: str, *subjects: Json) -> Json:
    """A cluster role for somebody, everywhere."""
    return {
        "apiVersion": API_VERSION,
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name, "annotations": {AUTOUPDATE: "true"}},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
        "subjects": list(subjects),
    }


def role_binding(namespace: str, name: str, role: str, *subjects: Json, kind: str = "ClusterRole") -> Json:
    """A role for somebody, in one namespace."""
    return {
        "apiVersion": API_VERSION,
        "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": namespace},
        "roleRef": {"apiGroup": RBAC, "kind": kind, "name": role},
        "subjects": list(subjects),
    }


def cluster_role_bindings() -> list[Json]:
    """Every cluster role binding an installation starts with."""
    controllers = ("image-import-controller", "image-trigger-controller", "serviceaccount-pull-secrets-controller")
    return [
        cluster_role_binding("cluster-admin", "cluster-admin", group(MASTERS)),
        cluster_role_binding("cluster-admins", "cluster-admin", group("system:cluster-admins")),
        cluster_role_binding("cluster-readers", "cluster-reader", group("system:cluster-readers")),
        cluster_role_binding("basic-users", "basic-user", group(AUTHENTICATED)),
        cluster_role_binding("self-provisioners", "self-provisioner", group(PEOPLE)),
        cluster_role_binding("cluster-status-binding", "cluster-status", group(AUTHENTICATED)),
        cluster_role_binding("self-access-reviewers", "self-access-reviewer", group(AUTHENTICATED)),
        cluster_role_binding("system:oauth-token-deleters", "system:oauth-token-deleter", group(AUTHENTICATED)),
        cluster_role_binding("system:scope-impersonation", "system:scope-impersonation", group(AUTHENTICATED)),
        cluster_role_binding("system:basic-user", "system:basic-user", group(AUTHENTICATED)),
        cluster_role_binding("system:discovery", "system:discovery", group(AUTHENTICATED)),
        cluster_role_binding(
            "system:public-info-viewer", "system:public-info-viewer", group(AUTHENTICATED), group(UNAUTHENTICATED)
        ),
        cluster_role_binding(
            "system:service-account-issuer-discovery",
            "system:service-account-issuer-discovery",
            group(SERVICE_ACCOUNTS),
        ),
        cluster_role_binding("system:monitoring", "system:monitoring", group("system:monitoring")),
        cluster_role_binding(
            "registry-monitoring", "registry-monitoring", account("openshift-monitoring", "prometheus-k8s")
        ),
        cluster_role_binding("registry-registry-role", "system:registry", account(REGISTRY_NAMESPACE, "registry")),
        cluster_role_binding(
            "openshift-image-registry-pruner", "system:image-pruner", account(REGISTRY_NAMESPACE, "pruner")
        ),
        *(
            cluster_role_binding(CONTROLLER + name, CONTROLLER + name, account(CONTROLLERS_NAMESPACE, name))
            for name in controllers
        ),
    ]


def shared_objects() -> list[Json]:
    """What lets everybody who is logged in use the images of the namespace `openshift` (which must exist)."""
    role = cluster_role(
        "shared-resource-viewer",
        rule(READ, IMAGES, ("imagestreamimages", "imagestreams", "imagestreamtags", "imagetags")),
        rule(("get",), IMAGES, LAYERS),
        rule(READ, ("", "template.openshift.io"), ("templates",)),
        rule(("get",), ("",), ("configmaps",)),
    )
    role = {**role, "kind": "Role", "metadata": {**role["metadata"], "namespace": SHARED_NAMESPACE}}
    name = "shared-resource-viewer"
    return [role, role_binding(SHARED_NAMESPACE, f"{name}s", name, group(AUTHENTICATED), kind="Role")]


def namespace_bindings(namespace: str) -> list[Json]:
    """What every namespace gets: made when missing, never changed afterwards (import-and-triggers contract, 11)."""
    everyone = group(f"{SERVICE_ACCOUNTS}:{namespace}")
    pullers = role_binding(namespace, "system:image-pullers", "system:image-puller", everyone)
    builders = role_binding(namespace, "system:image-builders", "system:image-builder", account(namespace, "builder"))
    deployers = role_binding(namespace, "system:deployers", "system:deployer", account(namespace, "deployer"))
    pullers["metadata"]["annotations"] = {
        DESCRIPTION: "Lets every pod of this namespace pull its images. To turn this off, remove the subjects."
    }
    builders["metadata"]["annotations"] = {
        DESCRIPTION: "Lets the builder account push images to this namespace. To turn this off, remove the subjects."
    }
    deployers["metadata"]["annotations"] = {
        DESCRIPTION: "Lets the deployer account roll out deployments here. To turn this off, remove the subjects."
    }
    return [pullers, builders, deployers]


def bootstrap_objects() -> list[Json]:
    """Every cluster-wide role and binding an installation starts with."""
    return [*cluster_roles(), *cluster_role_bindings()]


def record(wanted: Iterable[Json]) -> Json:
    """What was given, by kind, namespace and name: handed to the next `reconcile`, it tells apart what is new in this
    version of the program from what an administrator took away."""
    return {"/".join(_key(obj)): {name: obj[name] for name in ("metadata", *_PARTS) if name in obj} for obj in wanted}


def reconcile(existing: Iterable[Json], wanted: Iterable[Json], given: Json = _NOTHING) -> list[Json]:
    """The objects to write so that `wanted` holds: new ones, and existing ones with what they lack.

    Nothing is taken away, and nothing is brought back that was `given` before (a `record`) and is gone since: somebody
    removed it. Rules, subjects, labels and annotations that an administrator added stay; an object whose annotation
    says autoupdate "false" is left alone, and so is a binding that points to another role: adding our subjects to a
    role somebody else chose could give them anything.
    """
    have = {_key(obj): obj for obj in existing}
    written: list[Json] = []
    for obj in wanted:
        found = have.get(_key(obj))
        if found is None:
            written += [] if "/".join(_key(obj)) in given else [obj]
        elif text(part(part(found, "metadata"), "annotations"), AUTOUPDATE) != "false":
            merged = _completed(found, obj, part(given, "/".join(_key(obj))))
            if merged != found:
                written.append(merged)
    return written


def _key(obj: Json) -> tuple[str, str, str]:
    meta = part(obj, "metadata")
    return text(obj, "kind"), text(meta, "namespace"), text(meta, "name")


def _completed(found: Json, wanted: Json, given: Json) -> Json:
    if "roleRef" in wanted:
        if _role(found) != _role(wanted):
            return found
        subjects = list(objects(found.get("subjects")))
        known = {_subject(subject) for subject in (*subjects, *objects(given.get("subjects")))}
        lacking = [subject for subject in wanted["subjects"] if _subject(subject) not in known]
        changed: Json = {"subjects": [*subjects, *lacking]} if lacking else {}
    else:
        changed = _completed_role(found, wanted, given)
    return {**found, **_completed_meta(found, wanted, given), **changed}


def _completed_role(found: Json, wanted: Json, given: Json) -> Json:
    if "aggregationRule" in wanted:
        rule_ = part(found, "aggregationRule")
        selectors = list(objects(rule_.get("clusterRoleSelectors")))
        known = [*selectors, *objects(part(given, "aggregationRule").get("clusterRoleSelectors"))]
        lacking = [one for one in wanted["aggregationRule"]["clusterRoleSelectors"] if one not in known]
        return {"aggregationRule": {**rule_, "clusterRoleSelectors": [*selectors, *lacking]}} if lacking else {}
    rules = objects(found.get("rules"))
    lacking = covers([*rules, *objects(given.get("rules"))], wanted["rules"])
    return {"rules": [*rules, *lacking]} if lacking else {}


def _completed_meta(found: Json, wanted: Json, given: Json) -> Json:
    """Labels and annotations that are missing; a value somebody changed stays."""
    meta = part(found, "metadata")
    merged = dict(meta)
    for name in ("labels", "annotations"):
        theirs = part(meta, name)
        known = theirs.keys() | part(part(given, "metadata"), name).keys()
        if ours := {key: value for key, value in part(part(wanted, "metadata"), name).items() if key not in known}:
            merged[name] = {**ours, **theirs}
    return {"metadata": merged} if merged != meta else {}


def _role(binding: Json) -> tuple[str, str]:
    ref = part(binding, "roleRef")
    return text(ref, "kind"), text(ref, "name")


def _subject(subject: Json) -> tuple[str, str, str]:
    return text(subject, "kind"), text(subject, "namespace"), text(subject, "name")
