"""The words of the built-in roles: groups, verbs, and short ways to write a rule and a role; no I/O."""

from __future__ import annotations

from collections.abc import Iterable

from roadstead.base.values import Json

RBAC = "rbac.authorization.k8s.io"
API_VERSION = f"{RBAC}/v1"
AUTOUPDATE = f"{RBAC}/autoupdate"
IMAGE_GROUP = "image.openshift.io"
CONTROLLER = "system:openshift:controller:"

READ = ("get", "list", "watch")
READ_WRITE = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
CHANGE = ("create", "delete", "deletecollection", "patch", "update")
IMAGES = ("", IMAGE_GROUP)
PROJECTS = ("", "project.openshift.io")
POLICY = ("authorization.openshift.io", RBAC)
STREAMS = ("imagestreamimages", "imagestreammappings", "imagestreams", "imagestreamtags", "imagetags")
LAYERS = ("imagestreams/layers",)


def rule(verbs: Iterable[str], groups: Iterable[str], resources: Iterable[str], names: Iterable[str] = ()) -> Json:
    """A rule about resources."""
    made: Json = {"verbs": list(verbs), "apiGroups": list(groups), "resources": list(resources)}
    return {**made, "resourceNames": list(names)} if names else made


def paths(verbs: Iterable[str], urls: Iterable[str]) -> Json:
    """A rule about paths."""
    return {"verbs": list(verbs), "nonResourceURLs": list(urls)}


def cluster_role(name: str, *rules: Json, into: Iterable[str] = (), made_of: str = "") -> Json:
    """A ClusterRole; it becomes part of the roles named `into`, or is made of all that go into `made_of`."""
    meta: Json = {"name": name, "annotations": {AUTOUPDATE: "true"}}
    labels = {f"{RBAC}/aggregate-to-{role}": "true" for role in into}
    if labels:
        meta["labels"] = labels
    role: Json = {"apiVersion": API_VERSION, "kind": "ClusterRole", "metadata": meta, "rules": list(rules)}
    if made_of:
        selector = {"matchLabels": {f"{RBAC}/aggregate-to-{made_of}": "true"}}
        role["aggregationRule"] = {"clusterRoleSelectors": [selector]}
    return role
