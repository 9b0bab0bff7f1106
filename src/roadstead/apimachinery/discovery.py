"""Which groups and resources exist, in the forms clients ask for; no I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from roadstead.apimachinery.resource import Resource, Subresource
from roadstead.base.values import Json
from roadstead.kube.versions import storage_version_hash, version_order

DISCOVERY_GROUP = "apidiscovery.k8s.io"
AGGREGATED_TYPE = f"application/json;g={DISCOVERY_GROUP};v=v2;as=APIGroupDiscoveryList"
AGGREGATED_VERSIONS = ("v2", "v2beta1")
"""The versions of apidiscovery.k8s.io, which look the same; older clients know the second alone."""
KUBERNETES_GROUPS = ("apps", "autoscaling", "batch", "policy")
CONFIGURATION_GROUPS = ("config.openshift.io", "operator.openshift.io")


@dataclass(frozen=True, slots=True)
class Document:
    """One discovery answer with its validator and its media type."""

    body: bytes
    etag: str
    media_type: str


class Directory:
    """Everything discovery says, made once from the served resources."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._groups: dict[str, dict[str, list[Resource]]] = {}
        for each in sorted(resources, key=lambda each: (version_order(each.version), each.plural)):
            self._groups.setdefault(each.group, {}).setdefault(each.version, []).append(each)

    def has(self, group: str, version: str) -> bool:
        """Whether the group is served in this version."""
        return version in self._groups.get(group, {})

    def legacy_versions(self, host: str) -> Json:
        """`/api`, for a client that reached us at `host`."""
        nearest = [{"clientCIDR": "0.0.0.0/0", "serverAddress": host}]
        return {
            "kind": "APIVersions",
            "versions": sorted(self._groups.get("", {})),
            "serverAddressByClientCIDRs": nearest,
        }

    def group_list(self) -> Json:
        """`/apis`."""
        groups = [
            {k: v for k, v in self._group(name).items() if k not in ("kind", "apiVersion")} for name in self.names()
        ]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}

    def group(self, name: str) -> Json | None:
        """`/apis/<group>`; None when there is no such group."""
        return self._group(name) if name and name in self._groups else None

    def resource_list(self, group: str, version: str) -> Json | None:
        """`/api/<version>` and `/apis/<group>/<version>`; None when it is not served."""
        if not self.has(group, version):
            return None
        head: Json = {"kind": "APIResourceList", "groupVersion": f"{group}/{version}" if group else version}
        if group:
            head["apiVersion"] = "v1"
        rows = [row for each in self._groups[group][version] for row in _rows(each)]
        return head | {"resources": rows}

    def aggregated(self, version: str, *, core: bool) -> Document:
        """`/api` or `/apis` in one document with all resources (image-api contract, 16.2)."""
        names = [""] if core and "" in self._groups else [] if core else self.names()
        items = [
            {
                "metadata": {"name": name} if name else {},
                "versions": [
                    {"version": served, "resources": [_aggregated(each) for each in kinds], "freshness": "Current"}
                    for served, kinds in self._groups[name].items()
                ],
            }
            for name in names
        ]
        head = {"kind": "APIGroupDiscoveryList", "apiVersion": f"{DISCOVERY_GROUP}/{version}", "metadata": {}}
        body = orjson.dumps({**head, "items": items})
        media_type = AGGREGATED_TYPE.replace(";v=v2;", f";v={version};")
        return Document(body, f'"{hashlib.sha512(body).hexdigest().upper()}"', media_type)

    def names(self) -> list[str]:
        """The named groups, in the order by which clients settle which kind a word stands for.

        Kubernetes' groups come first, then ours; what people define and configuration come last, so that `images` are
        images and not their settings.
        """

        def rank(name: str) -> tuple[int, str]:
            if name in KUBERNETES_GROUPS or name.endswith(".k8s.io"):
                return 0, name
            ours = name.endswith(".openshift.io") and name not in CONFIGURATION_GROUPS
            return (1 if ours else 2), name

        return sorted((name for name in self._groups if name), key=rank)

    def _group(self, name: str) -> Json:
        versions = [{"groupVersion": f"{name}/{version}", "version": version} for version in self._groups[name]]
        return {
            "kind": "APIGroup",
            "apiVersion": "v1",
            "name": name,
            "versions": versions,
            "preferredVersion": versions[0],
        }


def _rows(resource: Resource) -> list[Json]:
    row: Json = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": sorted(resource.verbs),
    }
    if resource.short_names:
        row["shortNames"] = list(resource.short_names)
    if resource.categories:
        row["categories"] = list(resource.categories)
    if resource.stored:
        row["storageVersionHash"] = storage_version_hash(resource.group, resource.version, resource.kind)
    return [row, *(_sub_row(resource, each) for each in _in_order(resource.subresources))]


def _sub_row(resource: Resource, sub: Subresource) -> Json:
    row: Json = {
        "name": f"{resource.plural}/{sub.name}",
        "singularName": "",
        "namespaced": resource.namespaced,
        "kind": sub.kind,
        "verbs": sorted(sub.verbs),
    }
    if sub.group is not None:
        row["group"] = sub.group
    if sub.version is not None:
        row["version"] = sub.version
    return row


def _aggregated(resource: Resource) -> Json:
    entry: Json = {
        "resource": resource.plural,
        "responseKind": _response_kind(resource.kind),
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": sorted(resource.verbs),
    }
    if resource.short_names:
        entry["shortNames"] = list(resource.short_names)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    if resource.subresources:
        entry["subresources"] = [
            {
                "subresource": sub.name,
                "responseKind": _response_kind(sub.kind, sub.group or "", sub.version or ""),
                "verbs": sorted(sub.verbs),
            }
            for sub in _in_order(resource.subresources)
        ]
    return entry


def _response_kind(kind: str, group: str = "", version: str = "") -> Json:
    # Empty group and version stand for those of the list: what upstream sends, and clients fill in.
    return {"group": group, "version": version, "kind": kind}


def _in_order(subresources: Sequence[Subresource]) -> list[Subresource]:
    return sorted(subresources, key=lambda each: each.name)
