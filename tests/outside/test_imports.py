"""Imports from a real registry, asked for as `oc import-image` asks, and what the loops do by themselves."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from roadstead.base.values import Json
from roadstead.testing import builders
from roadstead.testing.running import Server
from tests.outside.registries import Registry, docker_registry
from tests.outside.shop import NUMBERS, Shop, keeping_fresh, said, until
from tests.outside.upstreams import Other

pytestmark = pytest.mark.outside


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server, which keeps tags fresh every second."""
    with keeping_fresh(tmp_path_factory.mktemp("imports") / "data") as started:
        yield started


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry anybody may ask, without TLS."""
    with docker_registry(tmp_path_factory.mktemp("plain")) as registry:
        yield registry


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry with TLS of its own authority, and a password."""
    folder = tmp_path_factory.mktemp("guarded")
    with docker_registry(folder, accounts=True, tls=True) as registry:
        registry.push("lib/web", builders.image("guarded"), "v1")
        yield registry


@pytest.fixture
def shop(server: Server) -> Shop:
    """A stream of its own for each test."""
    return Shop(server, f"web{next(NUMBERS)}")


def test_a_whole_repository_comes_in_ordered_and_bounded(shop: Shop, plain: Registry) -> None:
    plain.push("lib/many", builders.image("many"), *[f"1.{number}" for number in range(55)], "latest")
    repository = {"from": {"kind": "DockerImage", "name": f"{plain.host}/lib/many"}}
    found = shop.bring(repository={**repository, "importPolicy": {"insecure": True}})["repository"]
    assert [each["tag"] for each in found["images"]] == ["latest", *[f"1.{number}" for number in range(54, 5, -1)]]
    assert found["additionalTags"] == [f"1.{number}" for number in range(5, -1, -1)]
    assert len(shop.get()["spec"]["tags"]) == 50


def test_the_bytes_stay_where_they_are_until_somebody_pulls(shop: Shop, plain: Registry) -> None:
    image = plain.push("lib/lazy", builders.image("lazy"), "v1")
    assert said(shop.one(f"{plain.host}/lib/lazy:v1", insecure=True)).startswith("Success")
    layer = image.blobs[-1].digest
    algorithm, _, digits = layer.partition(":")
    assert not (shop.server.folder / "blobs" / algorithm / digits[:2] / digits).exists()


def test_a_private_registry_wants_a_key_and_says_so(shop: Shop, guarded: Registry) -> None:
    ref = f"{guarded.host}/lib/web:v1"
    refused = shop.one(ref, insecure=True)
    assert said(refused) == f'Unauthorized: you may not have access to the container image "{ref}"'


@pytest.mark.parametrize("kind", ["kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg"])
def test_a_pull_secret_of_the_namespace_opens_it(shop: Shop, guarded: Registry, kind: str) -> None:
    secret = shop.secret(guarded, guarded.account[1], kind)
    found = shop.one(f"{guarded.host}/lib/web:v1", insecure=True)
    shop.forget(secret)
    assert said(found).startswith("Success")
    assert found["status"]["details"]["causes"][0]["message"] == f"credentials from secret shop/{secret}"
    assert shop.image() == builders.image("guarded").digest


def test_a_wrong_password_is_told_and_never_shown(shop: Shop, guarded: Registry) -> None:
    secret = shop.secret(guarded, "wrong-pier")
    refused = shop.one(f"{guarded.host}/lib/web:v1", insecure=True)
    shop.forget(secret)
    assert said(refused).startswith("Unauthorized: ")
    assert "wrong-pier" not in json.dumps(shop.get()) + shop.server.log


def test_a_certificate_nobody_vouches_for_is_refused_until_it_is_trusted(shop: Shop, guarded: Registry) -> None:
    secret, ref = shop.secret(guarded, guarded.account[1]), f"{guarded.host}/lib/web:v1"
    assert said(shop.one(ref)).startswith(f"InternalError: Internal error occurred: {ref}: ")
    assert guarded.other.authority is not None
    data = {guarded.host.replace(":", ".."): guarded.other.authority.read_text()}
    shop.have("/api/v1/namespaces", {"metadata": {"name": "openshift-config"}})
    shop.make("/api/v1/namespaces/openshift-config/configmaps", {"metadata": {"name": "cas"}, "data": data})
    trust = {"metadata": {"name": "cluster"}, "spec": {"additionalTrustedCA": {"name": "cas"}}}
    shop.have("/apis/config.openshift.io/v1/images", trust)
    shop.change("/apis/config.openshift.io/v1/images/cluster", trust)
    found = shop.one(ref)
    shop.forget(secret)
    assert said(found).startswith("Success")


def test_another_roadstead_is_a_registry_like_any_other(shop: Shop, server: Server) -> None:
    with server.ask_registry() as registry:
        content = builders.image("ours")
        for blob in content.blobs:
            where = registry.request("POST", f"/v2/shop/origin/blobs/uploads/?digest={blob.digest}", blob.data)
            assert where.status == 201
        pushed = registry.request(
            "PUT", "/v2/shop/origin/manifests/v1", content.data, {"Content-Type": content.media_type}
        )
        assert pushed.status == 201
    account = Registry(Other(server.host, ("admin", server.token)))
    secret = shop.secret(account, server.token)
    found = shop.one(f"{server.host}/shop/origin:v1", insecure=True)
    shop.forget(secret)
    assert said(found).startswith("Success")
    assert shop.image() == content.digest


def test_a_tag_that_points_elsewhere_is_imported_by_itself(shop: Shop, plain: Registry) -> None:
    image = plain.push("lib/itself", builders.image("itself"), "v1")
    shop.tag("v1", f"{plain.host}/lib/itself:v1", insecure=True)
    until(lambda: shop.image() == image.digest)


def test_a_scheduled_tag_follows_the_one_it_points_at_and_an_unchanged_one_writes_nothing(
    shop: Shop, plain: Registry
) -> None:
    plain.push("lib/moving", builders.image("one"), "v1")
    shop.one(f"{plain.host}/lib/moving:v1", insecure=True, scheduled=True)
    before = shop.get()
    time.sleep(2.5)
    assert shop.get() == before
    second = plain.push("lib/moving", builders.image("two"), "v1")
    until(lambda: shop.image() == second.digest)
    assert len(shop.get()["status"]["tags"][0]["items"]) == 2


def test_a_failure_is_told_as_an_event_and_counted(shop: Shop, plain: Registry) -> None:
    shop.tag("v1", f"{plain.host}/lib/nowhere:v1", insecure=True)

    def told() -> list[Json]:
        events = shop.get("/api/v1/namespaces/shop/events")["items"]
        return [each for each in events if each["involvedObject"]["name"] == shop.name]

    until(told)
    (event,) = told()
    assert (event["type"], event["reason"]) == ("Warning", "FailedImport")
    with shop.server.ask_api() as api:
        metrics = api.get("/metrics").body.decode()
    labels = f'reason="NotFound",registry="{plain.host}",scheduled="false"'
    assert f"openshift_imagestreamcontroller_error_count{{{labels}}}" in metrics
