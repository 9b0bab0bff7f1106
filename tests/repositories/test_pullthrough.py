"""Pulling what lives in another registry (registry contract, section 12)."""

from __future__ import annotations

import asyncio
import base64
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection
from roadstead.app.build import utc_now
from roadstead.base.errors import StorageFull
from roadstead.base.settings import Outbound, Settings
from roadstead.base.values import Json
from roadstead.kube.status import GroupResource, StatusError
from roadstead.oci.digest import Digest
from roadstead.testing import hostile
from roadstead.testing.builders import Content, config, image, index
from roadstead.testing.builders import manifest as document_of
from roadstead.testing.hostile import on
from roadstead.testing.importing import allow_insecure, points_to
from roadstead.testing.registry_client import Answer, House, furnish, house_at
from roadstead.testing.upstream import UpstreamRegistry, refusal
from roadstead.testing.upstream_users import Users

WEB = image("web")
CONFIG, LAYER = WEB.blobs[0], WEB.blobs[1]
LOOPBACK = Outbound(allow=["127.0.0.1"], connect_seconds=2, idle_seconds=1, document_seconds=3, transfer_seconds=5)


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with namespaces and people, to be copied."""
    folder = tmp_path_factory.mktemp("furnished") / "data"
    folder.mkdir()
    asyncio.run(furnish(folder))
    return folder


@pytest.fixture
def folder(furnished: Path, tmp_path: Path) -> Path:
    """A copy of it for one test."""
    return Path(shutil.copytree(furnished, tmp_path / "data"))


def settings(**pullthrough: Any) -> Settings:
    plain = Settings(outbound=LOOPBACK)
    images = replace(plain.images, auth_files=["none"])
    return replace(plain, images=images, pullthrough=replace(plain.pullthrough, **pullthrough))


@pytest.fixture
async def upstream() -> AsyncIterator[UpstreamRegistry]:
    async with UpstreamRegistry() as registry:
        registry.add("team/web", WEB, "v1")
        yield registry


@pytest.fixture
async def house(folder: Path, upstream: UpstreamRegistry) -> AsyncIterator[House]:
    """A registry whose stream shop/web has the tag v1 of the other one."""
    async with house_at(folder, settings()) as opened:
        await allow_insecure(opened.app)
        await points_to(opened.app, f"{upstream.host}/team/web", WEB)
        yield opened


async def manifest(house: House, reference: str = "v1", **headers: str) -> Answer:
    return await house.person("puller").get(f"/v2/shop/web/manifests/{reference}", **headers)


async def blob(house: House, content: Content = LAYER, **headers: str) -> Answer:
    return await house.person("puller").get(f"/v2/shop/web/blobs/{content.digest}", **headers)


async def settled(house: House) -> None:
    """Until nothing is on its way any more."""
    pullthrough = house.app.pullthrough
    assert pullthrough is not None
    await pullthrough.settled()


async def kept(house: House, content: Content) -> bytes | None:
    return await house.app.blobs.get(Digest.parse(content.digest), 1 << 30)


async def test_an_image_that_lives_elsewhere_is_pulled_at_once(house: House) -> None:
    found = await manifest(house)
    assert (found.status, found.digest, found.body) == (200, WEB.digest, WEB.data)
    assert found.headers["Content-Type"] == WEB.media_type
    for content in WEB.blobs:
        answer = await blob(house, content)
        assert (answer.status, answer.body) == (200, content.data)
        assert answer.headers["Docker-Content-Digest"] == content.digest
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert answer.length == len(content.data)


async def test_what_was_pulled_once_is_pulled_again_without_the_other_registry(
    house: House, upstream: UpstreamRegistry
) -> None:
    await manifest(house)
    for content in WEB.blobs:
        await blob(house, content)
    await settled(house)
    await upstream.stop()
    assert (await manifest(house)).body == WEB.data
    assert [(await blob(house, each)).body for each in WEB.blobs] == [each.data for each in WEB.blobs]
    assert house.leftovers() == []


async def test_a_manifest_is_found_by_digest_and_by_head(house: House) -> None:
    seen = await house.person("puller").head("/v2/shop/web/manifests/v1")
    assert (seen.status, seen.digest) == (200, WEB.digest)
    assert (await manifest(house, WEB.digest)).body == WEB.data


async def test_a_head_tells_the_size_and_fetches_nothing(house: House, upstream: UpstreamRegistry) -> None:
    seen = await house.person("puller").head(f"/v2/shop/web/blobs/{LAYER.digest}")
    assert (seen.status, seen.length) == (200, len(LAYER.data))
    assert upstream.asked("GET", "/blobs/") == []
    assert house.leftovers() == []


PARTS = [("bytes=10-19", 10, 20), ("bytes=100-", 100, None), ("bytes=-5", -5, None)]


@pytest.mark.parametrize(("asked", "start", "end"), PARTS)
async def test_parts_of_a_blob_on_its_way_can_be_asked_for(
    house: House, asked: str, start: int, end: int | None
) -> None:
    answer = await blob(house, Range=asked)
    assert (answer.status, answer.body) == (206, LAYER.data[start:end])
    await settled(house)
    assert await kept(house, LAYER) == LAYER.data


async def test_an_index_and_its_children_are_pulled(house: House, upstream: UpstreamRegistry) -> None:
    children = image("amd64"), image("arm64")
    both = index(*children)
    upstream.add("team/multi", both, "v2", children=children)
    await points_to(house.app, f"{upstream.host}/team/multi", both, "v2", children=children)
    assert (await manifest(house, "v2")).body == both.data
    for child in children:
        assert (await manifest(house, child.digest)).body == child.data
        assert [(await blob(house, each)).body for each in child.blobs] == [each.data for each in child.blobs]


async def test_only_blobs_of_images_of_the_stream_are_fetched(house: House, upstream: UpstreamRegistry) -> None:
    other = image("other")
    upstream.add("team/web", other, "other")
    assert (await blob(house, other.blobs[1])).code == "BLOB_UNKNOWN"
    assert (await manifest(house, other.digest)).code == "MANIFEST_UNKNOWN"
    assert upstream.seen == []


async def test_who_asks_while_the_last_word_of_a_fetch_is_written_waits_for_it(
    house: House, upstream: UpstreamRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert house.app.pullthrough is not None
    provenance = house.app.pullthrough._provenance
    note, reached, may_go_on = provenance.note, asyncio.Event(), asyncio.Event()

    async def slow(origin: str, digest: Digest) -> None:
        reached.set()
        await may_go_on.wait()
        await note(origin, digest)

    monkeypatch.setattr(provenance, "note", slow)
    assert (await blob(house)).body == LAYER.data
    await reached.wait()
    again = asyncio.create_task(blob(house))
    await asyncio.sleep(0.05)
    may_go_on.set()
    assert (await again).body == LAYER.data
    assert len(upstream.asked("GET", LAYER.digest)) == 1


async def test_who_may_not_pull_makes_nothing_be_fetched(house: House, upstream: UpstreamRegistry) -> None:
    for target in (f"/v2/shop/web/blobs/{LAYER.digest}", "/v2/shop/web/manifests/v1"):
        assert (await house.person("nobody").get(target)).status == 401
    assert upstream.seen == []


async def test_many_who_want_the_same_blob_make_one_fetch(house: House, upstream: UpstreamRegistry) -> None:
    upstream.before.append(on(f"/blobs/{LAYER.digest}", hostile.slow(0.1)))
    answers = await asyncio.gather(*(blob(house) for _ in range(50)))
    assert {answer.body for answer in answers} == {LAYER.data}
    assert len(upstream.asked("GET", LAYER.digest)) == 1


async def test_a_client_that_goes_away_does_not_stop_the_storing(house: House, upstream: UpstreamRegistry) -> None:
    large = Content(bytes(range(256)) * 20_000)
    await adds_layer(house, upstream, large)
    upstream.before.append(on("/blobs/", hostile.slow(0.05)))
    asking = asyncio.create_task(blob(house, large))
    await asked(upstream, large)
    asking.cancel()
    await asyncio.wait([asking])
    await settled(house)
    assert await kept(house, large) == large.data


async def asked(upstream: UpstreamRegistry, content: Content) -> None:
    """Until the other registry has been asked for a blob."""
    async with asyncio.timeout(10):
        while not upstream.asked("GET", content.digest):  # noqa: ASYNC110  (it tells nobody)
            await asyncio.sleep(0.001)


async def adds_layer(house: House, upstream: UpstreamRegistry, *layers: Content, tag: str = "large") -> Content:
    """An image with these layers, elsewhere and in the stream."""
    head = config(tag)
    fields = {"mediaType": WEB.media_type, "config": head.described(), "layers": [each.described() for each in layers]}
    made = document_of(fields, (head, *layers))
    upstream.add("team/large", made, tag)
    await points_to(house.app, f"{upstream.host}/team/large", made, tag)
    return made


async def cut_off(asking: Any) -> bool:
    """Whether the client's transfer is cut instead of ending."""
    try:
        await asking
    except ConnectionError:
        return True
    return False


