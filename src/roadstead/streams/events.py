"""The history of tags: how an event is added, and who else in the stream gets it; no I/O.

image-api contract, section 7.3. `status.tags[].items[0]` is what a tag names now; older events follow, newest first.
Streams are plain dicts as on the wire. Nothing here changes an argument: a new stream shares the parts that stay.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from roadstead.base.values import Json
from roadstead.kube.time import format_time


def event(reference: str, image: str, generation: int, now: datetime) -> Json:
    """One line of a tag's history; `image` is a digest, or empty when only a place is known."""
    return {"created": format_time(now), "dockerImageReference": reference, "image": image, "generation": generation}


def spec_tags(stream: Json | None) -> dict[str, Json]:
    """`spec.tags` by name, in their order; empty when absent or null."""
    return {str(tag.get("name") or ""): tag for tag in ((stream or {}).get("spec") or {}).get("tags") or []}


def histories(stream: Json | None) -> dict[str, Json]:
    """`status.tags` (each with items and conditions) by tag, in their order; empty when absent or null."""
    return {str(entry.get("tag") or ""): entry for entry in ((stream or {}).get("status") or {}).get("tags") or []}


def with_histories(stream: Json, entries: Mapping[str, Json]) -> Json:
    """`stream` with `entries` as its status tags, sorted by name; none at all leaves the key out."""
    status = {key: value for key, value in (stream.get("status") or {}).items() if key != "tags"}
    if entries:
        status["tags"] = [entries[tag] for tag in sorted(entries)]
    return {**stream, "status": status}


def current(entry: Json | None) -> Json | None:
    """What a tag names now, given its entry in status: the newest event, or None when it has none."""
    items = (entry or {}).get("items")
    return items[0] if items else None


def shown_event(stream: Json | None, tag: str) -> Json | None:
    """The newest event of a tag if it names an image: one that only points shows nothing of itself as an istag."""
    event = current_of(stream, tag)
    return event if event and event.get("image") else None


def current_of(stream: Json | None, tag: str) -> Json | None:
    """What `tag` of `stream` names now, or None."""
    return current(histories(stream).get(tag))


def generation(thing: Json | None) -> int:
    """The generation of an event, a condition, a tag or a metadata; 0 when absent."""
    value = (thing or {}).get("generation")
    return value if isinstance(value, int) else 0


def same_content(one: Json, other: Json) -> bool:
    """Whether two events name the same image at the same place, whenever that was said."""
    return _same(one, other, "image") and _same(one, other, "dockerImageReference")


def extended(entry: Json | None, tag: str, new: Json) -> Json:
    """The status entry of `tag` with the event `new`; the very same entry when that changes nothing.

    The table of 7.3: the same image, or the same place, is brought up to date in line and keeps its `created`, so that
    a repeated push or import never grows the history; anything else goes in front. A change clears the conditions.
    """
    items = (entry or {}).get("items") or []
    if entry is None or not items:
        return {"tag": tag, "items": [new]}
    latest = items[0]
    if same_content(latest, new) and generation(latest) == generation(new):
        return entry
    if _same(latest, new, "image") or _same(latest, new, "dockerImageReference"):
        return {"tag": tag, "items": [{**new, "created": latest.get("created")}, *items[1:]]}
    return {"tag": tag, "items": [new, *items]}


def add_event(stream: Json, tag: str, new: Json) -> tuple[Json, bool]:
    """`stream` (in its one spelling: tags sorted, each once) with the event `new` for `tag`; whether it changed."""
    status = stream.get("status") or {}
    entries = status.get("tags") or []
    # A stream may have thousands of tags and get hundreds of events a second: nothing here costs more than one scan.
    at = next((index for index, entry in enumerate(entries) if entry.get("tag") == tag), None)
    before = None if at is None else entries[at]
    after = extended(before, tag, new)
    if after is before:
        return stream, False
    if at is None:
        at = bisect_left(entries, tag, key=_tag_name)
        tags = [*entries[:at], after, *entries[at:]]
    else:
        tags = [*entries[:at], after, *entries[at + 1 :]]
    return {**stream, "status": {**status, "tags": tags}}, True


def _tag_name(entry: Json) -> str:
    return str(entry.get("tag") or "")


def moved(entries: Mapping[str, Json], before: Mapping[str, Json]) -> set[str]:
    """The tags of `entries` whose current event is not the one in `before`."""
    return {tag for tag, entry in entries.items() if current(entry) not in (None, current(before.get(tag)))}


def follow(stream: Json, tags: Collection[str], levels: int | None = None) -> Json:
    """`stream` with the current events of `tags` handed on to the aliases that track them.

    An alias is a spec tag of kind ImageStreamTag that names a tag of this very stream. Aliases of aliases follow too
    (`levels` bounds how far); each tag is handed on once, so circles end. The order is fixed: by level, then by name.
    """
    entries, followers = histories(stream), _followers(stream)
    wave, seen, level = set(tags), set(tags), 0
    while wave and (levels is None or level < levels):
        reached: set[str] = set()
        for source in sorted(wave):
            latest = current(entries.get(source))
            for alias in followers.get(source, ()):
                if latest is not None and alias not in seen:
                    seen.add(alias)
                    before = entries.get(alias)
                    entries[alias] = extended(before, alias, dict(latest))
                    reached |= set() if entries[alias] is before else {alias}
        wave, level = reached, level + 1
    return stream if entries == histories(stream) else with_histories(stream, entries)


def alias_source(stream: Json, tag_reference: Json) -> str | None:
    """The tag of this same stream that `tag_reference` tracks, or None when it tracks nothing here."""
    source = tag_reference.get("from") or {}
    meta = stream.get("metadata") or {}
    if source.get("kind") != "ImageStreamTag" or source.get("namespace") not in (None, "", meta.get("namespace")):
        return None
    before, colon, after = str(source.get("name") or "").partition(":")
    if not colon:
        return before or None
    return after or None if before == meta.get("name") and ":" not in after else None


def _followers(stream: Json) -> Mapping[str, Iterable[str]]:
    found: dict[str, list[str]] = {}
    for name, tag in sorted(spec_tags(stream).items()):
        source = alias_source(stream, tag)
        if source is not None:
            found.setdefault(source, []).append(name)
    return found


def _same(one: Json, other: Json, key: str) -> bool:
    return (one.get(key) or "") == (other.get(key) or "")
