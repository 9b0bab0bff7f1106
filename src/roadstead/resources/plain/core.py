"""The core group: namespaces and what lives in them beside images; no I/O."""

from __future__ import annotations

from datetime import datetime

from roadstead.apimachinery.resource import Column, Subresource
from roadstead.base.values import Json
from roadstead.resources.plain.cells import (
    AGE,
    CREATED,
    NAME,
    NONE,
    at,
    count_of,
    field_of,
    labels,
    map_at,
    number_of,
    objects_at,
    shortened,
    template_columns,
    text_at,
    texts_at,
)
from roadstead.resources.plain.pods import POD_COLUMNS
from roadstead.resources.plain.rows import ALL, ONE_BY_ONE, READ_VERBS, SCALE, TOKEN, row, selects, status_of
from roadstead.resources.plain.services import SERVICE_COLUMNS


def _data(obj: Json, _: datetime) -> int:
    return len(map_at(obj, "data")) + len(map_at(obj, "binaryData"))


def _used(title: str, *, limits: bool) -> Column:
    """`pods: 1/3, services: 0/2` of a quota: its limits, or everything else."""

    def show(obj: Json, _: datetime) -> str:
        hard, used = map_at(obj, "status", "hard") or map_at(obj, "spec", "hard"), map_at(obj, "status", "used")
        rows = sorted(name for name in hard if name.startswith("limits.") == limits)
        return ", ".join(f"{name}: {used.get(name, 0)}/{hard[name]}" for name in rows)

    return Column(title, show)


def _endpoints(obj: Json, _: datetime) -> str:
    found = []
    for subset in objects_at(obj, "subsets"):
        ports = [text_at(each, "port") for each in objects_at(subset, "ports")]
        for address in objects_at(subset, "addresses"):
            ip = text_at(address, "ip")
            found += [f"{ip}:{port}" for port in ports] or [ip]
    return shortened(found)


def _modes(obj: Json, _: datetime) -> str:
    known = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
    modes = texts_at(obj, "status", "accessModes") or texts_at(obj, "spec", "accessModes")
    return ",".join(known.get(mode, mode) for mode in modes)


def _claim(obj: Json, _: datetime) -> str:
    claim = map_at(obj, "spec", "claimRef")
    return f"{text_at(claim, 'namespace')}/{text_at(claim, 'name')}" if claim else ""


def _claim_status(obj: Json, _: datetime) -> str:
    return "Terminating" if at(obj, "metadata", "deletionTimestamp") else text_at(obj, "status", "phase")


def _node_status(obj: Json, _: datetime) -> str:
    ready = [each for each in objects_at(obj, "status", "conditions") if each.get("type") == "Ready"]
    said = ("Ready" if ready[0].get("status") == "True" else "NotReady") if ready else "Unknown"
    return f"{said},SchedulingDisabled" if at(obj, "spec", "unschedulable") else said


def _node_roles(obj: Json, _: datetime) -> str:
    prefix = "node-role.kubernetes.io/"
    roles = sorted(key.removeprefix(prefix) for key in map_at(obj, "metadata", "labels") if key.startswith(prefix))
    return ",".join(roles) or NONE


