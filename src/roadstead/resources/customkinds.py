"""CustomResourceDefinitions that serve: a definition comes, and its objects have a place; it goes, and so do they."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import orjson

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection, NamespaceCheck
from roadstead.apimachinery.parts import status_rule
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.rules import Rules
from roadstead.apimachinery.served import Outcome, Patch, Served
from roadstead.base.observe import logger
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.status import GroupResource, StatusError
from roadstead.objects.log import Change
from roadstead.objects.store import Store
from roadstead.resources import customnames
from roadstead.resources.customresources import CustomResources, Place, collections_of
from roadstead.resources.plain.cells import CREATED, NAME
from roadstead.resources.plain.rows import row, status_of

DEFINITIONS = row(
    "apiextensions.k8s.io",
    "CustomResourceDefinition",
    (NAME, CREATED),
    short=("crd", "crds"),
    categories=("api-extensions",),
    namespaced=False,
    subresources=(status_of("CustomResourceDefinition"),),
)
MOST_DEFINITIONS = 1000
NOT_EVALUATED = "x-kubernetes-validations: this server keeps CEL rules but does not evaluate them"


class DefinitionRules(Rules):
    """A definition must make sense; its status says whether its names are free."""

    def __init__(self, kinds: CustomKinds) -> None:
        self._kinds = kinds

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        """A new definition, served as soon as it is stored; raises StatusError (403, 422)."""
        if len(self._kinds.definitions) >= MOST_DEFINITIONS:
            why = f"there are {MOST_DEFINITIONS} definitions already, which is the limit"
            raise status.forbidden(DEFINITIONS.group_resource, obj["metadata"].get("name", ""), why)
        crd = await self._examined(customnames.with_defaults(obj), ask)
        crd.pop("status", None)
        finalizers = crd["metadata"].get("finalizers") or []
        crd["metadata"]["finalizers"] = list(dict.fromkeys([*finalizers, customnames.FINALIZER]))
        crd["metadata"]["generation"] = 1
        return {**crd, "status": self._kinds.status_of(crd, ask.now)}

    async def on_update(self, new: Json, old: Json, ask: Ask) -> Json:
        """A changed definition; raises StatusError (422)."""
        crd = customnames.with_defaults(new)
        if errors := customnames.change_errors(crd, old):
            raise _invalid(crd, errors)
        crd = {**crd, "status": old.get("status") or {}}
        if crd["spec"] == old["spec"]:
            return crd
        crd = await self._examined(crd, ask)
        crd["metadata"]["generation"] = int(old["metadata"].get("generation") or 0) + 1
        return {**crd, "status": self._kinds.status_of(crd, ask.now)}

    @staticmethod
    async def _examined(crd: Json, ask: Ask) -> Json:
        # In a thread: a schema can be large.
        found = await asyncio.to_thread(customnames.examine, crd)
        if found.errors:
            raise _invalid(crd, found.errors)
        if found.rules and NOT_EVALUATED not in ask.warnings:
            ask.warnings.append(NOT_EVALUATED)
        return crd


def _invalid(crd: Json, errors: Sequence[status.FieldError]) -> StatusError:
    return status.invalid(DEFINITIONS.kind, DEFINITIONS.group, crd["metadata"].get("name", ""), errors)


class Definitions(Collection):
    """The definitions. Of their status only the stored versions are for others to write."""

    def __init__(self, store: Store, kinds: CustomKinds) -> None:
        super().__init__(DEFINITIONS, store, DefinitionRules(kinds))

    async def subresource(
        self, verb: str, namespace: str, name: str, sub: str, body: Json | Patch | None, ask: Ask
    ) -> Outcome:
        """The status: read, or the stored versions written."""
        if isinstance(body, Patch):
            return await self.patch(namespace, name, body, ask, rules_hook=_stored_versions)
        if body is not None:
            return await self.update(namespace, name, body, ask, rules_hook=_stored_versions)
        return Outcome(await self.get(namespace, name, ask))

    async def settle(self, name: str, found: Json, ask: Ask) -> None:
        """The server's own write: a status, or a finalizer less."""

        async def rule(new: Json, old: Json, ask: Ask) -> Json:
            return new

        await self.update("", name, found, ask, rules_hook=rule)


