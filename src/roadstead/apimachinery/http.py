"""The API door: paths and verbs -> who may -> which kind -> a reply."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

import orjson

from roadstead.apimachinery import options, paths, replies
from roadstead.apimachinery.entrance import Admitted, Gate, admit
from roadstead.apimachinery.faults import status_of
from roadstead.apimachinery.handlers import HANDLERS, Call, DoorSettings, subresource
from roadstead.apimachinery.nonresource import PUBLIC_PATHS, Facts, Pages, may_be_open, not_found
from roadstead.apimachinery.openwatches import OpenWatches
from roadstead.apimachinery.paths import Target
from roadstead.apimachinery.replies import FRONT_DOOR, status_reply
from roadstead.apimachinery.served import Served
from roadstead.apimachinery.surface import Surface
from roadstead.base.errors import Failure
from roadstead.base.web import Handler, Reply, Request, new_id
from roadstead.kube import status
from roadstead.kube.status import GroupResource

EXCEEDED = "context deadline exceeded"
LONGEST_SECONDS = 3600.0
"""What `?timeout=` may ask for where a request waits for other servers (image-api contract, section 14.8)."""


class ApiDoor:
    """Answers the requests of a Kubernetes-style API.

    Nothing but PUBLIC_PATHS and the pages where people log in is answered before the gate has recognised the caller
    and allowed the request; whether an object, a resource or a group exists is looked up after that.
    """

    def __init__(
        self,
        served: Mapping[GroupResource, Served],
        gate: Gate,
        *,
        settings: DoorSettings | None = None,
        facts: Facts | None = None,
        open_pages: Mapping[str, Handler] | None = None,
    ) -> None:
        """`open_pages` answer before anybody is known; raises ValueError for a path where that must not be."""
        self._open = dict(open_pages or {})
        if stray := [path for path in self._open if not may_be_open(path)]:
            raise ValueError(f"{stray} must stay behind the gate")
        self._gate, self._settings = gate, settings or DoorSettings()
        self._facts = facts or Facts()
        self.watches = OpenWatches(gate)
        self._surface = Surface(served.values())
        self._pages = Pages(self._surface, self._facts)

    def serve(self, served: Iterable[Served]) -> None:
        """From now on, these kinds: routes, discovery and OpenAPI change together."""
        self._surface = Surface(served, self._surface)
        self._pages = Pages(self._surface, self._facts)

    async def __call__(self, request: Request) -> Reply:
        """One reply for one request; raises nothing but ConnectionError and cancellation."""
        if not request.id:
            request.id = new_id()
        try:
            return await self._answer(request)
        except Failure as failure:
            return status_reply(status_of(failure))
        except TimeoutError:
            return _out_of_time(request)
        except ConnectionError:
            raise
        except Exception as fault:
            self._settings.report(fault, request.id)
            return status_reply(status.internal(f"a fault of the server, logged as {request.id}"))

    async def _answer(self, request: Request) -> Reply:
        try:
            watching = bool(options.boolean(request, "watch"))
            target = paths.parse(request.method, request.path, watching=watching)
        except paths.Unreadable:
            return not_found()
        if target.path in PUBLIC_PATHS:
            return await self._pages.public(target, request)
        if target.path in self._open:
            return await self._open[target.path](request)
        try:
            admitted = await admit(self._gate, request, target)
        except Failure as refused:
            return status_reply(status_of(refused), cache=FRONT_DOOR)
        if not target.is_resource:
            return await self._pages.protected(admitted, request)
        return await self._resource(admitted, request)

    async def _resource(self, admitted: Admitted, request: Request) -> Reply:
        target, surface = admitted.target, self._surface
        if not surface.routes.knows(target):
            return not_found()
        route = surface.routes.find(target)
        call = Call(admitted, request, route, self._settings, self._gate.decide, surface.kinds, self.watches)
        handler = subresource if route.subresource is not None else HANDLERS[target.verb]
        seconds = self._seconds(request, target, slow=route.resource.slow)
        try:
            async with asyncio.timeout(seconds):
                return await handler(call)
        except Failure as failure:
            return status_reply(status_of(failure), cache=replies.NO_STORE, warnings=call.warnings)

    def _seconds(self, request: Request, target: Target, *, slow: bool) -> float | None:
        """How long the handler may take; a watch ends by itself, and what waits for other servers may be given more."""
        if target.verb == "watch":
            return None
        if slow and target.verb == "create" and request.query_value("timeout"):
            return options.deadline(request, LONGEST_SECONDS)
        reading = target.verb in ("get", "list")
        most = self._settings.request_seconds if reading else self._settings.write_seconds
        return options.deadline(request, most)


def _out_of_time(request: Request) -> Reply:
    """Who set the time themselves is told by the front door, in its own way (image-api contract, section 14.8)."""
    if not request.query_value("timeout"):
        return status_reply(status.timeout("request did not complete within requested timeout - " + EXCEEDED, 0))
    told = status.timeout("request did not complete within the allotted timeout", 0).status
    body = orjson.dumps({key: value for key, value in told.items() if key not in ("kind", "apiVersion")})
    return Reply(504, [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", FRONT_DOOR)], body)
