"""Which remote manifests an import looks at, each once; no I/O. image-api contract, sections 14.1 to 14.4.

Many items may ask for the same manifest. A `Look` is what has to be found out once; `Asked` says which item of the
request wants it, and how its answer is to be spelled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.status import StatusError
from roadstead.streams import pullspec
from roadstead.streams.events import spec_tags
from roadstead.streams.pullspec import PullSpec

LEGACY, PRESERVE_ORIGINAL = "Legacy", "PreserveOriginal"
PREFER_ARCHITECTURE = "importer.image.openshift.io/prefer-arch"
PREFER_SYSTEM = "importer.image.openshift.io/prefer-os"
HUB_INDEX = "index.docker.io"
"""The other name by which people and old tools know Docker Hub."""
EVERYTHING = "*"
"""What legacy clients send as a name to look up streams; it names no image."""


@dataclass(frozen=True, slots=True)
class Look:
    """One manifest to find: `reference` (a tag or a digest) of `repository` at `registry`, defaults filled in.

    `short` is the path as it was written where no registry was: search registries are asked for it, if there are any.
    """

    registry: str
    repository: str
    reference: str
    insecure: bool = False
    preserve: bool = False
    architecture: str = ""
    system: str = ""
    short: str = ""

    @property
    def wanted(self) -> PullSpec:
        """What places are looked for."""
        return pullspec.parse(self._joined(self.short, self.reference) if self.short else str(self))

    @property
    def by_digest(self) -> bool:
        """Whether the reference is a digest."""
        return pullspec.is_digest(self.reference)

    @property
    def place(self) -> str:
        """The repository as people write it in full: `docker.io/library/mysql`."""
        return f"{self.registry}/{self.repository}"

    def __str__(self) -> str:
        return self.at(self.reference)

    def at(self, reference: str) -> str:
        """The full name of another manifest of the same repository."""
        return self._joined(self.place, reference)

    @staticmethod
    def _joined(place: str, reference: str) -> str:
        return f"{place}{'@' if pullspec.is_digest(reference) else ':'}{reference}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What becomes of one of spec.images: the look that answers it, or `refused`, a Status.

    `spec` is the reference as written; `tag` the remote tag, None when a digest was asked for.
    """

    spec: PullSpec
    tag: str | None
    look: Look | None
    refused: Json | None = None


@dataclass(frozen=True, slots=True)
class Repository:
    """A whole repository to import."""

    spec: PullSpec
    registry: str
    name: str
    insecure: bool
    preserve: bool

    @property
    def place(self) -> str:
        """The repository as people write it in full."""
        return f"{self.registry}/{self.name}"

    def look(self, tag: str) -> Look:
        """The look for one tag; preferences for a platform are not consulted here (section 14.4)."""
        return Look(self.registry, self.name, tag, self.insecure, self.preserve, short=_short(self.spec))

    def asked(self, tag: str) -> Asked:
        """The same as an item of the request."""
        return Asked(replace(self.spec, tag=tag), tag, self.look(tag))


def images(wanted: Json, stream: Json) -> list[Asked]:
    """What each of spec.images of the import asks for; `stream` is the target, whose tags may prefer a platform."""
    annotations = {name: tag.get("annotations") or {} for name, tag in spec_tags(stream).items()}
    return [_asked(each, annotations) for each in (wanted.get("spec") or {}).get("images") or []]


def repository(wanted: Json) -> Repository | None:
    """The repository the import asks for, if any; its name has been validated."""
    asked = (wanted.get("spec") or {}).get("repository")
    if asked is None:
        return None
    spec = pullspec.parse(str((asked.get("from") or {}).get("name") or ""))
    registry, name = _place(spec)
    return Repository(spec, registry, name, *_policy(asked))


def looks(asked: Sequence[Asked]) -> list[Look]:
    """The looks of the items, each once, in their order."""
    return list(dict.fromkeys(each.look for each in asked if each.look is not None))


def _asked(item: Json, annotations: Mapping[str, Mapping[str, str]]) -> Asked:
    name = str((item.get("from") or {}).get("name") or "")
    if name == EVERYTHING:
        unparsed = status.internal("unable to parse docker reference *:latest: invalid reference format")
        return Asked(PullSpec(name=name), pullspec.LATEST, None, item_status(unparsed))
    spec = pullspec.parse(name)
    full = spec.with_defaults()
    registry, repository_name = _place(spec)
    if not full.name:
        nameless = status.invalid_value("from.name", name, "invalid name: it names a registry, but no repository in it")
        return Asked(spec, full.tag, None, item_status(status.invalid("", "", "", [nameless])))
    insecure, preserve = _policy(item)
    if full.id:
        return Asked(spec, None, Look(registry, repository_name, full.id, insecure, preserve, short=_short(spec)))
    target = str((item.get("to") or {}).get("name") or full.tag)
    wished = annotations.get(target) or {}
    platform = wished.get(PREFER_ARCHITECTURE, ""), wished.get(PREFER_SYSTEM, "")
    look = Look(registry, repository_name, full.tag, insecure, preserve, *platform, short=_short(spec))
    return Asked(spec, full.tag, look)


def _place(spec: PullSpec) -> tuple[str, str]:
    full = spec.with_defaults()
    registry = pullspec.DOCKER_HUB if full.registry == HUB_INDEX else full.registry
    return registry, "/".join(part for part in (full.namespace, full.name) if part)


def _short(spec: PullSpec) -> str:
    return "" if spec.registry else spec.repository().exact()


def _policy(item: Json) -> tuple[bool, bool]:
    policy = item.get("importPolicy") or {}
    return bool(policy.get("insecure")), policy.get("importMode") == PRESERVE_ORIGINAL


def item_status(refusal: StatusError) -> Json:
    """A refusal as the status of one item shows it: without kind and version."""
    return {key: value for key, value in refusal.status.items() if key not in ("kind", "apiVersion")}
