"""Which addresses may be connected to, and what an administrator has opened besides; no I/O."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from roadstead.base.errors import Invalid

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

WEB_PORTS = frozenset({80, 443})
FIRST_FREE_PORT = 1024
"""Below it, only the web's own ports are asked: the others belong to mail, shells and their like."""

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?"
_HOST = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")

METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in (
        "169.254.169.254",  # most clouds
        "169.254.170.2",  # AWS, containers
        "169.254.170.23",  # AWS, pod identity
        "168.63.129.16",  # Azure
        "100.100.100.200",  # Alibaba
        "192.0.0.192",  # Oracle
        "fd00:ec2::254",  # AWS
        "fd00:ec2::23",  # AWS, pod identity
        "fd20:ce::254",  # Google
    )
)
"""Services that hand a machine's own keys to whoever asks from it."""

_KINDS: tuple[tuple[Network, str], ...] = tuple(
    (ipaddress.ip_network(network), kind)
    for network, kind in (
        ("0.0.0.0/8", "an unspecified address"),
        ("127.0.0.0/8", "a loopback address"),
        ("169.254.0.0/16", "a link-local address"),
        ("10.0.0.0/8", "a private address"),
        ("172.16.0.0/12", "a private address"),
        ("192.168.0.0/16", "a private address"),
        ("100.64.0.0/10", "a carrier's shared address (CGNAT)"),
        ("224.0.0.0/4", "a multicast address"),
        ("240.0.0.0/4", "a reserved address"),
        ("192.88.99.0/24", "a 6to4 relay"),
        ("::/128", "an unspecified address"),
        ("::1/128", "a loopback address"),
        ("fe80::/10", "a link-local address"),
        ("fec0::/10", "a site-local address"),
        ("fc00::/7", "a private address"),
        ("ff00::/8", "a multicast address"),
        ("64:ff9b:1::/48", "a local NAT64 address"),
        ("2001::/32", "a Teredo address"),
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an address or a port is not connected to: the rule's name, and what is wrong in words."""

    rule: str
    what: str


@dataclass(frozen=True, slots=True)
class _Name:
    host: str
    port: int  # 0: any

    def covers(self, host: str, port: int) -> bool:
        if self.port not in (0, port):
            return False
        return host.endswith(self.host[1:]) if self.host.startswith("*.") else host == self.host


@dataclass(frozen=True, slots=True)
class _Net:
    network: Network
    port: int  # 0: any

    def covers(self, address: Address, port: int) -> bool:
        return self.port in (0, port) and address in self.network


@dataclass(frozen=True, slots=True)
class Allowed:
    """What an administrator has opened: host names, `*.suffix`, addresses and networks, each with a port or without.

    A name opens whatever it leads to except metadata services, which only their address or network opens. An entry
    with a port opens that port too where it is not a web port.
    """

    names: tuple[_Name, ...] = ()
    networks: tuple[_Net, ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> Allowed:
        """Reads the entries of `outbound.allow`; raises Invalid naming the one that is wrong."""
        names, networks = [], []
        for entry in entries:
            host, port = _split(entry)
            try:
                networks.append(_Net(ipaddress.ip_network(host, strict=False), port))
            except ValueError:
                if not _HOST.fullmatch(host) or host.replace(".", "").isdigit():
                    raise Invalid(_not_an_entry(entry)) from None
                names.append(_Name(host.lower(), port))
        return cls(tuple(names), tuple(networks))

    def and_also(self, other: Allowed) -> Allowed:
        """Both together."""
        return Allowed(self.names + other.names, self.networks + other.networks)

    def lists_name(self, host: str, port: int) -> bool:
        """Whether the host is named here."""
        return any(name.covers(tidy(host), port) for name in self.names)

    def lists_host(self, host: str, port: int) -> bool:
        """Whether the host itself is named: by its name, or, written as an address, by that very address."""
        address = as_address(host)
        alone = (net for net in self.networks if net.network.num_addresses == 1)
        return self.lists_name(host, port) or (address is not None and any(net.covers(address, port) for net in alone))

    def refuses_port(self, host: str, port: int) -> Refusal | None:
        """Why the port is refused, None when it is not; `host` is a name or an address."""
        if port in WEB_PORTS or port >= FIRST_FREE_PORT:
            return None
        if any(name.port == port and name.covers(tidy(host), port) for name in self.names):
            return None
        address = as_address(host)
        if address is not None and any(net.port == port and net.covers(address, port) for net in self.networks):
            return None
        return Refusal("port", f"port {port} is not one registries are asked at (80, 443, or 1024 and above)")

    def refuses_address(self, host: str, address: Address, port: int) -> Refusal | None:
        """Why an address that `host` leads to is refused, None when it is not."""
        kind = unfit(address)
        if kind is None or any(net.covers(each, port) for net in self.networks for each in faces(address)):
            return None
        if kind != "a metadata service" and self.lists_name(host, port):
            return None
        return Refusal("address", f"it leads to {kind}")


NOTHING_MORE = Allowed()


def unfit(address: Address) -> str | None:
    """What kind of address this is, where it is none of the public internet; looked at in every guise."""
    looked_at = faces(address)
    if any(face in METADATA for face in looked_at):
        return "a metadata service"
    for face in looked_at:
        for network, kind in _KINDS:
            if face in network:
                return kind
    # The wrapped forms themselves count as special; what matters is the address inside.
    inner = looked_at[-1]
    return None if inner.is_global else "a special-purpose address"


def faces(address: Address) -> list[Address]:
    """The address, and the IPv4 address that it stands for where it is a wrapped one (mapped, 6to4, NAT64, ISATAP)."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    plain = ipaddress.IPv6Address(int(address))  # without its zone
    inner = _wrapped(plain)
    return [plain] if inner is None else [plain, inner]


def as_address(host: str) -> Address | None:
    """The address a host is written as, None for a name."""
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def tidy(host: str) -> str:
    """A host name in the one spelling that is compared."""
    return host.lower().removesuffix(".")


def _wrapped(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    number = int(address)
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    tail = ipaddress.IPv4Address(number & 0xFFFFFFFF)
    if address in _NAT64 or (number >> 32) & 0xFFFFFFFF in _ISATAP:
        return tail
    return tail if address in _COMPATIBLE and number > 1 else None


def _split(entry: str) -> tuple[str, int]:
    """Host and port (0 without one) of an entry."""
    bracketed = re.fullmatch(r"\[([0-9A-Fa-f:.]+)\](?::([0-9]{1,5}))?", entry)
    if bracketed:
        return bracketed[1], _port(entry, bracketed[2] or "")
    if entry.count(":") == 1:
        host, _, port = entry.partition(":")
        if not port:
            raise Invalid(_not_an_entry(entry))
        return host, _port(entry, port)
    return entry, 0


def _port(entry: str, text: str) -> int:
    if not text:
        return 0
    if text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 65536:
        return int(text)
    raise Invalid(_not_an_entry(entry))


def _not_an_entry(entry: str) -> str:
    return (
        f"outbound.allow: {entry[:160]!r} is no entry; write a host (registry.corp), a suffix (*.corp), "
        "an address or a network (10.1.0.0/16), with :PORT for a single port"
    )
