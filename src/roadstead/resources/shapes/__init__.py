"""What the objects of plain kinds look like: tables of text, by API group."""

from roadstead.kube.schema import Shape
from roadstead.resources.shapes import (
    access,
    builds,
    cluster,
    config,
    core,
    openshift,
    people,
    pods,
    volumes,
    workloads,
)

_GROUPS: dict[str, dict[str, Shape]] = {
    "": core.CORE | pods.PODS | volumes.VOLUMES,
    "apps": workloads.APPS,
    "batch": workloads.BATCH,
    "policy": workloads.POLICY,
    "autoscaling": workloads.AUTOSCALING,
    "rbac.authorization.k8s.io": access.RBAC,
    "authorization.k8s.io": access.AUTHORIZATION,
    "authentication.k8s.io": access.AUTHENTICATION,
    "coordination.k8s.io": cluster.COORDINATION,
    "networking.k8s.io": cluster.NETWORKING,
    "apiextensions.k8s.io": cluster.APIEXTENSIONS,
    "discovery.k8s.io": cluster.DISCOVERY,
    "storage.k8s.io": cluster.STORAGE,
    "scheduling.k8s.io": cluster.SCHEDULING,
    "project.openshift.io": people.PROJECT,
    "authorization.openshift.io": people.REVIEWS,
    "route.openshift.io": openshift.ROUTE,
    "apps.openshift.io": openshift.APPS,
    "build.openshift.io": builds.BUILD,
    "template.openshift.io": openshift.TEMPLATE,
    "quota.openshift.io": openshift.QUOTA,
    "config.openshift.io": config.CONFIG,
    "operator.openshift.io": config.OPERATOR,
}


def shape_of(group: str, kind: str) -> Shape | None:
    """The shape of the whole objects of a kind; None where only the metadata is described."""
    return _GROUPS.get(group, {}).get(kind)
