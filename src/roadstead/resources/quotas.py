"""ResourceQuota and ClusterResourceQuota: how many objects there may be, exact however many are made at once.

A creation that a quota bounds writes the quota in its own transaction, with the revision it was read at: of two
creations that saw the same state, one is told to look again. Names and texts: image-api contract, section 15.4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection, Staged
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.status import GroupResource
from roadstead.objects.log import Write
from roadstead.objects.store import Store
from roadstead.resources import quotausage
from roadstead.resources.plain import CLUSTER_RESOURCE_QUOTAS, NAMESPACES

MEMO_PLACES = 1024


@dataclass(frozen=True, slots=True)
class Concern:
    """A quota with what it bounds: the namespaces it counts in, and the kinds behind its names."""

    collection: Collection
    quota: Json
    namespaces: tuple[str, ...]


class Quotas:
    """Asks the quotas before objects are made, and keeps what they say is used."""

    def __init__(self, store: Store, quotas: Collection, cluster_quotas: Collection) -> None:
        self._store, self._quotas, self._cluster_quotas = store, quotas, cluster_quotas
        self._kinds: dict[str, GroupResource] = {}
        self._counted: frozenset[str] = frozenset()
        self._memo: dict[tuple[str, str], tuple[int, list[Json]]] = {}

    def bound(self, kinds: Iterable[Collection]) -> None:
        """Makes every creation in these namespaced kinds ask the quotas."""
        for each in kinds:
            each.quotas = self
            kind = each.resource.group_resource
            self._kinds |= dict.fromkeys(quotausage.keys_of(kind), kind)
        self._counted = frozenset(str(kind) for kind in self._kinds.values())

    def counts(self, resource: str) -> bool:
        """Whether quotas can bound the objects of a kind, named as in the log."""
        return resource in self._counted

    @property
    def idle(self) -> bool:
        """Whether there never was a quota."""
        kinds = (self._quotas, self._cluster_quotas)
        return not any(self._store.last_change(each.resource.key_resource) for each in kinds)

    async def check(self, kind: GroupResource, namespace: str, asked: tuple[GroupResource, str]) -> None:
        """Raises StatusError (403) on `asked` when one more object would be too many; for what is not made at once."""
        if not self.idle:
            added = dict.fromkeys(quotausage.keys_of(kind), 1)
            for concern in await self._concerns(namespace):
                await self._added(concern, added, asked, namespace)

    async def charge(self, staged: Sequence[Staged]) -> Sequence[Write]:
        """The writes to quotas that belong to creations; raises StatusError (403) on the first that is too many."""
        if self.idle:
            return ()
        added: dict[str, Counter[str]] = {}
        for each in staged:
            namespace = each.object["metadata"].get("namespace", "")
            added.setdefault(namespace, Counter()).update(quotausage.keys_of(each.collection.resource.group_resource))
        first = staged[0]
        asked = first.collection.named_in_errors(first.ask), first.ask.url_name or first.object["metadata"]["name"]
        writes = []
        for namespace, more in added.items():
            for concern in await self._concerns(namespace):
                changed = await self._added(concern, more, asked, namespace)
                if changed is not None:
                    writes.append(await _write(concern, changed, first.ask))
        return writes

    async def refresh(self, namespace: str, ask: Ask) -> None:
        """Brings what the quotas of a namespace ("" : the cluster's) say is used in line with what there is."""
        concerns = await self._concerns(namespace) if namespace else await self._cluster_concerns()
        for concern in concerns:
            if concern.collection is self._cluster_quotas and namespace:
                continue
            changed = await self._measured(concern)
            if changed.get("status") != concern.quota.get("status"):
                name = concern.quota["metadata"]["name"]
                await concern.collection.update(namespace, name, changed, ask, rules_hook=_as_is)

    async def applied(self, namespace: str) -> list[Json]:
        """The cluster quotas that count in a namespace."""
        found = await self._concerns(namespace)
        return [each.quota for each in found if each.collection is self._cluster_quotas]

    async def _added(
        self, concern: Concern, added: Mapping[str, int], asked: tuple[GroupResource, str], namespace: str
    ) -> Json | None:
        """The quota with so many more in a namespace; None when it bounds none of them. Raises StatusError (403)."""
        hard = quotausage.bounds_of(concern.quota)
        wanted = {key: many for key, many in added.items() if key in hard}
        if not wanted:
            return None
        used = {place: await self._counts(wanted, place) for place in concern.namespaces}
        total = {key: sum(each[key] for each in used.values()) for key in wanted}
        if why := quotausage.refusal(concern.quota, wanted, total):
            raise status.forbidden(*asked, why)
        if concern.collection is self._quotas:
            return quotausage.with_used(concern.quota, {key: total[key] + wanted[key] for key in wanted})
        everything = {place: await self._counts(self._known(hard), place) for place in concern.namespaces}
        everything[namespace] = {key: many + wanted.get(key, 0) for key, many in everything[namespace].items()}
        return quotausage.with_used_in(concern.quota, everything)

    async def _measured(self, concern: Concern) -> Json:
        keys = self._known(quotausage.bounds_of(concern.quota))
        used = {place: await self._counts(keys, place) for place in concern.namespaces}
        if concern.collection is self._quotas:
            return quotausage.with_used(concern.quota, used[concern.namespaces[0]])
        return quotausage.with_used_in(concern.quota, used)

    def _known(self, hard: Json) -> list[str]:
        return [key for key in hard if key in self._kinds]

    async def _counts(self, keys: Iterable[str], namespace: str) -> dict[str, int]:
        found = {}
        for key in keys:
            page = await self._store.list(str(self._kinds[key]), namespace, limit=1)
            found[key] = len(page.entries) + page.remaining
        return found

    async def _concerns(self, namespace: str) -> list[Concern]:
        own = await self._objects(self._quotas, namespace)
        found = [Concern(self._quotas, each, (namespace,)) for each in own]
        if self._store.last_change(CLUSTER_RESOURCE_QUOTAS.key_resource):
            found += [each for each in await self._cluster_concerns() if namespace in each.namespaces]
        return found

    async def _cluster_concerns(self) -> list[Concern]:
        quotas = await self._objects(self._cluster_quotas, "")
        if not quotas:
            return []
        page = await self._store.list(NAMESPACES.key_resource)
        spaces = [(entry.key.name, orjson.loads(entry.value)) for entry in page.entries]
        return [
            Concern(self._cluster_quotas, each, tuple(name for name, obj in spaces if quotausage.selects(each, obj)))
            for each in quotas
        ]

    async def _objects(self, collection: Collection, namespace: str) -> list[Json]:
        """The quotas of a namespace in their stored form, decoded once per change."""
        resource = collection.resource
        changed, place = self._store.last_change(resource.key_resource), (resource.key_resource, namespace)
        if not changed:
            return []
        known = self._memo.get(place)
        if known is None or known[0] != changed:
            page = await self._store.list(resource.key_resource, namespace)
            if len(self._memo) >= MEMO_PLACES:
                self._memo.clear()
            known = self._memo[place] = (changed, [collection.stored(entry) for entry in page.entries])
        return known[1]


async def _write(concern: Concern, changed: Json, ask: Ask) -> Write:
    staged = await concern.collection.stage_change(changed, concern.quota, Ask.internal(ask.now), _as_is)
    assert staged.write is not None
    return staged.write


async def _as_is(new: Json, old: Json, ask: Ask) -> Json:
    return new