async def test_wrong_bytes_are_cut_off_and_nothing_of_them_stays(house: House, upstream: UpstreamRegistry) -> None:
    upstream.before.append(on(f"/blobs/{LAYER.digest}", hostile.sends(b"x" * len(LAYER.data))))
    assert await cut_off(blob(house))
    await settled(house)
    assert await kept(house, LAYER) is None
    assert house.leftovers() == []


async def test_a_wrong_length_is_refused_before_a_byte_is_passed_on(house: House, upstream: UpstreamRegistry) -> None:
    upstream.before.append(on(f"/blobs/{LAYER.digest}", hostile.sends(LAYER.data + b"more")))
    assert (await blob(house)).code == "BLOB_UNKNOWN"
    assert house.leftovers() == []


async def test_a_transfer_that_breaks_goes_on_where_it_broke(house: House, upstream: UpstreamRegistry) -> None:
    large = Content(bytes(range(256)) * 2_000)
    await adds_layer(house, upstream, large)
    upstream.before.append(on(f"/blobs/{large.digest}", hostile.resumable(large.data, 100_000)))
    assert (await blob(house, large)).body == large.data
    assert len(upstream.asked("GET", large.digest)) > 1


async def test_an_end_that_never_comes_is_cut_off_in_time(house: House, upstream: UpstreamRegistry) -> None:
    upstream.before.append(on(f"/blobs/{LAYER.digest}", hostile.ends_early(LAYER.data, 100)))
    assert await cut_off(blob(house))
    await settled(house)
    assert house.leftovers() == []


