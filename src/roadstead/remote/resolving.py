"""Names looked up and judged at once: what comes out of here is what is connected to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence

from aiohttp.abc import AbstractResolver, ResolveResult

from roadstead.base.observe import logger
from roadstead.remote.addresses import Allowed, as_address
from roadstead.remote.errors import Kind, RemoteFailure

LOOK_UP_SECONDS = 10.0
MAX_ADDRESSES = 32

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a name, for a port; raises OSError when there are none."""


async def look_up(host: str, port: int) -> Sequence[str]:
    """Asks the system's resolver."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class CheckedResolver(AbstractResolver):
    """What aiohttp asks before each connection. All addresses of a name must pass, or the name is refused.

    Without `allowed` everything passes: for the way to a proxy, which the administrator chose.
    """

    def __init__(self, allowed: Allowed | None, lookup: Lookup) -> None:
        self._allowed, self._lookup = allowed, lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses to connect to; raises RemoteFailure BLOCKED when a rule refuses one of them."""
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                texts = await self._lookup(host, port)
        except TimeoutError:
            raise RemoteFailure(Kind.TIMEOUT, f"the name {host} was not found in time", host=host) from None
        except (OSError, UnicodeError):
            raise RemoteFailure(
                Kind.UNAVAILABLE, f"the name {host} is not known (no such host)", host=host, rule="name"
            ) from None
        self._judge(host, port, texts)
        return [_result(host, port, text) for text in texts[:MAX_ADDRESSES]]

    async def refuse_what_is_known(self, host: str, port: int) -> None:
        """Refuses a name that a proxy is going to look up, where our own answer breaks a rule; no answer is none."""
        try:
            await self.resolve(host, port)
        except RemoteFailure as failure:
            if failure.kind is Kind.BLOCKED:
                raise

    async def close(self) -> None:
        """Nothing is kept open."""

    def _judge(self, host: str, port: int, texts: Sequence[str]) -> None:
        for text in texts if self._allowed is not None else ():
            address = as_address(text)
            assert self._allowed is not None
            refusal = self._allowed.refuses_address(host, address, port) if address is not None else None
            if address is None or refusal is not None:
                what = refusal.what if refusal else "its address cannot be read"
                # Where an inner name leads is told to the administrator alone.
                logger().warning("outbound connection refused", rule="address", host=host, address=text, why=what)
                said = f"{host} is not asked (rule address): {what}"
                allow = f"; an administrator allows it by adding {_entry(host, text, what)} to ROADSTEAD_OUTBOUND_ALLOW"
                raise RemoteFailure(Kind.BLOCKED, said + allow, host=host, rule="address")


def _entry(host: str, text: str, what: str) -> str:
    return f"the address {text}" if "metadata" in what else host


def _result(host: str, port: int, text: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=text, port=port, family=family, proto=0, flags=flags)
