"""An Image inside the view of a tag or of a stream's image; no I/O (image-api contract, sections 10 and 12)."""

from __future__ import annotations

from datetime import datetime

from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.streams import docker10, images
from roadstead.streams.events import shown_event, spec_tags
from roadstead.streams.fill import Unreadable
from roadstead.streams.resolving import pull_spec


def embedded(image: Json, now: datetime) -> Json:
    """A stored Image without kind, manifest and config; raises StatusError (500) when its manifest makes no sense."""
    try:
        shown = images.embedded(image, now)
    except Unreadable as wrong:
        raise status.unexplained(wrong.message) from None
    return {key: value for key, value in shown.items() if key not in ("kind", "apiVersion")}


def image_of_tag(stream: Json, tag: str, image: Json | None) -> Json:
    """What a tag of a shown stream shows as its image; `image` is the embedded Image, None when it is not loaded."""
    annotations = (spec_tags(stream).get(tag) or {}).get("annotations") or {}
    if image is None:
        event = shown_event(stream, tag)
        meta: Json = {"name": event["image"]} if event else {}
        image = {
            "metadata": meta,
            "dockerImageMetadata": docker10.EMPTY,
            "dockerImageMetadataVersion": docker10.VERSION,
        }
    elif annotations:
        meta = image["metadata"]
        image = {**image, "metadata": {**meta, "annotations": {**(meta.get("annotations") or {}), **annotations}}}
    return pulled_by(stream, tag, image)


def pulled_by(stream: Json, tag: str, image: Json) -> Json:
    """The embedded Image with the pull spec of the tag in place of its own."""
    reference = pull_spec(stream, tag) if shown_event(stream, tag) else None
    return {**image, "dockerImageReference": reference} if reference else image
