"""The roles people hold in projects: admin, edit, view and what they are made of; no I/O."""

from __future__ import annotations

from roadstead.auth.role_rules import (
    CHANGE,
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


def write_images() -> tuple[Json, ...]:
    return (
        rule(READ_WRITE, IMAGES, (*STREAMS, "imagestreams/secrets")),
        rule(("get", "update"), IMAGES, LAYERS),
        rule(("create",), IMAGES, ("imagestreamimports",)),
    )


def write_accounts() -> Json:
    return rule(READ_WRITE, ("",), ("secrets", "serviceaccounts"))


def write_policy() -> tuple[Json, ...]:
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


def project_roles() -> list[Json]:
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
            *write_policy(),
            rule(("delete", "get", "patch", "update"), PROJECTS, ("projects",)),
            into=("admin",),
        ),
        cluster_role(
            "system:openshift:aggregate-to-view",
            rule(READ, IMAGES, (*STREAMS, "imagestreams/status")),
            into=("view", "cluster-reader"),
        ),
        cluster_role("system:openshift:aggregate-to-edit", *write_images(), into=("edit", "admin")),
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
            write_accounts(),
            rule(("get",), PROJECTS, ("namespaces", "projects")),
            into=("edit",),
        ),
        cluster_role(
            "registry-admin",
            *write_images(),
            write_accounts(),
            *write_policy(),
            rule(("get",), ("",), ("namespaces",)),
            rule(("delete", "get"), PROJECTS, ("projects",)),
            into=("admin",),
        ),
    ]
