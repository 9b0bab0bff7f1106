"""Any registry: what it holds is read, verified and bounded."""

from __future__ import annotations

import pytest

from roadstead.oci.digest import Digest
from roadstead.oci.mediatypes import DOCKER_SCHEMA1_SIGNED, OCI_MANIFEST
from roadstead.remote.client import RemoteRegistry
from roadstead.remote.errors import Kind, RemoteFailure, told
from roadstead.testing import hostile
from roadstead.testing.builders import Content, artifact, docker_image, image, index, layer
from roadstead.testing.upstream import UpstreamRegistry
from tests.remote.conftest import MakeClient

WEB = image("web")


@pytest.fixture
def client(upstream: UpstreamRegistry, client_of: MakeClient) -> RemoteRegistry:
    upstream.add("team/web", WEB, "v1", "latest")
    return client_of(upstream)


async def whole(client: RemoteRegistry, digest: str, start: int = 0, size: int | None = None) -> bytes:
    async with client.blob("team/web", Digest.parse(digest), start, size=size) as blob:
        return b"".join([chunk async for chunk in blob.chunks])


@pytest.mark.parametrize("content", [image("a"), docker_image("b"), index(image("c")), image("d", algorithm="sha512")])
async def test_a_manifest_comes_by_tag_and_by_digest_as_it_is(
    upstream: UpstreamRegistry, client: RemoteRegistry, content: Content
) -> None:
    upstream.add("team/app", content, "v2")
    for reference in ("v2", content.digest):
        found = await client.manifest("team/app", reference)
        assert (str(found.digest), found.media_type, found.body) == (content.digest, content.media_type, content.data)


async def test_a_registry_may_be_named_by_its_ipv6_address(client_of: MakeClient) -> None:
    async with UpstreamRegistry(host="::1") as six:
        six.add("team/web", WEB, "v1")
        found = await client_of(six, allow=["::1"]).manifest("team/web", "v1")
    assert str(found.digest) == WEB.digest


async def test_all_kinds_of_manifest_are_accepted(upstream: UpstreamRegistry, client: RemoteRegistry) -> None:
    await client.manifest("team/web", "v1")
    assert upstream.seen[-1].headers["accept"].count("application/vnd.") == 6


@pytest.mark.parametrize("media_type", [DOCKER_SCHEMA1_SIGNED, "application/json"])
async def test_a_signed_manifest_of_schema_1_may_go_by_the_digest_of_a_part_of_it(
    upstream: UpstreamRegistry, client: RemoteRegistry, media_type: str
) -> None:
    signed, part = Content(b'{"schemaVersion": 1, "signatures": []}', media_type), Content(b"the part")
    upstream.add("team/old", signed, "v1")
    upstream.repositories["team/old"].manifests[part.digest] = (media_type, signed.data)
    upstream.extra_headers["Docker-Content-Digest"] = part.digest
    found = await client.manifest("team/old", "v1")
    assert (str(found.digest), found.media_type) == (signed.digest, DOCKER_SCHEMA1_SIGNED)
    with pytest.raises(RemoteFailure, match="schema 1, which is neither imported nor copied; push it there again"):
        await client.manifest("team/old", part.digest)


async def test_what_is_not_there_is_told_apart(client: RemoteRegistry) -> None:
    with pytest.raises(RemoteFailure) as missing:
        await client.manifest("team/web", "v9")
    with pytest.raises(RemoteFailure) as unknown:
        await client.manifest("team/none", "v1")
    with pytest.raises(RemoteFailure) as no_tags:
        await client.tags("team/none")
    kinds = [each.value.kind for each in (missing, unknown, no_tags)]
    assert kinds == [Kind.NOT_FOUND, Kind.NAME_UNKNOWN, Kind.NAME_UNKNOWN]
    assert told(missing.value, "quay.io/team/web:v9") == (
        404,
        "NotFound",
        'dockerimage.image.openshift.io "quay.io/team/web:v9" not found',
    )


async def test_a_blob_comes_whole_and_from_any_byte(client: RemoteRegistry) -> None:
    blob = WEB.blobs[1]
    assert await whole(client, blob.digest) == blob.data
    assert await whole(client, blob.digest, 7) == blob.data[7:]
    assert await client.stat_blob("team/web", Digest.parse(blob.digest)) == len(blob.data)


async def test_a_server_that_knows_no_ranges_serves_parts_all_the_same(
    upstream: UpstreamRegistry, client: RemoteRegistry
) -> None:
    blob = WEB.blobs[1]
    upstream.before.append(hostile.on("/blobs/", hostile.sends(blob.data, "application/octet-stream")))
    assert await whole(client, blob.digest, 7) == blob.data[7:]


async def test_a_blob_that_breaks_off_again_and_again_is_taken_up_where_it_stopped(
    upstream: UpstreamRegistry, client: RemoteRegistry
) -> None:
    blob = Content(bytes(range(256)) * 4096)
    upstream.before.append(hostile.on("/blobs/", hostile.resumable(blob.data, 300_000)))
    assert await whole(client, blob.digest) == blob.data
    assert [each.headers.get("range") for each in upstream.asked("GET", "/blobs/")] == [
        None,
        "bytes=300000-",
        "bytes=600000-",
        "bytes=900000-",
    ]


