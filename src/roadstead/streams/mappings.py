"""Rules of an ImageStreamMapping, the way an image enters a stream; no I/O. image-api contract, section 13."""

from datetime import datetime

from roadstead.base.values import Json
from roadstead.kube.fielderrors import FieldError, required
from roadstead.kube.meta import check_new
from roadstead.streams import events, images, pullspec
from roadstead.streams.events import current_of, same_content
from roadstead.streams.fill import MANAGED
from roadstead.streams.pullspec import PullSpec


def prepare(mapping: Json, internal_registry: str = "") -> Json:
    """`mapping` ready for validation: a reference if we can tell one, and no signatures."""
    meta = mapping["metadata"]
    image = {key: value for key, value in (mapping.get("image") or {}).items() if key != "signatures"}
    if internal_registry and meta.get("name") and not image.get("dockerImageReference"):
        digest = str((image.get("metadata") or {}).get("name") or "")
        place = PullSpec(internal_registry, meta.get("namespace") or "", meta.get("name") or "", id=digest)
        image["dockerImageReference"] = place.exact()
    return {**mapping, "image": image}


def validate(mapping: Json) -> list[FieldError]:
    """A tag and an image are needed; any text will do as a tag (upstream stores `a b/c` too)."""
    image = mapping.get("image") or {}
    places = ("name", "dockerImageRepository")
    placed = mapping["metadata"].get("name") or mapping.get("dockerImageRepository")
    return [
        *([] if placed else [required(place) for place in places]),
        *([] if mapping.get("tag") else [required("tag")]),
        *check_new(image, namespaced=False, path="image.metadata"),
        *images.validate(image, "image."),
    ]


def tagged(stream: Json, tag: str, image: Json, *, existed: bool, now: datetime) -> Json | None:
    """`stream` after `image` was pushed as `tag`, its aliases moved along; None when nothing changes.

    `existed` says that the Image was known before this push. The event carries the stream's generation, so a push
    settles a pending import of that tag.
    """
    reference, digest = push_reference(stream, image, existed), str(image["metadata"]["name"])
    new = events.event(reference, digest, events.generation(stream["metadata"]), now)
    pushed, changed = events.add_event(stream, tag, new)
    return events.follow(pushed, {tag}) if changed else None


def push_reference(stream: Json, image: Json, existed: bool) -> str:
    """Where the event of a push says the image is (section 13, step 6).

    A managed image that already existed may have come in through another stream; its content is reachable through
    this stream as well, and pulls must be authorised against this one.
    """
    managed = ((image.get("metadata") or {}).get("annotations") or {}).get(MANAGED) == "true"
    declared = (stream.get("spec") or {}).get("dockerImageRepository")
    repository = (stream.get("status") or {}).get("dockerImageRepository") or declared
    if existed and managed and repository and pullspec.problem(repository) is None:
        return f"{repository}@{image['metadata']['name']}"
    return str(image.get("dockerImageReference") or "")


def may_retry(before: Json | None, after: Json, tag: str) -> bool:
    """Whether a push that lost a race may be applied to the fresh stream (section 13, step 8).

    Yes when nobody else moved the tag meanwhile: it had no event, has none now, or still names the same content.
    """
    was, is_now = current_of(before, tag), current_of(after, tag)
    return was is None or is_now is None or same_content(was, is_now)
