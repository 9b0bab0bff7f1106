"""One function per verb: read the request, ask the kind, render. Every one needs an `Admitted`."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from roadstead.apimachinery import bodies, longlists, options, replies, streaming
from roadstead.apimachinery.ask import Ask, new_uid, random_suffix
from roadstead.apimachinery.bodies import Wanted
from roadstead.apimachinery.ending import Ending
from roadstead.apimachinery.entrance import Admitted
from roadstead.apimachinery.openwatches import OpenWatches
from roadstead.apimachinery.options import WriteOptions
from roadstead.apimachinery.paths import Target
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.routing import Route
from roadstead.apimachinery.served import Outcome, Page, Patch, PatchType, Served
from roadstead.apimachinery.shown import Shown
from roadstead.auth.users import Attributes, Decision
from roadstead.base.audit import note
from roadstead.base.values import Json
from roadstead.base.web import Reply, Request
from roadstead.kube import bodies as refusals
from roadstead.kube.bodies import Expected
from roadstead.kube.objectmeta import plain_shape
from roadstead.kube.schema import Shape

TEXT_TYPE = "text/plain"
Report = Callable[[Exception, str], None]
"""Takes a fault of ours and the id under which the client was told about it."""


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


def report_to_log(fault: Exception, reference: str) -> None:
    """The default report: one log record with the trace."""
    logging.getLogger("roadstead.api").error("fault %s", reference, exc_info=fault)


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """What a request may cost, and where time, identities and reports come from."""

    body_bytes: int = 3 * 1024 * 1024
    write_seconds: float = 34.0
    request_seconds: float = 60.0
    now: Callable[[], datetime] = utc_now
    new_uid: Callable[[], str] = new_uid
    suffix: Callable[[], str] = random_suffix
    report: Report = report_to_log


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted request on its way to a kind."""

    admitted: Admitted
    request: Request
    route: Route
    settings: DoorSettings
    may: Callable[[Attributes], Decision]
    others: frozenset[tuple[str, str]]
    watches: OpenWatches
    warnings: list[str] = field(default_factory=list)

    @property
    def target(self) -> Target:
        """What the request is about."""
        return self.admitted.target

    @property
    def resource(self) -> Resource:
        """The resource in the URL."""
        return self.route.resource

    @property
    def served(self) -> Served:
        """The kind that serves it."""
        return self.route.served

    @property
    def namespace(self) -> str:
        """The namespace the object is in; "" for cluster-scoped kinds and for lists across namespaces."""
        return self.target.namespace if self.target.scoped else ""

    def ask(self, write: WriteOptions | None = None, *, delete: Json | None = None, at_least: int = 0) -> Ask:
        """What goes along with the object."""
        write, delete = write or WriteOptions(), delete or {}
        return Ask(
            user=self.admitted.user,
            now=self.settings.now(),
            new_uid=self.settings.new_uid,
            suffix=self.settings.suffix,
            dry_run=write.dry_run or bool(delete.get("dryRun")),
            field_manager=write.field_manager,
            subresource=self.target.subresource,
            field_validation=write.field_validation,
            may=self.may,
            warnings=self.warnings,
            options=delete,
            url_resource=self.resource.group_resource,
            at_least=at_least,
        )


async def get(call: Call) -> Reply:
    """GET of one object."""
    how = replies.accepted(call.request, call.resource)
    at_least = options.resource_version(call.request.query_value("resourceVersion")) or 0
    shown = await call.served.look(call.namespace, call.target.name, call.ask(at_least=at_least))
    return await _reply(call, replies.object_bytes(shown, call.resource, how, call.settings.now()))


async def list_(call: Call) -> Reply:
    """GET of a collection."""
    how = replies.accepted(call.request, call.resource, of_list=True)
    wanted = options.list_options(call.request, call.resource)
    page = await call.served.page(call.namespace or None, wanted, call.ask())
    if page.answer is None and longlists.is_long(page, how):
        form = replies.list_form(page, call.resource, how, call.settings.now())
        return longlists.reply(call.request, page, form, call.warnings)
    return await _reply(call, replies.page_bytes(page, call.resource, how, call.settings.now()))


async def watch(call: Call) -> Reply:
    """GET of a collection with `?watch=true`: the reply goes on until its time is over."""
    how = replies.accepted(call.request, call.resource)
    wanted = options.list_options(call.request, call.resource, watching=True)
    ending = Ending()
    events = call.served.watch(call.namespace or None, wanted, replace(call.ask(), ending=ending))

    def report(fault: Exception) -> str:
        call.settings.report(fault, call.request.id)
        return f"a fault of the server, logged as {call.request.id}"

    every = streaming.lines(events, call.resource, how, call.settings.now, report)
    lines = call.watches.guard(call.request, call.admitted, ending, every)
    return Reply(200, [("Content-Type", replies.JSON_TYPE), ("Cache-Control", replies.NO_STORE)], lines)


async def create(call: Call) -> Reply:
    """POST to a collection."""
    how = replies.accepted(call.request, call.resource)
    write = options.write_options(call.request, "CreateOptions")
    obj = await _object(call, write)
    outcome = await call.served.create(call.namespace, obj, call.ask(write))
    return await _outcome(call, outcome, how, code=201)


