"""Two servers on one database import what streams ask for once, and keep tags fresh at the pace of one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from roadstead.testing import builders
from roadstead.testing.postgres import binaries, running_postgres
from roadstead.testing.running import Server, start
from roadstead.testing.upstream import UpstreamRegistry

pytestmark = pytest.mark.skipif(binaries() is None, reason="needs PostgreSQL: apt-get install postgresql")

STREAMS = "/apis/image.openshift.io/v1/namespaces/shop/imagestreams"
INTERVAL_SECONDS = 2
WAIT_SECONDS = 60.0
LEASE = "/apis/coordination.k8s.io/v1/namespaces/openshift-image-registry/leases/roadstead-controllers"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    folder: Path = tmp_path_factory.mktemp("sharing") / "data"
    with ExitStack() as stack:
        database = stack.enter_context(running_postgres())
        servers = []
        for _ in range(2):
            server = start(
                folder,
                ROADSTEAD_OBJECTS_URL=database.url(),
                ROADSTEAD_REGISTRY_HOSTNAME="registry.test",
                ROADSTEAD_OUTBOUND_ALLOW="127.0.0.1",
                ROADSTEAD_IMPORTS_INTERVAL_SECONDS=str(INTERVAL_SECONDS),
            )
            stack.callback(server.kill)
            servers.append(server)
        yield servers[0], servers[1]


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.05)


def image(server: Server, stream: str) -> str | None:
    with server.ask_api() as api:
        entries = (api.get(f"{STREAMS}/{stream}").json().get("status") or {}).get("tags") or []
    return next((each["items"][0]["image"] for each in entries if each["items"]), None)


def post(server: Server, path: str, body: object) -> None:
    with server.ask_api() as api:
        assert api.send_json("POST", path, body).status == 201


def point(server: Server, upstream: UpstreamRegistry, stream: str, **policy: bool) -> None:
    source = {"kind": "DockerImage", "name": f"{upstream.host}/lib/web:v1"}
    tag = {"name": "v1", "from": source, "importPolicy": {"insecure": True, **policy}}
    post(server, STREAMS, {"metadata": {"name": stream}, "spec": {"tags": [tag]}})


def test_the_work_of_imports_is_done_once(two: tuple[Server, Server]) -> None:
    here, there = two
    post(here, "/api/v1/namespaces", {"metadata": {"name": "shop"}})
    with UpstreamRegistry().in_thread() as upstream:
        first = builders.image("first")
        upstream.add("lib/web", first, "v1")
        point(there, upstream, "once")
        until(lambda: image(here, "once") == first.digest)
        assert len(upstream.asked("GET", "/manifests/v1")) == 1

        point(here, upstream, "fresh", scheduled=True)
        until(lambda: image(there, "fresh") == first.digest)
        before, began = len(upstream.asked("GET", "/manifests/v1")), time.monotonic()
        second = builders.image("second")
        upstream.add("lib/web", second, "v1")
        until(lambda: image(there, "fresh") == second.digest)
        until(lambda: len(upstream.asked("GET", "/manifests/v1")) >= before + 4)
        asked = len(upstream.asked("GET", "/manifests/v1")) - before
        # However slow this machine is: one server looks once in an interval, two would look twice.
        assert asked <= (time.monotonic() - began) / INTERVAL_SECONDS + 1


def test_the_lease_names_one_of_them(two: tuple[Server, Server]) -> None:
    with two[0].ask_api() as api:
        holder = api.get(LEASE).json()["spec"]["holderIdentity"]
    assert "_registry.test_" in holder