async def test_a_stall_ends_in_time_and_nothing_stays(house: House, upstream: UpstreamRegistry) -> None:
    upstream.before.append(on(f"/blobs/{LAYER.digest}", hostile.stalls(b"l", "application/octet-stream")))
    assert (await blob(house)).status in (404, 503)
    assert house.leftovers() == []


FORBIDDEN = ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.2:1/x", "file:///etc/passwd"]


@pytest.mark.parametrize("address", FORBIDDEN)
async def test_a_redirect_to_a_forbidden_place_is_not_followed(
    address: str, house: House, upstream: UpstreamRegistry
) -> None:
    upstream.before.append(on("/v2/", hostile.redirects_to(address)))
    assert (await blob(house)).status == 404
    assert (await manifest(house)).code == "OPENSHIFT_PULLTHROUGH_MANIFEST"


async def test_no_failure_is_remembered_as_content(house: House, upstream: UpstreamRegistry) -> None:
    upstream.before.append(on("/v2/", hostile.breaks(404), times=2))
    assert (await manifest(house)).code == "OPENSHIFT_PULLTHROUGH_MANIFEST"
    assert (await blob(house)).code == "BLOB_UNKNOWN"
    assert (await manifest(house)).status == 200
    assert (await blob(house)).body == LAYER.data


async def test_wrong_bytes_of_a_manifest_are_refused(house: House, upstream: UpstreamRegistry) -> None:
    upstream.before.append(on("/manifests/", hostile.sends(image("forged").data)))
    answer = await manifest(house)
    assert (answer.status, answer.code) == (404, "OPENSHIFT_PULLTHROUGH_MANIFEST")
    assert f"unable to pull manifest from {upstream.host}/team/web@{WEB.digest}: " in answer.message


async def test_a_manifest_without_end_is_refused(house: House, upstream: UpstreamRegistry) -> None:
    upstream.before.append(on("/manifests/", hostile.announces(5 * hostile.GIGABYTE)))
    assert (await manifest(house)).code == "OPENSHIFT_PULLTHROUGH_MANIFEST"


