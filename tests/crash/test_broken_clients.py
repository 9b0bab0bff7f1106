"""Clients that go away in the middle are no fault of the server: nothing is logged as one, nothing half is kept."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from roadstead.testing.nursery import Nursery
from roadstead.testing.running import Server, running
from tests.crash.pushing import NAMESPACE, STREAMS, Ledger, SmallImage, make_namespace, push, push_blob, sha256
from tests.crash.survey import survey
from tests.crash.test_stopping import begin_put

pytestmark = pytest.mark.crash
LARGE = bytes(32 << 20)


@pytest.fixture
def server(nursery: Nursery, tmp_path: Path) -> Iterator[Server]:
    """A plain server with a namespace, that cuts off idle clients soon."""
    patience = {"ROADSTEAD_LIMITS_BODY_IDLE_SECONDS": "1", "ROADSTEAD_LIMITS_SEND_IDLE_SECONDS": "1"}
    with running(tmp_path / "data", scheme="http", by=nursery.plainly, **patience) as started:
        with started.ask_api() as api:
            make_namespace(api)
        yield started
        survey(started, Ledger())
        assert started.stop() == 0
        assert "Traceback" not in started.log


def test_an_upload_broken_off_in_the_middle_is_no_fault(server: Server) -> None:
    with server.ask_registry() as registry:
        begin_put(registry, LARGE, 1 << 20)
    refuse_half(server)


def test_an_upload_that_stalls_is_cut_off(server: Server) -> None:
    with server.ask_registry() as registry:
        begin_put(registry, LARGE, 1 << 20)
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            registry.receive()
    refuse_half(server)


def refuse_half(server: Server) -> None:
    """The bytes that came are not shown as a blob."""
    with server.ask_registry() as registry:
        assert registry.get(f"/v2/{NAMESPACE}/web/blobs/{sha256(LARGE)}").status == 404


def test_a_download_broken_off_in_the_middle_is_no_fault(server: Server) -> None:
    with server.ask_registry() as registry:
        push_blob(registry, f"{NAMESPACE}/web", LARGE, Ledger())
        registry.send("GET", f"/v2/{NAMESPACE}/web/blobs/{sha256(LARGE)}")
        assert registry.connection().getresponse().read(1000) == LARGE[:1000]


def test_a_download_nobody_reads_is_cut_off(server: Server) -> None:
    with server.ask_registry() as registry:
        push_blob(registry, f"{NAMESPACE}/web", LARGE, Ledger())
        registry.send("GET", f"/v2/{NAMESPACE}/web/blobs/{sha256(LARGE)}")
        reply = registry.connection().getresponse()
        time.sleep(2.5)
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            reply.read()


def test_a_watch_broken_off_is_no_fault_when_the_next_change_comes(server: Server) -> None:
    with server.ask_api() as api:
        api.send("GET", f"{STREAMS}?watch=true")
        assert api.connection().getresponse().status == 200
    with server.ask_registry() as registry:
        for name in ("first", "second"):
            push(registry, f"{NAMESPACE}/web", name, SmallImage(name), Ledger())


@pytest.mark.parametrize("text", [b"\x16\x03\x01nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"])
def test_what_is_no_http_is_no_fault(server: Server, text: bytes) -> None:
    with server.ask_registry() as registry:
        registry.connection().connect()
        registry.connection().sock.sendall(text)
        registry.connection().sock.shutdown(1)
        assert registry.connection().sock.recv(100).startswith((b"HTTP/1.1 400", b""))
