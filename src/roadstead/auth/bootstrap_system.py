"""The roles of the registry's own parts and of the controllers; no I/O."""

from __future__ import annotations

from roadstead.auth.role_rules import CONTROLLER, IMAGE_GROUP, IMAGES, READ, READ_WRITE, cluster_role, rule
from roadstead.base.values import Json

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


def system_roles() -> list[Json]:
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
            "system:image-pruner",
            *(rule(("get", "list"), groups, resources) for groups, resources in PRUNED),
            rule(("list",), ("",), ("limitranges",)),
            rule(READ, (IMAGE_GROUP,), ("images", "imagestreams")),
            rule(("delete",), (IMAGE_GROUP,), ("images",)),
            rule(("update",), (IMAGE_GROUP,), ("imagestreams/status",)),
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
