"""The garbage collector: what its owners leave behind goes, or is let go, as the deletion of the owner asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import orjson

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection
from roadstead.apimachinery.served import Served
from roadstead.auth.users import service_account
from roadstead.base.values import Json
from roadstead.controllers.clock import REAL, Clock
from roadstead.controllers.lease import Lease
from roadstead.controllers.loop import Loop
from roadstead.controllers.ownership import (
    FOREGROUND,
    ORPHAN,
    Graph,
    Owner,
    Standing,
    Verdict,
    is_deleting,
    owners_of,
    unblocked,
    verdict,
    without_finalizer,
    without_owners,
)
from roadstead.controllers.queue import Key as LoopKey
from roadstead.kube.status import StatusError
from roadstead.kube.time import format_time
from roadstead.objects.log import Change, Key

ACTOR = service_account("kube-system", "generic-garbage-collector")
PAGE = 500
WORKERS = 4
LOOK_AGAIN_SECONDS = 30.0
_OWNED, _DELETED = b'"ownerReferences"', b'"deletionTimestamp"'
_WAITING = (f'"{FOREGROUND}"'.encode(), f'"{ORPHAN}"'.encode())


def loop_key(key: Key) -> LoopKey:
    """A key of the log as loops name it."""
    return f"{key.resource} {key.namespace}", key.name


def log_key(key: LoopKey) -> Key:
    """A key of a loop as the log names it."""
    resource, _, namespace = key[0].partition(" ")
    return Key(resource, namespace, key[1])


class StoredKinds:
    """The stored kinds by the name of their objects in the log, and by group and kind; new ones are found as they come.

    Kinds whose deletion knows no propagation own things and are never owned.
    """

    def __init__(self, served: Callable[[], Iterable[Served]]) -> None:
        self._served = served
        self._by_resource: dict[str, Collection] = {}
        self._by_kind: dict[tuple[str, str], Collection] = {}
        self._known: list[Served] = []

    def all(self) -> list[Collection]:
        """Every kind whose objects may be owned."""
        self._look()
        return [each for each in self._by_resource.values() if each.rules.collected]

    def of(self, resource: str) -> Collection | None:
        """The kind whose objects the log keeps under a name, if they may be owned."""
        if resource not in self._by_resource:
            self._look()
        found = self._by_resource.get(resource)
        return found if found is not None and found.rules.collected else None

    def kind(self, group: str, kind: str) -> Collection | None:
        """The stored kind of that name."""
        if (group, kind) not in self._by_kind:
            self._look()
        return self._by_kind.get((group, kind))

    def _look(self) -> None:
        served = list(self._served())
        if served == self._known:
            return
        self._known = served
        stored = [each for each in served if isinstance(each, Collection)]
        self._by_resource = {each.resource.key_resource: each for each in stored}
        self._by_kind = {(each.resource.group, each.resource.kind): each for each in stored}


@dataclass
class OwnershipFeed:
    """Reads every change for what it says about owners, and names the objects that this concerns."""

    kinds: StoredKinds
    graph: Graph
    name: str = "owner references"

    async def follow(self, add: Callable[[LoopKey], None]) -> None:
        """See `Feed`. Values are only decoded where the bytes mention owners, so a push costs next to nothing.

        Nothing is named before all is known: an owner without the dependents that are listed later would be let go,
        and they deleted after it.
        """
        self.graph.clear()
        collections = self.kinds.all()
        if not collections:
            return
        store, held = collections[0].store, list[LoopKey]()
        revision = store.revision()
        for collection in collections:
            await self._list(collection, held.append)
        known = store.revision()
        async with store.watch(None, revision) as changes:
            if known > revision:
                async for change in changes:
                    self._take(change, held.append)
                    if change.revision >= known:
                        break
            for key in held:
                add(key)
            async for change in changes:
                self._take(change, add)

    async def _list(self, collection: Collection, add: Callable[[LoopKey], None]) -> None:
        after: tuple[str, str] | None = None
        while True:
            page = await collection.store.list(collection.resource.key_resource, after=after, limit=PAGE)
            for entry in page.entries:
                self._learn(entry.key, entry.value, add)
            if not page.more:
                return
            after = page.entries[-1].key.namespace, page.entries[-1].key.name
            await asyncio.sleep(0)

    def _take(self, change: Change, add: Callable[[LoopKey], None]) -> None:
        if change.type != "DELETED":
            if self.kinds.of(change.key.resource) is not None:
                self._learn(change.key, change.value, add)
            return
        for owner in self.graph.forget(change.key):
            self._add_owner(owner, change.key.namespace, add)
        metadata = orjson.loads(change.value).get("metadata", {}) if change.value else {}
        for dependent in self.graph.dependents(str(metadata.get("uid", ""))):
            add(loop_key(dependent))

    def _learn(self, key: Key, value: bytes, add: Callable[[LoopKey], None]) -> None:
        owned = _OWNED in value
        if owned or self.graph.knows(key):
            before = self.graph.knows(key)
            owners = owners_of(orjson.loads(value)) if owned else []
            if self.graph.learn(key, owners):
                if owners:
                    add(loop_key(key))
                for owner in owners if before else ():
                    self._add_owner(owner, key.namespace, add)
        if _DELETED in value and any(each in value for each in _WAITING):
            add(loop_key(key))

    def _add_owner(self, owner: Owner, namespace: str, add: Callable[[LoopKey], None]) -> None:
        """The owner may have waited for just this."""
        collection = self.kinds.kind(owner.group, owner.kind)
        if collection is not None:
            add(loop_key(collection.key(namespace, owner.name)))


class GarbageCollector:
    """One key for each object that has owners, or waits for what it owns."""

    def __init__(self, kinds: StoredKinds, events: Collection, *, clock: Clock = REAL) -> None:
        self._kinds, self._events, self._clock = kinds, events, clock
        self._graph = Graph()

    def loop(self, lease: Lease | None = None) -> Loop:
        """The loop that collects."""
        feed = OwnershipFeed(self._kinds, self._graph)
        return Loop("garbage collector", [feed], self.reconcile, workers=WORKERS, lease=lease, clock=self._clock)

    async def reconcile(self, key: LoopKey) -> float | None:
        """Deletes an object its owners left behind, or helps one that waits for what it owns."""
        place = log_key(key)
        collection = self._kinds.of(place.resource)
        obj = collection.peek(place.namespace, place.name) if collection is not None else None
        if collection is None or obj is None:
            return None
        if is_deleting(obj, ORPHAN):
            await self._orphan(collection, obj)
        elif is_deleting(obj, FOREGROUND):
            return await self._wait(collection, obj)
        elif not obj["metadata"].get("deletionTimestamp"):
            await self._judge(collection, obj)
        return None

    async def _orphan(self, collection: Collection, obj: Json) -> None:
        """What the object owns is let go; then so is the object."""
        uid = obj["metadata"]["uid"]
        for dependent, owned in self._dependents(uid):
            await self._write(dependent, owned, without_owners(owned, [uid]))
        await self._write(collection, obj, without_finalizer(obj, ORPHAN))

    async def _wait(self, collection: Collection, obj: Json) -> float | None:
        """What the object owns is deleted; once nothing is in its way, so is the object."""
        uid, blocked = obj["metadata"]["uid"], False
        for dependent, owned in self._dependents(uid):
            blocked = blocked or any(each.uid == uid and each.blocks for each in owners_of(owned))
            if not owned["metadata"].get("deletionTimestamp"):
                await self._judge(dependent, owned)
        if blocked:
            return LOOK_AGAIN_SECONDS
        await self._write(collection, obj, without_finalizer(obj, FOREGROUND))
        return None

    async def _judge(self, collection: Collection, obj: Json) -> None:
        standings = {owner: await self._standing(collection, obj, owner) for owner in owners_of(obj)}
        uid = obj["metadata"].get("uid", "")
        below = self._dependents(uid)
        match verdict(standings, has_dependents=bool(below)):
            case Verdict.RELEASE:
                gone = [owner.uid for owner, standing in standings.items() if standing is not Standing.SOLID]
                await self._write(collection, obj, without_owners(obj, gone))
            case Verdict.DELETE:
                await self._delete(collection, obj, None)
            case Verdict.DELETE_FOREGROUND:
                if any(is_deleting(owned, FOREGROUND) for _, owned in below):
                    # They wait for each other in a circle: somebody must stop being in the way.
                    waiting = [owner.uid for owner, standing in standings.items() if standing is Standing.WAITING]
                    obj = await self._write(collection, obj, unblocked(obj, waiting)) or obj
                await self._delete(collection, obj, "Foreground")
            case Verdict.KEEP:
                pass

    async def _standing(self, collection: Collection, obj: Json, owner: Owner) -> Standing:
        namespace = obj["metadata"].get("namespace", "")
        target = self._kinds.kind(owner.group, owner.kind)
        if target is None:
            # A kind that is computed, or not served at all: nobody can say that the owner is gone.
            return Standing.SOLID
        if target.resource.namespaced and not collection.resource.namespaced:
            await self._complain(collection, obj, owner)
            return Standing.SOLID
        found = target.peek(namespace, owner.name)
        if found is None or found["metadata"].get("uid") != owner.uid:
            if target.resource.namespaced and self._elsewhere(target, owner):
                await self._complain(collection, obj, owner)
            return Standing.ABSENT
        return Standing.WAITING if is_deleting(found, FOREGROUND) else Standing.SOLID

    def _elsewhere(self, target: Collection, owner: Owner) -> bool:
        """Whether the owner lives in a namespace that some other dependent of it is in."""
        spaces = {key.namespace for key in self._graph.dependents(owner.uid)}
        found = [target.peek(space, owner.name) for space in spaces]
        return any(each is not None and each["metadata"].get("uid") == owner.uid for each in found)

    def _dependents(self, uid: str) -> list[tuple[Collection, Json]]:
        """What is owned under this uid now, as far as changes have been read."""
        found = []
        for key in self._graph.dependents(uid):
            collection = self._kinds.of(key.resource)
            obj = collection.peek(key.namespace, key.name) if collection is not None else None
            if collection is not None and obj is not None and any(each.uid == uid for each in owners_of(obj)):
                found.append((collection, obj))
        return found

    async def _write(self, collection: Collection, obj: Json, changed: Json) -> Json | None:
        """Changes nothing but metadata; None when the object is gone. Raises StatusError (409) for a lost race."""

        async def as_given(new: Json, old: Json, ask: Ask) -> Json:
            return new

        metadata = obj["metadata"]
        ask = Ask.internal(self._clock.now(), user=ACTOR)
        try:
            namespace, name = metadata.get("namespace", ""), metadata["name"]
            return (await collection.update(namespace, name, changed, ask, rules_hook=as_given)).object
        except StatusError as gone:
            if gone.code != 404:
                raise
            return None

    async def _delete(self, collection: Collection, obj: Json, policy: str | None) -> None:
        metadata = obj["metadata"]
        if policy is None:
            held = metadata.get("finalizers") or ()
            policy = "Orphan" if ORPHAN in held else "Foreground" if FOREGROUND in held else "Background"
        options: Json = {"propagationPolicy": policy, "preconditions": {"uid": metadata["uid"]}}
        ask = replace(Ask.internal(self._clock.now(), user=ACTOR), options=options)
        try:
            await collection.delete(metadata.get("namespace", ""), metadata["name"], ask)
        except StatusError as gone:
            if gone.code not in (404, 409):
                raise

    async def _complain(self, collection: Collection, obj: Json, owner: Owner) -> None:
        """A warning beside the object whose owner cannot be where it is looked for."""
        metadata, now = obj["metadata"], self._clock.now()
        namespace = metadata.get("namespace") or "default"
        reference = f"[{owner.group}/{owner.kind}, name: {owner.name}, uid: {owner.uid}]"
        event: Json = {
            "metadata": {"name": f"{metadata['name']}.{owner.uid[:16]}", "namespace": namespace},
            "involvedObject": {
                "kind": collection.resource.kind,
                "apiVersion": collection.resource.api_version,
                "namespace": metadata.get("namespace", ""),
                "name": metadata["name"],
                "uid": metadata.get("uid", ""),
            },
            "type": "Warning",
            "reason": "OwnerRefInvalidNamespace",
            "message": f'ownerRef {reference} does not exist in namespace "{metadata.get("namespace", "")}"',
            "source": {"component": "garbage-collector-controller"},
            "firstTimestamp": format_time(now),
            "lastTimestamp": format_time(now),
            "count": 1,
        }
        try:
            await self._events.create(namespace, event, Ask.internal(now, user=ACTOR))
        except StatusError as known:
            if known.code not in (403, 404, 409):
                raise
