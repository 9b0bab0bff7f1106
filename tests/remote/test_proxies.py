"""HTTP_PROXY, HTTPS_PROXY and NO_PROXY, read and used."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from roadstead.base.certificates import Certificates
from roadstead.base.errors import Invalid
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.guard import Guard
from roadstead.remote.places import Credential
from roadstead.remote.proxies import Proxies
from roadstead.testing import hostile
from roadstead.testing.builders import image
from roadstead.testing.hostile import Rebinding
from roadstead.testing.upstream import UpstreamRegistry
from roadstead.testing.upstream_users import HostKeys, Users
from tests.remote.conftest import MakeClient
from tests.remote.test_guard import read
from tests.remote.test_hostile import LOOPBACK_NOTHING

BOTH = {"HTTP_PROXY": "http://proxy.corp:3128", "HTTPS_PROXY": "proxy.corp:3129"}


def test_each_scheme_has_its_proxy() -> None:
    proxies = Proxies.from_environment(BOTH)
    assert proxies.proxy_for("https", "quay.io", 443) == "http://proxy.corp:3129"
    assert proxies.proxy_for("http", "quay.io", 80) == "http://proxy.corp:3128"
    assert Proxies.from_environment({"https_proxy": "https://p"}).proxy_for("https", "quay.io", 443) == "https://p"
    assert not Proxies.from_environment({}).proxy_for("https", "quay.io", 443)


@pytest.mark.parametrize(
    ("entry", "host", "port"),
    [
        ("*", "quay.io", 443),
        ("quay.io", "quay.io", 443),
        ("quay.io", "cdn.quay.io", 443),
        (".quay.io", "cdn.quay.io", 443),
        ("*.quay.io", "cdn.quay.io", 443),
        ("QUAY.io:443", "quay.io.", 443),
        ("10.0.0.0/8", "10.1.2.3", 5000),
        ("10.1.2.3", "10.1.2.3", 5000),
        ("a, ,quay.io", "quay.io", 443),
        ("", "localhost", 5000),
        ("", "127.0.0.1", 5000),
        ("", "[::1]", 5000),
    ],
)
def test_no_proxy_names_what_is_asked_straight(entry: str, host: str, port: int) -> None:
    proxies = Proxies.from_environment({**BOTH, "NO_PROXY": entry})
    assert not proxies.proxy_for("https", host, port)


@pytest.mark.parametrize(
    ("entry", "host", "port"),
    [
        ("quay.io", "evilquay.io", 443),
        (".quay.io", "quay.io", 443),
        ("quay.io:443", "quay.io", 5000),
        ("10.0.0.0/8", "11.0.0.1", 443),
        ("io", "quay.io.evil.com", 443),
    ],
)
def test_no_proxy_names_nothing_else(entry: str, host: str, port: int) -> None:
    proxies = Proxies.from_environment({**BOTH, "NO_PROXY": entry})
    assert proxies.proxy_for("https", host, port)


@pytest.mark.parametrize("text", ["socks5://proxy:1080", "ftp://proxy", "http://"])
def test_a_proxy_that_cannot_be_used_is_refused_by_name(text: str) -> None:
    with pytest.raises(Invalid, match="HTTPS_PROXY"):
        Proxies.from_environment({"HTTPS_PROXY": text})


def test_a_header_of_a_web_server_is_no_proxy() -> None:
    assert not Proxies.from_environment({**BOTH, "REQUEST_METHOD": "GET"}).proxy_for("http", "quay.io", 80)


async def test_a_request_goes_through_the_proxy_wherever_that_is(
    upstream: UpstreamRegistry, client_of: MakeClient
) -> None:
    """The upstream plays the proxy: it gets requests that name the host in full."""
    web = image("web")
    upstream.add("team/web", web, "v1")
    guard = Guard(LOOPBACK_NOTHING, Proxies(http=upstream.address), lookup=Rebinding("93.184.216.34"))
    client = client_of("far.test:80", guard=guard)
    client._session.upstream.plain = True
    assert str((await client.manifest("team/web", "v1")).digest) == web.digest
    assert upstream.seen[-1].headers["host"] in ("far.test", "far.test:80")


async def test_a_name_that_is_known_to_be_private_is_refused_before_the_proxy_sees_it(
    upstream: UpstreamRegistry, client_of: MakeClient
) -> None:
    guard = Guard(
        LOOPBACK_NOTHING, Proxies(http=upstream.address, https=upstream.address), lookup=Rebinding("10.0.0.1")
    )
    for host in ("inner.test:5000", "169.254.169.254"):
        with pytest.raises(RemoteFailure) as refused:
            await client_of(host, guard=guard).manifest("team/web", "v1")
        assert refused.value.kind is Kind.BLOCKED
    assert not upstream.seen


async def test_https_goes_through_a_tunnel_and_the_proxy_learns_no_secret(
    client_of: MakeClient, tmp_path_factory: pytest.TempPathFactory
) -> None:
    certificates = Certificates(tmp_path_factory.mktemp("ca"), ["far.test"])
    certificates.ensure(datetime.now(UTC))
    users = Users("basic", {"robot": "s3cret"})
    async with UpstreamRegistry(users=users, tls=certificates.context()) as upstream, tunnel(upstream.port) as proxy:
        web = image("web")
        upstream.add("team/web", web, "v1")
        proxies = Proxies(https=f"http://proxy-user:proxy-word@127.0.0.1:{proxy.port}")
        guard = Guard(LOOPBACK_NOTHING, proxies, lookup=Rebinding("93.184.216.34"))
        client = client_of(
            "far.test",
            guard=guard,
            insecure=False,
            ca=read(certificates.authority),
            keys=HostKeys({"far.test": (Credential("robot", "s3cret"),)}),
        )
        assert str((await client.manifest("team/web", "v1")).digest) == web.digest
        assert b"CONNECT far.test:443" in proxy.heard
        assert b64encode(b"proxy-user:proxy-word") in proxy.heard
        assert b64encode(b"robot:s3cret") not in proxy.heard
        assert all("proxy-authorization" not in each.headers for each in upstream.seen)


async def test_a_proxy_that_cannot_be_reached_or_refuses_is_a_clear_failure(client_of: MakeClient) -> None:
    async with tunnel(1, status=b"403 Forbidden") as proxy:
        for port in (proxy.port, 1025):
            guard = Guard(
                LOOPBACK_NOTHING, Proxies(https=f"http://127.0.0.1:{port}"), lookup=Rebinding("93.184.216.34")
            )
            with pytest.raises(RemoteFailure, match="proxy") as failed:
                await client_of("far.test", guard=guard, insecure=False).manifest("team/web", "v1")
            assert failed.value.kind is Kind.UNAVAILABLE


@pytest.mark.parametrize("https", [True, False])
async def test_a_proxy_that_wants_a_password_says_where_to_write_it(
    client_of: MakeClient, upstream: UpstreamRegistry, https: bool
) -> None:
    upstream.before.append(hostile.breaks(407))
    async with tunnel(1, status=b"407 Proxy Authentication Required") as proxy:
        proxies = Proxies(http=upstream.address, https=f"http://al:sekret@127.0.0.1:{proxy.port}")
        guard = Guard(LOOPBACK_NOTHING, proxies, lookup=Rebinding("93.184.216.34"))
        client = client_of("far.test", guard=guard, insecure=not https)
        with pytest.raises(
            RemoteFailure, match="wants other credentials; write them as http://NAME:PASSWORD@"
        ) as failed:
            await client.manifest("team/web", "v1")
    assert "sekret" not in failed.value.message


class Tunnel:
    """What a proxy heard before it tunnelled."""

    port = 0
    heard = b""


@asynccontextmanager
async def tunnel(target: int, status: bytes = b"200 OK") -> AsyncIterator[Tunnel]:
    """A proxy that leads every CONNECT to one port of this machine."""
    known = Tunnel()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        known.heard += await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 " + status + b"\r\n\r\n")
        if not status.startswith(b"200"):
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer), return_exceptions=True)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        known.port = server.sockets[0].getsockname()[1]
        yield known
        server.close()
