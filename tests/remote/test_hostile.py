"""An upstream that means harm: everything ends in a clear failure, in time, and no secret leaves."""

from __future__ import annotations

import asyncio
import base64
import resource
from collections.abc import Awaitable, Callable

import pytest

from roadstead.base.settings import Outbound
from roadstead.oci.digest import Digest
from roadstead.remote.addresses import Allowed
from roadstead.remote.client import RemoteRegistry
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.guard import Guard
from roadstead.testing import hostile
from roadstead.testing.builders import Content, image
from roadstead.testing.hostile import on
from roadstead.testing.upstream import Answerer, UpstreamRegistry
from roadstead.testing.upstream_users import Users
from tests.remote.conftest import MakeClient

WEB = image("web")
BLOB = Content(bytes(range(256)) * 64)
ACCOUNT = ("robot", "s3cret-of-the-robot")
LONGEST_SECONDS = 8.0
MEMORY_BYTES = 48 << 20


async def manifest(client: RemoteRegistry) -> None:
    await client.manifest("team/web", "v1")


async def by_digest(client: RemoteRegistry) -> None:
    await client.manifest("team/web", WEB.digest)


async def tags(client: RemoteRegistry) -> None:
    await client.tags("team/web")


async def referrers(client: RemoteRegistry) -> None:
    await client.referrers("team/web", Digest.parse(WEB.digest))


async def blob(client: RemoteRegistry) -> None:
    async with client.blob("team/web", Digest.parse(BLOB.digest)) as found:
        async for _ in found.chunks:
            pass


