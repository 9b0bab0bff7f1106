"""One stored kind from inside: every reader and every writer comes through here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from roadstead.apimachinery import applying, listing, parts, patching, removing, watching, writing
from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.rules import Rules
from roadstead.apimachinery.served import (
    CreateRule,
    Event,
    Listing,
    ListOptions,
    Outcome,
    Page,
    Patch,
    PatchType,
    UpdateRule,
)
from roadstead.apimachinery.shown import Showcase, Shown, fresh, with_revision
from roadstead.apimachinery.transaction import Quotas, Staged, commit
from roadstead.apimachinery.view import View
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.status import GroupResource, StatusError
from roadstead.objects.log import Entry, Key
from roadstead.objects.store import Store

__all__ = [
    "Collection", "Event", "ListOptions", "Listing", "Outcome", "Page", "Patch", "PatchType", "Rules", "Staged",
    "View", "commit",
]  # fmt: skip

NAME_ATTEMPTS = 8
WRITE_ATTEMPTS = 5
KEPT_BYTES = 8 * 1024 * 1024
"""Encoded objects of one kind kept at hand: a list of 200 streams with 100 events each fits."""

NamespaceCheck = Callable[[str, str, Ask], None]
"""Raises StatusError when nothing may be created in the namespace (image-api contract, 15.5)."""


class Collection:
    """A stored kind. Objects handed in are already of the kind's shape (the door sees to that) and are not changed;
    objects handed out belong to the caller."""

    def __init__(
        self,
        resource: Resource,
        store: Store,
        rules: Rules | None = None,
        *,
        namespace_check: NamespaceCheck | None = None,
        kept_bytes: int = KEPT_BYTES,
    ) -> None:
        self.resource, self.store, self.rules = resource, store, rules or parts.default_rules(resource)
        self.namespace_check = namespace_check
        self.quotas: Quotas | None = None
        """Who says how many objects there may be; set for namespaced kinds once all of them are made."""
        self.showcase = Showcase(resource, self.rules.shown, kept_bytes)

    def key(self, namespace: str, name: str) -> Key:
        """Where the object lies in the log."""
        return Key(self.resource.key_resource, namespace if self.resource.namespaced else "", name)

    def named_in_errors(self, ask: Ask) -> GroupResource:
        """The resource that errors name: the one in the URL (image-api contract, section 2)."""
        return ask.url_resource or self.resource.group_resource

    def entry(self, namespace: str, name: str, ask: Ask) -> Entry:
        """The stored entry; raises StatusError (404)."""
        found = self.store.get(self.key(namespace, name))
        if found is None:
            raise status.not_found(self.named_in_errors(ask), name)
        return found

    def stored(self, entry: Entry) -> Json:
        """The object of an entry, without computed fields."""
        return with_revision(self.resource, entry.value, entry.revision)

    def shown(self, stored: Json) -> Json:
        """The object with its computed fields."""
        return self.rules.shown(fresh(stored))

    # -- reading

    def peek(self, namespace: str, name: str) -> Json | None:
        """The stored form with its resourceVersion, or None; for callers inside the server."""
        found = self.store.get(self.key(namespace, name))
        return None if found is None else self.stored(found)

    async def get(self, namespace: str, name: str, ask: Ask) -> Json:
        """The object as clients see it; raises StatusError (404)."""
        return (await self.look(namespace, name, ask)).object

    async def look(self, namespace: str, name: str, ask: Ask) -> Shown:
        """`get`, already encoded."""
        if ask.at_least:
            await listing.fresh_enough(self.store, ask.at_least)
        found = self.entry(namespace, name, ask)
        return self.showcase.at(found.key, found.revision, found.value)

    async def list(self, namespace: str | None, options: ListOptions, ask: Ask) -> Listing:
        """The objects of a namespace (None or "": of all), as selected; raises StatusError (400, 410, 504)."""
        return (await (await self.page(namespace, options, ask)).whole()).listing()

    async def page(self, namespace: str | None, options: ListOptions, ask: Ask) -> Page:
        """`list`, already encoded."""
        return await listing.page(self, namespace or None, options)

    def watch(self, namespace: str | None, options: ListOptions, ask: Ask) -> AsyncIterator[Event]:
        """What is there and what happens to it; ends after `options.timeout_seconds`, or with an ERROR event."""
        return watching.events(self, namespace or None, options, ask.ending)

    # -- writing

    async def stage_create(self, obj: Json, ask: Ask, *, rules_hook: CreateRule | None = None) -> Staged:
        """A checked creation, not yet written; `rules_hook` stands in for the kind's own rule. Raises StatusError."""
        return await writing.create(self, obj, ask, rules_hook)

    async def stage_change(self, new: Json, stored: Json, ask: Ask, rule: UpdateRule) -> Staged:
        """See `writing.change`; for callers inside the server that hold the stored form. Raises StatusError."""
        return await writing.change(self, new, stored, ask, rule)

    async def stage_update(self, new: Json, ask: Ask, *, rules_hook: UpdateRule | None = None) -> Staged:
        """A checked change, not yet written; `rules_hook` stands in for the kind's own rule. Raises StatusError."""
        return await writing.update(self, new, ask, rules_hook or self.rules.on_update)

    async def create(self, namespace: str, obj: Json, ask: Ask) -> Outcome:
        """Creates; with generateName, tries further names when one is taken. Raises StatusError."""
        metadata = obj.get("metadata") or {}
        placed = {**obj, "metadata": {**metadata, "namespace": namespace} if namespace else metadata}
        if metadata.get("name") or not metadata.get("generateName"):
            return Outcome((await commit([await self.stage_create(placed, ask)]))[0], created=True)
        return await self._create_named(placed, ask)

    async def _create_named(self, obj: Json, ask: Ask) -> Outcome:
        taken = ""
        for _ in range(NAME_ATTEMPTS):
            try:
                return Outcome((await commit([await self.stage_create(obj, ask)]))[0], created=True)
            except StatusError as refused:
                if refused.reason != "AlreadyExists":
                    raise
                taken = refused.status["details"].get("name", "")
        why = "the server was not able to generate a unique name for the object"
        raise status.already_exists(self.named_in_errors(ask), taken, why)

    async def update(
        self, namespace: str, name: str, obj: Json, ask: Ask, *, rules_hook: UpdateRule | None = None
    ) -> Outcome:
        """Replaces; raises StatusError (404 when absent, 409 when the revision is stale)."""
        placed = {**obj, "metadata": {**(obj.get("metadata") or {}), "name": name}}
        if namespace:
            placed["metadata"]["namespace"] = namespace
        for attempt in range(WRITE_ATTEMPTS):
            staged = await self.stage_update(placed, ask, rules_hook=rules_hook)
            try:
                return Outcome((await commit([staged]))[0])
            except StatusError as lost:
                # Without a resourceVersion the caller takes whatever is there, so losing a race is ours to repair.
                again = lost.code == 409 and not placed["metadata"].get("resourceVersion")
                if not again or attempt == WRITE_ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")

    async def patch(
        self, namespace: str, name: str, patch: Patch, ask: Ask, *, rules_hook: UpdateRule | None = None
    ) -> Outcome:
        """Applies a patch to what clients see; raises StatusError."""
        if patch.type is PatchType.APPLY:
            return await applying.apply(self, namespace, name, patch, ask, rules_hook)

        async def update(obj: Json) -> Outcome:
            return await self.update(namespace, name, obj, ask, rules_hook=rules_hook)

        async def read() -> Json:
            return await self.get(namespace, name, ask)

        return await patching.patch_by_update(self.resource, patch, ask, read=read, update=update)

    async def delete(self, namespace: str, name: str, ask: Ask) -> Json:
        """Removes, or marks for removal while there are finalizers: a Status, or the object. Raises StatusError."""
        return await removing.delete(self, namespace, name, ask)

    async def delete_collection(self, namespace: str | None, options: ListOptions, ask: Ask) -> Listing:
        """Removes what is selected; returns the objects as they were."""
        return await removing.delete_collection(self, namespace or None, options, ask)

    async def subresource(
        self, verb: str, namespace: str, name: str, sub: str, body: Json | Patch | None, ask: Ask
    ) -> Outcome:
        """Serves status and scale where they are declared; a kind that declares others overrides this."""
        declared = self.resource.subresource(sub)
        if declared is None or sub not in ("status", "scale"):
            raise status.resource_not_found()
        return await parts.answer(self, verb, namespace, name, declared, body, ask)
