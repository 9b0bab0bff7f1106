"""Names of repositories, tags and references, as they stand in a URL; no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass

from roadstead.base.errors import Invalid
from roadstead.oci.digest import Digest

MAX_NAME = 255
MAX_LABEL = 63
MAX_TAG = 128

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_TAG = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9._-]{{0,{MAX_TAG - 1}}}")
_SHOWN = 160


class NameInvalid(Invalid):
    """A text that is no repository name by the grammar."""


class NotTwoComponents(Invalid):
    """A well-formed name that is not <namespace>/<name>: unknown to readers, invalid for writers."""


class TagInvalid(Invalid):
    """A text that is no tag by the grammar."""


@dataclass(frozen=True, slots=True, order=True)
class RepositoryName:
    """Where images are kept: a namespace, and the name of a stream in it."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def parse_repository(text: str) -> RepositoryName:
    """Read `<namespace>/<name>`; raises NameInvalid or NotTwoComponents (registry contract, section 2)."""
    if len(text) > MAX_NAME:
        raise NameInvalid(f"repository name {_shown(text)} is too long: {len(text)} characters, at most {MAX_NAME}")
    if not _PATH.fullmatch(text):
        raise NameInvalid(
            f"repository name {_shown(text)} is not valid: components separated by '/' are made of a-z and 0-9, "
            "with '.', '_', '__' or dashes between them"
        )
    namespace, _, name = text.partition("/")
    if not name or "/" in name:
        raise NotTwoComponents(f"repository name {_shown(text)} must have two components: <namespace>/<name>")
    if len(namespace) > MAX_LABEL or not _LABEL.fullmatch(namespace):
        raise NameInvalid(
            f"namespace {_shown(namespace)} of a repository name must be a DNS label: "
            f"a-z, 0-9 and '-' inside, at most {MAX_LABEL} characters"
        )
    return RepositoryName(namespace, name)


def parse_tag(text: str) -> str:
    """Read a tag; raises TagInvalid (registry contract, section 6.5)."""
    if _TAG.fullmatch(text):
        return text
    raise TagInvalid(
        f"tag {_shown(text)} is not valid: at most {MAX_TAG} of a-z, A-Z, 0-9, '_', '.' and '-', "
        "the first not '.' or '-'"
    )


def parse_reference(text: str) -> str | Digest:
    """Read a tag or a digest; raises TagInvalid or InvalidDigest.

    Whatever has a colon is meant as a digest: a mistyped one must not become a tag (registry contract, section 5.1).
    """
    return Digest.parse(text) if ":" in text else parse_tag(text)


def _shown(text: str) -> str:
    return ascii(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")