Ask = Callable[[RemoteRegistry], Awaitable[None]]
CASES: dict[str, tuple[Ask, Answerer, Kind]] = {
    "drips a manifest": (manifest, on("/manifests/", hostile.drips()), Kind.TIMEOUT),
    "drips a page of tags": (tags, on("/tags/", hostile.drips()), Kind.TIMEOUT),
    "drips a blob": (blob, on("/blobs/", hostile.drips(pause=0.2)), Kind.TIMEOUT),
    "stalls in a manifest": (manifest, on("/manifests/", hostile.stalls()), Kind.TIMEOUT),
    "stalls in a blob": (blob, on("/blobs/", hostile.stalls()), Kind.TIMEOUT),
    "does not begin to answer": (manifest, on("/manifests/", hostile.slow(60)), Kind.TIMEOUT),
    "ends a manifest early": (manifest, on("/manifests/", hostile.ends_early(WEB.data, 10)), Kind.CUT_SHORT),
    "ends a blob early for ever": (blob, on("/blobs/", hostile.ends_early(BLOB.data, 0)), Kind.CUT_SHORT),
    "breaks off a blob at every byte": (blob, on("/blobs/", hostile.resumable(BLOB.data, 1)), Kind.CUT_SHORT),
    "hangs up": (manifest, on("/manifests/", hostile.hangs_up()), Kind.CUT_SHORT),
    "sends another manifest": (by_digest, on("/manifests/", hostile.sends(image("b").data)), Kind.WRONG_DIGEST),
    "sends another blob": (blob, on("/blobs/", hostile.sends(b"x" * len(BLOB.data))), Kind.WRONG_DIGEST),
    "sends less of a blob": (blob, on("/blobs/", hostile.sends(BLOB.data[:-1])), Kind.WRONG_DIGEST),
    "calls a manifest what it is not": (
        manifest,
        on("/manifests/", hostile.sends(WEB.data, headers={"Docker-Content-Digest": BLOB.digest})),
        Kind.WRONG_DIGEST,
    ),
    "announces a manifest of 5 GB": (manifest, on("/manifests/", hostile.announces(5 << 30)), Kind.TOO_LARGE),
    "sends a manifest without end": (manifest, on("/manifests/", hostile.endless()), Kind.TOO_LARGE),
    "sends tags without end": (tags, on("/tags/", hostile.endless()), Kind.TOO_LARGE),
    "sends an error without end": (manifest, on("/manifests/", hostile.endless_error()), Kind.NOT_FOUND),
    "lists pages of tags without end": (tags, on("/tags/", hostile.endless_tags()), Kind.TOO_LARGE),
    "lists an index of a million entries": (
        manifest,
        on("/manifests/", hostile.sends(hostile.many_entries().data)),
        Kind.TOO_LARGE,
    ),
    "compresses tags until they are large": (tags, on("/tags/", hostile.gzip_bomb()), Kind.MALFORMED),
    "compresses a manifest until it is large": (by_digest, on("/manifests/", hostile.gzip_bomb()), Kind.WRONG_DIGEST),
    "sends headers by the megabyte": (manifest, on("/manifests/", hostile.header_bomb()), Kind.MALFORMED),
    "sends headers by the thousand": (manifest, on("/manifests/", hostile.header_bomb(5000, 10)), Kind.MALFORMED),
    "answers tags that are no JSON": (tags, on("/tags/", hostile.sends(b"<html>")), Kind.MALFORMED),
    "answers tags that are deep": (tags, on("/tags/", hostile.sends(b'{"tags":' + b"[" * 5000)), Kind.MALFORMED),
    "answers tags that are no list": (tags, on("/tags/", hostile.sends(b'{"tags":{"a":1}}')), Kind.MALFORMED),
    "fails for ever": (manifest, on("/manifests/", hostile.breaks(500)), Kind.UNAVAILABLE),
    "refuses": (manifest, on("/manifests/", hostile.breaks(418)), Kind.REFUSED),
    "answers 401 for ever without a challenge": (manifest, on("/v2/", hostile.challenges()), Kind.UNAUTHORIZED),
    "answers 401 for ever by Basic": (manifest, on("/v2/", hostile.challenges('Basic realm="x"')), Kind.UNAUTHORIZED),
    "answers 401 with a challenge nobody knows": (
        manifest,
        on("/v2/", hostile.challenges('Negotiate abc, Digest realm="x", , ="')),
        Kind.UNAUTHORIZED,
    ),
    "says 429 without a date": (manifest, on("/manifests/", hostile.too_many()), Kind.RATE_LIMITED),
    "says 429 for an hour": (manifest, on("/manifests/", hostile.too_many("3600")), Kind.RATE_LIMITED),
    "says 429 until a date": (
        manifest,
        on("/manifests/", hostile.too_many("Fri, 31 Dec 2100 23:59:59 GMT")),
        Kind.RATE_LIMITED,
    ),
    "redirects in a circle": (blob, on("/blobs/", hostile.redirects_to("/v2/team/web/blobs/{n}")), Kind.BLOCKED),
    "redirects to loopback": (blob, on("/blobs/", hostile.redirects_to("http://127.0.0.2:80/")), Kind.BLOCKED),
    "redirects to the metadata service": (
        blob,
        on("/blobs/", hostile.redirects_to("http://169.254.169.254/latest/meta-data/iam/")),
        Kind.BLOCKED,
    ),
    "redirects to a file": (blob, on("/blobs/", hostile.redirects_to("file:///etc/passwd")), Kind.BLOCKED),
    "redirects to no URL": (blob, on("/blobs/", hostile.redirects_to("http://[::1")), Kind.MALFORMED),
    "redirects to a mail server": (blob, on("/blobs/", hostile.redirects_to("http://127.0.0.1:25/")), Kind.BLOCKED),
    "names a token service elsewhere": (
        manifest,
        on("/manifests/", hostile.wants_token_from("http://127.0.0.2:1/token")),
        Kind.BLOCKED,
    ),
    "names a token service that is no URL": (
        manifest,
        on("/manifests/", hostile.wants_token_from("not a url")),
        Kind.BLOCKED,
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_it_ends_in_a_clear_failure_in_time(upstream: UpstreamRegistry, client_of: MakeClient, name: str) -> None:
    ask, trick, kind = CASES[name]
    upstream.add("team/web", WEB, "v1")
    upstream.repositories["team/web"].blobs[BLOB.digest] = BLOB.data
    upstream.before.append(trick)
    with pytest.raises(RemoteFailure) as failed:
        async with asyncio.timeout(LONGEST_SECONDS):
            await ask(client_of(upstream, account=ACCOUNT))
    assert failed.value.kind is kind, failed.value.message
    assert len(failed.value.message) < 600
    assert failed.value.message.isprintable()
    assert ACCOUNT[1] not in failed.value.message


async def test_memory_stays_flat_whatever_is_sent(upstream: UpstreamRegistry, client_of: MakeClient) -> None:
    upstream.add("team/web", WEB, "v1")
    client = client_of(upstream)
    await client.manifest("team/web", "v1")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for trick in (hostile.announces(5 << 30), hostile.endless(), hostile.announces(5 << 30)):
        upstream.before = [on("/manifests/", trick)]
        with pytest.raises(RemoteFailure):
            await client.manifest("team/web", "v1")
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < MEMORY_BYTES


async def test_a_passing_failure_is_tried_again(upstream: UpstreamRegistry, client_of: MakeClient) -> None:
    upstream.add("team/web", WEB, "v1")
    for trick in (hostile.breaks(500), hostile.breaks(503), hostile.hangs_up(), hostile.too_many("1")):
        upstream.before = [on("/manifests/", trick, times=2)]
        assert str((await client_of(upstream).manifest("team/web", "v1")).digest) == WEB.digest


async def test_an_upstream_that_asks_for_time_is_left_alone_for_it(
    upstream: UpstreamRegistry, client_of: MakeClient
) -> None:
    upstream.before.append(on("/manifests/", hostile.too_many("120")))
    client = client_of(upstream)
    for _ in range(3):
        with pytest.raises(RemoteFailure) as limited:
            await client.manifest("team/web", "v1")
        assert limited.value.retry_after in (120, 121)
    assert len(upstream.asked("GET", "/manifests/")) == 1


async def test_a_name_that_changes_its_address_never_leads_to_one_that_was_not_checked(client_of: MakeClient) -> None:
    """The public address is played by 127.0.0.2, the forbidden one by 127.0.0.1 on the same port."""
    async with UpstreamRegistry(host="127.0.0.2") as public:
        victim = UpstreamRegistry(host="127.0.0.1")
        await victim.start(public.port)
        try:
            public.add("team/web", WEB, "v1")
            lookup = hostile.Rebinding("127.0.0.2", "127.0.0.2", "127.0.0.1")
            guard = Guard(LOOPBACK_NOTHING, allowed=Allowed.parse(["127.0.0.2"]), lookup=lookup)
            # The first look-up is for https, the second for http.
            client = client_of(f"rebinding.test:{public.port}", guard=guard)
            await client.manifest("team/web", "v1")
            public.before.append(on("/blobs/", hostile.hangs_up()))  # so that a new connection is needed
            with pytest.raises(RemoteFailure) as refused:
                await blob(client)
            assert refused.value.kind is Kind.BLOCKED
            assert not victim.seen
        finally:
            await victim.stop()


async def test_a_name_with_one_forbidden_address_is_refused_whole(client_of: MakeClient) -> None:
    lookup = hostile.Rebinding("93.184.216.34,10.0.0.1")
    with pytest.raises(RemoteFailure) as refused:
        await manifest(client_of("mixed.test", guard=Guard(LOOPBACK_NOTHING, lookup=lookup)))
    assert refused.value.rule == "address"
    assert "10.0.0.1" not in refused.value.message


async def test_a_secret_goes_to_the_registry_and_its_token_service_alone(client_of: MakeClient) -> None:
    secret = base64.b64encode(":".join(ACCOUNT).encode()).decode()
    async with UpstreamRegistry(host="127.0.0.2") as elsewhere:
        users = Users("token", {ACCOUNT[0]: ACCOUNT[1]})
        async with UpstreamRegistry(users=users) as upstream:
            elsewhere.before.append(hostile.sends(BLOB.data, "application/octet-stream"))
            upstream.add("team/web", WEB, "v1")
            upstream.before.append(on("/blobs/", hostile.redirects_to(f"{elsewhere.address}/somewhere")))
            client = client_of(upstream, account=ACCOUNT, allow=["127.0.0.1", "127.0.0.2"])
            await manifest(client)
            await blob(client)
    assert [each.path for each in elsewhere.seen] == ["/somewhere"]
    assert not elsewhere.seen[0].authorization
    shown = {each.path for each in upstream.seen if secret in each.authorization}
    assert shown == {"/token"}


async def test_a_token_service_elsewhere_gets_nothing_unless_it_is_listed(client_of: MakeClient) -> None:
    async with UpstreamRegistry(host="127.0.0.2") as elsewhere:
        users = Users("token", {ACCOUNT[0]: ACCOUNT[1]}, realm=f"{elsewhere.address}/token")
        async with UpstreamRegistry(users=users) as upstream:
            upstream.add("team/web", WEB, "v1")
            guard = Guard(LOOPBACK_NOTHING, allowed=Allowed.parse(["127.0.0.0/8"]))
            with pytest.raises(RemoteFailure) as refused:
                await manifest(client_of(upstream, account=ACCOUNT, guard=guard))
            assert refused.value.rule == "token realm"
            assert "ROADSTEAD_OUTBOUND_ALLOW" in refused.value.message
    assert not elsewhere.seen


LOOPBACK_NOTHING = Outbound(allow=[], connect_seconds=2, idle_seconds=1, document_seconds=2, transfer_seconds=2)