async def test_too_many_requests_are_told_with_the_time_to_wait(house: House, upstream: UpstreamRegistry) -> None:
    upstream.before.append(on("/v2/", hostile.too_many("77")))
    for answer in (await manifest(house), await blob(house)):
        assert (answer.status, answer.code, answer.headers["Retry-After"]) == (429, "TOOMANYREQUESTS", "77")
    assert "unable to pullthrough blob" in (await blob(house)).message


async def test_a_registry_that_is_down_is_told_as_such(house: House, upstream: UpstreamRegistry) -> None:
    await upstream.stop()
    answer = await blob(house)
    assert (answer.status, answer.code) == (503, "UNAVAILABLE")
    assert upstream.host in answer.message
    assert (await manifest(house)).code == "OPENSHIFT_PULLTHROUGH_MANIFEST"


async def test_the_keys_of_the_namespace_open_a_private_registry(house: House, upstream: UpstreamRegistry) -> None:
    upstream.users = Users("token", {"robot": "s3cret"})
    assert (await manifest(house)).code == "OPENSHIFT_PULLTHROUGH_MANIFEST"
    text = orjson.dumps({"auths": {upstream.host: {"username": "robot", "password": "s3cret"}}})
    data = {".dockerconfigjson": base64.b64encode(text).decode()}
    await house.create("secrets", "shop", "upstream", type="kubernetes.io/dockerconfigjson", data=data)
    assert (await manifest(house)).status == 200
    assert (await blob(house)).body == LAYER.data


async def test_who_waits_for_a_fetch_that_another_namespace_may_not_make_makes_its_own(
    house: House, upstream: UpstreamRegistry
) -> None:
    upstream.users = Users("basic", {"robot": "s3cret"})
    upstream.before.append(on("/blobs/", hostile.slow(0.05)))
    await house.create("imagestreams", "other", "web")
    await allow_insecure(house.app, namespace="other")
    await points_to(house.app, f"{upstream.host}/team/web", WEB, namespace="other")
    text = orjson.dumps({"auths": {upstream.host: {"username": "robot", "password": "s3cret"}}})
    data = {".dockerconfigjson": base64.b64encode(text).decode()}
    await house.create("secrets", "other", "upstream", type="kubernetes.io/dockerconfigjson", data=data)
    here = asyncio.create_task(blob(house))
    await asked(upstream, LAYER)
    there = await house.person("neighbour").get(f"/v2/other/web/blobs/{LAYER.digest}")
    assert (await here).status == 404
    assert there.body == LAYER.data


async def test_storage_that_takes_no_copy_is_no_reason_not_to_serve(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_: Json) -> str:
        raise StorageFull("the blob storage is full")

    monkeypatch.setattr(house.app.uploads, "start", full)
    assert (await blob(house)).body == LAYER.data
    assert await kept(house, LAYER) is None


async def test_mirrors_are_tried_in_order_and_a_broken_one_is_passed_over(
    house: House, upstream: UpstreamRegistry
) -> None:
    async with UpstreamRegistry() as mirror:
        mirror.add("copy/web", WEB, "v1")
        rule = {"source": f"{upstream.host}/team", "mirrors": ["127.0.0.1:1/nowhere", f"{mirror.host}/copy"]}
        spec = {"imageDigestMirrors": [rule]}
        await house.create("imagedigestmirrorsets", "", "mirrors", spec=spec)
        sources = {"registrySources": {"insecureRegistries": [mirror.host]}}
        await configure(house, sources)
        assert (await manifest(house)).status == 200
        assert (await blob(house)).body == LAYER.data
        assert mirror.asked("GET", "/manifests/")
        assert upstream.seen == []


async def configure(house: House, spec: Json) -> None:
    """The cluster's image.config with this spec."""
    kind = house.app.kinds.served[GroupResource("config.openshift.io", "images")]
    assert isinstance(kind, Collection)
    ask = Ask.internal(utc_now())
    try:
        stored = await kind.get("", "cluster", ask)
    except StatusError:
        head = {"kind": "Image", "apiVersion": "config.openshift.io/v1", "metadata": {"name": "cluster"}}
        await kind.create("", {**head, "spec": spec}, ask)
    else:
        await kind.update("", "cluster", {**stored, "spec": spec}, ask)


