"""Image: one manifest by its digest, and what is known about it (image-api contract, section 4)."""

from __future__ import annotations

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.resource import Column, Resource
from roadstead.apimachinery.rules import Rules
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.resources.plain import NAME, field_of
from roadstead.streams import images
from roadstead.streams.models_images import IMAGE

GROUP = "image.openshift.io"

IMAGES = Resource(
    GROUP,
    "v1",
    "images",
    "image",
    "Image",
    namespaced=False,
    shape=IMAGE,
    columns=(
        NAME,
        Column("Image Reference", field_of("dockerImageReference"), description="Where the image came from."),
    ),
)


class ImageRules(Rules):
    """What is derived from the content cannot be changed; the rest must be sound. Deletes are immediate (4.6)."""

    collected = False

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        """A new Image, filled from its manifest (section 4.4); raises StatusError (422)."""
        return _passed(images.prepare_create(obj, ask.now))

    async def on_update(self, new: Json, old: Json, ask: Ask) -> Json:
        """A changed Image, its content kept (section 4.5); raises StatusError (422)."""
        return _passed(images.prepare_update(new, old, ask.now))


def _passed(image: Json) -> Json:
    errors = images.validate(image)
    if errors:
        raise status.invalid(IMAGES.kind, GROUP, image["metadata"].get("name", ""), errors)
    return image
