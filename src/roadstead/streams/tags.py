"""From what spec tags ask for to what status tags say: the tag engine, and whom it must ask first; no I/O.

image-api contract, 7.2 and 7.4. The caller asks `needs` what to look up, fetches it, then hands it to `apply_tags`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from roadstead.base.values import Json
from roadstead.kube import fielderrors
from roadstead.kube.fielderrors import FieldError
from roadstead.kube.time import format_time
from roadstead.kube.wording import quote
from roadstead.streams import events, pullspec
from roadstead.streams.resolving import Images
from roadstead.streams.specs import tag_changed

DOCKER_IMAGE, STREAM_TAG, STREAM_IMAGE = "DockerImage", "ImageStreamTag", "ImageStreamImage"
MALFORMED = "must be of the form <tag>, <repo>:<tag>, <id>, or <repo>@<id>"

Place = tuple[str, str]
"""Namespace and name of an image stream."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What must be known before tags are applied; each place once, in tag order."""

    sources: tuple[Place, ...]
    """Other streams to read, with the server's own authority."""
    reviews: tuple[Place, ...]
    """Streams of other namespaces of which the user must be allowed to `get imagestreams/layers`."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one access review; `failure` is set when the review itself could not be made."""

    allowed: bool
    reason: str = ""
    evaluation_error: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """The stream with its new status, and what was wrong with the tags that could not be applied."""

    stream: Json
    errors: list[FieldError]


def needs(stream: Json, old: Json | None) -> Needs:
    """The streams to read and the reviews to make for the tags of `stream` that are new or changed."""
    own = _place(stream)
    places = [wish.place for wish in _wishes(stream, old) if wish.place not in (None, own)]
    known = tuple(dict.fromkeys(place for place in places if place is not None))
    return Needs(known, tuple(place for place in known if place[0] != own[0]))


def apply_tags(
    stream: Json,
    old: Json | None,
    sources: Mapping[Place, Json | None],
    verdicts: Mapping[Place, Verdict],
    now: datetime,
    internal_registry: str = "",
) -> Applied:
    """Carry out what new and changed spec tags ask for, then hand moved tags on to their aliases.

    `sources` and `verdicts` answer `needs`: a stream that is not there is None or missing, a place without a verdict is
    refused, and of a refused place not even the absence is told. `internal_registry` is our own host, if any. External
    images that are not mere references get no event here: the importer fetches them.
    """
    engine = _Engine(stream, sources, now, internal_registry)
    errors, granted = [], []
    for wish in _wishes(stream, old):
        refusal = _refusal(_place(stream)[0], wish, verdicts)
        if refusal is None:
            granted.append(wish)
        else:
            errors.append(refusal)
    for wish in _in_order(stream, granted):
        problem = engine.carry_out(wish)
        if problem is not None:
            errors.append(problem)
    done = events.with_histories(stream, engine.entries)
    return Applied(events.follow(done, events.moved(engine.entries, events.histories(old))), errors)


def wrapped(stream_name: str, errors: Sequence[FieldError]) -> list[FieldError]:
    """The errors of `apply_tags` as clients know them: one internal error that has no field (section 6.2)."""
    text = f"imagestreams {quote(stream_name)} is invalid: {fielderrors.joined(errors)}"
    return [fielderrors.internal_field("[]", text)] if errors else []


@dataclass(frozen=True, slots=True)
class _Wish:
    """One spec tag to be carried out. `place` is None when `from` makes no sense; `item` is a tag, id or pull spec."""

    name: str
    tag: Json
    place: Place | None
    item: str

    @property
    def kind(self) -> str:
        return str(self.tag["from"].get("kind") or "")

    @property
    def path(self) -> str:
        return f"spec.tags[{self.name}].from"


