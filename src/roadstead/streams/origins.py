"""Where the images of a stream came from: the repositories its history names; no I/O. Registry contract, section 12."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from roadstead.base.values import Json
from roadstead.streams import pullspec
from roadstead.streams.events import histories, spec_tags
from roadstead.streams.pullspec import InvalidPullSpec, PullSpec

INSECURE = "openshift.io/image.insecureRepository"


@dataclass(frozen=True, slots=True)
class Origin:
    """A repository elsewhere, without tag and digest. `insecure` is the wish of the tag that names it."""

    spec: PullSpec
    insecure: bool

    def at(self, digest: str) -> PullSpec:
        """The reference to something here by its digest."""
        return replace(self.spec, id=digest)


def origins(stream: Json, images: Collection[str], own: Collection[str]) -> list[Origin]:
    """The repositories from which any of the `images` (digests) came, those of tags' newest events first.

    Within these, and within older ones, secure comes before insecure, then by name. Each tag's wish counts for its own
    repository alone. `own` are host[:port] names of this registry, which is never elsewhere.
    """
    found: dict[Origin, bool] = {}
    for origin, newest in _named(stream, images):
        if origin.spec.registry.lower() not in own:
            found[origin] = found.get(origin, False) or newest
    return sorted(found, key=lambda each: (not found[each], each.insecure, each.spec.exact()))


def is_ours(stream: Json, images: Collection[str], own: Collection[str]) -> bool:
    """Whether any of the `images` stands in the stream as one of this registry: pushed here, or tagged from here."""
    return any(origin.spec.registry.lower() in own for origin, _ in _named(stream, images))


def _named(stream: Json, images: Collection[str]) -> Iterator[tuple[Origin, bool]]:
    """Each event of one of the images, with whether it is its tag's newest."""
    everywhere = ((stream.get("metadata") or {}).get("annotations") or {}).get(INSECURE) == "true"
    specs = spec_tags(stream)
    for tag, entry in histories(stream).items():
        insecure = everywhere or bool((specs.get(tag, {}).get("importPolicy") or {}).get("insecure"))
        for index, event in enumerate(entry.get("items") or []):
            if event.get("image") not in images:
                continue
            try:
                spec = pullspec.parse(str(event.get("dockerImageReference") or ""))
            except InvalidPullSpec:
                continue
            yield Origin(spec.repository(), insecure), index == 0
