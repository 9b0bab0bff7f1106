"""Namespace: the place other objects live in; deleting it deletes them first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.rules import Rules
from roadstead.apimachinery.served import Listing, ListOptions, Outcome, Patch
from roadstead.base.values import Json
from roadstead.kube import names, status
from roadstead.kube.status import StatusError
from roadstead.objects.log import Write
from roadstead.objects.store import Store
from roadstead.repositories import links
from roadstead.resources.leftovers import Leftovers, conditions
from roadstead.resources.plain import NAMESPACES

NAME_LABEL = "kubernetes.io/metadata.name"
ACTIVE, TERMINATING = "Active", "Terminating"
IMMORTAL = frozenset({"default", "kube-system", "kube-public", "openshift"})
PAGE = 500
AT_ONCE_SECONDS = 5.0
"""How long a request to delete a namespace empties it itself before it leaves the rest to the loop."""


class Emptied(Protocol):
    """A namespaced kind whose objects go with their namespace."""

    @property
    def resource(self) -> Resource: ...

    async def delete_collection(self, namespace: str | None, options: ListOptions, ask: Ask) -> Listing: ...


class NamespaceRules(Rules):
    """A namespace carries its name as a label, a phase that only the server moves, and waits until it is empty."""

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        """A new namespace is Active."""
        name = obj["metadata"]["name"]
        errors = [status.invalid_value("metadata.name", name, complaint) for complaint in names.dns_label(name)]
        if errors:
            raise status.invalid(NAMESPACES.kind, "", name, errors)
        spec = {**(obj.get("spec") or {}), "finalizers": ["kubernetes"]}
        return {**_labelled(obj), "spec": spec, "status": {"phase": ACTIVE}}

    async def on_update(self, new: Json, old: Json, ask: Ask) -> Json:
        """Spec and status stay as they are."""
        kept: Json = {key: old[key] for key in ("spec", "status") if key in old}
        return {**_labelled(new), **kept}

    def holds(self, obj: Json) -> bool:
        """It stays until `spec.finalizers` is empty, which is when nothing is left in it."""
        return bool((obj.get("spec") or {}).get("finalizers"))

    def on_mark(self, obj: Json, ask: Ask) -> Json:
        """From now on nothing new can be made in it."""
        return {**obj, "status": {**(obj.get("status") or {}), "phase": TERMINATING}}


class Namespaces(Collection):
    """The namespaces, and the check everything created inside one goes through."""

    def __init__(self, store: Store) -> None:
        super().__init__(NAMESPACES, store, NamespaceRules())
        self.content: Callable[[], Sequence[Emptied]] = tuple
        """The kinds whose objects live in namespaces now; set once all of them are made."""
        self._at_work: set[str] = set()

    def check(self, namespace: str, name: str, ask: Ask) -> None:
        """Raises StatusError when `name` cannot be created there: 404, or 403 while it is being deleted (15.5)."""
        found = self.peek("", namespace)
        if found is None:
            raise status.not_found(self.resource.group_resource, namespace)
        if (found.get("status") or {}).get("phase") != TERMINATING:
            return
        cause = {
            "reason": "NamespaceTerminating",
            "message": f"namespace {namespace} is being terminated",
            "field": "metadata.namespace",
        }
        why = f"unable to create new content in namespace {namespace} because it is being terminated"
        raise status.forbidden(ask.url_resource or self.resource.group_resource, name, why, [cause])

    async def delete(self, namespace: str, name: str, ask: Ask) -> Json:
        """Marks the namespace and empties it for a while: a Status when that was enough, else the Namespace."""
        if name in IMMORTAL:
            raise status.forbidden(self.named_in_errors(ask), name, "this namespace may not be deleted")
        left = await super().delete("", name, ask)
        if ask.dry_run or left.get("kind") == "Status":
            return left
        if not await self.finish(name, ask.now, AT_ONCE_SECONDS):
            return self.peek("", name) or left
        return status.success(self.named_in_errors(ask), name, left["metadata"].get("uid", ""))

    async def finish(self, name: str, now: datetime, seconds: float | None = None) -> bool:
        """Goes on emptying a namespace that is being deleted, for so many seconds at most; whether it is gone.

        Where something stays, the conditions of the namespace say what, and which finalizers hold it.
        """
        if name in self._at_work:
            return False
        self._at_work.add(name)
        try:
            return await self._finish(name, Ask.internal(now), seconds)
        finally:
            self._at_work.discard(name)

    async def _finish(self, name: str, ask: Ask, seconds: float | None) -> bool:
        found = self.peek("", name)
        if found is None or not _terminating(found):
            return found is None
        if not found["metadata"].get("deletionTimestamp"):
            # Marked by a release that wrote the phase alone.
            await super().delete("", name, ask)
        left = Leftovers()
        if await self._empty(name, ask, seconds):
            left = await Leftovers.of(self.store, name, [each.resource for each in self.content()])
            if not left:
                await self._forget_rows(name)
        else:
            left.unfinished = True
        return await self._write(name, left, ask)

    async def _write(self, name: str, left: Leftovers, ask: Ask) -> bool:
        """Says in the namespace what is left in it, or lets it go."""

        async def told(new: Json, old: Json, ask: Ask) -> Json:
            state = dict(old.get("status") or {})
            told = conditions(state.get("conditions") or [], left, ask.now)
            spec = old.get("spec") if left else {**(old.get("spec") or {}), "finalizers": []}
            return {**new, "spec": spec, "status": {**state, "conditions": told}}

        present = self.peek("", name)
        if present is None:
            return True
        present["metadata"].pop("resourceVersion")
        try:
            await self.update("", name, present, ask, rules_hook=told)
        except StatusError as raced:
            if raced.code not in (404, 409):
                raise
        return self.peek("", name) is None

    async def _empty(self, namespace: str, ask: Ask, seconds: float | None) -> bool:
        """Deletes what is in a namespace, page by page; False when the time is over before."""
        clock = asyncio.get_running_loop().time
        end = clock() + seconds if seconds is not None else float("inf")
        for kind in self.content():
            options = ListOptions(limit=PAGE)
            while True:
                if clock() > end:
                    return False
                listing = await kind.delete_collection(namespace, options, ask)
                if not listing.continue_:
                    break
                options = replace(options, continue_=listing.continue_)
        return True

    async def _forget_rows(self, namespace: str) -> None:
        """Rows of repositories that never got a stream, such as blobs of a push that was given up."""
        pages = [await self.store.list(resource, namespace) for resource in links.RESOURCES]
        writes = [Write(entry.key, None, None) for page in pages for entry in page.entries]
        if writes:
            await self.store.append(writes)

    async def subresource(
        self, verb: str, namespace: str, name: str, sub: str, body: Json | Patch | None, ask: Ask
    ) -> Outcome:
        """status; and finalize, by which a namespace that cannot be emptied is let go all the same."""
        if sub != "finalize":
            return await super().subresource(verb, namespace, name, sub, body, ask)

        async def finalized(new: Json, old: Json, ask: Ask) -> Json:
            finalizers = (new.get("spec") or {}).get("finalizers") or []
            return {**old, "spec": {**(old.get("spec") or {}), "finalizers": finalizers}}

        return await self.update("", name, body if isinstance(body, dict) else {}, ask, rules_hook=finalized)


def _terminating(namespace: Json) -> bool:
    return bool((namespace.get("status") or {}).get("phase") == TERMINATING)


def _labelled(obj: Json) -> Json:
    meta = obj["metadata"]
    return {**obj, "metadata": {**meta, "labels": {**(meta.get("labels") or {}), NAME_LABEL: meta["name"]}}}
