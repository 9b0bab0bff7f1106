"""What the API consists of at one moment: routes, discovery, OpenAPI; replaced as a whole, never changed; no I/O."""

from __future__ import annotations

from collections.abc import Iterable

from roadstead.apimachinery.discovery import AGGREGATED_VERSIONS, Directory, Document
from roadstead.apimachinery.openapi import OpenApi
from roadstead.apimachinery.routing import Routes
from roadstead.apimachinery.served import Served

AGGREGATED_PATHS = ("/api", "/apis")
CORE_KINDS_ELSEWHERE = (
    "Binding", "ComponentStatus", "Endpoints", "LimitRange", "Node", "PersistentVolume", "PersistentVolumeClaim", "Pod",
    "PodTemplate", "ReplicationController", "ResourceQuota", "Secret", "Service", "ServiceAccount",
)  # fmt: skip
"""Core kinds every client knows: sending one to the wrong place is told apart from sending nonsense."""


class Surface:
    """One snapshot. A request that has begun finishes with the snapshot it began with."""

    def __init__(self, served: Iterable[Served], earlier: Surface | None = None) -> None:
        self.routes = Routes(served)
        resources = self.routes.resources()
        self.directory = Directory(resources)
        self.openapi: OpenApi = OpenApi(resources, earlier.openapi if earlier else None)
        self.kinds = frozenset(
            [(each.api_version, each.kind) for each in resources] + [("v1", kind) for kind in CORE_KINDS_ELSEWHERE]
        )
        self.aggregated: dict[tuple[str, str], Document] = {
            (path, version): self.directory.aggregated(version, core=path == "/api")
            for path in AGGREGATED_PATHS
            for version in AGGREGATED_VERSIONS
        }
