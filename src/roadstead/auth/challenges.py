"""Where a request came in, as the client sees it, and what a 401 tells it to do next; no I/O."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from roadstead.auth.credentials import Fault
from roadstead.base.errors import Invalid
from roadstead.base.web import Request

TOKEN_PATH = "/openshift/token"
REALM = "openshift"
MAX_HOST = 255
MAX_FORWARDED = 4096
MAX_SCOPES = 20

_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?::(?P<port>[0-9]{1,5}))?")
_PAIR = re.compile(r'\s*([A-Za-z]+)=(?:"([^"\\]*)"|([^\s;,"]+))\s*')
_DEFAULT_PORTS = {"http": "80", "https": "443"}


def configured_base(text: str) -> str:
    """A configured base address, tidied: scheme and host only (registry contract, section 3.1); empty stays empty.

    Raises Invalid for anything else: a path, a query or a fragment would be ignored without a word.
    """
    if not text:
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        raise Invalid(f"{text!r} is not a URL") from None
    host = parts.netloc
    if parts.scheme not in _DEFAULT_PORTS or not _valid_host(host):
        raise Invalid(f"{text!r} must be http:// or https:// and a host, with a port if need be")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise Invalid(f"{text!r} must not have a path, a query or a fragment")
    return f"{parts.scheme}://{host}"


def base_url(request: Request, configured: str = "", trust_forwarded: bool = False) -> str:
    """Scheme and host as the client used them, for the token realm and for every Location alike.

    In this order: `configured` (from `configured_base`); Forwarded (RFC 7239); X-Forwarded-Proto, -Host and -Port;
    Host and the socket. Values that are not plainly a scheme, a host or a port are passed over.
    """
    if configured:
        return configured
    headers = request.headers
    scheme, host, port = "", "", ""
    if trust_forwarded:
        told = _forwarded(headers.get("Forwarded", ""))
        scheme = _scheme(told.get("proto", "")) or _scheme(_first(headers.get("X-Forwarded-Proto", "")))
        host = _host(told.get("host", "")) or _host(_first(headers.get("X-Forwarded-Host", "")))
        port = _port(_first(headers.get("X-Forwarded-Port", "")))
    scheme = scheme or _scheme(request.scheme) or "http"
    host = host or _host(request.host) or "localhost"
    if port and port != _DEFAULT_PORTS[scheme] and not _has_port(host):
        host = f"{host}:{port}"
    return f"{scheme}://{host}"


def bearer(base: str, scopes: Sequence[str] = (), error: str = "") -> str:
    """A Bearer challenge that leads to the token endpoint under `base`."""
    fields = [f"realm={quoted(base + TOKEN_PATH)}"]
    if scopes:
        fields.append(f"scope={quoted(' '.join(scopes[:MAX_SCOPES]))}")
    if error:
        fields.append(f"error={quoted(error)}")
    return f"Bearer {','.join(fields)}"


def basic(error: str, realm: str = REALM) -> str:
    """A Basic challenge: the credentials were looked at, and this is what is wrong."""
    return f"Basic realm={quoted(realm)},error={quoted(error)}"


def challenge(fault: Fault, base: str, scopes: Sequence[str] = (), realm: str = REALM) -> str:
    """The WWW-Authenticate value for a caller who was not let in.

    Nothing shown leads to the token endpoint; so does a token past its time, which a client renews without asking
    anybody. Everything else is a Basic challenge. A caller who is known and may not do this gets REFUSED as well
    (registry contract, sections 3.1 and 3.2).
    """
    match fault:
        case Fault.MISSING:
            return bearer(base, scopes)
        case Fault.EXPIRED:
            return bearer(base, scopes, "invalid_token")
        case _:
            return basic(fault.value, realm)


def quoted(text: str) -> str:
    """A quoted-string of RFC 9110; control characters and what is not ASCII are left out."""
    plain = "".join(letter for letter in text if " " <= letter <= "~")
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _first(value: str) -> str:
    """The first of several values: that of the proxy nearest to the client."""
    return value[:MAX_FORWARDED].partition(",")[0].strip()


def _forwarded(value: str) -> dict[str, str]:
    """The pairs of the first element of a Forwarded header; none when any of it cannot be read."""
    pairs: dict[str, str] = {}
    value = value[:MAX_FORWARDED]
    at = 0
    while found := _PAIR.match(value, at):
        pairs[found[1].lower()] = found[2] if found[2] is not None else found[3]
        at = found.end()
        if at == len(value) or value[at] == ",":
            return pairs
        if value[at] != ";":
            break
        at += 1
    return {}


def _scheme(text: str) -> str:
    return text.lower() if text.lower() in _DEFAULT_PORTS else ""


def _host(text: str) -> str:
    return text if _valid_host(text) else ""


def _valid_host(text: str) -> bool:
    found = _HOST.fullmatch(text) if len(text) <= MAX_HOST else None
    return found is not None and (found["port"] is None or _port(found["port"]) != "")


def _port(text: str) -> str:
    return text if text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 65536 else ""


def _has_port(host: str) -> bool:
    found = _HOST.fullmatch(host)
    return found is not None and found["port"] is not None