async def update(call: Call) -> Reply:
    """PUT of one object."""
    how = replies.accepted(call.request, call.resource)
    write = options.write_options(call.request, "UpdateOptions")
    obj = await _object(call, write)
    outcome = await call.served.update(call.namespace, call.target.name, obj, call.ask(write))
    return await _outcome(call, outcome, how)


async def patch(call: Call) -> Reply:
    """PATCH of one object."""
    how = replies.accepted(call.request, call.resource)
    sent = await bodies.read_patch(call.request, call.settings.body_bytes)
    write = options.write_options(call.request, "PatchOptions", applying=sent.type is PatchType.APPLY)
    outcome = await call.served.patch(call.namespace, call.target.name, sent, call.ask(write))
    return await _outcome(call, outcome, how)


async def delete(call: Call) -> Reply:
    """DELETE of one object."""
    how = replies.accepted(call.request, call.resource)
    chosen = await bodies.read_delete_options(call.request, call.settings.body_bytes)
    left = await call.served.delete(call.namespace, call.target.name, call.ask(delete=chosen))
    return await _outcome(call, Outcome(left), how)


async def delete_collection(call: Call) -> Reply:
    """DELETE of a collection: everything the selectors let through."""
    how = replies.accepted(call.request, call.resource, of_list=True)
    wanted = options.list_options(call.request, call.resource)
    chosen = await bodies.read_delete_options(call.request, call.settings.body_bytes)
    gone = await call.served.delete_collection(call.namespace or None, wanted, call.ask(delete=chosen))
    page = Page([Shown.of(each) for each in gone.items], gone.revision, gone.continue_, gone.remaining)
    return await _reply(call, replies.page_bytes(page, call.resource, how, call.settings.now()))


async def subresource(call: Call) -> Reply:
    """Any verb on a part of an object that has a path of its own."""
    part = call.route.subresource
    shown = replace(call.resource, columns=part.columns) if part is not None and part.columns else None
    how = replies.accepted(call.request, shown)
    verb, write = call.target.verb, WriteOptions()
    body: Json | Patch | None = None
    if part is not None and part.connects:
        pass
    elif verb == "patch":
        body = await bodies.read_patch(call.request, call.settings.body_bytes)
        write = options.write_options(call.request, "PatchOptions", applying=body.type is PatchType.APPLY)
    elif verb in ("create", "update"):
        write = options.write_options(call.request, "CreateOptions" if verb == "create" else "UpdateOptions")
        body = await _object(call, write)
    outcome = await _subresource(call, body, write)
    if outcome.text is not None:
        return Reply(200, [("Content-Type", TEXT_TYPE), ("Cache-Control", replies.NO_STORE)], outcome.text)
    return await _outcome(call, outcome, how, code=201 if verb == "create" else 200, resource=shown)


async def _subresource(call: Call, body: Json | Patch | None, write: WriteOptions) -> Outcome:
    target = call.target
    ask = call.ask(write)
    if target.verb == "get":
        ask = replace(ask, query=call.request.query_map())
    return await call.served.subresource(target.verb, call.namespace, target.name, target.subresource, body, ask)


HANDLERS: dict[str, Callable[[Call], Awaitable[Reply]]] = {
    "get": get,
    "list": list_,
    "watch": watch,
    "create": create,
    "update": update,
    "patch": patch,
    "delete": delete,
    "deletecollection": delete_collection,
}


async def _object(call: Call, write: WriteOptions) -> Json:
    """The object in the body; its namespace and name must be those of the URL, or absent."""
    wanted = Wanted(*_expected(call), call.others)
    limit = call.settings.body_bytes
    obj = await bodies.read_object(call.request, wanted, limit, write.field_validation, call.warnings)
    metadata = obj["metadata"] = obj.get("metadata") or {}
    if call.request.notes and not call.target.name:
        note(call.request, name=str(metadata.get("name") or metadata.get("generateName") or ""))
    if not call.namespace:
        metadata.pop("namespace", None)
    elif metadata.setdefault("namespace", call.namespace) != call.namespace:
        raise refusals.namespace_mismatch()
    if call.target.verb == "update" and not metadata.get("name"):
        raise refusals.no_name(call.target.name)
    if call.target.name and metadata.setdefault("name", call.target.name) != call.target.name:
        raise refusals.name_mismatch(metadata["name"], call.target.name)
    return obj


def _expected(call: Call) -> tuple[Expected, Shape]:
    resource, sub = call.resource, call.route.subresource
    if sub is None:
        return Expected(resource.group, resource.version, resource.kind), resource.shape or plain_shape(resource.kind)
    group = resource.group if sub.group is None else sub.group
    version = resource.version if sub.version is None else sub.version
    own = resource.shape if sub.kind == resource.kind else None
    return Expected(group, version, sub.kind), sub.shape or own or plain_shape(sub.kind)


async def _outcome(
    call: Call, outcome: Outcome, how: replies.Accepted, *, code: int = 200, resource: Resource | None = None
) -> Reply:
    shown = Shown.of(outcome.object)
    body = replies.object_bytes(shown, resource or call.resource, how, call.settings.now())
    return await _reply(call, body, code=201 if outcome.created else code)


async def _reply(call: Call, body: bytes, *, code: int = 200) -> Reply:
    return await replies.json_reply(call.request, body, code=code, warnings=call.warnings)