NAMESPACES = row(
    "",
    "Namespace",
    (NAME, Column("Status", field_of("status", "phase")), AGE),
    short=("ns",),
    namespaced=False,
    verbs=ONE_BY_ONE,
    selectable=selects(status_phase=("status", "phase")),
    subresources=(status_of("Namespace"), Subresource("finalize", "Namespace", ("update",))),
)
SECRETS = row(
    "",
    "Secret",
    (NAME, Column("Type", field_of("type")), Column("Data", count_of("data"), "integer"), AGE),
    selectable=selects(type=("type",)),
    confidential=True,
)
CONFIG_MAPS = row("", "ConfigMap", (NAME, Column("Data", _data, "integer"), AGE), short=("cm",))
SERVICE_ACCOUNTS = row(
    "",
    "ServiceAccount",
    (NAME, Column("Secrets", count_of("secrets"), "integer"), AGE),
    short=("sa",),
    subresources=(TOKEN,),
)
LIMIT_RANGES = row("", "LimitRange", (NAME, CREATED), short=("limits",))
RESOURCE_QUOTAS = row(
    "",
    "ResourceQuota",
    (NAME, _used("Request", limits=False), _used("Limit", limits=True), AGE),
    short=("quota",),
    subresources=(status_of("ResourceQuota"),),
)
PODS = row(
    "",
    "Pod",
    POD_COLUMNS,
    short=("po",),
    categories=ALL,
    subresources=(
        Subresource("attach", "PodAttachOptions", ("create", "get"), connects=True),
        Subresource("exec", "PodExecOptions", ("create", "get"), connects=True),
        Subresource("log", "Pod", ("get",)),
        Subresource("portforward", "PodPortForwardOptions", ("create", "get"), connects=True),
        status_of("Pod"),
    ),
    selectable=selects(
        spec_nodeName=("spec", "nodeName"),
        spec_restartPolicy=("spec", "restartPolicy"),
        spec_serviceAccountName=("spec", "serviceAccountName"),
        status_phase=("status", "phase"),
        status_podIP=("status", "podIP"),
    ),
)
POD_TEMPLATES = row(
    "",
    "PodTemplate",
    (
        NAME,
        *template_columns("template"),
        Column("Pod Labels", lambda obj, _: labels(at(obj, "template", "metadata", "labels"))),
    ),
)
REPLICATION_CONTROLLERS = row(
    "",
    "ReplicationController",
    (
        NAME,
        Column("Desired", number_of("spec", "replicas"), "integer"),
        Column("Current", number_of("status", "replicas"), "integer"),
        Column("Ready", number_of("status", "readyReplicas"), "integer"),
        AGE,
        *template_columns("spec", "template"),
        Column("Selector", lambda obj, _: labels(at(obj, "spec", "selector")), priority=1),
    ),
    short=("rc",),
    categories=ALL,
    subresources=(status_of("ReplicationController"), SCALE),
    selectable=selects(status_replicas=("status", "replicas")),
)
SERVICES = row(
    "",
    "Service",
    SERVICE_COLUMNS,
    short=("svc",),
    categories=ALL,
    subresources=(status_of("Service"),),
    selectable=selects(spec_clusterIP=("spec", "clusterIP"), spec_type=("spec", "type")),
)
ENDPOINTS = row("", "Endpoints", (NAME, Column("Endpoints", _endpoints), AGE), short=("ep",), plural="endpoints")
PERSISTENT_VOLUME_CLAIMS = row(
    "",
    "PersistentVolumeClaim",
    (
        NAME,
        Column("Status", _claim_status),
        Column("Volume", field_of("spec", "volumeName")),
        Column("Capacity", field_of("status", "capacity", "storage")),
        Column("Access Modes", _modes),
        Column("StorageClass", field_of("spec", "storageClassName")),
        AGE,
        Column("VolumeMode", field_of("spec", "volumeMode", absent="<unset>"), priority=1),
    ),
    short=("pvc",),
    subresources=(status_of("PersistentVolumeClaim"),),
)
PERSISTENT_VOLUMES = row(
    "",
    "PersistentVolume",
    (
        NAME,
        Column("Capacity", field_of("spec", "capacity", "storage")),
        Column("Access Modes", _modes),
        Column("Reclaim Policy", field_of("spec", "persistentVolumeReclaimPolicy")),
        Column("Status", _claim_status),
        Column("Claim", _claim),
        Column("StorageClass", field_of("spec", "storageClassName")),
        Column("Reason", field_of("status", "reason")),
        AGE,
        Column("VolumeMode", field_of("spec", "volumeMode", absent="<unset>"), priority=1),
    ),
    short=("pv",),
    namespaced=False,
    subresources=(status_of("PersistentVolume"),),
)
NODES = row(
    "",
    "Node",
    (
        NAME,
        Column("Status", _node_status),
        Column("Roles", _node_roles),
        AGE,
        Column("Version", field_of("status", "nodeInfo", "kubeletVersion")),
    ),
    short=("no",),
    namespaced=False,
    verbs=READ_VERBS,
)

CORE = (
    NAMESPACES,
    SECRETS,
    CONFIG_MAPS,
    SERVICE_ACCOUNTS,
    LIMIT_RANGES,
    RESOURCE_QUOTAS,
    PODS,
    POD_TEMPLATES,
    REPLICATION_CONTROLLERS,
    SERVICES,
    ENDPOINTS,
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUMES,
    NODES,
)
