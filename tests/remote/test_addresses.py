"""Which addresses may be connected to."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.base.errors import Invalid
from roadstead.remote.addresses import NOTHING_MORE, Allowed, unfit

REFUSED = {
    "127.0.0.1": "loopback",
    "127.9.9.9": "loopback",
    "0.0.0.0": "unspecified",
    "10.1.2.3": "private",
    "172.31.0.1": "private",
    "192.168.1.1": "private",
    "169.254.1.1": "link-local",
    "169.254.169.254": "metadata",
    "169.254.170.2": "metadata",
    "168.63.129.16": "metadata",
    "100.100.100.200": "metadata",
    "100.64.0.1": "CGNAT",
    "224.0.0.1": "multicast",
    "255.255.255.255": "reserved",
    "198.18.0.1": "special-purpose",
    "192.0.2.1": "special-purpose",
    "192.88.99.1": "6to4",
    "::": "unspecified",
    "::1": "loopback",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "fd00::1": "private",
    "fd00:ec2::254": "metadata",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
    "2001:db8::1": "special-purpose",
    "2001::1": "Teredo",
    "::ffff:127.0.0.1": "loopback",
    "::ffff:169.254.169.254": "metadata",
    "::ffff:a00:1": "private",
    "::127.0.0.1": "loopback",
    "2002:7f00:1::": "loopback",
    "2002:a9fe:a9fe::1": "metadata",
    "64:ff9b::a00:1": "private",
    "64:ff9b::a9fe:a9fe": "metadata",
    "64:ff9b:1::1": "NAT64",
    "2606:4700::5efe:7f00:1": "loopback",
    "2606:4700::200:5efe:10.0.0.1": "private",
}
PUBLIC = ["1.1.1.1", "8.8.8.8", "52.1.2.3", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize(("text", "kind"), REFUSED.items())
def test_an_address_that_is_not_of_the_public_internet_is_known_for_what_it_is(text: str, kind: str) -> None:
    assert kind in (unfit(ipaddress.ip_address(text)) or "")
    assert NOTHING_MORE.refuses_address("registry.test", ipaddress.ip_address(text), 443) is not None


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_asked(text: str) -> None:
    assert unfit(ipaddress.ip_address(text)) is None


@given(st.ip_addresses(v=4))
def test_an_address_is_no_better_in_any_of_its_guises(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    if unfit(address) is None:
        return
    for wrapped in (0xFFFF << 32 | number, 0x2002 << 112 | number << 80, 0x64FF9B << 96 | number):
        assert unfit(ipaddress.IPv6Address(wrapped)) is not None


@pytest.mark.parametrize(
    ("entry", "host", "address", "port"),
    [
        ("registry.corp", "registry.corp", "10.0.0.1", 5000),
        ("Registry.Corp", "registry.corp.", "10.0.0.1", 443),
        ("*.corp", "a.b.corp", "10.0.0.1", 443),
        ("registry.corp:22", "registry.corp", "10.0.0.1", 22),
        ("10.0.0.0/8", "whatever.test", "10.9.9.9", 443),
        ("10.0.0.0/8", "whatever.test", "::ffff:10.9.9.9", 443),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1", 5000),
        ("127.0.0.1:5000", "127.0.0.1", "127.0.0.1", 5000),
        ("[::1]:5000", "::1", "::1", 5000),
        ("::1", "localhost", "::1", 5000),
        ("169.254.169.254", "metadata.test", "169.254.169.254", 80),
    ],
)
def test_an_entry_opens_what_it_names(entry: str, host: str, address: str, port: int) -> None:
    allowed = Allowed.parse([entry])
    assert allowed.refuses_address(host, ipaddress.ip_address(address), port) is None
    assert allowed.refuses_port(host, port) is None


@pytest.mark.parametrize(
    ("entry", "host", "address", "port"),
    [
        ("registry.corp", "other.corp", "10.0.0.1", 443),
        ("registry.corp:5000", "registry.corp", "10.0.0.1", 5001),
        ("*.corp", "corp", "10.0.0.1", 443),
        ("*.corp", "evilcorp", "10.0.0.1", 443),
        ("10.0.0.0/8", "a.test", "192.168.0.1", 443),
        ("10.0.0.0/8:5000", "a.test", "10.0.0.1", 443),
        ("metadata.test", "metadata.test", "169.254.169.254", 80),
        ("*.test", "metadata.test", "fd00:ec2::254", 80),
    ],
)
def test_an_entry_opens_nothing_else(entry: str, host: str, address: str, port: int) -> None:
    assert Allowed.parse([entry]).refuses_address(host, ipaddress.ip_address(address), port) is not None


@pytest.mark.parametrize("port", [1, 22, 25, 79, 445, 1023])
def test_ports_of_other_services_are_refused_unless_an_entry_names_them(port: int) -> None:
    assert Allowed.parse(["registry.corp", "10.0.0.0/8"]).refuses_port("registry.corp", port) is not None
    assert Allowed.parse([f"registry.corp:{port}"]).refuses_port("registry.corp", port) is None
    assert Allowed.parse([f"10.0.0.1:{port}"]).refuses_port("10.0.0.1", port) is None


@pytest.mark.parametrize("port", [80, 443, 1024, 5000, 65535])
def test_ports_of_the_web_and_free_ports_are_asked(port: int) -> None:
    assert NOTHING_MORE.refuses_port("registry.test", port) is None


@pytest.mark.parametrize(
    "entry", ["", "a b", "http://x", "x:", "x:0", "x:99999", "10.0.0", "1.2.3.4/33", "*", "a..b", "[::1"]
)
def test_an_entry_that_is_none_is_refused_by_name(entry: str) -> None:
    with pytest.raises(Invalid, match=r"outbound\.allow"):
        Allowed.parse([entry])


def test_a_host_written_as_an_address_is_named_by_that_address_alone() -> None:
    assert Allowed.parse(["10.0.0.1"]).lists_host("10.0.0.1", 443)
    assert Allowed.parse(["auth.corp"]).lists_host("auth.corp", 443)
    assert not Allowed.parse(["10.0.0.0/8"]).lists_host("10.0.0.1", 443)
    assert not Allowed.parse(["10.0.0.1"]).lists_host("auth.corp", 443)
