"""Answers of a registry that are no success -> failures with its own words, cut and cleaned; no I/O."""

from __future__ import annotations

import orjson

from roadstead.base.observe import masked
from roadstead.remote.errors import Kind, RemoteFailure

LONGEST_WORDS = 300
SCHEMA1 = (
    "the registry has it only as a Docker image manifest of schema 1, which is neither imported nor copied; "
    "push it there again as OCI or schema 2 (for example: skopeo copy --format oci)"
)
_BY_STATUS = {401: Kind.UNAUTHORIZED, 403: Kind.DENIED, 404: Kind.NOT_FOUND, 413: Kind.TOO_LARGE}
_UNKNOWN_NAME = "NAME_UNKNOWN"


def rate_limited(host: str, seconds: int) -> RemoteFailure:
    """The upstream wants to be left alone for a while."""
    said = f"{host} says toomanyrequests: it may be asked again in {seconds} s"
    return RemoteFailure(Kind.RATE_LIMITED, said, host=host, retry_after=seconds, status=429)


def proxy_refuses(host: str, status: int) -> RemoteFailure:
    """The proxy in between does not pass a request on."""
    wanted = "wants other credentials; write them as http://NAME:PASSWORD@HOST:PORT into HTTP_PROXY and HTTPS_PROXY"
    said = f"the proxy for {host} {wanted if status == 407 else f'answers {status}'}"
    return RemoteFailure(Kind.UNAVAILABLE, said, host=host, status=status)


def failure_of(status: int, body: bytes, host: str, what: str) -> RemoteFailure:
    """The failure behind a status and an error body; `what` names what was asked for."""
    if status == 407:
        return proxy_refuses(host, status)
    code, message = _first_error(body)
    kind = _BY_STATUS.get(status, Kind.UNAVAILABLE if status >= 500 else Kind.REFUSED)
    if status == 404 and code == _UNKNOWN_NAME:
        return RemoteFailure(Kind.NAME_UNKNOWN, f"{host} does not have {what} (name unknown)", host=host, status=status)
    if status == 404:
        return RemoteFailure(kind, f"{host} does not have {what}", host=host, status=status)
    words = f": {code.lower().replace('_', ' ')}" if code else ""
    words += f": {message}" if message and message.lower() != code.lower().replace("_", " ") else ""
    return RemoteFailure(kind, f"{host} answers {status} for {what}{words}", host=host, status=status)


def reason_of(body: bytes) -> str:
    """Why a token service refused, as Docker's, OpenShift's or a registry's own say it; empty where it says nothing."""
    try:
        answer = orjson.loads(body)
        said = answer.get("details") or answer.get("message")
    except (orjson.JSONDecodeError, AttributeError):
        return ""
    return clean(said) if isinstance(said, str) else _first_error(body)[1]


def clean(text: str) -> str:
    """Words from outside on one line, without control characters and secrets, at most 300 characters."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * LONGEST_WORDS])
    plain = masked(" ".join(plain.split()))
    return plain if len(plain) <= LONGEST_WORDS else plain[:LONGEST_WORDS] + "…"


def _first_error(body: bytes) -> tuple[str, str]:
    try:
        error = orjson.loads(body)["errors"][0]
        code, message = error.get("code"), error.get("message")
    except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError):
        return "", ""
    return clean(code if isinstance(code, str) else ""), clean(message if isinstance(message, str) else "")
