"""What a tag or a short id means to those who use it; no I/O. image-api contract, sections 3, 7.2, 7.5 and 7.6."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping

from roadstead.base.values import Json
from roadstead.kube.wording import quote
from roadstead.streams import pullspec
from roadstead.streams.events import current, generation, histories, spec_tags

IMPORT_SUCCESS = "ImportSuccess"
MATCHES_SHOWN = 10
"""How many images an error about an ambiguous id names."""


def pull_spec(stream: Json, tag: str) -> str | None:
    """Where to pull `tag` (empty: `latest`) from, by its reference policy; None when it has no event.

    Policy Local says: through our registry, which needs a registry and a known digest; without them the source stays.
    """
    tag = tag or pullspec.LATEST
    event = current(histories(stream).get(tag))
    if event is None:
        return None
    source = str(event.get("dockerImageReference") or "")
    policy = (spec_tags(stream).get(tag, {}).get("referencePolicy") or {}).get("type")
    repository = str((stream.get("status") or {}).get("dockerImageRepository") or "")
    if policy != "Local" or not repository or not event.get("image") or pullspec.problem(repository):
        return source
    return f"{repository}@{event['image']}"


def observed_generation(stream: Json, tag: str) -> int:
    """The newest generation the server has dealt with for `tag`, by success or by failure."""
    entry = histories(stream).get(tag, {})
    return max(generation(current(entry)), generation(failed_import(entry)), 0)


def failed_import(entry: Json) -> Json | None:
    """The ImportSuccess condition of a status tag, which is only ever written to say that it failed."""
    conditions = entry.get("conditions") or []
    return next((each for each in conditions if each.get("type") == IMPORT_SUCCESS), None)


class Images:
    """The images a stream has ever named, found by full digest or by any prefix of it."""

    def __init__(self, entries: Mapping[str, Json]) -> None:
        self._events: dict[str, Json] = {}
        for tag in sorted(entries):
            # A tag that named an image twice is asked for what it named first, as upstream does.
            first = {item["image"]: item for item in entries[tag].get("items") or [] if item.get("image")}
            for image, item in first.items():
                self._events.setdefault(image, item)
        self._spellings = sorted(spelling for image in self._events for spelling in _spellings(image))
        # Thousands of tags may ask for one short id that many images match.
        self._asked: dict[str, Json | str] = {}

    def matching(self, prefix: str) -> list[str]:
        """All images `prefix` may mean, sorted; `sha256:` in front may be left out."""
        found = set()
        for text, image in self._spellings[bisect_left(self._spellings, (prefix, "")) :]:
            if not text.startswith(prefix):
                break
            found.add(image)
        return sorted(found)

    def one(self, prefix: str) -> Json | str:
        """The event of the one image `prefix` means, or why there is not exactly one (section 7.2, by id)."""
        if prefix not in self._asked:
            self._asked[prefix] = self._events.get(prefix) or self._one(self.matching(prefix), prefix)
        return self._asked[prefix]

    def _one(self, found: list[str], prefix: str) -> Json | str:
        if len(found) == 1:
            return self._events[found[0]]
        resource = f"imagestreamimage.image.openshift.io {quote(prefix)}"
        if not found:
            return f"{resource} not found"
        listed = found[:MATCHES_SHOWN] + (["..."] if len(found) > MATCHES_SHOWN else [])
        why = f"multiple images match the prefix {quote(prefix)}: {', '.join(listed)}"
        return f"Operation cannot be fulfilled on {resource}: {why}"


def _spellings(image: str) -> Iterable[tuple[str, str]]:
    yield image, image
    if pullspec.is_digest(image):
        yield image.partition(":")[2], image
