"""Project: a namespace as the people in it see it; everybody may list, and is shown only what they may get."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import View
from roadstead.apimachinery.resource import ALL_VERBS, Column, Resource
from roadstead.apimachinery.served import Event, Listing, ListOptions, Outcome
from roadstead.apimachinery.shown import Shown
from roadstead.apimachinery.view import page_of
from roadstead.auth.users import Attributes
from roadstead.base.values import Json
from roadstead.kube import names, selectors, status
from roadstead.kube.status import FieldError
from roadstead.resources.namespaces import Namespaces
from roadstead.resources.plain.cells import NAME, field_of, map_at, text_at
from roadstead.resources.shapes import shape_of

GROUP = "project.openshift.io"
DISPLAY_NAME, DESCRIPTION, REQUESTER = "openshift.io/display-name", "openshift.io/description", "openshift.io/requester"
OWN_ANNOTATIONS = (DISPLAY_NAME, DESCRIPTION)
"""What whoever may update a project may change of it; the rest belongs to who may update the namespace."""
NODE_SELECTOR = "openshift.io/node-selector"
SHORTEST_NAME = 2
LOOK_SECONDS = 1.0
"""How long a changed right may take to reach somebody who watches their projects."""

PROJECTS = Resource(
    GROUP,
    "v1",
    "projects",
    "project",
    "Project",
    False,
    shape=shape_of(GROUP, "Project"),
    verbs=tuple(verb for verb in ALL_VERBS if verb != "deletecollection"),
    columns=(
        NAME,
        Column("Display Name", field_of("metadata", "annotations", DISPLAY_NAME), description="The name people read."),
        Column("Status", field_of("status", "phase"), description="Active, or Terminating while it is emptied."),
    ),
    selectable={"status.phase": lambda obj: text_at(obj, "status", "phase")},
    unconditional_update=True,
)

Rights = Callable[[], Awaitable[object]]
"""Takes changed roles and bindings in, and returns what is in force: another object after a change."""


def project_of(namespace: Json) -> Json:
    """A namespace as a project."""
    spec, state = namespace.get("spec") or {}, namespace.get("status") or {}
    kept = {"spec": {"finalizers": spec.get("finalizers") or []}, "status": {"phase": state.get("phase", "")}}
    return {"kind": PROJECTS.kind, "apiVersion": PROJECTS.api_version, "metadata": namespace["metadata"], **kept}


def name_errors(metadata: Json) -> list[FieldError]:
    """What is wrong with the name and the display name of a project."""
    name, shown = text_at(metadata, "name"), text_at(metadata, "annotations", DISPLAY_NAME)
    if len(name) < SHORTEST_NAME:
        complaints = ["must be at least 2 characters long"]
    else:
        complaints = names.dns_label(name)
    errors = [status.invalid_value("metadata.name", name, each) for each in complaints]
    if not name:
        errors = [status.required("metadata.name", "name or generateName is required")]
    if "\n" in shown or "\t" in shown:
        where = f"metadata.annotations[{DISPLAY_NAME}]"
        errors.append(status.invalid_value(where, shown, "may not contain a new line or tab"))
    if selector := text_at(metadata, "annotations", NODE_SELECTOR):
        try:
            selectors.parse_labels(selector)
        except selectors.BadSelector:
            errors.append(status.invalid_value("nodeSelector", selector, "must be a valid label selector"))
    return errors


class Projects(View):
    """The projects. They hold nothing of their own: every write is a write to the namespace."""

    resource = PROJECTS

    def __init__(self, namespaces: Namespaces, rights: Rights) -> None:
        self._namespaces, self._rights = namespaces, rights

    async def get(self, namespace: str, name: str, ask: Ask) -> Json:
        """One project; raises StatusError (404)."""
        return project_of(await self._namespaces.get("", name, self._below(ask)))

    async def list(self, namespace: str | None, options: ListOptions, ask: Ask) -> Listing:
        """The projects the caller may get; raises StatusError (400, 504)."""
        everything = ListOptions(labels=options.labels, revision=None if options.exact else options.revision)
        found = await self._namespaces.list(None, everything, ask)
        visible = [project_of(each) for each in found.items if _may_see(each["metadata"]["name"], ask)]
        return page_of(visible, options, self.resource, None, found.revision)

    async def create(self, namespace: str, obj: Json, ask: Ask) -> Outcome:
        """A project straight away, for those who may create projects; raises StatusError (409, 422)."""
        metadata = obj.get("metadata") or {}
        if errors := name_errors(metadata):
            raise status.invalid("Project", GROUP, text_at(metadata, "name"), errors)
        made = await self._namespaces.create("", {"metadata": metadata}, self._below(ask))
        return Outcome(project_of(made.object), created=True)

    def _below(self, ask: Ask) -> Ask:
        """What is asked of the namespace, which is what refusals name, as upstream's do."""
        return replace(ask, url_resource=self._namespaces.resource.group_resource)

    async def update(self, namespace: str, name: str, obj: Json, ask: Ask) -> Outcome:
        """Another display name or description; raises StatusError (404, 409, 422)."""

        async def rule(new: Json, old: Json, ask: Ask) -> Json:
            errors = name_errors(new["metadata"])
            errors += _changed(new, old, "annotations", OWN_ANNOTATIONS) + _changed(new, old, "labels", ())
            if errors:
                raise status.invalid("Project", GROUP, name, errors)
            return {**new, **{key: old[key] for key in ("spec", "status") if key in old}}

        changed = {"metadata": obj.get("metadata") or {}}
        made = await self._namespaces.update("", name, changed, self._below(ask), rules_hook=rule)
        return Outcome(project_of(made.object))

    async def delete(self, namespace: str, name: str, ask: Ask) -> Json:
        """Deletes the namespace and all in it; a Status, whether or not that takes a while. Raises StatusError."""
        await self._namespaces.delete("", name, self._below(ask))
        return status.success()

    async def watch(self, namespace: str | None, options: ListOptions, ask: Ask) -> AsyncIterator[Event]:
        """What becomes of the projects the caller may get; rights that come and go count like projects that do."""
        rights = await self._rights()
        seen: set[str] = set()
        if options.revision and not options.send_initial_events:
            seen = {each["metadata"]["name"] for each in (await self.list(None, _selection(options), ask)).items}
        events = self._namespaces.watch(None, options, ask)
        waiting = asyncio.ensure_future(_next(events))
        try:
            while True:
                await asyncio.wait({waiting}, timeout=LOOK_SECONDS)
                if (now := await self._rights()) is not rights:
                    rights = now
                    async for event in self._after_change_of_rights(seen, options, ask):
                        yield event
                if not waiting.done():
                    continue
                if (happened := waiting.result()) is None:
                    return
                if (shown := _shown(happened, seen, ask)) is not None:
                    yield shown
                waiting = asyncio.ensure_future(_next(events))
        finally:
            waiting.cancel()
            await asyncio.wait({waiting})

    async def _after_change_of_rights(self, seen: set[str], options: ListOptions, ask: Ask) -> AsyncIterator[Event]:
        found = (await self._namespaces.list(None, _selection(options), ask)).items
        for obj in found:
            name = obj["metadata"]["name"]
            if _may_see(name, ask) != (name in seen):
                kind = "DELETED" if name in seen else "ADDED"
                seen ^= {name}
                yield Event(kind, Shown.of(project_of(obj)))


