"""The roles people hold in projects: admin, edit, view and what they are made of; no I/O."""

from __future__ import annotations

from roadstead.auth.role_rules import (
    CHANGE,
    IMAGE_GROUP,
    IMAGES,
    LAYERS,
    POLICY,
    PROJECTS,
    READ,
    READ_WRITE,
    STREAMS,
    cluster_role,
    paths,
    rule,
)
from roadstead.base.values import Json

PLAIN = (
    "configmaps",
    "endpoints",
    "persistentvolumeclaims",
    "pods",
    "podtemplates",
    "replicationcontrollers",
    "replicationcontrollers/scale",
    "serviceaccounts",
    "services",
)
SEEN = (
    "bindings",
    "events",
    "limitranges",
    "namespaces",
    "namespaces/status",
    "persistentvolumeclaims/status",
    "pods/log",
    "pods/status",
    "replicationcontrollers/status",
    "resourcequotas",
    "resourcequotas/status",
    "services/status",
)
APPS = (
    "controllerrevisions",
    "daemonsets",
    "deployments",
    "deployments/scale",
    "replicasets",
    "replicasets/scale",
    "statefulsets",
    "statefulsets/scale",
)
BUILD, DEPLOY, TEMPLATE = ("", "build.openshift.io"), ("", "apps.openshift.io"), ("", "template.openshift.io")
ROUTE = ("", "route.openshift.io")
WORK: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("apps",), APPS),
    (("autoscaling",), ("horizontalpodautoscalers",)),
    (("batch",), ("cronjobs", "jobs")),
    (("networking.k8s.io",), ("ingresses", "networkpolicies")),
    (("policy",), ("poddisruptionbudgets",)),
    (ROUTE, ("routes",)),
    (DEPLOY, ("deploymentconfigs", "deploymentconfigs/scale")),
    (BUILD, ("buildconfigs", "builds")),
    (TEMPLATE, ("templates", "templateinstances")),
)
"""What edit may change and view may see, apart from the core group and images."""
REVIEWS = ("localresourceaccessreviews", "localsubjectaccessreviews", "resourceaccessreviews", "subjectaccessreviews")

RULES_REVIEWS = ("selfsubjectrulesreviews", "subjectrulesreviews")


def write_images() -> tuple[Json, ...]:
    """Everything about streams, pushes included."""
    return (
        rule(READ_WRITE, IMAGES, (*STREAMS, "imagestreams/secrets")),
        rule(("get", "update"), IMAGES, LAYERS),
        rule(("create",), IMAGES, ("imagestreamimports",)),
    )


def _write_accounts() -> Json:
    return rule(READ_WRITE, ("",), ("secrets", "serviceaccounts"))


def _write_policy() -> tuple[Json, ...]:
    return (
        rule(READ_WRITE, POLICY, ("rolebindings", "roles")),
        rule(("create",), ("", "authorization.openshift.io"), (*REVIEWS, "subjectrulesreviews")),
        rule(("create",), ("authorization.k8s.io",), ("localsubjectaccessreviews",)),
    )


def project_roles() -> list[Json]:
    """admin, edit, view and cluster-reader, and the parts they are gathered from."""
    return [
        cluster_role("admin", made_of="admin"),
        cluster_role("edit", into=("admin",), made_of="edit"),
        cluster_role("view", into=("edit",), made_of="view"),
        cluster_role("cluster-reader", made_of="cluster-reader"),
        *_kubernetes_parts(),
        *_openshift_parts(),
    ]


def _kubernetes_parts() -> list[Json]:
    return [
        cluster_role(
            "system:aggregate-to-view",
            rule(READ, ("",), (*PLAIN, *SEEN)),
            rule(READ, ("discovery.k8s.io",), ("endpointslices",)),
            *(rule(READ, groups, _with_status(resources)) for groups, resources in WORK),
            rule(("get",), PROJECTS, ("projects",)),
            into=("view", "cluster-reader"),
        ),
        cluster_role(
            "system:aggregate-to-edit",
            rule(CHANGE, ("",), (*PLAIN, "events")),
            rule(("create",), ("",), ("pods/eviction", "pods/exec", "pods/portforward", "pods/attach")),
            rule(READ_WRITE, ("",), ("secrets",)),
            rule(("create",), ("",), ("serviceaccounts/token",)),
            rule(("impersonate",), ("",), ("serviceaccounts",)),
            rule(READ_WRITE, ("coordination.k8s.io",), ("leases",)),
            *(rule(CHANGE, groups, resources) for groups, resources in WORK),
            into=("edit",),
        ),
        cluster_role(
            "system:aggregate-to-admin",
            *_write_policy(),
            rule(("delete", "get", "patch", "update"), PROJECTS, ("projects",)),
            into=("admin",),
        ),
    ]


