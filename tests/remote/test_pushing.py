"""Content is put into another registry: mounted, whole, in pieces, and on after a break."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from roadstead.oci.digest import Digest
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.places import Credential
from roadstead.remote.pushing import Pusher, Upload
from roadstead.testing import hostile
from roadstead.testing.builders import Content, artifact, image
from roadstead.testing.hostile import on
from roadstead.testing.upstream import Answerer, UpstreamRegistry
from roadstead.testing.upstream_uploads import Repository
from roadstead.testing.upstream_users import HostKeys, Users
from tests.remote.conftest import MakeClient

LARGE = Content(bytes(range(256)) * 12_000)
WEB = image("web")


def upload_of(content: Content, *, breaks_at: int = 0) -> Upload:
    @asynccontextmanager
    async def open_at(start: int) -> AsyncIterator[AsyncIterator[bytes]]:
        async def chunks() -> AsyncIterator[bytes]:
            for at in range(start, len(content.data), 100_000):
                if breaks_at and at > breaks_at:
                    raise RemoteFailure(Kind.CUT_SHORT, "the source is gone", host="source.test")
                yield content.data[at : at + 100_000]

        yield chunks()

    return Upload(Digest.parse(content.digest), len(content.data), open_at)


@pytest.mark.parametrize("content", [Content(b""), Content(b"small"), LARGE], ids=["empty", "one piece", "pieces"])
async def test_a_blob_arrives(upstream: UpstreamRegistry, client_of: MakeClient, content: Content) -> None:
    pusher = Pusher(client_of(upstream), "team/web", piece=1_000_000)
    assert not await pusher.has_blob(Digest.parse(content.digest))
    assert await pusher.blob(upload_of(content))
    assert upstream.repositories["team/web"].blobs[content.digest] == content.data
    assert await pusher.has_blob(Digest.parse(content.digest))


async def test_an_upload_that_breaks_goes_on_where_it_stopped(
    upstream: UpstreamRegistry, client_of: MakeClient
) -> None:
    upstream.uploads.cut_after = 1_500_000
    assert await Pusher(client_of(upstream), "team/web", piece=1_000_000).blob(upload_of(LARGE))
    assert upstream.repositories["team/web"].blobs[LARGE.digest] == LARGE.data
    starts = [each.headers["content-range"].partition("-")[0] for each in upstream.asked("PATCH")]
    assert starts == ["0", "1000000", "1500000", "2500000"]


async def test_an_upload_that_never_gets_further_ends(upstream: UpstreamRegistry, client_of: MakeClient) -> None:
    upstream.before.append(on("/uploads/", hostile.hangs_up(), method="PATCH"))
    with pytest.raises(RemoteFailure) as failed:
        await Pusher(client_of(upstream), "team/web").blob(upload_of(LARGE))
    assert failed.value.kind is Kind.CUT_SHORT
    assert len(upstream.asked("PATCH")) <= 6


async def test_what_goes_wrong_at_the_source_is_told_as_that(upstream: UpstreamRegistry, client_of: MakeClient) -> None:
    with pytest.raises(RemoteFailure) as failed:
        await Pusher(client_of(upstream), "team/web").blob(upload_of(LARGE, breaks_at=1_000_000))
    assert failed.value.message == "the source is gone"
    assert "team/web" not in upstream.repositories


async def test_a_blob_is_mounted_from_a_repository_that_has_it(
    upstream: UpstreamRegistry, client_of: MakeClient
) -> None:
    upstream.add("team/base", image("base"))
    blob = image("base").blobs[0]
    assert not await Pusher(client_of(upstream), "team/web").blob(upload_of(blob), mount_from="team/base")
    assert upstream.repositories["team/web"].blobs[blob.digest] == blob.data
    assert not upstream.asked("PUT")


async def test_a_mount_that_is_not_granted_is_an_upload(upstream: UpstreamRegistry, client_of: MakeClient) -> None:
    assert await Pusher(client_of(upstream), "team/web").blob(upload_of(LARGE), mount_from="team/none")
    assert upstream.repositories["team/web"].blobs[LARGE.digest] == LARGE.data


async def test_a_manifest_is_put_under_a_tag_and_a_subject_is_answered(
    upstream: UpstreamRegistry, client_of: MakeClient
) -> None:
    pusher = Pusher(client_of(upstream), "team/web")
    sbom = artifact(WEB)
    for blob in (*WEB.blobs, *sbom.blobs):
        await pusher.blob(upload_of(blob))
    assert not await pusher.manifest("v1", WEB.data, WEB.media_type)
    assert await pusher.manifest(sbom.digest, sbom.data, sbom.media_type)
    assert upstream.repositories["team/web"].tags == {"v1": WEB.digest}


async def test_credentials_that_may_push_are_found_before_bytes_are_sent(client_of: MakeClient) -> None:
    users = Users("token", {"reader": "a", "writer": "b"})
    async with UpstreamRegistry(users=users) as upstream:
        both = HostKeys({upstream.host: (Credential("reader", "wrong"), Credential("writer", "b"))})
        assert await Pusher(client_of(upstream, keys=both), "team/web").blob(upload_of(LARGE))
        assert upstream.repositories["team/web"].blobs[LARGE.digest] == LARGE.data


async def test_a_token_that_ends_in_the_middle_is_renewed(client_of: MakeClient) -> None:
    async with UpstreamRegistry(users=Users("token", {"writer": "b"})) as upstream:
        pusher = Pusher(client_of(upstream, account=("writer", "b")), "team/web", piece=1_000_000)

        async def forget(_: object) -> None:
            upstream.users.issued.clear()

        upstream.before.append(on("/uploads/", forget, method="PATCH", times=1))
        assert await pusher.blob(upload_of(LARGE))
        assert upstream.repositories["team/web"].blobs[LARGE.digest] == LARGE.data


async def test_bytes_that_are_not_those_of_the_digest_are_refused(
    upstream: UpstreamRegistry, client_of: MakeClient
) -> None:
    wrong = upload_of(LARGE)
    with pytest.raises(RemoteFailure) as refused:
        await Pusher(client_of(upstream), "team/web").blob(Upload(Digest.of(b"else"), wrong.size, wrong.open_at))
    assert refused.value.kind is Kind.REFUSED
    assert "digest invalid" in refused.value.message


def leads_to(location: str) -> Answerer:
    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response(status=202, headers={"Location": location} if location else {})

    return on("/uploads/", answer, method="POST")


async def test_an_upload_that_is_led_elsewhere_is_guarded_and_shows_nothing(client_of: MakeClient) -> None:
    async with (
        UpstreamRegistry(host="127.0.0.2") as elsewhere,
        UpstreamRegistry(users=Users("basic", {"writer": "b"})) as upstream,
    ):
        upstream.before.append(leads_to(f"{elsewhere.address}/v2/x/y/blobs/uploads/1"))
        for allow, kind in ((["127.0.0.1"], Kind.BLOCKED), (["127.0.0.0/8"], Kind.NOT_FOUND)):
            client = client_of(upstream, account=("writer", "b"), allow=allow)
            with pytest.raises(RemoteFailure) as failed:
                await Pusher(client, "team/web").blob(upload_of(Content(b"small")))
            assert failed.value.kind is kind
        assert elsewhere.seen
        assert not any(each.authorization for each in elsewhere.seen)


@pytest.mark.parametrize("location", ["", "ftp://127.0.0.1/x", "http://169.254.169.254/x", "http://127.0.0.1:22/x"])
async def test_an_upload_that_is_led_nowhere_good_is_not_sent(
    upstream: UpstreamRegistry, client_of: MakeClient, location: str
) -> None:
    upstream.before.append(leads_to(location))
    with pytest.raises(RemoteFailure) as refused:
        await Pusher(client_of(upstream), "team/web").blob(upload_of(LARGE))
    assert refused.value.kind in (Kind.MALFORMED, Kind.BLOCKED)
    assert not upstream.asked("PATCH")


@pytest.mark.parametrize("claim", ["0-99999999999", "5-7", "x", ""])
async def test_a_registry_that_lies_of_what_it_has_is_given_up(
    upstream: UpstreamRegistry, client_of: MakeClient, claim: str
) -> None:
    async def lies(_: web.BaseRequest) -> web.Response:
        return web.Response(status=204, headers={"Range": claim})

    upstream.before += [
        on("/uploads/", hostile.hangs_up(), method="PATCH"),
        on("/uploads/", lies, method="GET"),
    ]
    with pytest.raises(RemoteFailure):
        await Pusher(client_of(upstream), "team/web").blob(upload_of(LARGE))
    assert LARGE.digest not in upstream.repositories.get("team/web", Repository()).blobs
