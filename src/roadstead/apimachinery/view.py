"""Base of kinds that are views over others: the verbs a view does not serve are refused alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from roadstead.apimachinery import applying, patching
from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.paging import INCONSISTENT, Token, read_token
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.served import Event, Listing, ListOptions, Outcome, Page, Patch, PatchType
from roadstead.apimachinery.shown import Shown
from roadstead.base.values import Json
from roadstead.kube import status


class View:
    """A kind that is computed. A subclass sets `resource` and overrides the verbs it serves; `patch` is ready made."""

    resource: Resource

    async def get(self, namespace: str, name: str, ask: Ask) -> Json:
        """One object; raises StatusError."""
        raise status.method_not_allowed()

    async def list(self, namespace: str | None, options: ListOptions, ask: Ask) -> Listing:
        """Many objects; `page_of` does the selecting and cutting. Raises StatusError."""
        raise status.method_not_allowed()

    async def look(self, namespace: str, name: str, ask: Ask) -> Shown:
        """`get`, encoded."""
        return Shown.of(await self.get(namespace, name, ask))

    async def page(self, namespace: str | None, options: ListOptions, ask: Ask) -> Page:
        """`list`, encoded."""
        listing = await self.list(namespace, options, ask)
        items = [Shown.of(each) for each in listing.items]
        return Page(items, listing.revision, listing.continue_, listing.remaining)

    async def create(self, namespace: str, obj: Json, ask: Ask) -> Outcome:
        """Creates; raises StatusError."""
        raise status.method_not_allowed()

    async def update(self, namespace: str, name: str, obj: Json, ask: Ask) -> Outcome:
        """Replaces, or creates where the kind allows it; raises StatusError."""
        raise status.method_not_allowed()

    async def patch(self, namespace: str, name: str, patch: Patch, ask: Ask) -> Outcome:
        """Gets, applies, updates; starts again when somebody was faster. Raises StatusError."""

        async def update(obj: Json) -> Outcome:
            return await self.update(namespace, name, obj, ask)

        async def read() -> Json:
            return await self.get(namespace, name, ask)

        if patch.type is PatchType.APPLY:
            place = namespace, name
            return await applying.apply_to_view(self.resource, patch, ask, place, read=read, update=update)
        return await patching.patch_by_update(self.resource, patch, ask, read=read, update=update)

    async def delete(self, namespace: str, name: str, ask: Ask) -> Json:
        """Removes; raises StatusError."""
        raise status.method_not_allowed()

    async def delete_collection(self, namespace: str | None, options: ListOptions, ask: Ask) -> Listing:
        """Removes what is selected; raises StatusError."""
        raise status.method_not_allowed()

    def watch(self, namespace: str | None, options: ListOptions, ask: Ask) -> AsyncIterator[Event]:
        """Views are not watched; raises StatusError."""
        raise status.method_not_allowed()

    async def subresource(
        self, verb: str, namespace: str, name: str, sub: str, body: Json | Patch | None, ask: Ask
    ) -> Outcome:
        """Serves a declared subresource; raises StatusError."""
        raise status.resource_not_found()


def page_of(
    items: Sequence[Json], options: ListOptions, resource: Resource, namespace: str | None, revision: int | None = None
) -> Listing:
    """One page of computed objects: sorted by namespace and name, selected, cut at the limit.

    A view has no past, so a token only says where to go on. Raises StatusError (400) for a token that is not ours.
    """
    scope = (namespace or None) if resource.namespaced else ""
    kept = sorted((each for each in items if options.selects(each, resource)), key=_place)
    if options.continue_:
        token = read_token(options.continue_, scope)
        kept = [each for each in kept if _place(each) > (token.namespace, token.name)]
    limit = 0 if options.revision == 0 else options.limit
    if not limit or len(kept) <= limit:
        return Listing(kept, revision)
    here, rest = kept[:limit], len(kept) - limit
    last = Token(INCONSISTENT, *_place(here[-1])).text(scoped=scope is not None)
    return Listing(here, revision, last, None if options.selective else rest)


def _place(obj: Json) -> tuple[str, str]:
    metadata = obj.get("metadata", {})
    return metadata.get("namespace", ""), metadata.get("name", "")