class _Engine:
    """The status of one stream while its tags are carried out, one after the other."""

    def __init__(self, stream: Json, sources: Mapping[Place, Json | None], now: datetime, registry: str) -> None:
        self.entries = events.histories(stream)
        self._here = _place(stream)
        self._reached = events.generation(stream.get("metadata"))
        self._origins = {place: events.histories(each) for place, each in sources.items() if each is not None}
        self._origins[self._here] = self.entries
        self._images: dict[Place, Images] = {}
        self._now, self._registry = now, registry

    def carry_out(self, wish: _Wish) -> FieldError | None:
        """Record the event `wish` leads to, if any; or tell why it cannot be."""
        written = wish.tag["from"].get("name") or ""
        if wish.place is None:
            return fielderrors.invalid_value(f"{wish.path}.name", written, MALFORMED)
        if wish.place not in self._origins:
            return fielderrors.field_not_found(f"{wish.path}.name", written)
        found = self._find(wish, wish.place)
        if isinstance(found, str):
            return fielderrors.invalid_value(f"{wish.path}.name", written, f"error generating tag event: {found}")
        if found is not None:
            new = {**(found if wish.tag.get("reference") else self._moved_here(found, wish.place))}
            new["generation"] = self._reached
            self.entries[wish.name] = events.extended(self.entries.get(wish.name), wish.name, new)
        return None

    def _find(self, wish: _Wish, place: Place) -> Json | str | None:
        if wish.kind == DOCKER_IMAGE:
            return events.event(wish.item, "", self._reached, self._now) if wish.tag.get("reference") else None
        if wish.kind == STREAM_TAG:
            return events.current(self._origins[place].get(wish.item))
        if place not in self._images:
            self._images[place] = Images(self._origins[place])
        found = self._images[place].one(wish.item)
        return found if isinstance(found, str) else {**found, "created": format_time(self._now)}

    def _moved_here(self, found: Json, origin: Place) -> Json:
        # What lies in our own registry is pulled through this stream, so that the right to pull is asked here.
        text = str(found.get("dockerImageReference") or "")
        if not self._registry or pullspec.problem(text) is not None:
            return found
        spec = pullspec.parse(text)
        if spec.registry != self._registry or (spec.namespace, spec.name) != origin:
            return found
        namespace, name = self._here
        here = replace(spec, namespace=namespace, name=name, tag="", id=found.get("image") or spec.id)
        return {**found, "dockerImageReference": here.exact()}


def _refusal(namespace: str, wish: _Wish, verdicts: Mapping[Place, Verdict]) -> FieldError | None:
    if wish.place is None or wish.place[0] == namespace:
        return None
    verdict = verdicts.get(wish.place, Verdict(False))
    text = f"{'/'.join(wish.place)}: {quote(verdict.reason)} {quote(verdict.evaluation_error)}"
    text += f"- {verdict.failure}" if verdict.failure else ""
    return None if verdict.allowed else fielderrors.forbidden_field(wish.path, text)


def _wishes(stream: Json, old: Json | None) -> list[_Wish]:
    own, before = _place(stream), events.spec_tags(old)
    found = []
    for name, tag in sorted(events.spec_tags(stream).items()):
        if tag.get("from") is not None and tag_changed(tag, before.get(name), own[0]):
            found.append(_Wish(name, tag, *_pointed_at(tag["from"], own)))
    return found


def _pointed_at(source: Json, own: Place) -> tuple[Place | None, str]:
    kind, name = source.get("kind"), str(source.get("name") or "")
    namespace = str(source.get("namespace") or own[0])
    if kind == DOCKER_IMAGE:
        return (own if name and namespace == own[0] else None), name
    separator = {STREAM_TAG: ":", STREAM_IMAGE: "@"}.get(kind or "")
    parts = name.split(separator) if separator and name else []
    if not 1 <= len(parts) <= 2:
        return None, name
    item = parts[-1] or (pullspec.LATEST if kind == STREAM_TAG else "")
    return (namespace, parts[0] if len(parts) == 2 else own[1]), item


def _in_order(stream: Json, wishes: list[_Wish]) -> list[_Wish]:
    # An alias copies what its source says after this write, so the source goes first; circles start anywhere.
    by_name, ordered = {wish.name: wish for wish in wishes}, dict[str, _Wish]()
    for wish in wishes:
        chain: dict[str, _Wish] = {}
        step: _Wish | None = wish
        while step is not None and step.name not in chain and step.name not in ordered:
            chain[step.name] = step
            step = by_name.get(events.alias_source(stream, step.tag) or "")
        ordered.update(reversed(chain.items()))
    return list(ordered.values())


def _place(stream: Json) -> Place:
    meta = stream.get("metadata") or {}
    return str(meta.get("namespace") or ""), str(meta.get("name") or "")
