"""A server that is killed in the middle of an import does it after the restart, and does it once."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from roadstead.testing import builders, hostile
from roadstead.testing.hostile import on
from roadstead.testing.running import Server, execute, start
from roadstead.testing.upstream import UpstreamRegistry

pytestmark = pytest.mark.crash

STREAMS = "/apis/image.openshift.io/v1/namespaces/shop/imagestreams"
WAIT_SECONDS = 30.0
OURS = {
    "ROADSTEAD_OUTBOUND_ALLOW": "127.0.0.1",
    # The same name each time: who comes back under it need not wait for the lease of who was killed.
    "ROADSTEAD_REGISTRY_HOSTNAME": "registry.test",
    "ROADSTEAD_IMPORTS_INTERVAL_SECONDS": "2",
}


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.02)


def run(folder: Path) -> Server:
    return start(folder, scheme="http", by=execute, **OURS)


def events(server: Server) -> list[str]:
    """The images the tag named, newest first."""
    with server.ask_api() as api:
        entries = (api.get(f"{STREAMS}/web").json().get("status") or {}).get("tags") or []
    return [each["image"] for entry in entries for each in entry["items"] or []]


def post(server: Server, path: str, body: object) -> None:
    with server.ask_api() as api:
        assert api.send_json("POST", path, body).status == 201


def point(server: Server, upstream: UpstreamRegistry) -> None:
    """A stream whose tag is to be kept fresh."""
    policy = {"insecure": True, "scheduled": True}
    source = {"kind": "DockerImage", "name": f"{upstream.host}/lib/web:v1"}
    tag = {"name": "v1", "from": source, "importPolicy": policy}
    post(server, "/api/v1/namespaces", {"metadata": {"name": "shop"}})
    post(server, STREAMS, {"metadata": {"name": "web"}, "spec": {"tags": [tag]}})


def test_an_import_cut_off_by_a_kill_is_done_after_the_restart(tmp_path: Path) -> None:
    with UpstreamRegistry().in_thread() as upstream:
        image = builders.image("web")
        upstream.add("lib/web", image, "v1")
        config = image.blobs[0].digest
        upstream.before.append(on(config, hostile.slow(20), times=1))
        server = run(tmp_path / "data")
        point(server, upstream)
        until(lambda: upstream.asked("GET", config))
        server.kill()
        server = run(tmp_path / "data")
        try:
            until(lambda: events(server))
            assert events(server) == [image.digest]
        finally:
            server.kill()


def test_a_scheduled_import_cut_off_by_a_kill_is_made_up_for(tmp_path: Path) -> None:
    with UpstreamRegistry().in_thread() as upstream:
        first, second = builders.image("first"), builders.image("second")
        upstream.add("lib/web", first, "v1")
        server = run(tmp_path / "data")
        point(server, upstream)
        until(lambda: events(server) == [first.digest])
        config = second.blobs[0].digest
        upstream.before.append(on(config, hostile.slow(20), times=1))
        upstream.add("lib/web", second, "v1")
        until(lambda: upstream.asked("GET", config))
        server.kill()
        assert len(upstream.asked("GET", config)) == 1
        server = run(tmp_path / "data")
        try:
            until(lambda: events(server) == [second.digest, first.digest])
        finally:
            server.kill()
