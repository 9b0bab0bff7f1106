"""The cluster roles every installation has, as a table (import-and-triggers contract, section 10); no I/O."""

from __future__ import annotations

from collections.abc import Iterable

from roadstead.auth.policy import ALLOW_ALL
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

PLAIN = (
    "configmaps",
    "endpoints",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "serviceaccounts",
    "services",
)
APPS = (
    "daemonsets",
    "deployments",
    "deployments/scale",
    "replicasets",
    "replicasets/scale",
    "statefulsets",
    "statefulsets/scale",
)
TRIGGERED = (
    (("apps",), ("daemonsets", "deployments", "statefulsets")),
    (("batch",), ("cronjobs",)),
    (("", "apps.openshift.io"), ("deploymentconfigs",)),
    (("", "build.openshift.io"), ("buildconfigs",)),
)
PRUNED = (
    (("",), ("pods", "replicationcontrollers")),
    (("", "build.openshift.io"), ("buildconfigs", "builds")),
    (("", "apps.openshift.io"), ("deploymentconfigs",)),
    (("batch",), ("jobs", "cronjobs")),
    (("apps",), ("daemonsets", "deployments", "replicasets", "statefulsets")),
)
PUBLIC_PATHS = ("/healthz", "/livez", "/readyz", "/version", "/version/")
DISCOVERY_PATHS = (*PUBLIC_PATHS, "/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*")
MONITORING_PATHS = ("/healthz", "/healthz/*", "/livez", "/livez/*", "/metrics", "/metrics/*", "/readyz", "/readyz/*")


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


def _write_images() -> tuple[Json, ...]:
    return (
        rule(READ_WRITE, IMAGES, (*STREAMS, "imagestreams/secrets")),
        rule(("get", "update"), IMAGES, LAYERS),
        rule(("create",), IMAGES, ("imagestreamimports",)),
    )


def _write_accounts() -> Json:
    return rule(READ_WRITE, ("",), ("secrets", "serviceaccounts"))


def _write_policy() -> tuple[Json, ...]:
    reviews = (
        "localresourceaccessreviews",
        "localsubjectaccessreviews",
        "resourceaccessreviews",
        "subjectaccessreviews",
    )
    return (
        rule(READ_WRITE, POLICY, ("rolebindings", "roles")),
        rule(("create",), ("", "authorization.openshift.io"), reviews),
        rule(("create",), ("authorization.k8s.io",), ("localsubjectaccessreviews",)),
    )


def _image_roles() -> list[Json]:
    return [
        cluster_role("system:image-puller", rule(("get",), IMAGES, LAYERS)),
        cluster_role("system:image-pusher", rule(("get", "update"), IMAGES, LAYERS)),
        cluster_role(
            "system:image-builder",
            rule(("get", "update"), IMAGES, LAYERS),
            rule(("create",), IMAGES, ("imagestreams",)),
            rule(("update",), ("", "build.openshift.io"), ("builds/details",)),
            rule(("get",), ("", "build.openshift.io"), ("builds",)),
            into=("admin", "edit"),
        ),
        cluster_role(
            "system:image-signer",
            rule(("get",), IMAGES, ("images", *LAYERS)),
            rule(("create", "delete"), IMAGES, ("imagesignatures",)),
        ),
        cluster_role("system:image-auditor", rule((*READ, "patch", "update"), IMAGES, ("images",))),
        cluster_role(
            "registry-viewer",
            rule(READ, IMAGES, STREAMS),
            rule(("get",), IMAGES, LAYERS),
            rule(("get",), PROJECTS, ("namespaces", "projects")),
            into=("view",),
        ),
        cluster_role(
            "registry-editor",
            *_write_images(),
            _write_accounts(),
            rule(("get",), PROJECTS, ("namespaces", "projects")),
            into=("edit",),
        ),
        cluster_role(
            "registry-admin",
            *_write_images(),
            _write_accounts(),
            *_write_policy(),
            rule(("get",), ("",), ("namespaces",)),
            rule(("delete", "get"), PROJECTS, ("projects",)),
            into=("admin",),
        ),
        cluster_role("registry-monitoring", rule(("get",), (IMAGE_GROUP,), ("registry/metrics",))),
        cluster_role(
            "system:image-pruner",
            *(rule(("get", "list"), groups, resources) for groups, resources in PRUNED),
            rule(("list",), ("",), ("limitranges",)),
            rule(READ, (IMAGE_GROUP,), ("images", "imagestreams")),
            rule(("delete",), (IMAGE_GROUP,), ("images",)),
            rule(("update",), (IMAGE_GROUP,), ("imagestreams/status",)),
        ),
    ]


