"""The one opener of outbound connections: what it connects to, how long it waits, how much it reads."""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import TracebackType
from typing import Self

import aiohttp
from multidict import CIMultiDictProxy
from yarl import URL

from roadstead import __version__
from roadstead.base.observe import logger
from roadstead.base.settings import Outbound
from roadstead.remote.addresses import NOTHING_MORE, Allowed, as_address, tidy
from roadstead.remote.domains import same_owner
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.proxies import NO_PROXIES, Proxies
from roadstead.remote.resolving import CheckedResolver, Lookup, look_up
from roadstead.remote.transport import in_words

MAX_REDIRECTS = 5
CONNECTIONS, CONNECTIONS_PER_HOST = 512, 64
READ_AHEAD = 512 * 1024
SHORT_BODY, SHORT_BODY_SECONDS = 64 * 1024, 1.0
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""A last label that makes old resolvers read the whole host as an address (127.1, 0x7f.1, 2130706433)."""
AGENT = f"roadstead/{__version__}"

Body = bytes | AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Trust:
    """How a server proves who it is: by the system's CAs and these (PEM); or not at all.

    `certificate` and `key` (PEM) are what we prove ourselves with, where we have one.
    """

    insecure: bool = False
    ca: str = ""
    certificate: str = ""
    key: str = field(default="", repr=False)


@dataclass(slots=True)
class Ask:
    """One request. `seconds` bounds it whole, redirects and body included; `headers` may hold a secret for its host."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None
    trust: Trust = Trust()
    seconds: float = 60.0


