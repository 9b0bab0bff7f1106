"""Objects as clients see them, encoded once however many ask; no I/O."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

import orjson

from roadstead.apimachinery.resource import Resource
from roadstead.base.values import Json
from roadstead.objects.log import Key

OVERHEAD_BYTES = 400
MOST_MEMOS = 3
MOST_DECODED = 32


def fresh(obj: Json) -> Json:
    """A copy that shares nothing with the original; several times faster than `copy.deepcopy`."""
    copy: Json = orjson.loads(orjson.dumps(obj))
    return copy


class Shown:
    """One object at one revision, as clients see it.

    `bare` is its JSON without kind and apiVersion, which is how list items travel (image-api contract, section 1).
    """

    __slots__ = ("api_version", "bare", "kind", "memos")

    def __init__(self, kind: str, api_version: str, bare: bytes) -> None:
        self.kind, self.api_version, self.bare = kind, api_version, bare
        self.memos: dict[Hashable, bytes] = {}

    @classmethod
    def of(cls, obj: Json) -> Shown:
        """The encoded form of an object that carries kind and apiVersion."""
        rest = {name: value for name, value in obj.items() if name not in ("kind", "apiVersion")}
        return cls(obj.get("kind", ""), obj.get("apiVersion", ""), orjson.dumps(rest))

    @property
    def object(self) -> Json:
        """The object, decoded afresh: the caller may change it."""
        return {"kind": self.kind, "apiVersion": self.api_version, **orjson.loads(self.bare)}

    def whole(self) -> bytes:
        """The JSON with kind and apiVersion."""
        head = b'{"kind":%b,"apiVersion":%b' % (orjson.dumps(self.kind), orjson.dumps(self.api_version))
        return head + b"}" if self.bare == b"{}" else b"".join((head, b",", memoryview(self.bare)[1:]))

    def memo(self, name: Hashable, make: Callable[[], bytes]) -> bytes:
        """Bytes made from this object once and shared by everyone who asks under the same name."""
        found = self.memos.get(name)
        if found is None:
            if len(self.memos) >= MOST_MEMOS:
                self.memos.clear()
            found = self.memos[name] = make()
        return found


class Showcase:
    """Turns stored bytes into `Shown`, keeping the most recently used up to a number of bytes.

    `shown` adds the computed fields; it must depend on the object and on settings only, since its result is kept.
    """

    def __init__(self, resource: Resource, shown: Callable[[Json], Json], limit_bytes: int) -> None:
        self._resource, self._shown, self._limit = resource, shown, limit_bytes
        self._kept: OrderedDict[tuple[Key, int, bool], Shown] = OrderedDict()
        self._bytes = 0
        self._decoded: OrderedDict[int, tuple[Shown, Json]] = OrderedDict()

    def at(self, key: Key, revision: int, value: bytes, *, previous: bool = False) -> Shown:
        """The shown form of a stored value at a revision.

        `previous` tells apart the state before a change when it is shown under the revision of that change.
        """
        place = (key, revision, previous)
        found = self._kept.get(place)
        if found is not None:
            self._kept.move_to_end(place)
            return found
        made = self.render(with_revision(self._resource, value, revision))
        self._keep(place, made)
        return made

    def render(self, obj: Json) -> Shown:
        """The shown form of an object that belongs to the caller; not kept."""
        return Shown.of(self._shown(obj))

    def decoded(self, shown: Shown) -> Json:
        """The object to look at, not to change: decoded once while many selectors ask about it."""
        found = self._decoded.get(id(shown))
        if found is not None:
            return found[1]
        # The entry holds on to `shown`, so its id cannot be taken by another meanwhile.
        obj = shown.object
        self._decoded[id(shown)] = (shown, obj)
        if len(self._decoded) > MOST_DECODED:
            self._decoded.popitem(last=False)
        return obj

    def _keep(self, place: tuple[Key, int, bool], made: Shown) -> None:
        cost = len(made.bare) + OVERHEAD_BYTES
        if cost * 4 > self._limit:
            return
        self._kept[place] = made
        self._bytes += cost
        while self._bytes > self._limit:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest.bare) + OVERHEAD_BYTES


def with_revision(resource: Resource, value: bytes, revision: int) -> Json:
    """A stored value as an object: kind and apiVersion first, metadata.resourceVersion set."""
    obj: Json = {"kind": resource.kind, "apiVersion": resource.api_version, **orjson.loads(value)}
    obj["kind"], obj["apiVersion"] = resource.kind, resource.api_version
    obj["metadata"]["resourceVersion"] = str(revision)
    return obj


def stored_value(obj: Json) -> bytes:
    """What is kept of an object: everything but its kind and its revision."""
    rest = {name: value for name, value in obj.items() if name not in ("kind", "apiVersion")}
    rest["metadata"] = {
        name: value for name, value in obj["metadata"].items() if name not in ("resourceVersion", "selfLink")
    }
    return orjson.dumps(rest)
