"""The server is killed at moments nobody chose, under several clients that push at the same time."""

from __future__ import annotations

import itertools
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from roadstead.testing.asking import Broken, Client
from roadstead.testing.nursery import Nursery
from roadstead.testing.running import Server, start
from tests.crash.pushing import NAMESPACE, Ledger, SmallImage, make_namespace, note_revision, push
from tests.crash.survey import survey

pytestmark = pytest.mark.crash
KILLS, CLIENTS, TAGS, SEED = 12, 4, 3, 20261123
PUSH_SECONDS = 30.0


def push_until_broken(server: Server, number: int, round: int, pushed_one: threading.Event) -> Ledger:
    """A client that pushes until the server goes away. Two share each repository, each has tags of its own."""
    ledger = Ledger()
    with server.ask_registry() as registry, server.ask_api() as api, suppress(*Broken):
        for pushed in itertools.count():
            image = SmallImage(f"image {pushed} of {number} in round {round}")
            push(registry, f"{NAMESPACE}/shared{number // 2}", f"from{number}-{pushed % TAGS}", image, ledger)
            pushed_one.set()
            note_revision(api, ledger)
    return ledger


def test_what_was_acknowledged_survives_kills_at_any_moment_under_load(nursery: Nursery, tmp_path: Path) -> None:
    chance, promised = random.Random(SEED), Ledger()
    server = start(tmp_path / "data", scheme="http", by=nursery.plainly)
    with server.ask_api() as api:
        make_namespace(api)
    for round in range(KILLS):
        for ledger in push_and_kill(server, round, chance.uniform(0.02, 0.3)):
            promised.merge(ledger)
        server = start(tmp_path / "data", scheme="http", by=nursery.plainly)
        survey(server, promised)
        promised.uploads.clear()
        promised.asked.clear()
    assert server.stop() == 0
    assert len(promised.manifests) >= KILLS // 2


def push_and_kill(server: Server, round: int, seconds: float) -> list[Ledger]:
    """Every other server lives until something was pushed to it, however slow the machine is."""
    pushed_one = threading.Event()
    with ThreadPoolExecutor(CLIENTS) as threads:
        clients = [threads.submit(push_until_broken, server, number, round, pushed_one) for number in range(CLIENTS)]
        if round % 2:
            assert pushed_one.wait(PUSH_SECONDS)
        time.sleep(seconds)
        server.kill()
        return [client.result() for client in clients]


def test_an_upload_cut_off_by_a_kill_goes_on_where_it_was_and_an_idle_one_is_swept(
    nursery: Nursery, tmp_path: Path
) -> None:
    image, repository = SmallImage("in two lives"), f"{NAMESPACE}/web"
    server = start(tmp_path / "data", scheme="http", by=nursery.plainly)
    with server.ask_api() as api, server.ask_registry() as registry:
        make_namespace(api)
        gone_on, left = (begin(registry, repository, image.layer[:1000]) for _ in range(2))
    server.kill()
    server = start(tmp_path / "data", scheme="http", by=nursery.plainly)
    with server.ask_registry() as registry:
        finish(registry, gone_on, image.layer[1000:], image)
        push(registry, repository, "v1", image, Ledger())
        assert registry.get(left).status == 204
    server.kill()
    server = start(tmp_path / "data", scheme="http", by=nursery.plainly, ROADSTEAD_UPLOADS_IDLE_SECONDS="0")
    wait_until_swept(tmp_path / "data" / "uploads")
    with server.ask_registry() as registry:
        assert registry.get(left).status == 404
    assert server.stop() == 0


def begin(registry: Client, repository: str, data: bytes) -> str:
    begun = registry.request("POST", f"/v2/{repository}/blobs/uploads/", b"")
    answer = registry.request("PATCH", begun.headers["Location"], data)
    assert answer.status == 202
    return answer.headers["Location"]


def finish(registry: Client, location: str, data: bytes, image: SmallImage) -> None:
    digest = image.layer_digest
    assert registry.request("PUT", f"{location}&digest={digest}", data).status == 201


def wait_until_swept(uploads: Path) -> None:
    waited = threading.Event()
    for _ in range(500):
        if not list(uploads.iterdir()):
            return
        waited.wait(0.01)
    raise AssertionError(sorted(uploads.iterdir()))
