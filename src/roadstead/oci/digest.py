"""Digests: names for bytes, parsed, computed and compared; no I/O."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import final

from roadstead.base.errors import Invalid

DEFAULT_ALGORITHM = "sha256"
ALGORITHMS = {"sha256": 64, "sha384": 96, "sha512": 128}
"""The algorithms kept here, each with the number of hexadecimal digits it has."""

_STARTS = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
_FORM = re.compile(r"([a-z0-9]+(?:[+._-][a-z0-9]+)*):([a-zA-Z0-9=_-]+)")
_LOWER_HEX = re.compile(r"[0-9a-f]+")
_LONGEST = 256
_SHOWN = 160


class InvalidDigest(Invalid):
    """A text that is no digest, or a digest of a kind not kept here."""


@final
@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """The name of some bytes: an algorithm and its result in lower-case hexadecimal."""

    algorithm: str
    hex: str

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"

    @classmethod
    def parse(cls, text: str) -> Digest:
        """Read `algorithm:hex`; raises InvalidDigest naming the rule broken (image-spec 1.1, Digests)."""
        algorithm, _, encoded = text.partition(":")
        if len(encoded) == ALGORITHMS.get(algorithm) and _LOWER_HEX.fullmatch(encoded):
            return cls(algorithm, encoded)
        raise InvalidDigest(f"digest {_shown(text)}: {_rule_broken(text)}")

    @classmethod
    def of(cls, data: bytes, algorithm: str = DEFAULT_ALGORITHM) -> Digest:
        """Compute the digest of bytes; raises InvalidDigest for an algorithm not kept here."""
        return cls(algorithm, _start(algorithm, data).hexdigest())


class Hasher:
    """A digest in the making, for bytes that come in pieces."""

    def __init__(self, algorithm: str = DEFAULT_ALGORITHM) -> None:
        self._hash = _start(algorithm)
        self.algorithm = algorithm

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Add the next piece."""
        self._hash.update(data)

    def digest(self) -> Digest:
        """The digest of all pieces so far; more may follow."""
        return Digest(self.algorithm, self._hash.hexdigest())


def _start(algorithm: str, data: bytes = b"") -> hashlib._Hash:
    start = _STARTS.get(algorithm)
    if start is None:
        raise InvalidDigest(_unsupported(algorithm))
    return start(data)


def _rule_broken(text: str) -> str:
    form = _FORM.fullmatch(text) if len(text) <= _LONGEST else None
    if form is None:
        return "it must be written <algorithm>:<hex>, e.g. sha256: and 64 lower-case hexadecimal digits"
    algorithm, encoded = form.groups()
    if algorithm not in ALGORITHMS:
        return _unsupported(algorithm)
    if len(encoded) != ALGORITHMS[algorithm]:
        return f"{algorithm} has {ALGORITHMS[algorithm]} hexadecimal digits, this one has {len(encoded)}"
    return "the digits must be lower-case hexadecimal (0-9, a-f)"


def _unsupported(algorithm: str) -> str:
    return f"algorithm {_shown(algorithm)} is not supported; use one of {', '.join(ALGORITHMS)}"


def _shown(text: str) -> str:
    return ascii(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")


EMPTY = Digest.of(b"")
"""The digest of no bytes at all; readable from every repository (registry contract, section 7.1)."""

EMPTY_GZIP_TAR = Digest("sha256", "a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4")
"""The digest of an empty tar archive, compressed the way Docker did it; readable like EMPTY."""