def _openshift_parts() -> list[Json]:
    strategies = ("builds/custom", "builds/docker", "builds/jenkinspipeline", "builds/source")
    return [
        cluster_role(
            "system:openshift:aggregate-to-view",
            rule(READ, IMAGES, (*STREAMS, "imagestreams/status")),
            rule(READ, BUILD, ("builds/log",)),
            rule(READ, DEPLOY, ("deploymentconfigs/log",)),
            rule(READ, ("", "quota.openshift.io"), ("appliedclusterresourcequotas",)),
            into=("view", "cluster-reader"),
        ),
        cluster_role(
            "system:openshift:aggregate-to-edit",
            *write_images(),
            rule(("create",), BUILD, ("buildconfigs/instantiate", "buildconfigs/instantiatebinary", "builds/clone")),
            rule(("create",), BUILD, strategies),
            rule(("get", "update"), BUILD, ("buildconfigs/webhooks", "builds/details")),
            rule(("create",), DEPLOY, ("deploymentconfigs/instantiate", "deploymentconfigs/rollback")),
            rule(("create",), DEPLOY, ("deploymentconfigrollbacks",)),
            rule(("create",), ROUTE, ("routes/custom-host",)),
            rule(("create",), TEMPLATE, ("processedtemplates",)),
            into=("edit", "admin"),
        ),
        cluster_role(
            "system:openshift:aggregate-to-admin",
            rule(("update",), ROUTE, ("routes/status",)),
            rule(READ, ("", "authorization.openshift.io"), ("rolebindingrestrictions",)),
            into=("admin",),
        ),
        cluster_role("system:openshift:aggregate-to-cluster-reader", *_reads_everywhere(), into=("cluster-reader",)),
    ]


def _reads_everywhere() -> tuple[Json, ...]:
    """What somebody who looks after a cluster sees. Secrets and tokens are not among it."""
    return (
        rule(READ, IMAGES, ("images", "imagesignatures")),
        rule(("get",), IMAGES, LAYERS),
        rule(READ, ("",), ("nodes", "nodes/status", "persistentvolumes", "persistentvolumes/status")),
        rule(READ, ("networking.k8s.io",), ("ingressclasses",)),
        rule(READ, ("storage.k8s.io",), ("storageclasses",)),
        rule(READ, ("scheduling.k8s.io",), ("priorityclasses",)),
        rule(READ, ("coordination.k8s.io",), ("leases",)),
        rule(READ, ("apiextensions.k8s.io",), ("customresourcedefinitions", "customresourcedefinitions/status")),
        rule(READ, POLICY, ("clusterrolebindings", "clusterroles", "rolebindings", "roles")),
        rule(READ, ("", "user.openshift.io"), ("groups", "identities", "useridentitymappings", "users")),
        rule(READ, ("", "oauth.openshift.io"), ("oauthclientauthorizations",)),
        rule(READ, ("", "quota.openshift.io"), ("clusterresourcequotas", "clusterresourcequotas/status")),
        rule(READ, ("imageregistry.operator.openshift.io",), ("*",)),
        rule(READ, ("config.openshift.io",), ("*",)),
        rule(READ, ("operator.openshift.io",), ("*",)),
        rule(READ, PROJECTS, ("projects",)),
        rule(("create",), ("", "authorization.openshift.io"), (*REVIEWS, *RULES_REVIEWS)),
        rule(("create",), ("authorization.k8s.io",), (*REVIEWS[1::2], "selfsubjectaccessreviews", RULES_REVIEWS[0])),
        rule(("create",), ("authentication.k8s.io",), ("tokenreviews",)),
        paths(("get",), ("*",)),
    )


def registry_roles() -> list[Json]:
    """For those who work with images and nothing else."""
    return [
        cluster_role(
            "registry-viewer",
            rule(READ, IMAGES, STREAMS),
            rule(("get",), IMAGES, LAYERS),
            rule(("get",), PROJECTS, ("namespaces", "projects")),
            into=("view",),
        ),
        cluster_role(
            "registry-editor",
            *write_images(),
            _write_accounts(),
            rule(("get",), PROJECTS, ("namespaces", "projects")),
            into=("edit",),
        ),
        cluster_role(
            "registry-admin",
            *write_images(),
            _write_accounts(),
            *_write_policy(),
            rule(("get",), ("",), ("namespaces",)),
            rule(("delete", "get"), PROJECTS, ("projects",)),
            into=("admin",),
        ),
        cluster_role("registry-monitoring", rule(("get",), (IMAGE_GROUP,), ("registry/metrics",))),
    ]


def _with_status(resources: tuple[str, ...]) -> tuple[str, ...]:
    """The resources, each with its status."""
    return (*resources, *(f"{each}/status" for each in resources if "/" not in each))
