"""A small API to test against: a stored kind with rules, a cluster kind, a view, behind a gate that can be told."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection, Listing, ListOptions, Outcome, Patch, Rules, View
from roadstead.apimachinery.handlers import DoorSettings
from roadstead.apimachinery.health import Health
from roadstead.apimachinery.http import ApiDoor
from roadstead.apimachinery.nonresource import Facts
from roadstead.apimachinery.resource import Column, Resource, Subresource
from roadstead.apimachinery.served import Served
from roadstead.apimachinery.view import page_of
from roadstead.auth.users import Attributes, Decision, Refused, User
from roadstead.base.errors import Unauthenticated
from roadstead.base.values import Json
from roadstead.base.web import Headers, Reply, Request, request_for
from roadstead.kube import schema, status
from roadstead.kube.objectmeta import kind_shape
from roadstead.kube.schema import Shape
from roadstead.objects.store import Store

NOW = datetime(2026, 11, 23, 18, 49, 39, tzinfo=UTC)
ALICE = User("alice", groups=("system:authenticated",))
BOATS = "/apis/harbour.test/v1/namespaces/north/boats"
PIERS = "/apis/harbour.test/v1/piers"

PART = Shape("Part", {"name": schema.text(), "weight": schema.integer()})
SPEC = Shape(
    "BoatSpec",
    {
        "colour": schema.text(default="white"),
        "crew": schema.integer(),
        "parts": schema.list_of(schema.object_of(PART), merge_key="name"),
    },
)
BOAT = Resource(
    "harbour.test",
    "v1",
    "boats",
    "boat",
    "Boat",
    namespaced=True,
    shape=kind_shape(
        "Boat",
        {
            "spec": schema.object_of(SPEC, default={}),
            "status": schema.object_of(Shape("BoatStatus", {"berth": schema.text(), "address": schema.text()})),
        },
    ),
    short_names=("bt",),
    categories=("all",),
    columns=(
        Column("Name", lambda obj, _: obj["metadata"]["name"], format="name", description="its name"),
        Column("Colour", lambda obj, _: obj["spec"]["colour"]),
        Column("Crew", lambda obj, _: obj["spec"].get("crew", 0), type="number", priority=1),
    ),
    selectable={"spec.colour": lambda obj: str(obj["spec"]["colour"])},
    subresources=(Subresource("status", "Boat", ("get", "patch", "update")), Subresource("log", "Log", ("get",))),
)
PIER = Resource(
    "harbour.test",
    "v1",
    "piers",
    "pier",
    "Pier",
    namespaced=False,
    unconditional_update=True,
    shape=kind_shape("Pier", {}),
)
FLAG = Resource(
    "harbour.test",
    "v1",
    "flags",
    "flag",
    "Flag",
    namespaced=True,
    verbs=("get", "list", "update", "patch", "delete"),
    stored=False,
)
SIGNAL = Resource(
    "harbour.test", "v1", "signals", "signal", "Signal", namespaced=True, verbs=("create",), stored=False, slow=True
)


class BoatRules(Rules):
    """Boats count their generations, may not be invisible, and are shown with an address."""

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        obj["metadata"]["generation"] = 1
        obj.pop("status", None)
        return self._checked(obj)

    async def on_update(self, new: Json, old: Json, ask: Ask) -> Json:
        if new["spec"] != old["spec"]:
            new["metadata"]["generation"] = old["metadata"]["generation"] + 1
        new.pop("status", None)
        if "status" in old:
            new["status"] = old["status"]
        return self._checked(new)

    def shown(self, obj: Json) -> Json:
        metadata = obj["metadata"]
        obj["status"] = {**obj.get("status", {}), "address": f"{metadata['namespace']}/{metadata['name']}"}
        return obj

    def _checked(self, obj: Json) -> Json:
        if obj["spec"]["colour"] == "invisible":
            wrong = status.invalid_value("spec.colour", "invisible", "it must be seen")
            raise status.invalid("Boat", "harbour.test", obj["metadata"]["name"], [wrong])
        return obj


class Boats(Collection):
    """Boats with their subresources."""

    async def subresource(
        self, verb: str, namespace: str, name: str, sub: str, body: Json | Patch | None, ask: Ask
    ) -> Outcome:
        if sub == "log":
            return Outcome({"kind": "Log", "apiVersion": "harbour.test/v1", "metadata": {"name": name}})
        if verb == "get":
            return Outcome(await self.get(namespace, name, ask))
        if isinstance(body, Patch):
            return await self.patch(namespace, name, body, ask, rules_hook=self.on_status)
        return await self.update(namespace, name, body or {}, ask, rules_hook=self.on_status)

    @staticmethod
    async def on_status(new: Json, old: Json, ask: Ask) -> Json:
        """Only the status changes."""
        berth = new.get("status", {}).get("berth", "")
        return {**old, "status": {"berth": berth}}


class Flags(View):
    """The colour of a boat, as an object of its own."""

    resource = FLAG

    def __init__(self, boats: Collection) -> None:
        self._boats = boats

    async def get(self, namespace: str, name: str, ask: Ask) -> Json:
        return _flag(await self._boats.get(namespace, name, ask))

    async def list(self, namespace: str | None, options: ListOptions, ask: Ask) -> Listing:
        boats = await self._boats.list(namespace, ListOptions(), ask)
        return page_of([_flag(each) for each in boats.items], options, FLAG, namespace, boats.revision)

    async def update(self, namespace: str, name: str, obj: Json, ask: Ask) -> Outcome:
        boat = self._boats.peek(namespace, name)
        if boat is None:
            boat = {"metadata": {"name": name, "namespace": namespace}, "spec": {"colour": obj["colour"]}}
            return Outcome(_flag((await self._boats.create(namespace, boat, ask)).object), created=True)
        boat["spec"]["colour"] = obj["colour"]
        return Outcome(_flag((await self._boats.update(namespace, name, boat, ask)).object))


def _flag(boat: Json) -> Json:
    metadata = {"name": boat["metadata"]["name"], "namespace": boat["metadata"]["namespace"]}
    return {"kind": "Flag", "apiVersion": "harbour.test/v1", "metadata": metadata, "colour": boat["spec"]["colour"]}


class Signals(View):
    """Create only; answers with a Status, at once or later, or breaks."""

    resource = SIGNAL

    async def create(self, namespace: str, obj: Json, ask: Ask) -> Outcome:
        if obj.get("text") == "break":
            raise RuntimeError("the mast is broken")
        if obj.get("text") == "linger":
            await asyncio.sleep(0.1)
        return Outcome(status.success(code=201), created=True)


@dataclass
class TestGate:
    """Lets everybody in as alice and allows everything, until told otherwise; remembers what it was asked."""

    __test__ = False
    allow: Callable[[Attributes], bool] = lambda _: True
    user: User = ALICE
    asked: list[Attributes] = field(default_factory=list)

    async def authenticate(self, request: Request) -> User:
        if request.headers.get("Authorization") == "Bearer wrong":
            raise Unauthenticated("who is this?")
        return self.user

    def impersonate(self, user: User, headers: Headers) -> User:
        if "Impersonate-User" not in headers:
            return user
        attributes = Attributes(user, "impersonate", resource="users", name=headers["Impersonate-User"])
        if not self.allow(attributes):
            raise Refused(attributes)
        return User(headers["Impersonate-User"])

    def decide(self, attributes: Attributes) -> Decision:
        self.asked.append(attributes)
        return Decision(self.allow(attributes), "so I was told")


@dataclass
class World:
    """The door with everything behind it."""

    store: Store
    boats: Boats
    piers: Collection
    gate: TestGate
    door: ApiDoor
    faults: list[tuple[Exception, str]]

    async def ask(
        self, method: str, url: str, body: object = None, *, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request, with a JSON body unless it is bytes."""
        raw = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        return Answer(await self.door(request_for(method, url, headers=headers, body=raw)))

    async def make(self, name: str, namespace: str = "north", **more: Any) -> Json:
        """A boat, created through the door."""
        metadata = {"name": name, **more.pop("metadata", {})}
        url = f"/apis/harbour.test/v1/namespaces/{namespace}/boats"
        answer = await self.ask("POST", url, {"metadata": metadata, **more})
        assert answer.code == 201, answer.json
        return answer.json


