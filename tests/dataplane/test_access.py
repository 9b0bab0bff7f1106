"""Who may do what at the door, and what those who may not are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from roadstead.auth.users import User
from roadstead.base.settings import Settings
from roadstead.base.web import request_for
from roadstead.dataplane.access import METHODS, needs
from roadstead.dataplane.paths import Place, Route
from roadstead.oci.reference import RepositoryName
from roadstead.testing.builders import image
from roadstead.testing.registry_client import HOST, House, basic, house_at

IMAGE = image()
DIGEST = IMAGE.digest
BLOB = IMAGE.blobs[0].digest
WEB = RepositoryName("shop", "web")


def rights(route: Route, method: str, reference: str = "") -> list[list[str]]:
    """What is needed, each with its alternatives, as `verb resource namespace/name`."""
    place = Place(route, "shop/web", reference)
    found = needs(User("somebody"), place, method, WEB if route not in (Route.CATALOG, Route.METRICS) else None)
    return [[f"{one.verb} {one.target} {one.namespace}/{one.name}" for one in each.any_of] for each in found]


PULL, PUSH = ["get imagestreams/layers shop/web"], ["update imagestreams/layers shop/web"]


@pytest.mark.parametrize(
    ("route", "method", "reference", "wanted"),
    [
        (Route.CATALOG, "GET", "", [["list imagestreams /"]]),
        (Route.METRICS, "GET", "", [["get registry/metrics /"]]),
        (Route.TAGS, "GET", "", [PULL]),
        (Route.REFERRERS, "GET", DIGEST, [PULL]),
        (Route.MANIFEST, "HEAD", "v1", [PULL]),
        (Route.MANIFEST, "PUT", "v1", [PULL, PUSH]),
        (Route.MANIFEST, "DELETE", "v1", [["delete imagestreamtags shop/web:v1"]]),
        (Route.MANIFEST, "DELETE", DIGEST, [["delete images /"]]),
        (Route.BLOB, "GET", BLOB, [PULL]),
        (Route.BLOB, "DELETE", BLOB, [["delete images /"]]),
        (Route.UPLOADS, "POST", "", [PULL, PUSH]),
        (Route.UPLOAD, "GET", "u", [PULL]),
        (Route.UPLOAD, "PATCH", "u", [PULL, PUSH]),
        (Route.UPLOAD, "PUT", "u", [PULL, PUSH]),
        (Route.UPLOAD, "DELETE", "u", [PUSH]),
        (Route.SIGNATURES, "GET", DIGEST, [PULL, PULL]),
        (
            Route.SIGNATURES,
            "PUT",
            DIGEST,
            [PULL, PUSH, ["create imagesignatures shop/web", "create imagesignatures /"]],
        ),
    ],
)
def test_every_operation_needs_the_rights_of_the_matrix(
    route: Route, method: str, reference: str, wanted: list[list[str]]
) -> None:
    assert rights(route, method, reference) == wanted


REQUESTS = [
    ("GET", "/v2/"),
    ("GET", "/v2/_catalog"),
    ("GET", "/v2/shop/web/tags/list"),
    ("GET", "/v2/shop/web/manifests/v1"),
    ("HEAD", f"/v2/shop/web/manifests/{DIGEST}"),
    ("GET", f"/v2/shop/web/blobs/{BLOB}"),
    ("GET", f"/v2/shop/web/referrers/{DIGEST}"),
    ("GET", f"/extensions/v2/shop/web/signatures/{DIGEST}"),
    ("POST", "/v2/shop/web/blobs/uploads/"),
    ("PUT", "/v2/shop/web/manifests/v2"),
    ("DELETE", "/v2/shop/web/manifests/v1"),
    ("DELETE", f"/v2/shop/web/blobs/{BLOB}"),
    ("DELETE", f"/admin/blobs/{DIGEST}"),
    ("GET", "/extensions/v2/metrics"),
]
LET_IN = {
    "nobody": [0],
    "neighbour": [0],
    "puller": [0, 2, 3, 4, 5, 6, 7],
    "pusher": [0, 2, 3, 4, 5, 6, 7, 8, 9],
    "builder": [0, 2, 3, 4, 5, 6, 7, 8, 9],
    "editor": [0, 2, 3, 4, 5, 6, 7, 8, 9, 10],
}


@pytest.mark.parametrize("person", [*LET_IN, "anonymous"])
async def test_people_get_what_their_roles_give_and_401_for_the_rest(house: House, person: str) -> None:
    await house.admin.push("shop/web", IMAGE, "v1")
    client = house.anonymous if person == "anonymous" else house.person(person)
    let_in = []
    for number, (method, target) in enumerate(REQUESTS):
        answer = await client.ask(method, target, IMAGE.data if method == "PUT" else b"")
        if answer.status != 401:
            assert answer.status < 400, (method, target, answer)
            let_in.append(number)
        else:
            assert answer.code == "UNAUTHORIZED"
    assert let_in == LET_IN.get(person, [0])


async def test_a_denial_is_401_with_a_basic_challenge_the_records_and_what_to_do(house: House) -> None:
    answer = await house.person("puller").post("/v2/shop/web/blobs/uploads/")
    assert (answer.status, answer.code, answer.message) == (401, "UNAUTHORIZED", "authentication required")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="openshift",error="access denied"'
    pull, push = answer.error["detail"]
    assert {key: pull[key] for key in ("Type", "Class", "Name", "Action")} == {
        "Type": "repository",
        "Class": "",
        "Name": "shop/web",
        "Action": "pull",
    }
    assert push["Action"] == "push"
    assert "kubectl create rolebinding" in push["Reason"]


async def test_a_denial_does_not_tell_whether_there_is_anything(house: House) -> None:
    await house.admin.push("other/secret", IMAGE, "v1")
    answers = []
    for name in ("secret", "absent"):
        for target in ("tags/list", "manifests/v1", f"blobs/{BLOB}", f"referrers/{DIGEST}"):
            answer = await house.person("puller").get(f"/v2/other/{name}/{target}")
            answers.append((answer.status, answer.body.replace(name.encode(), b"")))
    assert len(set(answers)) == 1


@pytest.mark.parametrize(
    ("authorization", "challenge"),
    [
        (None, 'Bearer realm="http://registry.test:5000/openshift/token"'),
        ("", 'Bearer realm="http://registry.test:5000/openshift/token"'),
        ("Digest x", 'Bearer realm="http://registry.test:5000/openshift/token"'),
        ("Bearer nonsense", 'Basic realm="openshift",error="access denied"'),
        ("Bearer a.b.c", 'Basic realm="openshift",error="access denied"'),
        (basic("x", "wrong"), 'Basic realm="openshift",error="access denied"'),
        ("Basic !!!", 'Basic realm="openshift",error="failed to decode credentials"'),
        (basic("x", ""), 'Basic realm="openshift",error="failed to decode credentials"'),
        ("Bearer \udcff", 'Basic realm="openshift",error="failed to decode credentials"'),
    ],
)
async def test_a_caller_nobody_knows_is_told_where_to_go(
    house: House, authorization: str | None, challenge: str
) -> None:
    answer = await house.showing(authorization).get("/v2/")
    assert (answer.status, answer.code) == (401, "UNAUTHORIZED")
    assert answer.headers["WWW-Authenticate"] == challenge
    assert answer.headers["Docker-Distribution-API-Version"] == "registry/2.0"


async def test_an_anonymous_caller_pulls_what_is_open_to_all(house: House) -> None:
    await house.admin.push("shop/web", IMAGE, "v1")
    assert (await house.anonymous.get("/v2/shop/web/manifests/v1")).status == 401
    everyone = {"kind": "Group", "name": "system:unauthenticated", "apiGroup": "rbac.authorization.k8s.io"}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:image-puller"}
    await house.create("rolebindings", "shop", "public", subjects=[everyone], roleRef=role)
    assert (await house.anonymous.get("/v2/shop/web/manifests/v1")).body == IMAGE.data
    assert (await house.anonymous.get(f"/v2/shop/web/blobs/{BLOB}")).status == 200
    assert (await house.anonymous.start("shop/web")).status == 401


async def test_a_right_that_is_taken_away_counts_for_nothing_from_the_next_request_on(house: House) -> None:
    assert (await house.person("puller").get("/v2/shop/web/tags/list")).status == 200
    await house.delete("rolebindings", "shop", "system:image-puller-puller")
    assert (await house.person("puller").get("/v2/shop/web/tags/list")).status == 401


WRONG_NAMES = ["..", "a/..", "../etc/passwd", "Shop/web", "shop/Web", "shop/web%2fx", "shop%2Fweb", "shop/web.", "-a/b"]
WRONG_NAMES += [
    "a/b__-c",
    "a//b",
    "shop/" + "x" * 251,
    "a_b/c",
    "x" * 64 + "/y",
    "shop/\u00e9",
    "shop/%00",
    "shop/\udcff",
]


@pytest.mark.parametrize("name", WRONG_NAMES, ids=range(len(WRONG_NAMES)))
async def test_a_name_that_is_none_is_refused_by_rule_for_reading_and_writing(house: House, name: str) -> None:
    for method, rest in (
        ("GET", "tags/list"),
        ("GET", "manifests/v1"),
        ("PUT", "manifests/v1"),
        ("POST", "blobs/uploads/"),
        ("GET", f"blobs/{BLOB}"),
    ):
        answer = await house.admin.ask(method, f"/v2/{name}/{rest}")
        assert (answer.status, answer.code) == (400, "NAME_INVALID"), (method, rest, answer)
        assert "repository name" in answer.message
        assert len(answer.body) < 1000
    assert house.leftovers() == []


async def test_a_name_may_have_255_characters_together_with_the_host_people_pull_from(house: House) -> None:
    name = "shop/" + "x" * (255 - len(f"{HOST}/shop/"))
    assert (await house.admin.push(name, IMAGE, "v1")).status == 201
    assert (await house.admin.get(f"/v2/{name}/tags/list")).json["tags"] == ["v1"]
    for blob in IMAGE.blobs:
        await house.admin.push_blob(name + "x", blob)
    longer = await house.admin.put_manifest(name + "x", IMAGE, "v1")
    assert (longer.status, longer.code) == (400, "NAME_INVALID")
    assert "it has 256 characters, at most 255" in longer.message
    assert (await house.admin.get(f"/v2/{name}x/tags/list")).status == 404


@pytest.mark.parametrize("name", ["web", "a/b/c", "library"])
async def test_a_name_without_exactly_two_parts_is_unknown_to_readers_and_invalid_to_writers(
    house: House, name: str
) -> None:
    for method, target, code in (
        ("GET", "tags/list", "NAME_UNKNOWN"),
        ("HEAD", "manifests/v1", "NAME_UNKNOWN"),
        ("PUT", "manifests/v1", "NAME_INVALID"),
        ("POST", "blobs/uploads/", "NAME_INVALID"),
        ("DELETE", "manifests/v1", "NAME_INVALID"),
    ):
        assert (await house.admin.ask(method, f"/v2/{name}/{target}")).code == code


async def test_a_read_only_registry_reads_and_refuses_everything_else(
    folder: Path, settings: Callable[..., Settings]
) -> None:
    async with house_at(folder) as house:
        await house.admin.push("shop/web", IMAGE, "v1")
    async with house_at(folder, settings(read_only=True)) as house:
        assert (await house.admin.get("/v2/shop/web/manifests/v1")).body == IMAGE.data
        assert (await house.showing(None).get("/openshift/token")).status == 200
        for method, target in REQUESTS:
            if method not in ("GET", "HEAD"):
                answer = await house.admin.ask(method, target, b"x")
                assert (answer.status, answer.code) == (405, "UNSUPPORTED"), (method, target)
                assert answer.message == "The operation is unsupported: the registry is read-only."
        assert (await house.admin.put("/v2/shop/web/manifests/v1")).headers["Allow"] == "GET, HEAD"
        assert house.leftovers() == []


async def test_addresses_follow_a_proxy_only_when_told_to(folder: Path, settings: Callable[..., Settings]) -> None:
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "images.test", "X-Forwarded-Port": "8443"}
    for trusted, base in ((False, "http://registry.test:5000"), (True, "https://images.test:8443")):
        async with house_at(folder, settings(trust_forwarded=trusted)) as house:
            started = await house.admin.ask("POST", "/v2/shop/web/blobs/uploads/", headers=forwarded)
            assert started.headers["Location"].startswith(f"{base}/v2/shop/web/blobs/uploads/")
            unknown = await house.showing(None).ask("GET", "/v2/", headers=forwarded)
            assert f'realm="{base}/openshift/token"' in unknown.headers["WWW-Authenticate"]


async def test_a_host_that_is_none_never_reaches_an_address(house: House) -> None:
    token = (house.folder / "admin.token").read_text().strip()
    for host in ("evil.test/path", "a b", '"', "x\r\nX-Bad: 1", "", "\udcff", "[::1", "h:99999"):
        headers = {"Host": host, "Authorization": f"Bearer {token}"}
        reply = await house.app.registry(request_for("POST", "/v2/shop/web/blobs/uploads/", headers=headers))
        assert dict(reply.headers)["Location"].startswith("http://localhost/v2/shop/web/blobs/uploads/")


def test_every_route_is_in_the_table() -> None:
    assert set(METHODS) == set(Route)
