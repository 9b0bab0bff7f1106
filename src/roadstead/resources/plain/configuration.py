"""What `config.openshift.io` and its neighbours say about the whole installation; no I/O."""

from __future__ import annotations

from datetime import datetime

from roadstead.apimachinery.resource import Column
from roadstead.base.values import Json
from roadstead.resources.ages import age
from roadstead.resources.plain.cells import NAME, labels, map_at, objects_at, selector, text_at
from roadstead.resources.plain.rows import row, status_of

GROUP = "config.openshift.io"


def _condition(obj: Json, kind: str) -> Json:
    return next((each for each in objects_at(obj, "status", "conditions") if each.get("type") == kind), {})


def _is(kind: str) -> Column:
    return Column(kind, lambda obj, _: text_at(_condition(obj, kind), "status"))


def _operator_version(obj: Json, _: datetime) -> str:
    versions = objects_at(obj, "status", "versions")
    return next((text_at(each, "version") for each in versions if each.get("name") == "operator"), "")


def _operator_since(obj: Json, now: datetime) -> str:
    since = text_at(_condition(obj, "Available"), "lastTransitionTime")
    return age(since, now) if since else ""


def _cluster_version(obj: Json, _: datetime) -> str:
    history = objects_at(obj, "status", "history")
    return next((text_at(each, "version") for each in history if each.get("state") == "Completed"), "")


def _progress(field: str) -> Column:
    def show(obj: Json, now: datetime) -> str:
        found = text_at(_condition(obj, "Progressing"), field)
        return (age(found, now) if found else "") if field == "lastTransitionTime" else found

    return Column("Since" if field == "lastTransitionTime" else "Status", show)


IMAGE_CONFIGS = row(GROUP, "Image", namespaced=False, subresources=(status_of("Image"),))
CLUSTER_OPERATORS = row(
    GROUP,
    "ClusterOperator",
    (
        NAME,
        Column("Version", _operator_version, description="The version the operator is at."),
        _is("Available"),
        _is("Progressing"),
        _is("Degraded"),
        Column("Since", _operator_since, description="Time since the operator became, or ceased to be, available."),
        Column("Message", lambda obj, _: text_at(_degraded_or_progressing(obj), "message")),
    ),
    short=("co",),
    namespaced=False,
    subresources=(status_of("ClusterOperator"),),
)


def _degraded_or_progressing(obj: Json) -> Json:
    found = (_condition(obj, kind) for kind in ("Degraded", "Progressing"))
    return next((each for each in found if each.get("status") == "True"), {})


CLUSTER_VERSIONS = row(
    GROUP,
    "ClusterVersion",
    (
        NAME,
        Column("Version", _cluster_version),
        _is("Available"),
        _is("Progressing"),
        _progress("lastTransitionTime"),
        _progress("message"),
    ),
    namespaced=False,
    subresources=(status_of("ClusterVersion"),),
)
IMAGE_DIGEST_MIRROR_SETS = row(
    GROUP, "ImageDigestMirrorSet", short=("idms",), namespaced=False, subresources=(status_of("ImageDigestMirrorSet"),)
)
IMAGE_TAG_MIRROR_SETS = row(
    GROUP, "ImageTagMirrorSet", short=("itms",), namespaced=False, subresources=(status_of("ImageTagMirrorSet"),)
)
IMAGE_CONTENT_SOURCE_POLICIES = row(
    "operator.openshift.io",
    "ImageContentSourcePolicy",
    version="v1alpha1",
    plural="imagecontentsourcepolicies",
    namespaced=False,
    subresources=(status_of("ImageContentSourcePolicy"),),
)
CLUSTER_RESOURCE_QUOTAS = row(
    "quota.openshift.io",
    "ClusterResourceQuota",
    (
        NAME,
        Column("Labels Selector", lambda obj, _: selector(map_at(obj, "spec", "selector", "labels"))),
        Column("Annotations Selector", lambda obj, _: labels(map_at(obj, "spec", "selector", "annotations"))),
    ),
    short=("clusterquota",),
    namespaced=False,
    subresources=(status_of("ClusterResourceQuota"),),
)

CONFIGURATION = (
    IMAGE_CONFIGS,
    CLUSTER_OPERATORS,
    CLUSTER_VERSIONS,
    *(
        row(GROUP, kind, plural=plural, namespaced=False, subresources=(status_of(kind),))
        for kind, plural in (
            ("Infrastructure", ""),
            ("Ingress", "ingresses"),
            ("OAuth", ""),
            ("Proxy", "proxies"),
        )
    ),
    IMAGE_DIGEST_MIRROR_SETS,
    IMAGE_TAG_MIRROR_SETS,
    IMAGE_CONTENT_SOURCE_POLICIES,
    CLUSTER_RESOURCE_QUOTAS,
)
