"""HTTP_PROXY, HTTPS_PROXY and NO_PROXY: which proxy a request goes through; no I/O."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from roadstead.base.errors import Invalid
from roadstead.remote.addresses import as_address, tidy


@dataclass(frozen=True, slots=True)
class Proxies:
    """The administrator's proxies by scheme of the request, and where none is used."""

    http: str = ""
    https: str = ""
    direct: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Proxies:
        """Reads the usual names, upper case first; raises Invalid for a proxy that cannot be used."""

        def named(name: str) -> str:
            return environment.get(name) or environment.get(name.lower()) or ""

        # A web server's CGI sets HTTP_PROXY from a client's header; there the name cannot be trusted.
        http = "" if environment.get("REQUEST_METHOD") else named("HTTP_PROXY")
        direct = tuple(entry for part in named("NO_PROXY").split(",") if (entry := part.strip().lower()))
        return cls(_proxy("HTTP_PROXY", http), _proxy("HTTPS_PROXY", named("HTTPS_PROXY")), direct)

    def proxy_for(self, scheme: str, host: str, port: int) -> str:
        """The address of the proxy for a request, empty when it goes straight."""
        proxy = self.https if scheme == "https" else self.http
        if not proxy or self._straight(tidy(host.strip("[]")), port):
            return ""
        return proxy

    def _straight(self, host: str, port: int) -> bool:
        address = as_address(host)
        if host == "localhost" or (address is not None and address.is_loopback):
            return True
        return any(_covers(entry, host, port) for entry in self.direct)


NO_PROXIES = Proxies()


def _covers(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    address = as_address(host)
    try:
        network = ipaddress.ip_network(entry, strict=False)
    except ValueError:
        pass
    else:
        return address is not None and address in network
    name, colon, wanted = entry.rpartition(":")
    if colon and wanted.isdigit():
        if int(wanted[:6]) != port:
            return False
        entry = name.strip("[]")
    entry = entry.removeprefix("*")
    return host.endswith(entry) if entry.startswith(".") else host == entry or host.endswith(f".{entry}")


def _proxy(name: str, text: str) -> str:
    if not text:
        return ""
    address = text if "://" in text else f"http://{text}"
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Invalid(f"{name} names no proxy that can be used; write http://HOST:PORT or https://HOST:PORT")
    return address
