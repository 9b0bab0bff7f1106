"""One server per folder; SIGKILL frees it at once, and SIGTERM lets work under way come to its end."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from roadstead.testing.asking import Client
from roadstead.testing.nursery import Nursery
from roadstead.testing.running import NotReady, Server, running, start
from tests.crash.pushing import NAMESPACE, STREAMS, Ledger, SmallImage, make_namespace, push, push_blob, sha256
from tests.crash.survey import survey

pytestmark = pytest.mark.crash


@pytest.fixture
def server(nursery: Nursery, tmp_path: Path) -> Iterator[Server]:
    """A plain server with a namespace."""
    with running(tmp_path / "data", scheme="http", by=nursery.plainly) as started:
        with started.ask_api() as api:
            make_namespace(api)
        yield started


def test_a_second_server_on_the_folder_is_refused_and_takes_over_at_once_after_a_kill(
    nursery: Nursery, server: Server
) -> None:
    ledger = Ledger()
    with server.ask_registry() as registry:
        push(registry, f"{NAMESPACE}/web", "v1", SmallImage("kept"), ledger)
    with pytest.raises(NotReady, match=f"status 1.*in use by another Roadstead \\(process {server.child.pid}\\)"):
        start(server.folder, scheme="http", by=nursery.plainly)
    with server.ask_registry() as registry:
        assert registry.get(f"/v2/{NAMESPACE}/web/manifests/v1").status == 200
    server.kill()
    with running(server.folder, scheme="http", by=nursery.plainly) as second:
        survey(second, ledger)


def test_an_upload_under_way_is_finished_before_the_server_stops(server: Server, nursery: Nursery) -> None:
    data, ledger = b"half now, half later\n" * 1000, Ledger()
    digest, half = sha256(data), len(data) // 2
    with server.ask_registry() as registry:
        sent = begin_put(registry, data, half)
        server.child.terminate()
        wait_until_refused(server)
        assert server.child.poll() is None
        sent.sendall(data[half:])
        answer = registry.receive()
    assert (answer.status, answer.headers["Docker-Content-Digest"]) == (201, digest)
    assert server.stop() == 0
    assert "Traceback" not in server.log
    ledger.blobs.add((f"{NAMESPACE}/web", digest))
    with running(server.folder, scheme="http", by=nursery.plainly) as second:
        survey(second, ledger)


def test_a_watch_ends_cleanly_and_idle_connections_delay_nothing(server: Server) -> None:
    with server.ask_registry() as registry, server.ask_api() as api, server.ask_api() as idle:
        idle.get(STREAMS)
        api.send("GET", f"{STREAMS}?watch=true")
        reply = api.connection().getresponse()
        push(registry, f"{NAMESPACE}/web", "v1", SmallImage("seen"), Ledger())
        began = time.monotonic()
        server.child.terminate()
        events = [json.loads(line) for line in reply.read().splitlines()]  # raises IncompleteRead when cut off
        assert server.stop() == 0
    assert events[-1]["object"]["status"]["tags"][0]["tag"] == "v1"
    assert time.monotonic() - began < 5  # the time for requests under way is 28 s
    assert "Traceback" not in server.log


def test_a_client_that_stalls_is_cut_off_when_the_time_to_finish_is_over(tmp_path: Path, nursery: Nursery) -> None:
    data = b"never the other half\n" * 1000
    with running(tmp_path / "data", scheme="http", by=nursery.plainly, ROADSTEAD_LIMITS_DRAIN_SECONDS="1") as server:
        with server.ask_api() as api, server.ask_registry() as registry:
            make_namespace(api)
            begin_put(registry, data, 100)
            began = time.monotonic()
            assert server.stop() == 0
        assert 0.9 < time.monotonic() - began < 10
        assert "Traceback" not in server.log


def test_a_server_stopped_by_ctrl_c_ends_with_status_0_and_leaves_one_database_file(server: Server) -> None:
    with server.ask_registry() as registry:
        push_blob(registry, f"{NAMESPACE}/web", b"some bytes", Ledger())
    server.child.send_signal(signal.SIGINT)
    assert server.child.wait(10) == 0
    assert not list(server.folder.glob("objects.db-*"))


def begin_put(registry: Client, data: bytes, length: int) -> socket.socket:
    """Opens an upload and sends the first bytes of its closing PUT; the socket takes the rest."""
    location = registry.request("POST", f"/v2/{NAMESPACE}/web/blobs/uploads/", b"").headers["Location"]
    headers = {"Content-Length": str(len(data))}
    registry.send("PUT", f"{location}&digest={sha256(data)}", data[:length], headers)
    opened = registry.connection().sock
    assert isinstance(opened, socket.socket)
    return opened


def wait_until_refused(server: Server) -> None:
    """New connections are refused while old ones are served."""
    host, _, port = server.host.rpartition(":")
    for _ in range(500):
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.01)
    raise AssertionError("new connections are still accepted")
