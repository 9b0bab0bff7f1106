"""HTTP_PROXY, HTTPS_PROXY and NO_PROXY, read and used."""

import pytest

from roadstead.base.errors import Invalid
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.guard import Guard
from roadstead.remote.proxies import Proxies
from roadstead.testing.builders import image
from roadstead.testing.hostile import Rebinding
from roadstead.testing.upstream import UpstreamRegistry
from tests.remote.conftest import MakeClient
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