async def test_tags_are_read_page_by_page(upstream: UpstreamRegistry, client: RemoteRegistry) -> None:
    upstream.repositories["team/web"].tags = {f"v{number:04}": WEB.digest for number in range(2500)}
    assert await client.tags("team/web") == [f"v{number:04}" for number in range(2500)]
    assert len(upstream.asked("GET", "/tags/list")) == 3


async def test_more_tags_than_wanted_are_an_answer_too(upstream: UpstreamRegistry, client: RemoteRegistry) -> None:
    upstream.repositories["team/web"].tags = {f"v{number:04}": WEB.digest for number in range(1500)}
    with pytest.raises(RemoteFailure) as much:
        await client.tags("team/web", limit=10)
    assert much.value.kind is Kind.TOO_LARGE
    assert len(upstream.asked("GET", "/tags/list")) == 1


async def test_texts_that_are_no_tags_are_left_out(upstream: UpstreamRegistry, client: RemoteRegistry) -> None:
    body = b'{"name":"team/web","tags":["v1","../../etc","",null,7,"v2","v1"]}'
    upstream.before.append(hostile.on("/tags/", hostile.sends(body, "application/json")))
    assert await client.tags("team/web") == ["v1", "v2"]


@pytest.mark.parametrize("api", [True, False], ids=["by the API", "by the tag that stands in for it"])
async def test_referrers_are_found(upstream: UpstreamRegistry, client: RemoteRegistry, api: bool) -> None:
    sbom, scan = artifact(WEB, "application/sbom"), artifact(WEB, "application/scan")
    for each in (sbom, scan):
        upstream.add("team/web", each)
    upstream.referrers_api = api
    if not api:
        kinds = {sbom.digest: "application/sbom", scan.digest: "application/scan"}
        listed = [each.described(artifactType=kinds[each.digest]) for each in (sbom, scan)]
        upstream.add("team/web", index(manifests=listed), WEB.digest.replace(":", "-"))
    found = await client.referrers("team/web", Digest.parse(WEB.digest))
    assert {each["digest"] for each in found} == {sbom.digest, scan.digest}
    found = await client.referrers("team/web", Digest.parse(WEB.digest), "application/scan")
    assert [each["digest"] for each in found] == [scan.digest]


async def test_no_referrers_are_an_empty_list(upstream: UpstreamRegistry, client: RemoteRegistry) -> None:
    assert await client.referrers("team/web", Digest.parse(WEB.digest)) == []
    upstream.referrers_api = False
    assert await client.referrers("team/web", Digest.parse(WEB.digest)) == []


async def test_signatures_are_only_asked_for_where_they_are_offered(
    upstream: UpstreamRegistry, client: RemoteRegistry
) -> None:
    signature = {"schemaVersion": 2, "name": f"{WEB.digest}@a", "type": "atomic", "content": "c2ln"}
    upstream.signatures[WEB.digest] = [signature]
    await client.manifest("team/web", "v1")
    assert await client.signatures("team/web", Digest.parse(WEB.digest)) == []
    assert not upstream.asked("GET", "/extensions/")
    upstream.extra_headers["X-Registry-Supports-Signatures"] = "1"
    await client.manifest("team/web", "v1")
    assert await client.signatures("team/web", Digest.parse(WEB.digest)) == [signature]


async def test_a_short_name_at_docker_hub_lies_in_library(client_of: MakeClient) -> None:
    hub = client_of("docker.io")
    assert hub.full_name("busybox") == "library/busybox"
    assert hub.full_name("grafana/grafana") == "grafana/grafana"
    assert client_of("quay.io").full_name("busybox") == "busybox"


async def test_the_type_of_a_manifest_is_its_own_word_where_the_server_has_none(
    upstream: UpstreamRegistry, client: RemoteRegistry
) -> None:
    upstream.before.append(hostile.on("/manifests/", hostile.sends(WEB.data, "text/plain; charset=utf-8")))
    assert (await client.manifest("team/web", "v1")).media_type == OCI_MANIFEST


async def test_a_blob_of_another_size_than_announced_is_not_begun(client: RemoteRegistry) -> None:
    blob = layer("0 of web")
    assert await whole(client, blob.digest, size=len(blob.data)) == blob.data
    with pytest.raises(RemoteFailure) as wrong:
        await whole(client, blob.digest, size=len(blob.data) + 1)
    assert wrong.value.kind is Kind.WRONG_DIGEST


async def test_a_blob_that_is_not_there_is_told_each_time(client: RemoteRegistry) -> None:
    for _ in range(3):
        with pytest.raises(RemoteFailure) as missing:
            await client.stat_blob("team/web", Digest.of(b"nowhere"))
        assert missing.value.kind is Kind.NOT_FOUND
