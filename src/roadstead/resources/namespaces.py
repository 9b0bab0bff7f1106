"""Namespace: the place other objects live in; deleting it deletes them first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection
from roadstead.apimachinery.rules import Rules
from roadstead.apimachinery.served import Listing, ListOptions
from roadstead.base.values import Json
from roadstead.kube import names, status
from roadstead.objects.log import Write
from roadstead.objects.store import Store
from roadstead.repositories import links
from roadstead.resources.plain import NAMESPACES

NAME_LABEL = "kubernetes.io/metadata.name"
ACTIVE, TERMINATING = "Active", "Terminating"
SWEEPS = 5
"""How often a namespace is emptied again because something was created while it was being emptied."""


class Emptied(Protocol):
    """A namespaced kind whose objects go with their namespace."""

    async def delete_collection(self, namespace: str | None, options: ListOptions, ask: Ask) -> Listing: ...


class NamespaceRules(Rules):
    """A namespace carries its name as a label, and a phase that only the server moves."""

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


class Namespaces(Collection):
    """The namespaces, and the check everything created inside one goes through."""

    def __init__(self, store: Store) -> None:
        super().__init__(NAMESPACES, store, NamespaceRules())
        self.content: Sequence[Emptied] = ()
        """The kinds whose objects live in namespaces; set once all of them are made."""

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
        """Empties the namespace, then removes it; the Namespace itself while something in it has finalizers."""
        await super().delete("", name, replace(ask, dry_run=True))  # refuses what would be refused at the end
        if ask.dry_run:
            return await super().delete("", name, ask)
        terminating = await self._mark(name, ask)
        if not await self._emptied(name, Ask.internal(ask.now)):
            return terminating
        options = {key: value for key, value in ask.options.items() if key != "preconditions"}
        return await super().delete("", name, replace(ask, options=options))

    async def _mark(self, name: str, ask: Ask) -> Json:
        async def terminate(new: Json, old: Json, ask: Ask) -> Json:
            return {**new, "status": {**(old.get("status") or {}), "phase": TERMINATING}}

        present = self.stored(self.entry("", name, ask))
        present["metadata"].pop("resourceVersion")
        return (await self.update("", name, present, ask, rules_hook=terminate)).object

    async def _emptied(self, namespace: str, ask: Ask) -> bool:
        for _ in range(SWEEPS):
            gone = [await kind.delete_collection(namespace, ListOptions(), ask) for kind in self.content]
            if not any(listing.items for listing in gone):
                await self._forget_rows(namespace)
                return True
        return False

    async def _forget_rows(self, namespace: str) -> None:
        """Rows of repositories that never got a stream, such as blobs of a push that was given up."""
        pages = [await self.store.list(resource, namespace) for resource in links.RESOURCES]
        writes = [Write(entry.key, None, None) for page in pages for entry in page.entries]
        if writes:
            await self.store.append(writes)


def _labelled(obj: Json) -> Json:
    meta = obj["metadata"]
    return {**obj, "metadata": {**meta, "labels": {**(meta.get("labels") or {}), NAME_LABEL: meta["name"]}}}
