"""Challenges are answered, tokens kept, credentials tried in order, budgets respected."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.places import Credential
from roadstead.testing import hostile
from roadstead.testing.builders import image
from roadstead.testing.hostile import on
from roadstead.testing.upstream import Answerer, UpstreamRegistry
from roadstead.testing.upstream_users import HostKeys, Users
from tests.remote.conftest import MakeClient

WEB = image("web")
ACCOUNTS = {"robot": "right", "other": "also-right"}


def registry(**users: object) -> UpstreamRegistry:
    made = UpstreamRegistry(users=Users(accounts=ACCOUNTS, **users))  # type: ignore[arg-type]
    made.add("team/web", WEB, "v1")
    made.add("team/app", WEB, "v1")
    return made


def keys(upstream: UpstreamRegistry, *credentials: Credential) -> HostKeys:
    return HostKeys({upstream.host: credentials})


async def failure_of(client_of: MakeClient, upstream: UpstreamRegistry, *credentials: Credential) -> RemoteFailure:
    with pytest.raises(RemoteFailure) as failed:
        await client_of(upstream, keys=keys(upstream, *credentials)).manifest("team/web", "v1")
    return failed.value


@pytest.mark.parametrize("how", ["basic", "token"])
async def test_name_and_password_open_a_registry(client_of: MakeClient, how: str) -> None:
    async with registry(how=how) as upstream:
        found = await client_of(upstream, account=("robot", "right")).manifest("team/web", "v1")
        assert str(found.digest) == WEB.digest


async def test_nobody_gets_a_token_of_nobodys_where_pulls_are_public(client_of: MakeClient) -> None:
    async with registry(how="token", public=True) as upstream:
        await client_of(upstream).manifest("team/web", "v1")
        assert not upstream.asked("GET", "/token")[0].authorization


@pytest.mark.parametrize("how", ["basic", "token"])
async def test_without_credentials_the_registry_says_so(client_of: MakeClient, how: str) -> None:
    async with registry(how=how) as upstream:
        failure = await failure_of(client_of, upstream)
        assert failure.kind is Kind.UNAUTHORIZED


@pytest.mark.parametrize("challenge", ["Negotiate", 'Bearer realm=""', 'Digest realm="x"', ""])
async def test_a_way_to_log_in_that_is_not_known_is_told_as_such(client_of: MakeClient, challenge: str) -> None:
    async with UpstreamRegistry() as upstream:
        upstream.before.append(hostile.challenges(*([challenge] if challenge else [])))
        with pytest.raises(RemoteFailure, match="in no way that is known here") as refused:
            await client_of(upstream, account=("al", "sekret")).manifest("team/web", "v1")
        assert refused.value.kind is Kind.UNAUTHORIZED
        assert not any(each.authorization for each in upstream.seen)


async def test_a_wrong_password_is_told_from_a_missing_one(client_of: MakeClient) -> None:
    async with registry(how="token") as upstream:
        assert (await failure_of(client_of, upstream, Credential("robot", "wrong"))).kind is Kind.BAD_PASSWORD
    async with registry(how="basic") as upstream:
        assert (await failure_of(client_of, upstream, Credential("robot", "wrong"))).kind is Kind.UNAUTHORIZED


@pytest.mark.parametrize("how", ["basic", "token"])
async def test_the_next_credentials_are_tried_when_some_do_not_suffice(client_of: MakeClient, how: str) -> None:
    async with registry(how=how) as upstream:
        both = keys(upstream, Credential("robot", "old"), Credential("other", "also-right"))
        assert str((await client_of(upstream, keys=both).manifest("team/web", "v1")).digest) == WEB.digest


async def test_of_several_failures_the_first_is_told(client_of: MakeClient) -> None:
    async with registry(how="token", denied=frozenset({"team/web"})) as upstream:
        wrong_then_denied = [Credential("robot", "old"), Credential("other", "also-right")]
        assert (await failure_of(client_of, upstream, *wrong_then_denied)).kind is Kind.DENIED
        assert (await failure_of(client_of, upstream, *wrong_then_denied[::-1])).kind is Kind.BAD_PASSWORD


async def test_a_token_is_kept_for_its_repository_until_it_ends(client_of: MakeClient) -> None:
    async with registry(how="token") as upstream:
        client = client_of(upstream, account=("robot", "right"))
        for _ in range(3):
            await client.manifest("team/web", "v1")
        assert len(upstream.asked("GET", "/token")) == 1
        await client.manifest("team/app", "v1")
        assert len(upstream.asked("GET", "/token")) == 2
        # Known to be needed, the second token was fetched before anything was refused.
        assert len(upstream.asked("GET", "/v2/team/app")) == 1


async def test_those_who_want_the_same_token_at_once_wait_for_one(client_of: MakeClient) -> None:
    async with registry(how="token") as upstream:
        client = client_of(upstream, account=("robot", "right"))
        await asyncio.gather(*(client.manifest("team/web", "v1") for _ in range(20)))
        assert len(upstream.asked("GET", "/token")) == 1


async def test_a_slow_token_service_has_no_more_time_than_the_whole_request(client_of: MakeClient) -> None:
    async with registry(how="token") as upstream:
        upstream.before += [on("/token", hostile.slow(60)), on("/manifests/", hostile.slow(0.4))]
        client = client_of(upstream, account=("robot", "right"), document_seconds=1, idle_seconds=9)
        began = asyncio.get_running_loop().time()
        with pytest.raises(RemoteFailure) as late:
            await client.manifest("team/web", "v1")
        assert late.value.kind is Kind.TIMEOUT
        assert asyncio.get_running_loop().time() - began < 1.9


async def test_a_token_that_ended_before_its_time_is_renewed(client_of: MakeClient) -> None:
    async with registry(how="token") as upstream:
        client = client_of(upstream, account=("robot", "right"))
        await client.manifest("team/web", "v1")
        upstream.users.issued.clear()
        await client.manifest("team/web", "v1")
        assert len(upstream.asked("GET", "/token")) == 2


async def test_an_identity_token_is_exchanged(client_of: MakeClient) -> None:
    async with registry(how="token", identity_tokens={"long-lived": "robot"}) as upstream:
        held = keys(upstream, Credential(identity_token="long-lived"))
        await client_of(upstream, keys=held).manifest("team/web", "v1")
        assert upstream.asked("POST", "/token")
        assert (await failure_of(client_of, upstream, Credential(identity_token="no"))).kind is Kind.BAD_PASSWORD


async def test_a_registry_token_is_shown_as_it_is(client_of: MakeClient) -> None:
    async with registry(how="token") as upstream:
        upstream.users.issued["given"] = ("robot", frozenset({"repository:team/web:pull"}), float("inf"))
        held = keys(upstream, Credential(registry_token="given"))
        await client_of(upstream, keys=held).manifest("team/web", "v1")
        assert not upstream.asked("GET", "/token")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (hostile.sends(b"<html>"), Kind.MALFORMED),
        (hostile.sends(b"{}"), Kind.MALFORMED),
        (hostile.sends(b'{"token": "a\\r\\nb"}'), Kind.MALFORMED),
        (hostile.sends(b'{"token": ' + b'"' + b"a" * 100_000 + b'"}'), Kind.MALFORMED),
        (hostile.endless(), Kind.TOO_LARGE),
        (hostile.breaks(500), Kind.UNAVAILABLE),
        (hostile.too_many("60"), Kind.RATE_LIMITED),
        (hostile.breaks(404), Kind.REFUSED),
        (hostile.redirects_to("http://169.254.169.254/token"), Kind.BLOCKED),
    ],
)
async def test_a_token_service_that_does_not_behave_is_a_clear_failure(
    client_of: MakeClient, answer: Answerer, kind: Kind
) -> None:
    async with registry(how="token") as upstream:
        upstream.before.append(on("/token", answer))
        assert (await failure_of(client_of, upstream, Credential("robot", "right"))).kind is kind


async def test_an_upstream_that_says_nothing_remains_is_left_alone_until_its_reset(client_of: MakeClient) -> None:
    async with registry() as upstream:
        upstream.extra_headers = {"RateLimit-Limit": "100;w=21600", "RateLimit-Remaining": "0;w=21600"}
        client = client_of(upstream)
        for _ in range(2):
            await client.manifest("team/web", "v1")
        upstream.extra_headers["RateLimit-Reset"] = "300"
        await client.manifest("team/web", "v1")
        with pytest.raises(RemoteFailure) as limited:
            await client.manifest("team/web", "v1")
        assert limited.value.kind is Kind.RATE_LIMITED
        assert len(upstream.seen) == 3


async def test_plain_http_is_only_spoken_where_the_registry_is_marked_insecure(client_of: MakeClient) -> None:
    async with registry() as upstream:
        with pytest.raises(RemoteFailure) as refused:
            await client_of(upstream, insecure=False, account=("robot", "right")).manifest("team/web", "v1")
        assert "http: server gave HTTP response to HTTPS client" in refused.value.message
        assert not upstream.seen


async def test_many_first_requests_at_once_all_find_out_that_there_is_no_tls(client_of: MakeClient) -> None:
    """Some learn it after others have been answered already."""
    async with registry() as upstream, answering_tls_slowly(upstream.port) as host:
        client = client_of(host)
        found = await asyncio.gather(*(client.manifest("team/web", "v1") for _ in range(5)))
        assert {str(each.digest) for each in found} == {WEB.digest}


@asynccontextmanager
async def answering_tls_slowly(port: int) -> AsyncIterator[str]:
    """In front of a plain port: what begins like TLS is told off in plain words, each time a little later."""
    count = iter(range(1000))

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begin = await reader.read(65536)
        if begin[:1] == b"\x16":
            await asyncio.sleep(0.1 * next(count))
            writer.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        far_writer.write(begin)
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer), return_exceptions=True)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        server.close()
