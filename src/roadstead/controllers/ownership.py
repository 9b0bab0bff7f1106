"""Who owns whom: owner references gathered from objects, and what they mean for an object; no I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from roadstead.base.values import Json
from roadstead.objects.log import Key

ORPHAN, FOREGROUND = "orphan", "foregroundDeletion"


@dataclass(frozen=True, slots=True)
class Owner:
    """One owner reference."""

    group: str
    kind: str
    name: str
    uid: str
    blocks: bool

    @classmethod
    def of(cls, reference: Json) -> Owner:
        """The owner that a reference names."""
        group = str(reference.get("apiVersion", "")).rpartition("/")[0]
        name, uid = str(reference.get("name", "")), str(reference.get("uid", ""))
        return cls(group, str(reference.get("kind", "")), name, uid, reference.get("blockOwnerDeletion") is True)


def owners_of(obj: Json) -> list[Owner]:
    """The owners of an object."""
    found = obj.get("metadata", {}).get("ownerReferences") or []
    return [Owner.of(each) for each in found if isinstance(each, dict)]


def is_deleting(obj: Json, finalizer: str) -> bool:
    """Whether an object is being deleted and waits for this finalizer."""
    metadata = obj.get("metadata", {})
    return bool(metadata.get("deletionTimestamp")) and finalizer in (metadata.get("finalizers") or ())


@dataclass
class Graph:
    """The objects that have owners, both ways round."""

    _owners: dict[Key, Sequence[Owner]] = field(default_factory=dict)
    _dependents: defaultdict[str, set[Key]] = field(default_factory=lambda: defaultdict(set))

    def learn(self, key: Key, owners: Sequence[Owner]) -> bool:
        """What an object's owners are now; whether that is news."""
        before = self._owners.get(key, ())
        if list(before) == list(owners):
            return False
        self.forget(key)
        if owners:
            self._owners[key] = owners
            for owner in owners:
                self._dependents[owner.uid].add(key)
        return True

    def forget(self, key: Key) -> Sequence[Owner]:
        """The object is gone; returns who owned it."""
        owners = self._owners.pop(key, ())
        for owner in owners:
            left = self._dependents[owner.uid]
            left.discard(key)
            if not left:
                del self._dependents[owner.uid]
        return owners

    def knows(self, key: Key) -> bool:
        """Whether the object had owners when it was last seen."""
        return key in self._owners

    def dependents(self, uid: str) -> list[Key]:
        """The objects that name an owner of this uid."""
        return sorted(self._dependents.get(uid, ()), key=lambda key: (key.resource, key.namespace, key.name))

    def clear(self) -> None:
        """Knows nothing any more."""
        self._owners.clear()
        self._dependents.clear()


class Standing(Enum):
    """How an owner is doing: there, gone, or waiting for its dependents before it goes."""

    SOLID = "solid"
    ABSENT = "absent"
    WAITING = "waiting"


class Verdict(Enum):
    """What becomes of an object because of its owners."""

    KEEP = "keep"
    RELEASE = "release"
    """It stays, without the references to owners that are gone or going."""
    DELETE = "delete"
    DELETE_FOREGROUND = "delete after its own dependents"


def verdict(standings: Mapping[Owner, Standing], *, has_dependents: bool) -> Verdict:
    """What becomes of an object with owners of this standing: one that is solid keeps it."""
    found = set(standings.values())
    if not found or found == {Standing.SOLID}:
        return Verdict.KEEP
    if Standing.SOLID in found:
        return Verdict.RELEASE
    return Verdict.DELETE_FOREGROUND if Standing.WAITING in found and has_dependents else Verdict.DELETE


def without_owners(obj: Json, uids: Iterable[str]) -> Json:
    """The object without its references to these owners."""
    gone = set(uids)
    metadata = dict(obj["metadata"])
    kept = [each for each in metadata.pop("ownerReferences", None) or [] if each.get("uid") not in gone]
    return {**obj, "metadata": {**metadata, "ownerReferences": kept} if kept else metadata}


def unblocked(obj: Json, uids: Iterable[str]) -> Json:
    """The object, no longer in the way of these owners' deletion."""
    waiting = set(uids)
    references = [
        {**each, "blockOwnerDeletion": False} if each.get("uid") in waiting else each
        for each in obj["metadata"].get("ownerReferences") or []
    ]
    return {**obj, "metadata": {**obj["metadata"], "ownerReferences": references}}


def without_finalizer(obj: Json, finalizer: str) -> Json:
    """The object without a finalizer."""
    metadata = dict(obj["metadata"])
    kept = [each for each in metadata.pop("finalizers", None) or [] if each != finalizer]
    return {**obj, "metadata": {**metadata, "finalizers": kept} if kept else metadata}