async def _stored_versions(new: Json, old: Json, ask: Ask) -> Json:
    written = await status_rule(new, old, ask)
    before, wanted = old.get("status") or {}, (written.get("status") or {}).get("storedVersions") or []
    known = {version["name"] for version in old["spec"]["versions"]}
    storage = next(version["name"] for version in old["spec"]["versions"] if version.get("storage"))
    place = "status.storedVersions"
    errors = [
        status.invalid_value(f"{place}[{index}]", name, "must appear in spec.versions")
        for index, name in enumerate(wanted)
        if name not in known
    ]
    if storage not in wanted:
        errors.append(status.invalid_value(place, ", ".join(wanted), f"must have the storage version {storage}"))
    if errors:
        raise _invalid(old, errors)
    return {**old, "status": {**before, "storedVersions": wanted}}


class CustomKinds:
    """Every definition and the collections made from it; follows the log, so it knows of a change before anyone asks.

    `served` is the table of kinds by name: custom ones, in their stored version, are put in and taken out. `further`
    are other versions of kinds in it.
    """

    def __init__(
        self,
        store: Store,
        check: NamespaceCheck,
        served: dict[GroupResource, Served],
        further: Sequence[Served] = (),
    ) -> None:
        self._store, self._check, self._served, self._further = store, check, served, further
        self._fixed: list[Resource] = []
        self.definitions: dict[str, Json] = {}
        self._made: dict[str, list[CustomResources]] = {}
        self._nowhere, self._places = Place(store, check), dict[str, Place]()
        self._publish: Callable[[Iterable[Served]], None] = lambda served: None
        self.bound: Callable[[Iterable[Collection]], None] = lambda kinds: None
        """Makes creations of these kinds ask the quotas."""
        self.collection = Definitions(store, self)
        served[DEFINITIONS.group_resource] = self.collection

    async def load(self, publish: Callable[[Iterable[Served]], None]) -> None:
        """Takes in what is stored, and from then on whatever changes; call it once all other kinds are served.

        `publish` is handed everything to serve whenever that has changed.
        """
        self._publish = publish
        self._fixed = [each.resource for each in self._served.values()]
        self._store.follow(self._see)
        page = await self._store.list(DEFINITIONS.key_resource)
        for entry in page.entries:
            if entry.key.name not in self.definitions:
                self._take(entry.key.name, orjson.loads(entry.value))
        self._tell()

    def _see(self, changes: Sequence[Change]) -> None:
        mine = [each for each in changes if each.key.resource == DEFINITIONS.key_resource]
        states = [(each.key.name, None if each.type == "DELETED" else orjson.loads(each.value)) for each in mine]
        if any([self._take(name, crd) for name, crd in states]):
            self._tell()

    def _tell(self) -> None:
        others = [each for made in self._made.values() for each in made[1:]]
        self._publish([*self._served.values(), *self._further, *others])

    def _take(self, name: str, crd: Json | None) -> bool:
        """Whether what is served has changed."""
        before = self.definitions.pop(name, None)
        if crd is not None:
            self.definitions[name] = crd
        if crd is not None and before is not None and _unchanged(crd, before):
            return False
        gone = self._made.pop(name, [])
        if before is not None and (crd is None or crd["spec"] != before["spec"]):
            self._places.pop(name, self._nowhere).end_watches()
        for collection in gone:
            self._served.pop(collection.resource.group_resource, None)
        if crd is None or not customnames.established(crd):
            return bool(gone)
        try:
            made = collections_of(crd, self._places.setdefault(name, Place(self._store, self._check)))
        except Exception as fault:  # written by another version of this program, or damaged: one kind less, not none
            logger().error("a custom resource definition cannot be served", name=name, error=str(fault))
            return bool(gone)
        self._made[name] = made
        self.bound(each for each in made if each.resource.namespaced)
        if made:
            self._served[made[0].resource.group_resource] = made[0]
        return True

    def status_of(self, crd: Json, now: datetime) -> Json:
        """The status a definition has beside all others."""
        reason, message = customnames.conflict(crd, self.definitions.values(), self._fixed)
        return customnames.status_of(crd, reason, message, now)

    def stored_in(self, name: str) -> CustomResources | None:
        """The collection of the stored version of a definition's objects."""
        made = self._made.get(name)
        return made[0] if made else None


def _unchanged(crd: Json, before: Json) -> bool:
    same = crd["spec"] == before["spec"] and customnames.established(crd) == customnames.established(before)
    return same and crd["metadata"].get("deletionTimestamp") == before["metadata"].get("deletionTimestamp")