def _project_roles() -> list[Json]:
    workloads = (rule(CHANGE, ("apps",), APPS), rule(CHANGE, ("batch",), ("cronjobs", "jobs")))
    return [
        cluster_role("admin", made_of="admin"),
        cluster_role("edit", into=("admin",), made_of="edit"),
        cluster_role("view", into=("edit",), made_of="view"),
        cluster_role("cluster-reader", made_of="cluster-reader"),
        cluster_role(
            "system:aggregate-to-view",
            rule(READ, ("",), (*PLAIN, "pods/log", "pods/status")),
            rule(READ, ("",), ("events", "limitranges", "namespaces", "namespaces/status", "resourcequotas")),
            rule(READ, ("apps",), APPS),
            rule(READ, ("batch",), ("cronjobs", "jobs")),
            rule(("get",), PROJECTS, ("projects",)),
            into=("view", "cluster-reader"),
        ),
        cluster_role(
            "system:aggregate-to-edit",
            rule(CHANGE, ("",), (*PLAIN, "events")),
            rule(READ_WRITE, ("",), ("secrets",)),
            rule(("create",), ("",), ("serviceaccounts/token",)),
            rule(("impersonate",), ("",), ("serviceaccounts",)),
            *workloads,
            into=("edit",),
        ),
        cluster_role(
            "system:aggregate-to-admin",
            *_write_policy(),
            rule(("delete", "get", "patch", "update"), PROJECTS, ("projects",)),
            into=("admin",),
        ),
        cluster_role(
            "system:openshift:aggregate-to-view",
            rule(READ, IMAGES, (*STREAMS, "imagestreams/status")),
            into=("view", "cluster-reader"),
        ),
        cluster_role("system:openshift:aggregate-to-edit", *_write_images(), into=("edit", "admin")),
        cluster_role(
            "system:openshift:aggregate-to-cluster-reader",
            rule(READ, IMAGES, ("images", "imagesignatures")),
            rule(("get",), IMAGES, LAYERS),
            rule(READ, ("",), ("nodes", "persistentvolumes")),
            rule(READ, POLICY, ("clusterrolebindings", "clusterroles", "rolebindings", "roles")),
            rule(READ, ("imageregistry.operator.openshift.io",), ("configs", "imagepruners")),
            rule(READ, ("config.openshift.io",), ("clusteroperators", "images", "imagecontentpolicies")),
            rule(READ, PROJECTS, ("projects",)),
            paths(("get",), ("*",)),
            into=("cluster-reader",),
        ),
    ]


def _people_roles() -> list[Json]:
    reviews = ("selfsubjectaccessreviews", "selfsubjectrulesreviews")
    return [
        cluster_role("cluster-admin", *ALLOW_ALL),
        cluster_role("self-provisioner", rule(("create",), PROJECTS, ("projectrequests",))),
        cluster_role(
            "basic-user",
            rule(("get",), ("", "user.openshift.io"), ("users",), ("~",)),
            rule(("list",), PROJECTS, ("projectrequests",)),
            rule(("list", "watch"), PROJECTS, ("projects",)),
            rule(("get", "list"), POLICY, ("clusterroles",)),
            rule(("create",), ("", "authorization.openshift.io"), ("selfsubjectrulesreviews",)),
            rule(("create",), ("authorization.k8s.io",), ("selfsubjectaccessreviews",)),
        ),
        cluster_role(
            "system:basic-user",
            rule(("create",), ("authorization.k8s.io",), reviews),
            rule(("create",), ("authentication.k8s.io",), ("selfsubjectreviews",)),
        ),
        cluster_role("system:discovery", paths(("get",), DISCOVERY_PATHS)),
        cluster_role("system:public-info-viewer", paths(("get",), PUBLIC_PATHS)),
        cluster_role(
            "system:service-account-issuer-discovery",
            paths(("get",), ("/.well-known/openid-configuration", "/openid/v1/jwks", "/openid/v1/jwks/")),
        ),
        cluster_role(
            "system:auth-delegator",
            rule(("create",), ("authentication.k8s.io",), ("tokenreviews",)),
            rule(("create",), ("authorization.k8s.io",), ("subjectaccessreviews",)),
        ),
        cluster_role("system:monitoring", paths(("get",), MONITORING_PATHS)),
    ]


def _own_roles() -> list[Json]:
    mirrors = ("imagecontentsourcepolicies", "imagedigestmirrorsets", "imagetagmirrorsets")
    return [
        cluster_role(
            "system:registry",
            rule(("list",), ("",), ("limitranges", "resourcequotas")),
            rule(("get",), (IMAGE_GROUP,), ("imagestreamimages", "imagestreams/layers", "imagestreams/secrets")),
            rule(("get", "update"), (IMAGE_GROUP,), ("imagestreams",)),
            rule(("delete",), (IMAGE_GROUP,), ("imagestreamtags",)),
            rule(("create", "get", "update"), (IMAGE_GROUP,), ("images",)),
            rule(("create",), (IMAGE_GROUP,), ("imagestreammappings",)),
            rule(("list",), ("config.openshift.io", "operator.openshift.io"), mirrors),
            rule(("create",), ("authorization.k8s.io",), ("subjectaccessreviews",)),
        ),
        cluster_role(
            f"{CONTROLLER}image-import-controller",
            rule((*READ, "create", "update"), IMAGES, ("imagestreams",)),
            rule(READ_WRITE, IMAGES, ("images",)),
            rule(("create",), IMAGES, ("imagestreamimports",)),
            rule(("create", "patch", "update"), ("",), ("events",)),
        ),
        cluster_role(
            f"{CONTROLLER}image-trigger-controller",
            rule(("list", "watch"), IMAGES, ("imagestreams",)),
            *(rule((*READ, "update", "patch"), groups, resources) for groups, resources in TRIGGERED),
            rule(("create",), ("", "build.openshift.io"), ("buildconfigs/instantiate",)),
            rule(("create",), ("", "build.openshift.io"), ("builds/custom", "builds/docker", "builds/source")),
            rule(("create", "patch", "update"), ("",), ("events",)),
        ),
        cluster_role(
            f"{CONTROLLER}serviceaccount-pull-secrets-controller",
            rule((*READ, "create", "patch", "update"), ("",), ("serviceaccounts",)),
            rule(("create",), ("",), ("serviceaccounts/token",)),
            rule(READ_WRITE, ("",), ("secrets",)),
            rule(READ, ("",), ("services",)),
            rule(("create", "patch", "update"), ("",), ("events",)),
        ),
    ]


def cluster_roles() -> list[Json]:
    """Every cluster role an installation starts with."""
    return [*_people_roles(), *_project_roles(), *_image_roles(), *_own_roles()]
