"""What was found, and the stream before -> the stream after, with a condition for each failure; no I/O.

image-api contract, section 14.5. Streams and imports are plain dicts as on the wire.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from roadstead.base.values import Json
from roadstead.importing.reading import without_texts
from roadstead.kube.status import StatusError
from roadstead.kube.time import format_time
from roadstead.streams import events, pullspec, specs
from roadstead.streams.tags import DOCKER_IMAGE

CHECKED = "openshift.io/image.dockerRepositoryCheck"
"""Annotation of a stream: when an import last changed something."""
IMPORT_SUCCESS = "ImportSuccess"
OVER_LIMIT = "exceeds the maximum limit"
_UNEXPLAINED = "unknown error prevented import"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one item that has a target: the answer (status, image, manifests) and what the tag should say."""

    tag: str
    source: str
    policy: Json
    answer: Json
    listed: bool = False
    """Whether it came with a whole repository: then a failure makes no spec tag."""

    @property
    def found(self) -> bool:
        """Whether there is an image."""
        return bool(self.answer.get("image")) and (self.answer.get("status") or {}).get("status") == "Success"


def results(wanted: Json, found: Json) -> list[Result]:
    """The items of an import that change a tag, in the order they are recorded; `found` is the import's status."""
    spec = wanted.get("spec") or {}
    return [*_from_repository(spec.get("repository"), found.get("repository")), *_from_images(spec, found)]


def record(stream: Json, items: list[Result], now: datetime) -> Json:
    """`stream` (0 as its generation when it is new) after the items; the same when nothing changes.

    Generations of changed tags are left at 0, for the rules of streams to move.
    """
    recording = _Recording(stream, now)
    for item in items:
        if item.found:
            recording.succeed(item)
        else:
            recording.fail(item)
    return recording.stream()


def changed(before: Json, after: Json) -> bool:
    """Whether two states of a stream say something different."""
    one, other = specs.normalise(before), specs.normalise(after)
    return any(one[key] != other[key] for key in ("metadata", "spec", "status"))


def checked(stream: Json, now: datetime) -> Json:
    """`stream` with the time of this import."""
    meta = stream["metadata"]
    annotations = {**(meta.get("annotations") or {}), CHECKED: format_time(now)}
    return {**stream, "metadata": {**meta, "annotations": annotations}}


def is_checked(stream: Json) -> bool:
    """Whether an import was ever recorded in the stream."""
    return CHECKED in ((stream.get("metadata") or {}).get("annotations") or {})


def images(items: list[Result]) -> list[Json]:
    """The Images to keep, children of an index first, each once."""
    wanted = [image for item in items if item.found for image in (*_children(item), item.answer["image"])]
    return list({image["metadata"]["name"]: without_texts(image) for image in wanted}.values())


def over_limit(stream: Json, after: Json, refusal: StatusError, now: datetime) -> Json | None:
    """`stream` with a condition on each tag that would have been new, if the refusal is about a limit."""
    if refusal.reason not in ("Forbidden", "Invalid") or OVER_LIMIT not in refusal.message:
        return None
    known, entries = events.histories(stream), events.histories(stream)
    for tag in events.histories(after):
        if tag not in known:
            reached = events.generation(stream.get("metadata")) + 1
            entries[tag] = _failed(None, tag, _condition(refusal.reason, refusal.message, reached, now))
    return events.with_histories(stream, entries)