async def test_a_blocked_registry_is_not_asked(house: House, upstream: UpstreamRegistry) -> None:
    await configure(house, {"registrySources": {"blockedRegistries": [upstream.host]}})
    answer = await manifest(house)
    assert answer.code == "OPENSHIFT_PULLTHROUGH_MANIFEST"
    assert "blockedRegistries of image.config.openshift.io/cluster" in answer.message
    assert (await blob(house)).code == "BLOB_UNKNOWN"
    assert upstream.seen == []


async def test_plain_http_is_only_spoken_where_the_stream_allows_it(house: House, upstream: UpstreamRegistry) -> None:
    other = image("other")
    upstream.add("team/web", other)
    await house.create("imagestreams", "shop", "strict")
    await points_to(house.app, f"{upstream.host}/team/web", other, stream="strict")
    answer = await house.person("puller").get("/v2/shop/strict/manifests/v1")
    assert (answer.status, answer.code) == (404, "OPENSHIFT_PULLTHROUGH_MANIFEST")


async def test_a_circle_of_registries_is_noticed(house: House) -> None:
    own = f"http://registry.test:5000/v2/shop/web/manifests/{WEB.digest}"
    answer = await manifest(house, WEB.digest, X_Registry_Request_URL=own)
    assert answer.code == "OPENSHIFT_PULLTHROUGH_MANIFEST"
    assert "is denied because a loop is detected" in answer.message


async def test_the_next_registry_learns_through_whom_a_request_came(house: House, upstream: UpstreamRegistry) -> None:
    await blob(house, X_Registry_Request_URL="https://first.test/v2/a/b/blobs/x")
    (asked,) = upstream.asked("GET", "/blobs/")
    expected = f"https://first.test/v2/a/b/blobs/x, http://registry.test:5000/v2/shop/web/blobs/{LAYER.digest}"
    assert asked.headers["x-registry-request-url"] == expected


async def test_a_push_that_shares_layers_with_an_image_from_elsewhere_needs_not_send_them(house: House) -> None:
    pusher = house.person("pusher")
    assert (await pusher.head(f"/v2/shop/web/blobs/{LAYER.digest}")).status == 200
    for content in WEB.blobs:
        if content is not LAYER:
            assert (await pusher.push_blob("shop/web", content)).status == 201
    assert (await pusher.put_manifest("shop/web", WEB, "pushed")).status == 201
    assert await kept(house, LAYER) == LAYER.data


async def test_without_keeping_everything_is_passed_through_and_nothing_stays(
    folder: Path, upstream: UpstreamRegistry
) -> None:
    async with house_at(folder, settings(keep=False)) as house:
        await allow_insecure(house.app)
        await points_to(house.app, f"{upstream.host}/team/web", WEB)
        assert (await manifest(house)).body == WEB.data
        assert (await blob(house)).body == LAYER.data
        assert (await blob(house, Range="bytes=7-9")).body == LAYER.data[7:10]
        upstream.before.append(on("/blobs/", hostile.sends(b"x" * len(LAYER.data))))
        assert await cut_off(blob(house))
        assert await kept(house, LAYER) is None
        assert await kept(house, WEB) is None


async def test_a_part_that_cannot_be_asked_for_is_cut_off(folder: Path, upstream: UpstreamRegistry) -> None:
    async def no_parts(request: web.BaseRequest) -> web.StreamResponse | None:
        return refusal("BLOB_UNKNOWN") if "Range" in request.headers else None

    upstream.before.append(no_parts)
    async with house_at(folder, settings(keep=False)) as house:
        await allow_insecure(house.app)
        await points_to(house.app, f"{upstream.host}/team/web", WEB)
        for _ in range(20):  # more than there are turns: each must be given back
            assert await cut_off(blob(house, Range="bytes=7-9"))
        assert (await blob(house)).body == LAYER.data


async def test_switched_off_nothing_is_asked_elsewhere(folder: Path, upstream: UpstreamRegistry) -> None:
    async with house_at(folder, settings(enabled=False)) as house:
        await points_to(house.app, f"{upstream.host}/team/web", WEB)
        assert (await manifest(house)).code == "MANIFEST_UNKNOWN"
        assert (await blob(house)).code == "BLOB_UNKNOWN"
        assert upstream.seen == []