class Answer:
    """A reply, easy to look at."""

    def __init__(self, reply: Reply) -> None:
        self.reply, self.code = reply, reply.status

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Every header."""
        found = self.reply.headers
        return list(found.items() if isinstance(found, Mapping) else found)

    def header(self, name: str) -> str:
        """The header of a name, "" when it is not there."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def body(self) -> bytes:
        """The body."""
        assert isinstance(self.reply.body, bytes)
        return self.reply.body

    @property
    def json(self) -> Json:
        """The body, decoded."""
        found: Json = orjson.loads(self.body)
        return found

    @property
    def message(self) -> str:
        """The message of a Status."""
        text: str = self.json["message"]
        return text

    async def events(self, most: int) -> list[Json]:
        """The first events of a watch; fewer when it ends before."""
        stream = self.lines()
        lines = []
        async for line in stream:
            lines.append(orjson.loads(line))
            if len(lines) == most:
                break
        await stream.aclose()
        return lines

    def lines(self) -> AsyncGenerator[bytes, None]:
        """The lines of a watch as they come."""
        assert isinstance(self.reply.body, AsyncGenerator)
        return self.reply.body


def namespace_check(namespace: str, name: str, ask: Ask) -> None:
    """North and south exist, nowhere does not."""
    if namespace == "nowhere":
        raise status.not_found(status.GroupResource("", "namespaces"), namespace)


def world(store: Store, ready: Callable[[], Awaitable[str]] | None = None, **settings: Any) -> World:
    """Builds the small API over a store; times and chances are fixed."""
    uids = (f"uid-{number}" for number in itertools.count(1))
    suffixes = (f"x{number:04}" for number in itertools.count(1))
    faults: list[tuple[Exception, str]] = []
    boats = Boats(BOAT, store, BoatRules(), namespace_check=namespace_check)
    piers = Collection(PIER, store)
    served: list[Served] = [boats, piers, Flags(boats), Signals()]
    gate = TestGate()
    chosen = DoorSettings(
        **{
            "now": lambda: NOW,
            "new_uid": lambda: next(uids),
            "suffix": lambda: next(suffixes),
            "report": lambda fault, reference: faults.append((fault, reference)),
            **settings,
        }
    )
    health = Health(ready={"log": ready} if ready else {})
    facts = Facts(metrics=lambda: b"boats 1\n", health=health)
    door = ApiDoor({each.resource.group_resource: each for each in served}, gate, settings=chosen, facts=facts)
    return World(store, boats, piers, gate, door, faults)
