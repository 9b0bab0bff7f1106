"""WWW-Authenticate headers taken apart (RFC 9110, section 11.6.1); no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

MAX_HEADER = 8192
MAX_PARAMETERS = 32

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_SCHEME = re.compile(rf"\s*,*\s*({_TOKEN})(?=\s|,|$)")
_PARAMETER = re.compile(rf'[\s,]*({_TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))')
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server wants to see: `scheme` in lower case, and its parameters."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def parse(headers: Iterable[str]) -> list[Challenge]:
    """Every challenge of some WWW-Authenticate headers; what cannot be read is passed over."""
    found: list[Challenge] = []
    for header in headers:
        found += _parse_one(header[:MAX_HEADER])
    return found


def _parse_one(text: str) -> list[Challenge]:
    found, at = [], 0
    while scheme := _SCHEME.match(text, at):
        at = scheme.end()
        parameters: dict[str, str] = {}
        while (parameter := _PARAMETER.match(text, at)) and len(parameters) < MAX_PARAMETERS:
            quoted, plain = parameter[2], parameter[3]
            parameters.setdefault(parameter[1].lower(), _ESCAPED.sub(r"\1", quoted) if quoted is not None else plain)
            at = parameter.end()
        found.append(Challenge(scheme[1].lower(), parameters))
    return found


def best(challenges: Iterable[Challenge]) -> Challenge | None:
    """The one to answer: Bearer with a realm, else Basic, else none."""
    by_scheme: dict[str, Challenge] = {}
    for challenge in challenges:
        by_scheme.setdefault(challenge.scheme, challenge)
    bearer = by_scheme.get("bearer")
    if bearer is not None and bearer.parameters.get("realm"):
        return bearer
    return by_scheme.get("basic")
