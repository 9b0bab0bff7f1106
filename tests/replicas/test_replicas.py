"""Two servers on one database and one folder behave as one."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

import pytest

from roadstead.testing.asking import Client
from roadstead.testing.postgres import Postgres, binaries, running_postgres
from roadstead.testing.running import NotReady, Server, running
from tests.crash.pushing import MANIFEST_TYPE, STREAMS, SmallImage, sha256

pytestmark = pytest.mark.skipif(binaries() is None, reason="needs PostgreSQL: apt-get install postgresql")

T = TypeVar("T")
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


def replica(folder: Path, url: str) -> AbstractContextManager[Server]:
    return running(folder, ROADSTEAD_OBJECTS_URL=url, ROADSTEAD_REGISTRY_HOSTNAME="registry.test")


@pytest.fixture(scope="module")
def two(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    folder = tmp_path_factory.mktemp("replicas") / "data"
    with replica(folder, postgres.url()) as here, replica(folder, postgres.url()) as there:
        with here.ask_api() as api:
            assert api.send_json("POST", "/api/v1/namespaces", NAMESPACE).status == 201
        yield here, there
        for server in (here, there):
            assert "Traceback" not in server.log


@pytest.fixture
def ask(two: tuple[Server, Server]) -> Iterator[tuple[Client, Client]]:
    here, there = two
    with here.ask_registry() as first, there.ask_registry() as second:
        yield first, second


def blob(client: Client, data: bytes) -> None:
    place = f"/v2/shop/web/blobs/uploads/?digest={sha256(data)}"
    assert client.request("POST", place, data).status == 201


def push(client: Client, image: SmallImage, tag: str) -> str:
    for data in (image.config, image.layer):
        blob(client, data)
    kind = {"Content-Type": MANIFEST_TYPE}
    assert client.request("PUT", f"/v2/shop/web/manifests/{tag}", image.manifest, kind).status == 201
    return sha256(image.manifest)


def test_what_one_pushed_the_other_serves_at_once(ask: tuple[Client, Client]) -> None:
    for turn in range(10):
        pusher, puller = (ask[turn % 2], ask[1 - turn % 2])
        digest = push(pusher, SmallImage(f"turn {turn}"), "latest")
        found = puller.get("/v2/shop/web/manifests/latest")
        assert (found.status, found.headers["Docker-Content-Digest"]) == (200, digest)
        assert puller.get(f"/v2/shop/web/blobs/{SmallImage(f'turn {turn}').layer_digest}").status == 200


def test_a_deletion_is_seen_by_the_other_at_once(ask: tuple[Client, Client]) -> None:
    here, there = ask
    push(here, SmallImage("gone"), "gone")
    assert there.request("DELETE", "/v2/shop/web/manifests/gone").status == 202
    assert here.get("/v2/shop/web/manifests/gone").status == 404


def test_an_upload_begun_at_one_goes_on_at_the_other_and_ends_at_the_first(ask: tuple[Client, Client]) -> None:
    here, there = ask
    data = [bytes([letter]) * 300_000 for letter in b"abc"]
    place = path_of(here.request("POST", "/v2/shop/web/blobs/uploads/").headers["Location"])
    for client, part in zip((here, there, here), data, strict=True):
        place = path_of(client.request("PATCH", place, part).headers["Location"])
    whole = b"".join(data)
    assert there.get(place.partition("?")[0]).headers["Range"] == f"0-{len(whole) - 1}"
    assert there.request("PUT", f"{place}&digest={sha256(whole)}").status == 201
    assert here.get(f"/v2/shop/web/blobs/{sha256(whole)}").body == whole


def test_pushes_to_one_stream_through_both_all_arrive(two: tuple[Server, Server]) -> None:
    failed: list[BaseException] = []

    def work(server: Server, lane: str) -> None:
        try:
            with server.ask_registry() as client:
                for n in range(8):
                    push(client, SmallImage(f"{lane}{n}"), f"{lane}{n}")
        except BaseException as wrong:
            failed.append(wrong)

    threads = [threading.Thread(target=work, args=(two[n % 2], f"lane{n}-")) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    with two[0].ask_api() as api:
        stream = api.get("/apis/image.openshift.io/v1/namespaces/shop/imagestreams/web").json()
    tags = {each["tag"] for each in stream["status"]["tags"]}
    assert tags >= {f"lane{lane}-{n}" for lane in range(4) for n in range(8)}


def test_a_watch_at_one_shows_what_happens_at_the_other(two: tuple[Server, Server], ask: tuple[Client, Client]) -> None:
    with two[1].ask_api() as api:
        revision = api.get(STREAMS).json()["metadata"]["resourceVersion"]
        api.send("GET", f"{STREAMS}?watch=true&resourceVersion={revision}&timeoutSeconds=20")
        reply = api.connection().getresponse()
        push(ask[0], SmallImage("watched"), "watched")
        event = json.loads(reply.readline())
    assert "watched" in {each["tag"] for each in event["object"]["status"]["tags"]}


def test_a_right_taken_away_at_one_is_gone_at_the_other(two: tuple[Server, Server]) -> None:
    bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings"
    everybody = {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "system:unauthenticated"}
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "anyone"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:image-puller"},
        "subjects": [everybody],
    }
    with two[0].ask_api() as api, two[0].ask_registry() as admin, two[1].ask_registry("anonymous") as anybody:
        push(admin, SmallImage("public"), "public")
        assert anybody.get("/v2/shop/web/manifests/public").status == 401
        assert api.send_json("POST", bindings, binding).status == 201
        assert anybody.get("/v2/shop/web/manifests/public").status == 200
        assert api.request("DELETE", f"{bindings}/anyone").status == 200
        assert anybody.get("/v2/shop/web/manifests/public").status == 401


def test_one_that_is_killed_in_the_middle_loses_nothing_it_acknowledged(postgres: Postgres, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    url = asyncio.run(postgres.database("killed"))
    with replica(folder, url) as doomed, replica(folder, url) as survivor:
        with doomed.ask_api() as api:
            assert api.send_json("POST", "/api/v1/namespaces", NAMESPACE).status == 201
        with doomed.ask_registry() as client:
            kept = {f"t{n}": push(client, SmallImage(f"kept {n}"), f"t{n}") for n in range(5)}
            client.send("POST", "/v2/shop/web/blobs/uploads/")
            doomed.kill()
        with survivor.ask_registry() as client:
            for tag, digest in kept.items():
                assert client.get(f"/v2/shop/web/manifests/{tag}").headers["Docker-Content-Digest"] == digest
            push(client, SmallImage("after"), "after")
        with replica(folder, url) as again, again.ask_registry() as client:
            assert client.get("/v2/shop/web/manifests/after").status == 200


def test_a_server_that_shares_nothing_is_refused_a_shared_folder(two: tuple[Server, Server]) -> None:
    with pytest.raises(NotReady, match="in use by another Roadstead"), running(two[0].folder):
        pass


def test_a_database_that_is_not_there_is_said_plainly_and_the_password_is_not(tmp_path: Path) -> None:
    url = f"postgresql://roadstead:geheim@/roadstead?host={tmp_path}"
    with pytest.raises(NotReady, match="PostgreSQL does not answer") as refused:
        with running(tmp_path / "data", ROADSTEAD_OBJECTS_URL=url):
            pass
    assert "geheim" not in str(refused.value)


def path_of(location: str) -> str:
    return "/" + location.split("/", 3)[3]


def test_the_loops_of_two_servers_do_the_work_once(two: tuple[Server, Server]) -> None:
    with two[0].ask_api() as here, two[1].ask_api() as there:
        made = here.send_json("POST", "/api/v1/namespaces", {"metadata": {"name": "fleet"}})
        assert made.status == 201
        secrets = until(lambda: managed_secrets(there, "fleet"), lambda names: len(names) == 3)
        assert sorted(name.rpartition("-dockercfg-")[0] for name in secrets) == ["builder", "default", "deployer"]
        assert there.request("DELETE", "/api/v1/namespaces/fleet").status in (200, 202)
        until(lambda: here.get("/api/v1/namespaces/fleet").status, lambda status: status == 404)
        assert managed_secrets(here, "fleet") == []


def test_what_its_owner_leaves_behind_goes_wherever_the_owner_was_deleted(two: tuple[Server, Server]) -> None:
    maps = "/api/v1/namespaces/shop/configmaps"
    with two[0].ask_api() as here, two[1].ask_api() as there:
        owner = here.send_json("POST", maps, {"metadata": {"name": "owner"}}).json()["metadata"]
        reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["uid"]}
        owned = {"metadata": {"name": "owned", "ownerReferences": [reference]}}
        assert there.send_json("POST", maps, owned).status == 201
        assert there.request("DELETE", f"{maps}/owner").status == 200
        until(lambda: here.get(f"{maps}/owned").status, lambda status: status == 404)


def managed_secrets(api: Client, namespace: str) -> list[str]:
    listed = api.get(f"/api/v1/namespaces/{namespace}/secrets").json()["items"]
    return [each["metadata"]["name"] for each in listed if each["type"] == "kubernetes.io/dockercfg"]


def until(look: Callable[[], T], good: Callable[[T], bool]) -> T:
    """What was seen once it is good; the last sight when it never is."""
    for _ in range(300):
        seen = look()
        if good(seen):
            break
        time.sleep(0.1)
    assert good(seen), seen
    return seen
