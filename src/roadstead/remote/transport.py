"""What the HTTP client raises -> what it means, in words that help."""

from __future__ import annotations

import errno
import ssl

import aiohttp

from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.words import proxy_refuses

NO_TLS = "http: server gave HTTP response to HTTPS client"
"""The words that people search for (image-api contract, section 14.7)."""
PLAIN_HTTP = "plain http"
"""The rule of a failure that says so."""
_NO_TLS_REASONS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"})
_REASONS = {
    errno.ECONNREFUSED: "connection refused",
    errno.EHOSTUNREACH: "no route to host",
    errno.ENETUNREACH: "network is unreachable",
    errno.ECONNRESET: "connection reset by peer",
}


def in_words(broken: BaseException, host: str) -> RemoteFailure:
    """The failure behind an exception of aiohttp, asyncio or the system."""
    if isinstance(broken, RemoteFailure):
        return broken
    if isinstance(broken, aiohttp.ClientConnectorCertificateError):
        return _tls(host, broken.certificate_error)
    if isinstance(broken, aiohttp.ClientSSLError):
        return _tls(host, broken.os_error if isinstance(broken, aiohttp.ClientConnectorError) else broken)
    if isinstance(broken, ssl.SSLError):
        return _tls(host, broken)
    return _on_the_way(broken, host)


def _on_the_way(broken: BaseException, host: str) -> RemoteFailure:
    if isinstance(broken, TimeoutError):
        return RemoteFailure(Kind.TIMEOUT, f"{host} did not answer in time", host=host)
    if isinstance(broken, aiohttp.ClientHttpProxyError):
        return proxy_refuses(host, broken.status)
    if isinstance(broken, aiohttp.ClientProxyConnectionError):
        return RemoteFailure(Kind.UNAVAILABLE, f"the proxy for {host} cannot be reached: {_why(broken)}", host=host)
    if isinstance(broken, aiohttp.ClientPayloadError | aiohttp.ServerDisconnectedError) or _hung_up(broken):
        return RemoteFailure(Kind.CUT_SHORT, f"{host} ended the connection before its answer was complete", host=host)
    if isinstance(broken, aiohttp.ClientResponseError | aiohttp.InvalidURL):
        said = f"{host} sends what is not HTTP, or headers larger than are read"
        return RemoteFailure(Kind.MALFORMED, said, host=host)
    return RemoteFailure(Kind.UNAVAILABLE, f"{host} cannot be reached: {_why(broken)}", host=host)


def _hung_up(broken: BaseException) -> bool:
    """A connection that was there, and is not any more."""
    made = not isinstance(broken, aiohttp.ClientConnectorError)
    return made and getattr(broken, "errno", None) in (errno.ECONNRESET, errno.EPIPE)


def _why(broken: BaseException) -> str:
    number = getattr(broken, "errno", None) or getattr(getattr(broken, "os_error", None), "errno", None)
    return _REASONS.get(number or 0) or getattr(broken, "strerror", None) or type(broken).__name__


def _tls(host: str, error: BaseException) -> RemoteFailure:
    reason = getattr(error, "reason", None) or ""
    if reason in _NO_TLS_REASONS:
        return RemoteFailure(Kind.TLS, f"{host}: {NO_TLS}", host=host, rule=PLAIN_HTTP)
    why = getattr(error, "verify_message", None) or reason.lower().replace("_", " ") or "the handshake failed"
    why = str(why).rstrip(".")
    said = f"the certificate of {host} is not trusted: {why}; add its CA, or mark the registry as insecure"
    return RemoteFailure(Kind.TLS, said, host=host, rule="certificate")