class Answer:
    """What came back. Read it inside `async with`; leaving early closes the connection."""

    def __init__(self, response: aiohttp.ClientResponse, host: str, deadline: float) -> None:
        self._response, self.host, self._deadline = response, host, deadline

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._response.status

    @property
    def headers(self) -> CIMultiDictProxy[str]:
        """The headers."""
        return self._response.headers

    @property
    def url(self) -> str:
        """Where it came from in the end."""
        return str(self._response.url)

    @property
    def length(self) -> int | None:
        """Bytes announced; None when nothing was, or nothing readable."""
        text = self.headers.get("Content-Length", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

    async def read(self, limit: int) -> bytes:
        """The whole body; raises RemoteFailure TOO_LARGE beyond `limit` bytes, without reading on."""
        if (self.length or 0) > limit:
            raise self._too_large(limit)
        kept = bytearray()
        async for chunk in self.chunks(limit):
            kept += chunk
        return bytes(kept)

    async def chunks(self, limit: int) -> AsyncIterator[bytes]:
        """The body as it comes, in pieces of any size; raises RemoteFailure, TOO_LARGE beyond `limit` bytes."""
        content, seen = self._response.content, 0
        while True:
            try:
                async with asyncio.timeout_at(self._deadline):
                    # As the pieces came: putting them together would copy each byte once more.
                    chunk, more = await content.readchunk()
            except (TimeoutError, aiohttp.ClientError, OSError) as broken:
                raise in_words(broken, self.host) from None
            if not chunk:
                # An empty chunk inside the body; a body that is none at all says `more` for ever.
                if more and not content.at_eof():
                    continue
                return
            seen += len(chunk)
            if seen > limit:
                raise self._too_large(limit)
            yield chunk

    async def drop(self) -> None:
        """Lets go of an answer whose body does not matter; a short one is read, so that its connection can be kept."""
        with contextlib.suppress(RemoteFailure, TimeoutError):
            if self.length is not None and self.length <= SHORT_BODY:
                async with asyncio.timeout(SHORT_BODY_SECONDS):
                    async for _ in self.chunks(SHORT_BODY):
                        pass
        self.close()

    def _too_large(self, limit: int) -> RemoteFailure:
        said = f"{self.host} answers with more than the {limit} bytes that are read of this"
        return RemoteFailure(Kind.TOO_LARGE, said, host=self.host)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, _: object, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Lets the connection go: back to the pool when everything was read, else closed."""
        if self._response.content.at_eof():
            self._response.release()
        else:
            self._response.close()


class Guard:
    """Opens connections to other hosts, each after the rules were asked; made once for a process.

    The address that was checked is the address connected to: names are looked up here, once for each connection, and
    the connection goes to the answer. `allowed` adds to the setting `outbound.allow`.
    """

    def __init__(
        self,
        options: Outbound,
        proxies: Proxies = NO_PROXIES,
        *,
        allowed: Allowed = NOTHING_MORE,
        lookup: Lookup = look_up,
    ) -> None:
        self.options, self._proxies = options, proxies
        self.allowed = Allowed.parse(options.allow).and_also(allowed)
        self._lookup = lookup
        self._direct: aiohttp.ClientSession | None = None
        self._proxied: aiohttp.ClientSession | None = None

    async def open(self, ask: Ask) -> Answer:
        """The answer to a request, redirects followed; raises RemoteFailure, BLOCKED where a rule forbids it.

        Statuses are the caller's to judge. A redirect is followed for GET and HEAD alone.
        """
        deadline = asyncio.get_running_loop().time() + ask.seconds
        url = self.checked(ask.url)
        headers: Mapping[str, str] = {"User-Agent": AGENT, "Accept-Encoding": "identity", **ask.headers}
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._once(ask, url, headers, deadline)
            if answer.status not in REDIRECTS or ask.method not in ("GET", "HEAD") or "Location" not in answer.headers:
                return answer
            await answer.drop()
            url, headers = self._redirected(url, answer.headers["Location"], headers)
        said = f"{url.raw_host} redirects more than {MAX_REDIRECTS} times"
        raise RemoteFailure(Kind.BLOCKED, said, host=str(url.raw_host), rule="redirects")

    def checked(self, text: str) -> URL:
        """An address, after the rules that need no look-up: scheme, host, port; raises RemoteFailure BLOCKED."""
        try:
            url = URL(text)
            host, port = url.raw_host, url.port
        except ValueError:
            raise RemoteFailure(Kind.MALFORMED, "an address that is no URL cannot be asked") from None
        if url.scheme not in ("http", "https"):
            raise _blocked("scheme", url.raw_host or "", f"only https and http are asked, not {url.scheme[:20]!r}")
        if not host or not port:
            raise RemoteFailure(Kind.MALFORMED, "an address without a host cannot be asked")
        if url.user is not None or url.password is not None:
            raise _blocked("address", host, "credentials do not belong into an address")
        if refusal := self.allowed.refuses_port(host, port):
            raise _blocked(refusal.rule, host, refusal.what, f"{_bracketed(host)}:{port}")
        address = as_address(host)
        if address is None and (":" in host or _NUMBER.fullmatch(tidy(host).rpartition(".")[2])):
            raise _blocked("address", host, "a number that is not written as an address is not asked")
        if address is not None and (refusal := self.allowed.refuses_address(host, address, port)):
            raise _blocked(refusal.rule, host, refusal.what, host)
        return url

    def check_realm(self, realm: str, registry: str) -> None:
        """A token service must belong to its registry's owner, or be listed; raises RemoteFailure BLOCKED.

        `registry` is the registry's address. Credentials never go where this was not asked first.
        """
        asked, url = URL(registry), self.checked(realm)
        host = str(url.raw_host)
        if asked.scheme == "https" and url.scheme != "https":
            raise _blocked("token realm", host, f"{asked.raw_host} sends credentials over plain http")
        if not same_owner(host, str(asked.raw_host)) and not self.allowed.lists_host(host, url.port or 0):
            said = f"{asked.raw_host} sends credentials to {host}, which is not under the same domain"
            raise _blocked("token realm", host, said, host)

    async def close(self) -> None:
        """Closes all connections."""
        for session in (self._direct, self._proxied):
            if session is not None:
                await session.close()
        self._direct = self._proxied = None

    async def _once(self, ask: Ask, url: URL, headers: Mapping[str, str], deadline: float) -> Answer:
        host = _shown(url)
        proxy = self._proxies.proxy_for(url.scheme, str(url.raw_host), url.port or 0)
        session = await self._session_for(url, proxy)
        try:
            async with asyncio.timeout_at(deadline):
                response = await session.request(
                    ask.method,
                    url,
                    headers=headers,
                    data=ask.body,
                    allow_redirects=False,
                    ssl=_tls(ask.trust) if url.scheme == "https" else True,
                    proxy=proxy or None,
                )
        except (TimeoutError, aiohttp.ClientError, OSError) as broken:
            raise in_words(broken, host) from None
        except ValueError as malformed:
            raise RemoteFailure(Kind.MALFORMED, f"{host} cannot be asked: {malformed}", host=host) from None
        return Answer(response, host, deadline)

    async def _session_for(self, url: URL, proxy: str) -> aiohttp.ClientSession:
        if not proxy:
            if self._direct is None:
                self._direct = self._session(CheckedResolver(self.allowed, self._lookup))
            return self._direct
        # The proxy connects, so it decides what a name means; what we can tell of the name must not be refused.
        resolver = CheckedResolver(self.allowed, self._lookup)
        if as_address(str(url.raw_host)) is None:
            await resolver.refuse_what_is_known(str(url.raw_host), url.port or 0)
        if self._proxied is None:
            self._proxied = self._session(CheckedResolver(None, self._lookup))
        return self._proxied

    def _session(self, resolver: CheckedResolver) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=resolver, use_dns_cache=False, limit=CONNECTIONS, limit_per_host=CONNECTIONS_PER_HOST
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=self.options.connect_seconds, sock_read=self.options.idle_seconds
            ),
            auto_decompress=False,
            read_bufsize=READ_AHEAD,
            requote_redirect_url=False,
        )

    def _redirected(self, url: URL, location: str, headers: Mapping[str, str]) -> tuple[URL, Mapping[str, str]]:
        try:
            target = url.join(URL(location, encoded=True))
        except ValueError:
            raise RemoteFailure(Kind.MALFORMED, f"{url.raw_host} redirects to no URL", host=_shown(url)) from None
        if url.scheme == "https" and target.scheme == "http":
            raise _blocked("redirects", str(url.raw_host), "it redirects from https to plain http")
        target = self.checked(str(target))
        if (url.scheme, url.raw_host, url.port) == (target.scheme, target.raw_host, target.port):
            return target, headers
        return target, {name: text for name, text in headers.items() if name.lower() != "authorization"}


def _blocked(rule: str, host: str, what: str, entry: str = "") -> RemoteFailure:
    logger().warning("outbound connection refused", rule=rule, host=host, why=what)
    allow = f"; an administrator allows it by adding {entry} to ROADSTEAD_OUTBOUND_ALLOW" if entry else ""
    said = f"{tidy(host) or 'an address'} is not asked (rule {rule}): {what}{allow}"
    return RemoteFailure(Kind.BLOCKED, said, host=host, rule=rule)


def _shown(url: URL) -> str:
    """host[:port], as people write it."""
    host = _bracketed(str(url.raw_host))
    return host if url.is_default_port() else f"{host}:{url.port}"


def _bracketed(host: str) -> str:
    """The host as it stands before a port."""
    return f"[{host}]" if ":" in host else host


@lru_cache(maxsize=256)
def _tls(trust: Trust) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if trust.certificate:
        _show(context, trust)
    if trust.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif trust.ca:
        try:
            context.load_verify_locations(cadata=trust.ca)
        except (ssl.SSLError, ValueError):
            raise RemoteFailure(
                Kind.TLS, "the additional CA configured for this registry is no PEM certificate"
            ) from None
    return context


def _show(context: ssl.SSLContext, trust: Trust) -> None:
    """The standard library takes a certificate and its key from a file only: one that lasts as long as the call."""
    with tempfile.NamedTemporaryFile("w", prefix="roadstead-") as file:
        file.write(f"{trust.certificate}\n{trust.key}\n")
        file.flush()
        try:
            context.load_cert_chain(file.name)
        except (ssl.SSLError, ValueError):
            raise RemoteFailure(Kind.TLS, "the client certificate and its key do not fit together") from None
