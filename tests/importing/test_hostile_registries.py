"""Imports from registries that mean harm or are broken: a clear condition in the time set, and nothing wrong stored."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from roadstead.base.values import Json
from roadstead.testing import builders, hostile
from roadstead.testing.hostile import on
from roadstead.testing.running import Server, execute, running
from roadstead.testing.upstream import Answerer, UpstreamRegistry
from roadstead.testing.upstream_users import Users

BASE = "/apis/image.openshift.io/v1"
IN_SHOP = f"{BASE}/namespaces/shop"
MOST_SECONDS = 15.0
"""What an import may take here at most, set far above what it takes: it must end, and not by the request's own end."""
MOST_KILOBYTES = 400_000
"""Memory of the server at its worst: 5 GB were offered, and bodies without end."""
GOOD = builders.image("good")
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that may ask registries on loopback, and is not patient."""
    limits = {
        "ROADSTEAD_OUTBOUND_ALLOW": "127.0.0.1",
        "ROADSTEAD_OUTBOUND_CONNECT_SECONDS": "1",
        "ROADSTEAD_OUTBOUND_IDLE_SECONDS": "1",
        "ROADSTEAD_OUTBOUND_DOCUMENT_SECONDS": "2",
        "ROADSTEAD_OUTBOUND_TRANSFER_SECONDS": "2",
        "ROADSTEAD_IMPORTS_LOOK_SECONDS": "3",
    }
    with running(tmp_path_factory.mktemp("hostile") / "data", scheme="http", by=execute, **limits) as started:
        with started.ask_api() as api:
            assert api.send_json("POST", "/api/v1/namespaces", {"metadata": {"name": "shop"}}).status == 201
        yield started
        assert "Traceback" not in started.log
        peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{started.child.pid}/status").read_text())
        assert peak is not None
        assert int(peak[1]) < MOST_KILOBYTES


@pytest.fixture
def upstream() -> Iterator[UpstreamRegistry]:
    """A registry with one good tag."""
    with UpstreamRegistry().in_thread() as registry:
        registry.add("lib/web", GOOD, "good")
        yield registry


@dataclass
class Shop:
    """A fresh stream on the server."""

    server: Server
    stream: str

    def bring(self, upstream: UpstreamRegistry, *tags: str, mode: str = "Legacy", **spec: Any) -> Json:
        """The status of an import of these tags, which must be answered in time."""
        policy = {"insecure": True, "importMode": mode}
        names = [f"{upstream.host}/lib/web:{tag}" for tag in tags]
        images = [{"from": {"kind": "DockerImage", "name": name}, "importPolicy": policy} for name in names]
        asked = {"import": True, **({"images": images} if images else {}), **spec}
        began = time.monotonic()
        answer = self.ask("POST", f"{IN_SHOP}/imagestreamimports", {"metadata": {"name": self.stream}, "spec": asked})
        assert time.monotonic() - began < MOST_SECONDS
        status: Json = answer["status"]
        return status

    def condition(self, tag: str) -> str:
        """What the stream says of a tag that failed."""
        entries = self.ask("GET", f"{IN_SHOP}/imagestreams/{self.stream}")["status"]["tags"]
        (entry,) = [each for each in entries if each["tag"] == tag]
        assert entry["items"] is None
        (said,) = entry["conditions"]
        return f"{said['reason']}: {said['message']}"

    def tags(self) -> list[str]:
        """The tags that name an image."""
        entries = self.ask("GET", f"{IN_SHOP}/imagestreams/{self.stream}")["status"].get("tags") or []
        return [each["tag"] for each in entries if each["items"]]

    def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        """One request that works."""
        with self.server.ask_api() as api:
            answer = api.get(path) if body is None else api.send_json(method, path, body)
            assert answer.status in (200, 201), answer.body
            found: Json = answer.json()
            return found


@pytest.fixture
def shop(server: Server) -> Shop:
    """A stream of its own for each test."""
    return Shop(server, f"web{next(NUMBERS)}")


BLOB = GOOD.blobs[0]
TRICKS: dict[str, tuple[Answerer, str]] = {
    "is slow": (on("/manifests/bad", hostile.slow(60)), "InternalError: {ref}: "),
    "drips byte by byte": (on("/manifests/bad", hostile.drips()), "InternalError: {ref}: "),
    "stalls in the middle": (on("/manifests/bad", hostile.stalls()), "InternalError: {ref}: "),
    "ends early": (on("/manifests/bad", hostile.ends_early(GOOD.data, 20)), "InternalError: {ref}: "),
    "sends a manifest of 5 GB": (on("/manifests/bad", hostile.announces(5 * hostile.GIGABYTE)), "more than the"),
    "sends a manifest without end": (on("/manifests/bad", hostile.endless()), "more than the"),
    "sends a small body that becomes a large one": (
        on("/manifests/bad", hostile.gzip_bomb()),
        "InternalError: {ref}: ",
    ),
    "sends headers by the megabyte": (on("/manifests/bad", hostile.header_bomb()), "InternalError: {ref}: "),
    "answers 401 for ever": (on("/manifests/bad", hostile.challenges()), "Unauthorized: you may not have access to"),
    "names a token realm elsewhere": (
        on("/manifests/bad", hostile.wants_token_from("https://evil.test/token")),
        "evil.test",
    ),
    "redirects to the metadata service": (
        on("/manifests/bad", hostile.redirects_to("http://169.254.169.254/latest/meta-data")),
        "169.254.169.254",
    ),
    "redirects for ever": (on("/manifests/bad", hostile.redirects_to("/v2/lib/web/manifests/bad?{n}")), "redirect"),
    "says too many requests": (on("/manifests/bad", hostile.too_many("3600")), "toomanyrequests"),
    "says too many requests and no time": (on("/manifests/bad", hostile.too_many()), "toomanyrequests"),
    "breaks": (on("/manifests/bad", hostile.breaks()), "500"),
    "hangs up": (on("/manifests/bad", hostile.hangs_up()), "InternalError: {ref}: "),
    "sends what is no manifest": (on("/manifests/bad", hostile.sends(b"<html>")), "manifest invalid"),
    "sends an index that contains itself": (on("/manifests/", hostile.self_containing_index()), "calls a manifest"),
    "lies about the digest": (
        on("/manifests/bad", hostile.sends(GOOD.data, headers={"Docker-Content-Digest": builders.EMPTY_JSON.digest})),
        "calls a manifest",
    ),
}


@pytest.mark.parametrize("trick", TRICKS, ids=str)
def test_a_registry_that(shop: Shop, upstream: UpstreamRegistry, trick: str) -> None:
    answerer, words = TRICKS[trick]
    upstream.before.append(answerer)
    found = shop.bring(upstream, "bad")
    assert found["images"][0]["status"]["status"] == "Failure"
    said = shop.condition("bad").replace("Internal error occurred: ", "")
    assert words.format(ref=f"{upstream.host}/lib/web:bad") in said
    assert "\n" not in said
    assert len(said) < 1500
    assert shop.tags() == []


def test_a_config_with_other_bytes_is_not_believed(shop: Shop, upstream: UpstreamRegistry) -> None:
    upstream.before.append(on(BLOB.digest, hostile.sends(b"x" * len(BLOB.data), "application/octet-stream")))
    shop.bring(upstream, "good")
    assert "other bytes" in shop.condition("good") or "digest" in shop.condition("good")
    assert shop.tags() == []


def test_a_registry_that_breaks_once_is_asked_again(shop: Shop, upstream: UpstreamRegistry) -> None:
    upstream.before.append(on("/manifests/good", hostile.breaks(), times=1))
    found = shop.bring(upstream, "good")
    assert found["images"][0]["status"]["status"] == "Success"


@pytest.mark.parametrize("mode", ["Legacy", "PreserveOriginal"])
def test_an_index_with_a_million_entries_is_refused(shop: Shop, upstream: UpstreamRegistry, mode: str) -> None:
    many = hostile.many_entries()
    upstream.before.append(on("/manifests/bad", hostile.sends(many.data, many.media_type)))
    shop.bring(upstream, "bad", mode=mode)
    assert "more than the" in shop.condition("bad")


def test_an_index_with_more_entries_than_are_looked_at_is_refused(shop: Shop, upstream: UpstreamRegistry) -> None:
    many = hostile.many_entries(300)
    upstream.add("lib/web", many, "bad")
    shop.bring(upstream, "bad", mode="PreserveOriginal")
    assert "the index has 300 entries; at most 256 are imported" in shop.condition("bad")
    assert len(upstream.asked("GET", "/manifests/")) == 1


@pytest.mark.parametrize("mode", ["Legacy", "PreserveOriginal"])
def test_indexes_nested_a_thousand_deep_are_followed_a_few_steps_and_refused(
    shop: Shop, upstream: UpstreamRegistry, mode: str
) -> None:
    chain = hostile.nested(1000, GOOD)
    upstream.add("lib/web", chain[0], "bad", children=tuple(chain[1:]))
    shop.bring(upstream, "bad", mode=mode)
    assert "an index in an index" in shop.condition("bad")
    assert len(upstream.asked("GET", "/manifests/")) <= 3
    assert shop.tags() == []


def test_tags_without_end_are_refused_in_time(shop: Shop, upstream: UpstreamRegistry) -> None:
    upstream.before.append(on("/tags/list", hostile.endless_tags()))
    repository = {"from": {"kind": "DockerImage", "name": f"{upstream.host}/lib/web"}}
    found = shop.bring(upstream, repository={**repository, "importPolicy": {"insecure": True}})
    assert found["repository"]["status"]["reason"] == "InternalError"
    assert "images" not in found["repository"]


def test_a_bad_tag_keeps_no_good_one_back(shop: Shop, upstream: UpstreamRegistry) -> None:
    upstream.before.append(on("/manifests/bad", hostile.endless()))
    found = shop.bring(upstream, "bad", "good")
    assert [each["status"]["status"] for each in found["images"]] == ["Failure", "Success"]
    assert shop.tags() == ["good"]


def test_a_password_goes_to_the_registry_it_is_for_and_to_no_realm_elsewhere(shop: Shop) -> None:
    with ExitStack() as stack:
        thief = stack.enter_context(UpstreamRegistry().in_thread())
        users = Users("token", {"robot": "secret-of-robot"}, realm=f"http://localhost:{thief.port}/token")
        upstream = stack.enter_context(UpstreamRegistry(users=users).in_thread())
        upstream.add("lib/web", GOOD, "good")
        auths = {upstream.host: {"username": "robot", "password": "secret-of-robot"}}
        secret = {
            "metadata": {"name": "robot"},
            "type": "kubernetes.io/dockerconfigjson",
            "stringData": {".dockerconfigjson": orjson.dumps({"auths": auths}).decode()},
        }
        shop.ask("POST", "/api/v1/namespaces/shop/secrets", secret)
        shop.bring(upstream, "good")
        assert "realm" in shop.condition("good")
        assert "secret-of-robot" not in shop.condition("good")
        assert [each.authorization for each in thief.seen if each.authorization] == []
