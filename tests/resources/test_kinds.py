"""Which kinds there are, and how they look from outside."""

from __future__ import annotations

import orjson
import pytest

from roadstead.apimachinery.http import ApiDoor
from roadstead.auth.users import ADMIN, Attributes, Decision, User
from roadstead.base.values import Json
from roadstead.base.web import Headers, Request, request_for
from tests.resources.world import World

IMAGES = "/apis/image.openshift.io/v1"
SHOP = f"{IMAGES}/namespaces/shop"


class OpenGate:
    async def authenticate(self, request: Request) -> User:
        return ADMIN

    def impersonate(self, user: User, headers: Headers) -> User:
        return user

    def decide(self, attributes: Attributes) -> Decision:
        return Decision(True)


async def call(world: World, method: str, path: str, body: Json | None = None) -> tuple[int, Json]:
    door = ApiDoor(world.kinds.served, OpenGate())
    sent = orjson.dumps(body) if body is not None else b""
    reply = await door(request_for(method, path, headers={"Content-Type": "application/json"}, body=sent))
    assert isinstance(reply.body, bytes)
    return reply.status, orjson.loads(reply.body)


async def test_the_image_group_lists_every_kind_of_the_contract(world: World) -> None:
    code, found = await call(world, "GET", IMAGES)
    assert code == 200
    verbs = {each["name"]: each["verbs"] for each in found["resources"]}
    everything = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
    tags = ["create", "delete", "get", "list", "patch", "update"]
    assert verbs == {
        "images": everything,
        "imagesignatures": ["create", "delete"],
        "imagestreamimages": ["get"],
        "imagestreamimports": ["create"],
        "imagestreammappings": ["create"],
        "imagestreams": everything,
        "imagestreams/layers": ["get"],
        "imagestreams/secrets": ["get"],
        "imagestreams/status": ["get", "patch", "update"],
        "imagestreamtags": tags,
        "imagetags": tags,
    }


async def test_a_push_is_seen_through_every_view(world: World) -> None:
    mapping = {"metadata": {"name": "web"}, "tag": "v1", "image": world.image("a")}
    code, answer = await call(world, "POST", f"{SHOP}/imagestreammappings", mapping)
    assert (code, answer["status"]) == (201, "Success")
    for path in ("imagestreamtags/web:v1", "imagetags/web:v1", f"imagestreamimages/web@{world.digest('a')}"):
        code, shown = await call(world, "GET", f"{SHOP}/{path}")
        assert code == 200
        assert shown["image"]["metadata"]["name"] == world.digest("a")


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", f"{SHOP}/imagestreammappings", 405),
        ("GET", f"{SHOP}/imagestreamtags?watch=true", 405),
        ("GET", f"{SHOP}/imagestreamimages", 404),
        ("GET", f"{SHOP}/imagestreamimports/x", 404),
        ("DELETE", f"{SHOP}/imagestreamtags", 405),
        ("DELETE", "/api/v1/namespaces", 405),
        ("PUT", f"{SHOP}/imagestreams/web/layers", 405),
    ],
)
async def test_verbs_that_are_not_served_are_refused(world: World, method: str, path: str, code: int) -> None:
    assert (await call(world, method, path))[0] == code


async def test_what_oc_tag_sends_is_understood(world: World) -> None:
    sent = {
        "kind": "ImageStreamTag",
        "apiVersion": "image.openshift.io/v1",
        "metadata": {"name": "app:x", "namespace": "shop"},
        "tag": {
            "name": "",
            "annotations": None,
            "from": {"kind": "DockerImage", "name": "quay.test/a/b:1"},
            "generation": 0,
            "importPolicy": {"importMode": "Legacy"},
            "referencePolicy": {"type": ""},
        },
        "generation": 0,
        "lookupPolicy": {"local": False},
        "image": {"metadata": {}, "dockerImageMetadata": None},
    }
    code, shown = await call(world, "PUT", f"{SHOP}/imagestreamtags/app:x", sent)
    assert code == 201
    assert shown["tag"]["generation"] == 1
    assert shown["image"] == {
        "metadata": {},
        "dockerImageMetadata": {
            "kind": "DockerImage",
            "apiVersion": "image.openshift.io/1.0",
            "Id": "",
            "Created": None,
            "ContainerConfig": {},
        },
        "dockerImageMetadataVersion": "1.0",
    }