async def _next(events: AsyncIterator[Event]) -> Event | None:
    return await anext(events, None)


def _selection(options: ListOptions) -> ListOptions:
    return ListOptions(labels=options.labels, fields=options.fields)


def _shown(event: Event, seen: set[str], ask: Ask) -> Event | None:
    """What an event of a namespace is to somebody who sees `seen`, which is kept up to date."""
    if event.type == "ERROR":
        return event
    if event.type == "BOOKMARK":
        mark = {**event.object, "kind": PROJECTS.kind, "apiVersion": PROJECTS.api_version}
        return Event(event.type, Shown.of(mark))
    obj = project_of(event.object)
    name = obj["metadata"]["name"]
    known, visible = name in seen, event.type != "DELETED" and _may_see(name, ask)
    if visible:
        seen.add(name)
        return Event("MODIFIED" if known else "ADDED", Shown.of(obj))
    seen.discard(name)
    return Event("DELETED", Shown.of(obj)) if known else None


def _may_see(name: str, ask: Ask) -> bool:
    wanted = Attributes(ask.user, "get", "", "namespaces", "", name, name)
    return ask.may(wanted).allowed or ask.may(replace(wanted, group=GROUP, resource="projects")).allowed


def _changed(new: Json, old: Json, field: str, free: tuple[str, ...]) -> list[FieldError]:
    """The entries of a map of metadata that differ and may not."""
    now, before = map_at(new, "metadata", field), map_at(old, "metadata", field)
    why = "field is immutable, try updating the namespace"
    return [
        status.invalid_value(f"metadata.{field}[{key}]", now.get(key, before.get(key)), why)
        for key in sorted({*now, *before})
        if key not in free and now.get(key) != before.get(key)
    ]
