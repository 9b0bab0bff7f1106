"""A walk through every route and method: each asks the gate first, and answers in the words of the protocol."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from roadstead.auth.users import Attributes, Decision
from roadstead.base.settings import Settings
from roadstead.base.web import Reply
from roadstead.dataplane.access import METHODS
from roadstead.dataplane.admitted import Admitted, Answer
from roadstead.dataplane.paths import Route, find
from roadstead.testing.builders import image
from roadstead.testing.registry_client import Client, House, house_at

IMAGE = image()
BLOB = IMAGE.blobs[0].digest
PATHS = {
    Route.LIVE: "/healthz",
    Route.BASE: "/v2/",
    Route.CATALOG: "/v2/_catalog",
    Route.TAGS: "/v2/shop/web/tags/list",
    Route.MANIFEST: "/v2/shop/web/manifests/v1",
    Route.BLOB: f"/v2/shop/web/blobs/{BLOB}",
    Route.UPLOADS: "/v2/shop/web/blobs/uploads/",
    Route.UPLOAD: "/v2/shop/web/blobs/uploads/12345678-1234-1234-1234-123456789012",
    Route.REFERRERS: f"/v2/shop/web/referrers/{IMAGE.digest}",
    Route.TOKEN: "/openshift/token",
    Route.SIGNATURES: f"/extensions/v2/shop/web/signatures/{IMAGE.digest}",
    Route.METRICS: "/extensions/v2/metrics",
    Route.ADMIN_BLOB: f"/admin/blobs/{BLOB}",
}
OPEN = (Route.LIVE, Route.TOKEN)
EVERYTHING = [(route, method) for route, methods in METHODS.items() for method in methods]
GUARDED = [(route, method) for route, method in EVERYTHING if route not in OPEN]
IDS = [f"{method} {route.value}" for route, method in GUARDED]


def test_the_walk_knows_a_path_to_every_route() -> None:
    found = {route: find(path) for route, path in PATHS.items()}
    assert {route for route, place in found.items() if place is not None and place.route is route} == set(Route)


async def test_every_method_of_every_route_has_one_answer_and_there_are_no_others(house: House) -> None:
    wanted = {(route, "GET" if method == "HEAD" else method) for route, method in GUARDED}
    assert set(house.app.registry.answers) == wanted


async def test_only_life_signs_and_the_token_endpoint_answer_without_credentials(house: House) -> None:
    for route, method in EVERYTHING:
        answer = await house.showing(None).ask(method, PATHS[route])
        assert answer.status == (200 if route in OPEN else 401), (route, method)
    for path in ("/", "/healthz"):
        for method in ("GET", "HEAD"):
            live = await house.showing("Bearer wrong").ask(method, path)
            assert (live.status, live.body, live.headers["Cache-Control"]) == (200, b"", "no-cache")


class Denies:
    """What the gate says to everybody, noted."""

    def __init__(self) -> None:
        self.asked: list[Attributes] = []

    def __call__(self, attributes: Attributes) -> Decision:
        self.asked.append(attributes)
        return Decision(False, "because the test says so")


@pytest.fixture
def ran(house: House) -> list[tuple[Route, str]]:
    """Which handlers ran: each is replaced by one that only says so."""
    found: list[tuple[Route, str]] = []

    def noting(key: tuple[Route, str]) -> Answer:
        async def answer(_: Admitted) -> Reply:
            found.append(key)
            return Reply(418)

        return answer

    answers = house.app.registry.answers
    answers.update({key: noting(key) for key in answers})
    return found


UNKNOWN = {"no credentials": None, "a bad token": "Bearer nonsense", "a bad password": "Basic YTpi", "noise": "Basic !"}


@pytest.mark.parametrize("authorization", UNKNOWN.values(), ids=UNKNOWN.keys())
async def test_no_handler_runs_for_a_caller_nobody_knows(
    house: House, ran: list[tuple[Route, str]], authorization: str | None
) -> None:
    for route, method in GUARDED:
        answer = await house.showing(authorization).ask(method, PATHS[route], b"{}")
        assert (answer.status, answer.code) == (401, "UNAUTHORIZED"), (route, method)
        assert answer.headers["WWW-Authenticate"]
    assert ran == []


async def test_no_handler_but_the_greeting_runs_when_the_gate_denies_everything(
    house: House, ran: list[tuple[Route, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    denies = Denies()
    monkeypatch.setattr(house.app.gate, "decide", denies)
    for client in (house.admin, house.anonymous, house.person("builder")):
        for route, method in GUARDED:
            if route is Route.BASE:
                continue
            denies.asked.clear()
            answer = await client.ask(method, PATHS[route], b"{}")
            assert (answer.status, answer.code) == (401, "UNAUTHORIZED"), (route, method)
            assert denies.asked, (route, method)
    assert ran == []


@dataclass
class Role:
    """Somebody, and what they are let in to."""

    client: Callable[[House], Client]
    let_in: Callable[[Route, str], bool]


READING = (Route.TAGS, Route.MANIFEST, Route.BLOB, Route.UPLOAD, Route.REFERRERS, Route.SIGNATURES)
ROLES = {
    "nobody": Role(lambda house: house.person("nobody"), lambda route, method: route is Route.BASE),
    "anonymous": Role(lambda house: house.anonymous, lambda route, method: route is Route.BASE),
    "puller": Role(
        lambda house: house.person("puller"),
        lambda route, method: route is Route.BASE or (route in READING and method in ("GET", "HEAD")),
    ),
    "admin": Role(lambda house: house.admin, lambda route, method: True),
}


@pytest.mark.parametrize("name", ROLES)
async def test_handlers_run_for_exactly_those_who_may(house: House, ran: list[tuple[Route, str]], name: str) -> None:
    role = ROLES[name]
    for route, method in GUARDED:
        ran.clear()
        answer = await role.client(house).ask(method, PATHS[route], b"{}")
        assert bool(ran) == role.let_in(route, method), (route, method)
        assert answer.status == (418 if ran else 401)


ALL_METHODS = (
    "GET",
    "HEAD",
    "PUT",
    "POST",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "get",
    "X" * 500,
)


@pytest.mark.parametrize("route", Route)
async def test_a_method_a_route_does_not_have_is_405_and_tells_those_it_has(house: House, route: Route) -> None:
    for method in ALL_METHODS:
        if method in METHODS[route]:
            continue
        answer = await house.admin.ask(method, PATHS[route])
        assert answer.status == 405, method
        assert answer.headers["Docker-Distribution-API-Version"] == "registry/2.0"
        if route in (Route.TOKEN, Route.ADMIN_BLOB, Route.SIGNATURES):
            assert answer.body == b""
        else:
            assert answer.headers["Allow"] == ", ".join(METHODS[route])
            assert answer.body == b"Method not allowed\n"


async def test_a_path_that_is_none_is_a_plain_404_for_everybody(house: House) -> None:
    for client in (house.admin, house.showing(None)):
        for path in ("/v1/", "/v2/x", "/nothing", "//", "*", "/v2/../etc", "/admin/", "/debug/pprof"):
            answer = await client.get(path)
            assert (answer.status, answer.body) == (404, b"404 page not found\n")
            assert answer.headers["Content-Type"].startswith("text/plain")
            assert answer.headers["Docker-Distribution-API-Version"] == "registry/2.0"


async def test_the_api_says_it_is_here(house: House) -> None:
    for client in (house.anonymous, house.person("nobody")):
        answer = await client.get("/v2/")
        assert (answer.status, answer.body, answer.headers["Content-Type"]) == (200, b"{}", "application/json")
        assert answer.headers["X-Registry-Supports-Signatures"] == "1"
    moved = await house.showing(None).get("/v2")
    assert (moved.status, moved.headers["Location"]) == (301, "/v2/")


async def test_metrics_are_for_those_who_may_see_them_and_can_be_switched_off(
    folder: Path, settings: Callable[..., Settings]
) -> None:
    async with house_at(folder) as house:
        for method in ("GET", "GET", "BREW", "X" * 100):
            await house.admin.ask(method, "/v2/")
        await house.allow("registry-monitoring", "watcher")
        text = (await house.person("watcher").get("/extensions/v2/metrics")).body.decode()
        assert 'imageregistry_http_requests_total{code="200",method="GET"} 2.0' in text
        assert 'imageregistry_http_requests_total{code="405",method="other"} 2.0' in text
        assert "BREW" not in text
        assert (await house.person("puller").get("/extensions/v2/metrics")).status == 401
    async with house_at(folder, settings(metrics=False)) as house:
        assert (await house.admin.get("/extensions/v2/metrics")).status == 404


@pytest.fixture(scope="module")
def shared(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for many examples."""
    return Path(shutil.copytree(furnished, tmp_path_factory.mktemp("any") / "data"))


