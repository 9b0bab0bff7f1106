"""A server killed while it pulls a blob through leaves nothing of it, and pulls it whole the next time."""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from roadstead.testing.asking import Client
from roadstead.testing.builders import Content, config, manifest
from roadstead.testing.nursery import Nursery
from roadstead.testing.running import Server, running, start
from roadstead.testing.upstream import UpstreamRegistry
from tests.crash.pushing import NAMESPACE, make_namespace

pytestmark = pytest.mark.crash
LARGE = Content(bytes(range(256)) * 20_000)
FEW, MANY = 100_000, 4_000_000
OPTIONS: dict[str, Any] = {"ROADSTEAD_OUTBOUND_ALLOW": "127.0.0.1", "ROADSTEAD_IMAGES_AUTH_FILES": "none"}


class Faucet:
    """Gives the first bytes of a blob, and the rest when it is opened."""

    def __init__(self, first: int) -> None:
        self.first, self.open = first, False

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse | None:
        if self.open or request.method != "GET" or LARGE.digest not in request.path:
            return None
        answer = web.StreamResponse()
        answer.content_length = len(LARGE.data)
        await answer.prepare(request)
        await answer.write(LARGE.data[: self.first])
        while not self.open:  # noqa: ASYNC110  (opened from another thread)
            await asyncio.sleep(0.01)
        raise ConnectionResetError


@pytest.fixture
def upstream() -> Iterator[UpstreamRegistry]:
    registry = UpstreamRegistry()
    head = config("large")
    fields = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "config": head.described()}
    registry.add("team/large", manifest({**fields, "layers": [LARGE.described()]}, (head, LARGE)), "v1")
    with registry.in_thread():
        yield registry


def import_large(server: Server, upstream: UpstreamRegistry) -> None:
    item = {
        "from": {"kind": "DockerImage", "name": f"{upstream.host}/team/large:v1"},
        "to": {"name": "v1"},
        "importPolicy": {"insecure": True},
    }
    head = {"kind": "ImageStreamImport", "apiVersion": "image.openshift.io/v1", "metadata": {"name": "large"}}
    path = f"/apis/image.openshift.io/v1/namespaces/{NAMESPACE}/imagestreamimports"
    with server.ask_api() as api:
        make_namespace(api)
        answer = api.send_json("POST", path, {**head, "spec": {"import": True, "images": [item]}})
    assert answer.json()["status"]["images"][0]["status"]["status"] == "Success", answer


def begin(registry: Client) -> http.client.HTTPResponse:
    """A pull of the large blob whose first bytes have come."""
    registry.send("GET", f"/v2/{NAMESPACE}/large/blobs/{LARGE.digest}")
    answer = registry.connection().getresponse()
    assert answer.read(1000) == LARGE.data[:1000]
    return answer


@pytest.mark.parametrize("first", [FEW, MANY])
def test_a_kill_in_the_middle_leaves_nothing_and_the_next_pull_is_whole(
    first: int, nursery: Nursery, tmp_path: Path, upstream: UpstreamRegistry
) -> None:
    faucet = Faucet(first)
    upstream.before.append(faucet)
    server = start(tmp_path / "data", scheme="http", by=nursery.plainly, **OPTIONS)
    try:
        import_large(server, upstream)
        with server.ask_registry() as registry:
            answer = begin(registry)
            server.kill()
            with pytest.raises((http.client.IncompleteRead, ConnectionError)), answer:
                answer.read()
    finally:
        server.kill()
    faucet.open = True
    with running(server.folder, scheme="http", by=nursery.plainly, **OPTIONS) as again:
        assert list((server.folder / "uploads").glob("*")) == []
        with again.ask_registry() as registry:
            found = registry.get(f"/v2/{NAMESPACE}/large/blobs/{LARGE.digest}")
        assert (found.status, found.body) == (200, LARGE.data)
        assert "Traceback" not in again.log


def test_a_server_that_stops_lets_go_of_what_is_on_its_way(
    nursery: Nursery, tmp_path: Path, upstream: UpstreamRegistry
) -> None:
    faucet = Faucet(FEW)
    upstream.before.append(faucet)
    options = {**OPTIONS, "ROADSTEAD_LIMITS_DRAIN_SECONDS": "1"}
    with running(tmp_path / "data", scheme="http", by=nursery.plainly, **options) as server:
        import_large(server, upstream)
        with server.ask_registry() as registry, begin(registry):
            assert server.stop() == 0
    faucet.open = True
    assert list((server.folder / "uploads").glob("*")) == []
    assert "Traceback" not in server.log
