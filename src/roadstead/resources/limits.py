"""What LimitRanges and ResourceQuotas of a namespace allow for images and streams (image-api contract, section 15)."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from roadstead.apimachinery.resource import Resource
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.status import GroupResource
from roadstead.objects.store import Store
from roadstead.resources import quotausage
from roadstead.resources.plain import LIMIT_RANGES
from roadstead.resources.quotas import Quotas
from roadstead.streams import limits

MEMO_NAMESPACES = 1024


class Limits:
    """Fetches the limits of namespaces, decoded once per change, and puts the pure rules to them."""

    def __init__(self, store: Store, quotas: Quotas) -> None:
        self._store, self._quotas = store, quotas
        self._memo: dict[tuple[str, str], tuple[int, list[Json]]] = {}

    async def stream_refusal(self, stream: Json, old: Json | None) -> str | None:
        """Why a stream may not grow like this, or None (section 15.2)."""
        ranges = await self._objects(LIMIT_RANGES, stream["metadata"]["namespace"])
        return limits.stream_refusal(stream, old, limits.maxima(ranges, limits.STREAM_LIMIT)) if ranges else None

    async def check_image(self, namespace: str, name: str, image: Json, resource: GroupResource) -> None:
        """Raises StatusError (403) on `resource` and `name` when the filled image is too large (section 15.3)."""
        ranges = await self._objects(LIMIT_RANGES, namespace)
        why = limits.image_refusal(image, limits.maxima(ranges, limits.IMAGE_LIMIT)) if ranges else None
        if why:
            raise status.forbidden(resource, name, why)

    async def largest_image(self, namespace: str) -> int | None:
        """The size in bytes no image of the namespace may exceed; None without a limit."""
        ranges = await self._objects(LIMIT_RANGES, namespace)
        limit = limits.maxima(ranges, limits.IMAGE_LIMIT).get(limits.STORAGE)
        return None if limit is None else limit.value

    async def charge_stream(self, namespace: str, name: str, resource: GroupResource) -> None:
        """Raises StatusError (403) when one more stream would exceed a quota of the namespace (section 15.4)."""
        await self._quotas.check(quotausage.STREAMS, namespace, (resource, name))

    async def _objects(self, resource: Resource, namespace: str) -> Sequence[Json]:
        place, changed = (resource.key_resource, namespace), self._store.last_change(resource.key_resource)
        if not changed:
            return ()
        known = self._memo.get(place)
        if known is None or known[0] != changed:
            page = await self._store.list(resource.key_resource, namespace)
            if len(self._memo) >= MEMO_NAMESPACES:
                self._memo.clear()
            known = self._memo[place] = (changed, [orjson.loads(entry.value) for entry in page.entries])
        return known[1]
