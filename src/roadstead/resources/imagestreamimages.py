"""ImageStreamImage: an image a stream has ever named, by digest or a part of it (image-api contract, section 12)."""

from __future__ import annotations

from dataclasses import replace

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection, View
from roadstead.apimachinery.resource import Column, Resource
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.status import GroupResource
from roadstead.resources.ages import ago
from roadstead.resources.embedding import embedded
from roadstead.resources.imagestreams import ImageStreams
from roadstead.resources.plain import NAME, field_of
from roadstead.resources.streamrules import GROUP
from roadstead.streams import pullspec
from roadstead.streams.models_streams import IMAGE_STREAM_IMAGE

UNKNOWN = GroupResource(GROUP, "imagestreamimage")
"""Spelt like upstream (wart 16)."""

IMAGE_STREAM_IMAGES = Resource(
    GROUP,
    "v1",
    "imagestreamimages",
    "imagestreamimage",
    "ImageStreamImage",
    namespaced=True,
    verbs=("get",),
    shape=IMAGE_STREAM_IMAGE,
    short_names=("isimage",),
    columns=(
        NAME,
        Column(
            "Updated", lambda image, now: ago(image["metadata"].get("creationTimestamp"), now), description="Its age."
        ),
        Column(
            "Image Reference", field_of("image", "dockerImageReference"), description="Where it came from.", priority=1
        ),
        Column("Image Name", field_of("image", "metadata", "name"), description="Its digest.", priority=1),
    ),
    stored=False,
)


class ImageStreamImages(View):
    """Images in the history of a stream, and the children of indexes among them."""

    resource = IMAGE_STREAM_IMAGES

    def __init__(self, streams: ImageStreams, images: Collection) -> None:
        self._streams, self._images = streams, images

    async def get(self, namespace: str, name: str, ask: Ask) -> Json:
        """One image; raises StatusError (404, or 409 naming all matches of a prefix that means several; wart 7)."""
        resource = self.resource.group_resource
        parts = pullspec.split_image_name(name)
        if parts is None:
            raise status.bad_request("ImageStreamImages must be retrieved with <name>@<id>")
        stream_name, wanted = parts
        asked = replace(ask, url_resource=ask.url_resource or resource)
        view = self._streams.layers(namespace, stream_name, asked)
        known = view["images"]
        found = [wanted] if wanted in known else sorted(each for each in known if pullspec.digest_matches(each, wanted))
        if not found:
            raise status.not_found(UNKNOWN, name)
        if len(found) > 1:
            raise status.conflict(resource, name, f"several images start with {wanted}: {', '.join(found)}")
        image = self._images.peek("", found[0])
        if image is None:
            raise status.not_found(resource, found[0])
        about = {
            "name": name,
            "namespace": namespace,
            "creationTimestamp": image["metadata"].get("creationTimestamp"),
            "annotations": view["metadata"].get("annotations"),
        }
        return {
            "kind": self.resource.kind,
            "apiVersion": self.resource.api_version,
            "metadata": {key: value for key, value in about.items() if value},
            "image": embedded(image, ask.now),
        }