class _Recording:
    """One stream while results are entered."""

    def __init__(self, stream: Json, now: datetime) -> None:
        self._before, self._now = stream, now
        self._next = events.generation(stream.get("metadata")) + 1
        self._asked, self._entries = events.spec_tags(stream), events.histories(stream)

    def stream(self) -> Json:
        """The stream as it is now."""
        spec = {key: value for key, value in (self._before.get("spec") or {}).items() if key != "tags"}
        if self._asked:
            spec["tags"] = [self._asked[name] for name in sorted(self._asked)]
        return events.with_histories({**self._before, "spec": spec}, self._entries)

    def succeed(self, item: Result) -> None:
        image = item.answer["image"]
        new = events.event(by_digest(image), image["metadata"]["name"], self._next, self._now)
        if self._differs(item.tag, new):
            self._ask(item)
            self._entries[item.tag] = events.extended(self._entries.get(item.tag), item.tag, new)
        self._asked[item.tag] = {**self._asked[item.tag], "importPolicy": item.policy["importPolicy"]}
        entry = self._entries[item.tag]
        self._entries[item.tag] = {key: value for key, value in entry.items() if key != "conditions"}

    def fail(self, item: Result) -> None:
        said = item.answer.get("status") or {}
        condition = _condition(said.get("reason") or "", said.get("message") or _UNEXPLAINED, self._next, self._now)
        entry, tag = self._entries.get(item.tag), self._asked.get(item.tag)
        if (known := _same(entry, condition)) is None:
            self._entries[item.tag] = _failed(entry, item.tag, condition)
            if tag is not None:
                self._asked[item.tag] = {**tag, "generation": 0}
        elif events.generation(tag) > events.generation(known):
            # Seen again: without this the tag would stay pending, and be tried at every change of the stream (WART-14).
            known = {**known, "generation": events.generation(tag)}
            self._entries[item.tag] = _failed(entry, item.tag, known)
        if tag is None and not item.listed:
            self._ask(item)

    def _differs(self, tag: str, new: Json) -> bool:
        latest, asked = events.current(self._entries.get(tag)), self._asked.get(tag)
        if latest is None or asked is None or asked.get("generation") is None:
            return True
        return not events.same_content(latest, new) or events.generation(asked) > events.generation(latest)

    def _ask(self, item: Result) -> None:
        before = self._asked.get(item.tag) or {"name": item.tag, "annotations": None}
        policy = before.get("referencePolicy") or item.policy["referencePolicy"]
        self._asked[item.tag] = {
            **before,
            "from": {"kind": DOCKER_IMAGE, "name": item.source},
            "generation": 0,
            "importPolicy": item.policy["importPolicy"],
            "referencePolicy": policy,
        }


def by_digest(image: Json) -> str:
    """The pull spec of an image, by its digest alone."""
    text, digest = str(image.get("dockerImageReference") or ""), image["metadata"]["name"]
    if pullspec.problem(text) is not None:
        return text
    return replace(pullspec.parse(text), id=digest).most_specific().exact()


def _from_repository(asked: Json | None, found: Json | None) -> Iterator[Result]:
    if asked is None or found is None:
        return
    place = pullspec.parse(asked["from"]["name"])
    for answer in found.get("images") or []:
        tag = answer.get("tag") or ""
        yield Result(tag, replace(place, tag=tag, id="").exact(), asked, answer, listed=True)


def _from_images(spec: Json, found: Json) -> Iterator[Result]:
    for asked, answer in zip(spec.get("images") or [], found.get("images") or [], strict=True):
        if asked.get("to") is not None:
            yield Result(asked["to"]["name"], asked["from"]["name"], asked, answer)


def _children(item: Result) -> list[Json]:
    return list(item.answer.get("manifests") or [])


def _condition(reason: str, message: str, generation: int, now: datetime) -> Json:
    said: Json = {"type": IMPORT_SUCCESS, "status": "False", "lastTransitionTime": format_time(now)}
    return {**said, **({"reason": reason} if reason else {}), "message": message, "generation": generation}


def _same(entry: Json | None, condition: Json) -> Json | None:
    keys = ("type", "status", "reason", "message")
    for known in (entry or {}).get("conditions") or []:
        if all((known.get(key) or "") == (condition.get(key) or "") for key in keys):
            return dict(known)
    return None


def _failed(entry: Json | None, tag: str, condition: Json) -> Json:
    return {"tag": tag, "items": (entry or {}).get("items"), "conditions": [condition]}