async def test_metrics_tell_of_every_request_to_another_registry(house: House, upstream: UpstreamRegistry) -> None:
    await blob(house)
    upstream.before.append(on("/manifests/", hostile.breaks(404)))
    await manifest(house)
    text = house.app.metrics.exposition().decode()
    name = f'registry="{upstream.host}"'
    labels = f'operation="BlobStore.Get",{name}'
    assert f"imageregistry_pullthrough_repository_duration_seconds_count{{{labels}}} 1.0" in text
    labels = f'code="MANIFEST_UNKNOWN",operation="ManifestService.Get",{name}'
    assert f"imageregistry_pullthrough_repository_errors_total{{{labels}}} 1.0" in text
    assert 'imageregistry_pullthrough_blobstore_cache_requests_total{type="Miss"} 1.0' in text


async def test_signatures_of_an_image_from_elsewhere_can_be_asked_for(house: House, upstream: UpstreamRegistry) -> None:
    found = await house.person("puller").get(f"/extensions/v2/shop/web/signatures/{WEB.digest}")
    assert (found.status, found.json) == (200, {"signatures": []})
    assert upstream.seen == []


async def test_the_layers_of_a_stream_list_the_blobs_of_images_that_are_not_here_yet(
    house: House, upstream: UpstreamRegistry
) -> None:
    children = image("amd64"), image("arm64")
    both = index(*children)
    await points_to(house.app, f"{upstream.host}/team/multi", both, "v2", children=children)
    view = house.app.kinds.streams.layers("shop", "web", Ask.internal(utc_now()))
    assert view["images"][both.digest]["manifests"] == [child.digest for child in children]
    for content in (WEB, *children):
        config_, *layers = content.blobs
        assert view["images"][content.digest]["config"] == config_.digest
        assert view["images"][content.digest]["layers"] == [layer.digest for layer in layers]
        assert all(view["blobs"][layer.digest]["size"] == len(layer.data) for layer in layers)
    assert upstream.seen == []


async def test_an_image_that_names_layers_of_others_does_not_show_them(
    house: House, upstream: UpstreamRegistry
) -> None:
    private, neighbour = image("private"), house.person("neighbour")
    secret = private.blobs[1]
    assert (await neighbour.push("other/private", private, "v1")).status == 201
    head = config("lying")
    named = {"config": head.described(), "layers": [secret.described()]}
    lying = document_of({"mediaType": WEB.media_type, **named}, (head,))
    upstream.add("evil/app", lying, "v1")
    await points_to(house.app, f"{upstream.host}/evil/app", lying, tag="evil")
    stolen = await blob(house, secret)
    assert stolen.status == 404
    assert secret.data not in stolen.body
    assert (await house.person("puller").head(f"/v2/shop/web/blobs/{secret.digest}")).status == 404
    assert (await house.person("builder").put_manifest("shop/web", lying, "mine")).status == 404
    assert (await neighbour.get(f"/v2/other/private/blobs/{secret.digest}")).body == secret.data


async def test_a_copy_is_shown_to_every_stream_whose_image_came_from_the_same_place(
    house: House, upstream: UpstreamRegistry
) -> None:
    await blob(house)
    await settled(house)
    asked = len(upstream.asked("GET", LAYER.digest))
    await house.create("imagestreams", "other", "same")
    await points_to(house.app, f"{upstream.host}/team/web", WEB, namespace="other", stream="same")
    again = await house.person("neighbour").get(f"/v2/other/same/blobs/{LAYER.digest}")
    assert (again.status, again.body) == (200, LAYER.data)
    assert len(upstream.asked("GET", LAYER.digest)) == asked


async def test_a_copy_from_elsewhere_is_fetched_again_by_an_image_of_another_place(
    house: House, upstream: UpstreamRegistry
) -> None:
    await blob(house)
    await settled(house)
    upstream.add("team/fork", WEB, "v1")
    await house.create("imagestreams", "other", "fork")
    await points_to(house.app, f"{upstream.host}/team/fork", WEB, namespace="other", stream="fork")
    await allow_insecure(house.app, "fork", "other")
    again = await house.person("neighbour").get(f"/v2/other/fork/blobs/{LAYER.digest}")
    assert (again.status, again.body) == (200, LAYER.data)
    assert upstream.asked("GET", f"/v2/team/fork/blobs/{LAYER.digest}")
