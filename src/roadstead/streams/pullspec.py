"""Text that says where an image is (`host/namespace/name:tag@digest`) and names of views, taken apart; no I/O.

image-api contract, section 3. The grammar is the classic one of distribution's `reference` package: every image ever
written into a stream was accepted by it, so it stays as lenient, and as odd about registries without a name, as it is.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from roadstead.base.errors import Invalid

DOCKER_HUB = "docker.io"
DOCKER_HUB_ALIASES = frozenset({DOCKER_HUB, "index.docker.io", "registry-1.docker.io"})
LATEST = "latest"
LONGEST_NAME = 255

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])"
"""A name, an IPv4 address, or an IPv6 address in brackets (distribution's reference grammar, 2.8 and later)."""
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_TAG = r"\w[\w.-]{0,127}"
_ALGORITHM = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*"
_REFERENCE = re.compile(
    rf"(?P<name>(?:{HOST}(?::[0-9]+)?/)?{_COMPONENT}(?:/{_COMPONENT})*)(?::(?P<tag>{_TAG}))?(?:@(?P<id>{_ALGORITHM}:[0-9a-fA-F]{{32,}}))?",
    re.ASCII,
)
_HEX_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}
_DIGEST_SHAPE = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+")
_HEX = re.compile(r"[0-9a-f]+")


class InvalidPullSpec(Invalid):
    """The text is not a pull spec; the message is the one users know from other tools."""


@dataclass(frozen=True, slots=True)
class PullSpec:
    """Five parts, each empty when unknown; `id` is usually a digest."""

    registry: str = ""
    namespace: str = ""
    name: str = ""
    tag: str = ""
    id: str = ""

    def __str__(self) -> str:
        """`exact`, with the `library` that Docker Hub implies written out."""
        return self._with_library().exact()

    def exact(self) -> str:
        """The parts that are there, joined; an id wins over a tag."""
        path = "/".join(part for part in (self.registry, self.namespace, self.name) if part)
        if self.id:
            return f"{path}@{self.id}" if is_digest(self.id) else f"{path}:{self.id}"
        return f"{path}:{self.tag}" if self.tag else path

    def repository(self) -> "PullSpec":
        """The same place without tag and id."""
        return replace(self, tag="", id="")

    def most_specific(self) -> "PullSpec":
        """A digest says it all: the tag beside it is dropped."""
        return replace(self, tag="") if is_digest(self.id) else self

    def with_defaults(self) -> "PullSpec":
        """What a Docker client reads into the parts left out: `docker.io`, `library`, `latest`."""
        spec = replace(self, registry=self.registry or DOCKER_HUB)
        return replace(spec._with_library(), tag=self.tag or LATEST)

    def minimal(self) -> "PullSpec":
        """The shortest spelling a Docker daemon shows: Hub aliases folded, `library` and `latest` left out."""
        registry = DOCKER_HUB if self.registry in DOCKER_HUB_ALIASES else self.registry
        namespace = "" if registry == DOCKER_HUB and self.namespace == "library" else self.namespace
        return replace(self, registry=registry, namespace=namespace, tag="" if self.tag == LATEST else self.tag)

    def for_connecting(self) -> "PullSpec":
        """Docker Hub under the name of the host that speaks the registry protocol."""
        return replace(self, registry="registry-1.docker.io") if self.registry in DOCKER_HUB_ALIASES else self

    def host_port(self, insecure: bool = False) -> tuple[str, str]:
        """Host and port a client would connect to; without a port in the text, 443, or 80 when insecure."""
        host, port = host_and_port(self.for_connecting().with_defaults().registry)
        return host, port or ("80" if insecure else "443")

    def _with_library(self) -> "PullSpec":
        implied = not self.namespace and self.registry in DOCKER_HUB_ALIASES
        return replace(self, namespace="library") if implied else self


@lru_cache(maxsize=4096)
def parse(text: str) -> PullSpec:
    """`text` taken apart; raises InvalidPullSpec. A lone host (`quay.io:5000`) is a registry without a name."""
    found = _REFERENCE.fullmatch(text)
    if found is None:
        raise InvalidPullSpec(_why_not(text))
    name = found["name"]
    if len(name) > LONGEST_NAME:
        raise InvalidPullSpec(f"repository name must not be more than {LONGEST_NAME} characters")
    if found["id"] and (problem := _digest_problem(found["id"])):
        raise InvalidPullSpec(problem)
    first, slash, rest = name.partition("/")
    if not slash and ("." in name or name.startswith("localhost")):
        return PullSpec(registry=text)
    registry = first if slash and ("." in first or ":" in first or first == "localhost") else ""
    namespace, slash, last = (rest if registry else name).partition("/")
    namespace, last = (namespace, last) if slash else ("", namespace)
    return PullSpec(registry, namespace, last, found["tag"] or "", found["id"] or "")


def problem(text: str) -> str | None:
    """Why `text` does not parse, or None when it does."""
    try:
        parse(text)
    except InvalidPullSpec as failure:
        return failure.message
    return None


def host_and_port(registry: str) -> tuple[str, str]:
    """Host and port of `host[:port]`, the port empty where there is none; an IPv6 address keeps its brackets."""
    host, colon, port = registry.rpartition(":")
    return (registry, "") if not colon or "]" in port else (host, port)


def is_digest(text: str) -> bool:
    """Whether `text` is `algorithm:hex` of a known algorithm and its exact length."""
    return _digest_problem(text) is None


def digest_matches(digest: str, prefix: str) -> bool:
    """Whether `prefix` is a short form of `digest`, with or without `sha256:` in front; any length will do."""
    return digest.startswith(prefix) or (is_digest(digest) and digest.partition(":")[2].startswith(prefix))


def split_tag_name(name: str) -> tuple[str, str] | None:
    """Stream and tag of an ImageStreamTag name (`web:v1`), or None when it is not one."""
    stream, _, tag = name.partition(":")
    return (stream, tag) if stream and tag and ":" not in tag and "@" not in name else None


def split_image_name(name: str) -> tuple[str, str] | None:
    """Stream and id of an ImageStreamImage name (`web@sha256:…`), or None when it is not one."""
    stream, _, image = name.partition("@")
    return (stream, image) if stream and image and "@" not in image else None


def split_loosely(name: str) -> tuple[str, str, bool]:
    """Stream, tag (`latest` when missing or empty) and whether a `:` was there at all."""
    stream, colon, tag = name.partition(":")
    return stream, tag or LATEST, bool(colon)


def _why_not(text: str) -> str:
    if not text:
        return "repository name must have at least one component"
    if _REFERENCE.fullmatch(text.lower()):
        return "repository name must be lowercase"
    return "invalid reference format"


def _digest_problem(text: str) -> str | None:
    if not _DIGEST_SHAPE.fullmatch(text):
        return "invalid checksum digest format"
    algorithm, _, encoded = text.partition(":")
    if algorithm not in _HEX_LENGTHS:
        return "unsupported digest algorithm"
    if len(encoded) != _HEX_LENGTHS[algorithm]:
        return "invalid checksum digest length"
    return None if _HEX.fullmatch(encoded) else "invalid checksum digest format"
