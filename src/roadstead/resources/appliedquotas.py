"""AppliedClusterResourceQuota: the cluster quotas that count in a project, for those who may look into it."""

from __future__ import annotations

from collections.abc import Sequence

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import View
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.served import Listing, ListOptions
from roadstead.apimachinery.view import page_of
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.resources.plain import CLUSTER_RESOURCE_QUOTAS
from roadstead.resources.quotas import Quotas
from roadstead.resources.shapes import shape_of

APPLIED = Resource(
    CLUSTER_RESOURCE_QUOTAS.group,
    "v1",
    "appliedclusterresourcequotas",
    "appliedclusterresourcequota",
    "AppliedClusterResourceQuota",
    namespaced=True,
    verbs=("get", "list"),
    shape=shape_of(CLUSTER_RESOURCE_QUOTAS.group, "AppliedClusterResourceQuota"),
    columns=CLUSTER_RESOURCE_QUOTAS.columns,
    stored=False,
)


class AppliedQuotas(View):
    """The view; a list across namespaces would say the same of each, so it is empty."""

    resource = APPLIED

    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas

    async def get(self, namespace: str, name: str, ask: Ask) -> Json:
        """One of them; raises StatusError (404)."""
        for each in await self._shown(namespace):
            if each["metadata"]["name"] == name:
                return each
        raise status.not_found(APPLIED.group_resource, name)

    async def list(self, namespace: str | None, options: ListOptions, ask: Ask) -> Listing:
        """Those of a project; raises StatusError (400)."""
        found = await self._shown(namespace) if namespace else []
        return page_of(found, options, APPLIED, namespace)

    async def _shown(self, namespace: str) -> Sequence[Json]:
        head = {"kind": APPLIED.kind, "apiVersion": APPLIED.api_version}
        return [{**each, **head} for each in await self._quotas.applied(namespace)]
