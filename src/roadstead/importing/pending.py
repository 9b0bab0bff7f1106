"""Which tags of a stream wait for an import, and which are to be kept fresh; no I/O.

Import-and-triggers contract, sections 1 and 2. Streams are plain dicts as shown.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from roadstead.base.values import Json
from roadstead.importing.record import CHECKED
from roadstead.streams import events, pullspec
from roadstead.streams.resolving import observed_generation
from roadstead.streams.tags import DOCKER_IMAGE
from roadstead.streams.validation import is_insecure

MOST_AT_ONCE = 200
"""Tags of one request; the others come with the next one."""
PERIODS = datetime(1970, 1, 1)
"""Where the counting of intervals starts."""


def importable(tag: Json) -> bool:
    """Whether a spec tag names something that an import can bring."""
    source = tag.get("from") or {}
    return source.get("kind") == DOCKER_IMAGE and not tag.get("reference")


def wanted(stream: Json, only: Iterable[str] = ()) -> Json | None:
    """The import that the stream asks for, tied to this very state of it; None when it asks for nothing.

    `only` names tags to import besides those that wait, whatever was recorded for them.
    """
    extra, meta = set(only), stream["metadata"]
    tags = [tag for tag in events.spec_tags(stream).values() if importable(tag)]
    never = not (meta.get("annotations") or {}).get(CHECKED)
    repository = str((stream.get("spec") or {}).get("dockerImageRepository") or "") if never else ""
    waiting = [tag for tag in tags if tag["name"] in extra or _waits(stream, tag, unset=False)]
    if never and not repository and tags:
        waiting = [tag for tag in tags if tag["name"] in extra or _waits(stream, tag, unset=True)]
    first = sorted(tags if repository else waiting, key=lambda tag: tag["name"] not in extra)
    chosen = first[:MOST_AT_ONCE]
    if not chosen and not repository:
        return None
    spec: Json = {"import": True}
    if repository:
        policy = {"insecure": True} if is_insecure(stream) else {}
        spec["repository"] = {"from": {"kind": DOCKER_IMAGE, "name": repository}, "importPolicy": policy}
    if chosen:
        spec["images"] = [_item(tag) for tag in chosen]
    about = {key: meta[key] for key in ("name", "namespace", "resourceVersion", "uid") if meta.get(key)}
    return {"metadata": about, "spec": spec}


def scheduled(stream: Json) -> dict[str, str]:
    """The tags to be kept fresh, with the registry each comes from.

    One that is pinned by digest counts only until it came in once.
    """
    found = {}
    for name, tag in events.spec_tags(stream).items():
        source = str((tag.get("from") or {}).get("name") or "")
        if not importable(tag) or not (tag.get("importPolicy") or {}).get("scheduled"):
            continue
        if pullspec.problem(source) is not None or (pullspec.parse(source).id and _came_in(stream, tag)):
            continue
        found[name] = registry_of(source)
    return found


def registry_of(source: str) -> str:
    """The registry of a pull spec, Docker Hub where it names none; empty when it is no pull spec."""
    return pullspec.parse(source).with_defaults().registry if pullspec.problem(source) is None else ""


def next_turn(uid: str, interval: timedelta, after: datetime) -> datetime:
    """When an object's turn comes next.

    Each has its place in the interval, told by its uid alone: turns are spread evenly, and neither a restart nor
    another process that takes over moves or forgets one.
    """
    first = PERIODS.replace(tzinfo=after.tzinfo) + interval * (zlib.crc32(uid.encode()) / 2**32)
    turns: int = (after - first) // interval
    return first + interval * (turns + 1)


def _item(tag: Json) -> Json:
    return {
        "from": {"kind": DOCKER_IMAGE, "name": tag["from"]["name"]},
        "to": {"name": tag["name"]},
        "importPolicy": tag.get("importPolicy") or {},
        "referencePolicy": tag.get("referencePolicy") or {},
    }


def _waits(stream: Json, tag: Json, *, unset: bool) -> bool:
    if tag.get("generation") is None:
        return unset
    return events.generation(tag) > observed_generation(stream, tag["name"])


def _came_in(stream: Json, tag: Json) -> bool:
    latest = events.current_of(stream, tag["name"])
    return latest is not None and tag.get("generation") == events.generation(latest)
