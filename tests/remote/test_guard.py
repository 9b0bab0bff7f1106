"""The one opener of outbound connections: schemes, certificates, redirects, time, bytes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from roadstead.base.certificates import Certificates
from roadstead.base.errors import Invalid
from roadstead.remote.addresses import Allowed
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.guard import Ask, Guard
from roadstead.testing import hostile
from roadstead.testing.builders import image
from roadstead.testing.hostile import on
from roadstead.testing.upstream import UpstreamRegistry
from tests.remote.conftest import LOOPBACK, MakeClient

WEB = image("web")


@pytest.fixture
async def guard() -> AsyncIterator[Guard]:
    opened = Guard(LOOPBACK)
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    made = Certificates(tmp_path_factory.mktemp("ca"), ["127.0.0.1"])
    made.ensure(datetime.now(UTC))
    return made


@pytest.fixture
async def secure(certificates: Certificates) -> AsyncIterator[UpstreamRegistry]:
    """A registry over TLS, whose CA nobody knows yet."""
    async with UpstreamRegistry(tls=certificates.context()) as registry:
        registry.add("team/web", WEB, "v1")
        yield registry


async def refusal(guard: Guard, url: str, **options: object) -> RemoteFailure:
    with pytest.raises(RemoteFailure) as refused:
        (await guard.open(Ask("GET", url, **options))).close()  # type: ignore[arg-type]
    return refused.value


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("ftp://127.0.0.1/x", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://127.0.0.1:70/_x", "scheme"),
        ("http://127.0.0.1:22/", "port"),
        ("http://[::1]:80/", "address"),
        ("http://[::ffff:10.0.0.1]/", "address"),
        ("http://10.0.0.1/", "address"),
        ("http://0x7f.1/", "address"),
        ("http://0177.0.0.1/", "address"),
        ("http://2130706433/", "address"),
        ("http://127.1/", "address"),
        ("http://localhost/", "address"),
        ("http://user:secret@127.0.0.1/", "address"),
    ],
)
async def test_a_rule_is_named_when_it_refuses(url: str, rule: str) -> None:
    guard = Guard(replace(LOOPBACK, allow=[]))
    failure = await refusal(guard, url)
    await guard.close()
    assert (failure.kind, failure.rule) == (Kind.BLOCKED, rule)
    assert "secret" not in failure.message


@pytest.mark.parametrize("url", ["", "x", "http://", "http://[", "http:///x", "http://a:99999/", "//a/b"])
async def test_what_is_no_address_is_not_asked(guard: Guard, url: str) -> None:
    assert (await refusal(guard, url)).kind in (Kind.MALFORMED, Kind.BLOCKED)


async def test_a_refusal_says_how_an_administrator_allows_it(guard: Guard) -> None:
    failure = await refusal(guard, "http://10.1.2.3:5000/v2/")
    assert failure.message.endswith("an administrator allows it by adding 10.1.2.3 to ROADSTEAD_OUTBOUND_ALLOW")


async def test_a_refusal_writes_an_ipv6_address_as_the_list_wants_it(guard: Guard) -> None:
    refused = await refusal(guard, "http://[2001:4860:4860::8888]:25/v2/")
    entry = refused.message.partition("by adding ")[2].partition(" ")[0]
    assert entry == "[2001:4860:4860::8888]:25"
    assert Allowed.parse([entry]).refuses_port("2001:4860:4860::8888", 25) is None


def test_a_list_that_cannot_be_read_stops_the_server() -> None:
    with pytest.raises(Invalid, match=r"outbound\.allow: 'http://x'"):
        Guard(replace(LOOPBACK, allow=["http://x"]))


async def test_a_certificate_nobody_signed_is_refused(secure: UpstreamRegistry, client_of: MakeClient) -> None:
    with pytest.raises(RemoteFailure) as refused:
        await client_of(secure, insecure=False).manifest("team/web", "v1")
    assert (refused.value.kind, refused.value.rule) == (Kind.TLS, "certificate")
    assert not secure.seen


async def test_the_ca_given_for_a_registry_is_believed(
    secure: UpstreamRegistry, client_of: MakeClient, certificates: Certificates
) -> None:
    client = client_of(secure, insecure=False, ca=read(certificates.authority))
    assert str((await client.manifest("team/web", "v1")).digest) == WEB.digest


async def test_a_ca_that_is_none_is_a_clear_failure(secure: UpstreamRegistry, client_of: MakeClient) -> None:
    with pytest.raises(RemoteFailure, match="no PEM certificate"):
        await client_of(secure, insecure=False, ca="nonsense").manifest("team/web", "v1")


async def test_a_registry_marked_insecure_is_asked_whatever_its_certificate(
    secure: UpstreamRegistry, client_of: MakeClient
) -> None:
    assert str((await client_of(secure, insecure=True).manifest("team/web", "v1")).digest) == WEB.digest


async def test_a_redirect_from_https_to_http_is_refused(
    secure: UpstreamRegistry, upstream: UpstreamRegistry, client_of: MakeClient
) -> None:
    secure.before.append(on("/manifests/", hostile.redirects_to(f"{upstream.address}/v2/team/web/manifests/v1")))
    with pytest.raises(RemoteFailure) as refused:
        await client_of(secure, insecure=True).manifest("team/web", "v1")
    assert refused.value.rule == "redirects"
    assert not upstream.seen


async def test_a_token_service_on_http_is_refused_for_a_registry_on_https(
    secure: UpstreamRegistry, upstream: UpstreamRegistry, client_of: MakeClient
) -> None:
    secure.before.append(on("/manifests/", hostile.wants_token_from(f"{upstream.address}/token")))
    with pytest.raises(RemoteFailure) as refused:
        await client_of(secure, account=("robot", "s3cret")).manifest("team/web", "v1")
    assert refused.value.rule == "token realm"
    assert not upstream.seen


async def test_a_token_service_elsewhere_is_asked_when_it_is_listed() -> None:
    guard = Guard(LOOPBACK, allowed=Allowed.parse(["auth.other.test"]))
    guard.check_realm("https://auth.other.test/token", "https://registry.test")
    guard.check_realm("https://auth.registry.co.uk/token", "https://docker.registry.co.uk")
    with pytest.raises(RemoteFailure, match="ROADSTEAD_OUTBOUND_ALLOW"):
        guard.check_realm("https://auth.third.test/token", "https://registry.test")


async def test_redirects_within_a_host_keep_what_they_show(upstream: UpstreamRegistry, guard: Guard) -> None:
    upstream.before.append(on("/from", hostile.redirects_to("/v2/"), times=1))
    async with await guard.open(Ask("GET", f"{upstream.address}/from", {"Authorization": "Basic eDp5"})) as answer:
        assert answer.status == 200
    assert [each.authorization for each in upstream.seen] == ["Basic eDp5", "Basic eDp5"]


async def test_what_was_not_a_read_is_not_sent_elsewhere(upstream: UpstreamRegistry, guard: Guard) -> None:
    upstream.before.append(on("/from", hostile.redirects_to("/to")))
    async with await guard.open(Ask("POST", f"{upstream.address}/from", body=b"data")) as answer:
        assert answer.status == 307
    assert [each.path for each in upstream.seen] == ["/from"]


async def test_cookies_are_not_kept_and_bodies_not_decompressed(upstream: UpstreamRegistry, guard: Guard) -> None:
    upstream.before.append(hostile.sends(b"\x1f\x8b", headers={"Set-Cookie": "a=b", "Content-Encoding": "gzip"}))
    for _ in range(2):
        async with await guard.open(Ask("GET", f"{upstream.address}/x")) as answer:
            assert await answer.read(10) == b"\x1f\x8b"
    assert all("cookie" not in each.headers for each in upstream.seen)
    assert upstream.seen[0].headers["accept-encoding"] == "identity"


async def test_an_answer_that_is_not_read_to_its_end_costs_its_connection(
    upstream: UpstreamRegistry, guard: Guard
) -> None:
    upstream.before.append(on("/endless", hostile.endless()))
    async with await guard.open(Ask("GET", f"{upstream.address}/endless")) as answer:
        async for _ in answer.chunks(1 << 30):
            break
    async with await guard.open(Ask("GET", f"{upstream.address}/v2/")) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_answers_without_a_body_end_each_time(upstream: UpstreamRegistry, guard: Guard, method: str) -> None:
    upstream.before += [on("/204", hostile.sends(b"", status=204)), hostile.sends(b"")]
    for path in ("/204", "/x", "/204", "/x"):
        async with await guard.open(Ask(method, upstream.address + path)) as answer:
            assert await answer.read(100) == b""
            await answer.drop()


async def test_a_body_in_chunks_is_read_whole(guard: Guard) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in (b"3\r\nabc\r\n", b"1\r\nd\r\n", b"0\r\n\r\n"):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.01)
        writer.close()
        await writer.wait_closed()
        ended.set()

    ended = asyncio.Event()
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with await guard.open(Ask("GET", address)) as answer:
            assert await answer.read(100) == b"abcd"
        await ended.wait()


async def test_many_requests_share_connections(upstream: UpstreamRegistry, guard: Guard) -> None:
    async def one() -> int:
        async with await guard.open(Ask("GET", f"{upstream.address}/v2/")) as answer:
            await answer.read(100)
            return answer.status

    assert set(await asyncio.gather(*(one() for _ in range(200)))) == {200}


async def test_the_whole_time_of_a_request_is_bounded_redirects_included(
    upstream: UpstreamRegistry, guard: Guard
) -> None:
    upstream.before += [hostile.slow(0.3), on("/", hostile.redirects_to("/{n}"))]
    began = asyncio.get_running_loop().time()
    failure = await refusal(guard, f"{upstream.address}/x", seconds=0.5)
    assert failure.kind is Kind.TIMEOUT
    assert asyncio.get_running_loop().time() - began < 1.4


async def test_a_server_that_speaks_no_http_is_a_clear_failure(guard: Guard) -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.7\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        failure = await refusal(guard, f"http://127.0.0.1:{port}/")
        assert failure.kind in (Kind.MALFORMED, Kind.CUT_SHORT)
        assert (await refusal(guard, f"https://127.0.0.1:{port}/")).kind in (Kind.TLS, Kind.CUT_SHORT)


async def test_nobody_listening_is_a_clear_failure(guard: Guard) -> None:
    failure = await refusal(guard, "http://127.0.0.1:1025/")
    assert (failure.kind, failure.message) == (Kind.UNAVAILABLE, "127.0.0.1:1025 cannot be reached: connection refused")


async def test_old_tls_is_not_spoken(certificates: Certificates, client_of: MakeClient) -> None:
    context = certificates.context()
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    async with UpstreamRegistry(tls=context) as upstream:
        with pytest.raises(RemoteFailure) as refused:
            await client_of(upstream, insecure=True).manifest("team/web", "v1")
        assert refused.value.kind in (Kind.TLS, Kind.UNAVAILABLE, Kind.CUT_SHORT)
        assert not upstream.seen


def read(path: Path) -> str:
    return path.read_text()
