"""What every served kind offers and the values that pass through it.

A stored kind (`Collection`) and a view over others (`View`) have the same methods, so the door cannot tell them apart.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Protocol

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.shown import Shown
from roadstead.base.values import Json
from roadstead.kube.selectors import FieldSelector, LabelSelector

CreateRule = Callable[[Json, Ask], Awaitable[Json]]
"""(new, ask) -> what is to be stored; raises StatusError."""
UpdateRule = Callable[[Json, Json, Ask], Awaitable[Json]]
"""(new, old, ask) -> what is to be stored; raises StatusError."""


class PatchType(Enum):
    """The patch formats, by media type."""

    JSON = "application/json-patch+json"
    MERGE = "application/merge-patch+json"
    STRATEGIC = "application/strategic-merge-patch+json"
    APPLY = "application/apply-patch+yaml"


@dataclass(frozen=True, slots=True)
class Patch:
    """A decoded patch: a list of operations for JSON, else an object; and the fields of it given twice, as paths.

    `force` lets an apply take fields from other managers.
    """

    type: PatchType
    body: Any
    duplicates: tuple[str, ...] = ()
    force: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a write left: the object as shown (or a Status), and whether it is new. `text` is sent in its place."""

    object: Json
    created: bool = False
    text: AsyncIterator[bytes] | None = None


@dataclass(frozen=True, slots=True)
class ListOptions:
    """The selection and paging of a list or watch, checked (image-api contract, 16.4 and 16.5).

    `revision` is the resourceVersion asked for: None for the most recent, 0 for whatever is at hand; `exact` wants the
    state at that very revision. `limit` 0 means everything.
    """

    labels: LabelSelector | None = None
    fields: FieldSelector | None = None
    limit: int = 0
    continue_: str = ""
    revision: int | None = None
    exact: bool = False
    send_initial_events: bool = False
    bookmarks: bool = False
    timeout_seconds: int | None = None

    @property
    def selective(self) -> bool:
        """Whether anything is left out by a selector."""
        return self.labels is not None or self.fields is not None

    @property
    def name(self) -> str | None:
        """The only name that can match, when the field selector fixes one."""
        return self.fields.exact("metadata.name") if self.fields is not None else None

    def selects(self, obj: Json, resource: Resource) -> bool:
        """Whether label and field selectors let a shown object through."""
        metadata = obj.get("metadata", {})
        if self.labels is not None and not self.labels.matches(metadata.get("labels") or {}):
            return False
        return self.fields is None or self.fields.matches(lambda name: field_of(obj, name, resource))


def field_of(obj: Json, name: str, resource: Resource) -> str:
    """The value of a selectable field; `metadata.name` and `metadata.namespace` are selectable on every kind."""
    if name in ("metadata.name", "metadata.namespace"):
        return str(obj.get("metadata", {}).get(name.removeprefix("metadata."), ""))
    return resource.selectable[name](obj)


@dataclass(frozen=True, slots=True)
class Listing:
    """One page: shown objects, the revision they are of (None: unknown), the token for the rest ("" at the end)."""

    items: list[Json]
    revision: int | None = None
    continue_: str = ""
    remaining: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A `Listing` whose items are already encoded. `answer` is a Status that is sent in place of a list. Of a very long
    list, `rest` has what follows, of the same revision.
    """

    items: Sequence[Shown]
    revision: int | None = None
    continue_: str = ""
    remaining: int | None = None
    answer: Json | None = None
    rest: AsyncIterator[Sequence[Shown]] | None = None

    async def whole(self) -> Page:
        """The same with everything in it."""
        if self.rest is None:
            return self
        items = list(self.items)
        async for more in self.rest:
            items.extend(more)
        return replace(self, items=items, rest=None)

    def listing(self) -> Listing:
        """The same with decoded items."""
        return Listing([each.object for each in self.items], self.revision, self.continue_, self.remaining)


@dataclass(frozen=True, slots=True)
class Event:
    """One watch event: ADDED, MODIFIED, DELETED, BOOKMARK or ERROR, with the object (ERROR: a Status)."""

    type: str
    shown: Shown

    @property
    def object(self) -> Json:
        """The object, decoded afresh."""
        return self.shown.object


class Served(Protocol):
    """What the door asks of a kind. Every method may raise StatusError.

    `look` and `page` are `get` and `list` with encoded results: what a Collection has at hand anyway.
    """

    @property
    def resource(self) -> Resource:
        """What the kind declares."""
        ...

    async def look(self, namespace: str, name: str, ask: Ask) -> Shown:
        """One object."""
        ...

    async def page(self, namespace: str | None, options: ListOptions, ask: Ask) -> Page:
        """The objects of a namespace, or (None) of all."""
        ...

    async def create(self, namespace: str, obj: Json, ask: Ask) -> Outcome:
        """Creates an object."""
        ...

    async def update(self, namespace: str, name: str, obj: Json, ask: Ask) -> Outcome:
        """Replaces an object."""
        ...

    async def patch(self, namespace: str, name: str, patch: Patch, ask: Ask) -> Outcome:
        """Changes an object by a patch."""
        ...

    async def delete(self, namespace: str, name: str, ask: Ask) -> Json:
        """Removes an object: a Status, or the object while finalizers hold it."""
        ...

    async def delete_collection(self, namespace: str | None, options: ListOptions, ask: Ask) -> Listing:
        """Removes what is selected and returns it."""
        ...

    def watch(self, namespace: str | None, options: ListOptions, ask: Ask) -> AsyncIterator[Event]:
        """The objects and what happens to them."""
        ...

    async def subresource(
        self, verb: str, namespace: str, name: str, sub: str, body: Json | Patch | None, ask: Ask
    ) -> Outcome:
        """`body`: the object of create and update, the Patch of patch, None for get."""
        ...
