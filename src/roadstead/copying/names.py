"""What people type for a place of images (`quay.io/a/b:v1`, `oci:DIR:v1`, …) -> where it is; no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from roadstead.base.errors import Invalid
from roadstead.streams import pullspec
from roadstead.streams.pullspec import PullSpec

SUPPORTED = "docker://HOST/NAME[:TAG], oci:DIR[:REF], oci-archive:FILE[:REF] or docker-archive:FILE[:NAME:TAG]"
_OTHERS = re.compile(r"(dir|containers-storage|docker-daemon|ostree|sif|tarball|atomic|oci-layout|https?):(?!\d+/)")


@dataclass(frozen=True, slots=True)
class InRegistry:
    """An image in a registry; `spec.registry` is empty for a short name."""

    spec: PullSpec
    text: str

    @property
    def path(self) -> str:
        """namespace/name, as the registry's people write it."""
        return "/".join(part for part in (self.spec.namespace, self.spec.name) if part)

    @property
    def reference(self) -> str:
        """The digest, else the tag, else `latest`."""
        return self.spec.id or self.spec.tag or pullspec.LATEST

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class InFile:
    """An image in an OCI layout (a folder), in one packed into a tar file, or in what `docker save` writes."""

    form: Literal["oci", "oci-archive", "docker-archive"]
    path: str
    reference: str

    def __str__(self) -> str:
        return f"{self.form}:{self.path}" + (f":{self.reference}" if self.reference else "")


Name = InRegistry | InFile


def parse(text: str) -> Name:
    """Reads a place; one without a transport is in a registry. Raises Invalid naming what is wrong with it."""
    transport, colon, rest = text.partition(":")
    if transport in ("oci", "oci-archive", "docker-archive") and colon:
        path, _, reference = rest.partition(":")
        if not path:
            raise Invalid(f"{text!r} names no path; write {SUPPORTED}")
        return InFile(transport, path, reference)  # type: ignore[arg-type]
    if text.startswith("docker://"):
        return _in_registry(text.removeprefix("docker://"))
    if _OTHERS.match(text):
        raise Invalid(f"{text!r}: this transport is not known; write {SUPPORTED}")
    return _in_registry(text)


def _in_registry(text: str) -> InRegistry:
    try:
        spec = pullspec.parse(text)
    except pullspec.InvalidPullSpec as wrong:
        raise Invalid(f"{text!r} is not the name of an image ({wrong.message}); write {SUPPORTED}") from None
    if not spec.name:
        raise Invalid(f"{text!r} names a registry and no image; write {SUPPORTED}")
    return InRegistry(spec, text)


@dataclass(frozen=True, slots=True)
class Platform:
    """What an image runs on: `os/architecture[/variant]`."""

    os: str
    architecture: str
    variant: str = ""

    @classmethod
    def parse(cls, text: str) -> Platform:
        """Raises Invalid for anything else."""
        parts = text.split("/")
        if len(parts) not in (2, 3) or not all(re.fullmatch(r"[A-Za-z0-9._-]{1,64}", part) for part in parts):
            raise Invalid(f"platform {text[:80]!r} is none; write OS/ARCHITECTURE[/VARIANT], for example linux/amd64")
        return cls(*parts)

    def fits(self, platform: object) -> bool:
        """Whether a descriptor's `platform` is this one."""
        if not isinstance(platform, dict):
            return False
        same = platform.get("os") == self.os and platform.get("architecture") == self.architecture
        return same and self.variant in ("", platform.get("variant", ""))

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)
