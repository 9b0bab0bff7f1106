"""Where people reach us, where they may be sent back to, and where a login leads; no I/O."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from roadstead.base.errors import Invalid

MAX_ADDRESS = 4096
"""Characters of an address that a client asks us to lead to."""
_ODD = frozenset("\\# \"'<>")


def issuer(scheme: str, host: str, names: Iterable[str], public: str = "") -> str:
    """Our own address for one request: the configured one, else the one asked by, if it is one of our names.

    `host` is the Host header. Raises Invalid for a name that is not ours: an address made of it would lead elsewhere.
    """
    if public:
        return public.rstrip("/")
    name = _host_of(host)
    if name is None or name not in {each.lower() for each in names}:
        raise Invalid(
            f"this server does not know itself as {ascii(host[:200])}; add the name to ROADSTEAD_NAMES, "
            "or set ROADSTEAD_LOGINS_PUBLIC_URL"
        )
    return f"{scheme}://{host.lower()}"


def stays_here(address: str) -> bool:
    """Whether an address is a path on this server, whatever a browser makes of it."""
    if not address.startswith("/") or len(address) > MAX_ADDRESS or not address.isascii() or not address.isprintable():
        return False
    if address[1:2] in ("/", "\\") or "\\" in address or " " in address:
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc and "//" not in parts.path


def redirect_for(wanted: str, registered: Iterable[str], own: str) -> str | None:
    """Where a client may be sent back to: `wanted` where one registered address covers it, the first without a wish.

    An address covers itself and paths below it. On loopback every port will do (RFC 8252, 7.3). A registered address
    that is a path means this server, which the request calls `own`. None: nowhere.
    """
    known = [own + each if each.startswith("/") else each for each in registered]
    if not wanted:
        return known[0] if known else None
    return wanted if any(_covers(each, wanted) for each in known) else None


def is_loopback(address: str) -> bool:
    """Whether an address is plain http to this very machine, by number."""
    parts = _split(address)
    return parts is not None and parts.scheme == "http" and _loopback(parts.hostname or "")


def origin_of(address: str) -> str:
    """`scheme://host[:port]` of an http or https address; "" for anything else, or where it holds odd letters."""
    parts = _split(address)
    if parts is None or parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if all(_plain(letter) for letter in parts.netloc) else ""


def _covers(registered: str, wanted: str) -> bool:
    base, asked = _split(registered), _split(wanted)
    if base is None or asked is None or base.scheme != asked.scheme or "@" in asked.netloc:
        return False
    same = base.netloc.lower() == asked.netloc.lower()
    if not same and base.scheme == "http" and base.port is None and _loopback(base.hostname or ""):
        same = _loopback(asked.hostname or "")
    # Browsers take %2e for a dot here, and climb.
    if not same or any(part.lower().replace("%2e", ".") in (".", "..") for part in asked.path.split("/")):
        return False
    return asked.path == base.path or asked.path.startswith(base.path.rstrip("/") + "/")


def _split(address: str) -> SplitResult | None:
    if len(address) > MAX_ADDRESS or not address.isascii() or not address.isprintable() or _ODD & set(address):
        return None
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme and (parts.netloc or parts.scheme not in ("http", "https")) else None


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host_of(text: str) -> str | None:
    parts = _split(f"http://{text}/")
    if parts is None or parts.path != "/" or "@" in parts.netloc or parts.query:
        return None
    return parts.hostname


def _plain(letter: str) -> bool:
    return letter.isalnum() or letter in ".-_:[]"