@pytest.fixture(scope="module")
def runner(shared: Path) -> Iterator[Callable[..., None]]:
    """Asks one house that stays open over all examples, and looks at what every answer owes."""
    loop, stack = asyncio.new_event_loop(), AsyncExitStack()
    house = loop.run_until_complete(stack.enter_async_context(house_at(shared)))
    loop.run_until_complete(house.admin.push("shop/web", IMAGE, "v1"))

    def run(method: str, target: str, sent: Mapping[str, str], body: bytes, who: str | None) -> None:
        client = house.admin if who == "admin" else house.showing(who)
        answer = loop.run_until_complete(client.ask(method, target, body, sent))
        assert answer.status in range(200, 600)
        assert answer.status != 500
        for name, value in answer.headers.items():
            (name + value).encode("ascii")
            assert "\n" not in value
            assert "\r" not in value
        if answer.status >= 400 and answer.headers.get("Content-Type") == "application/json" and answer.code:
            assert answer.message
            assert "Traceback" not in answer.message

    yield run
    loop.run_until_complete(stack.aclose())
    loop.close()


WORDS = [
    "v2",
    "shop",
    "web",
    "manifests",
    "blobs",
    "uploads",
    "tags",
    "list",
    "_catalog",
    "referrers",
    "v1",
    IMAGE.digest,
]
WORDS += ["openshift", "token", "extensions", "signatures", "admin", "", "..", "%2f", "%00", "sha512:" + "0" * 128]
texts = st.text(st.characters(), max_size=30)
paths = st.one_of(
    texts,
    st.lists(st.one_of(st.sampled_from(WORDS), texts), max_size=8).map(lambda parts: "/" + "/".join(parts)),
    st.sampled_from(list(PATHS.values())),
)
KEYS = ["n", "last", "digest", "mount", "from", "tag", "_state", "artifactType", "digest-algorithm", "scope"]
queries = st.lists(st.tuples(st.sampled_from(KEYS), texts), max_size=4).map(
    lambda pairs: "&".join(f"{key}={value}" for key, value in pairs)
)
NAMES = ["Accept", "Range", "If-Range", "If-Match", "If-None-Match", "Content-Range", "Content-Type", "Content-Length"]
NAMES += ["Host", "Transfer-Encoding", "X-Forwarded-Host", "Forwarded"]
GOOD_VALUES = ["bytes=0-1,2-3", "0-9", "*", f'"{IMAGE.digest}"', "application/json", "9" * 5000, "chunked", "bytes=5-"]
headers = st.dictionaries(st.sampled_from(NAMES), st.one_of(st.sampled_from(GOOD_VALUES), texts), max_size=4)
bodies = st.one_of(st.binary(max_size=60), st.sampled_from([b"{}", b"[]", IMAGE.data]))
CREDENTIALS = st.one_of(st.none(), st.just("admin"), texts)


@hypothesis_settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"]), paths, queries, headers, bodies, CREDENTIALS)
def test_no_request_whatever_is_a_fault(
    runner: Callable[..., None],
    method: str,
    path: str,
    query: str,
    sent: Mapping[str, str],
    body: bytes,
    who: str | None,
) -> None:
    runner(method, f"{path}?{query}", sent, body, who)
