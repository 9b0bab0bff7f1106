"""ImageSignature: one entry of an Image's `signatures`, written on its own (image-api contract, section 5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection, View, commit
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.served import Outcome
from roadstead.base.values import Json
from roadstead.kube import meta, status
from roadstead.kube.status import GroupResource, StatusError
from roadstead.resources.images import GROUP
from roadstead.streams import signatures
from roadstead.streams.models_images import IMAGE_SIGNATURE

ATTEMPTS = 5
IN_ERRORS = GroupResource(GROUP, "imageSignatures")
"""Spelt like upstream (wart 16)."""

IMAGE_SIGNATURES = Resource(
    GROUP,
    "v1",
    "imagesignatures",
    "imagesignature",
    "ImageSignature",
    namespaced=False,
    verbs=("create", "delete"),
    shape=IMAGE_SIGNATURE,
    stored=False,
)


class ImageSignatures(View):
    """Signatures, kept inside their images and written with the server's authority."""

    resource = IMAGE_SIGNATURES

    def __init__(self, images: Collection) -> None:
        self._images = images

    async def create(self, namespace: str, obj: Json, ask: Ask) -> Outcome:
        """Adds a signature nobody has verified yet; raises StatusError (404 without the Image, 409, 422)."""
        signature = meta.stamp_new(signatures.prepare_create(obj), ask.new_uid(), ask.now)
        name = str(signature["metadata"].get("name") or "")
        errors = [*meta.check_new(signature, namespaced=False, built_in=True), *signatures.validate(signature)]
        if errors:
            raise status.invalid(IMAGE_SIGNATURES.kind, GROUP, name, errors)
        kept = {key: value for key, value in signature.items() if key not in ("kind", "apiVersion")}

        def add(image: Json) -> Json:
            changed = signatures.with_signature(image, kept)
            if changed is None:
                raise status.already_exists(IN_ERRORS, name)
            return changed

        await self._change(name, add, ask)
        typed = {"kind": IMAGE_SIGNATURES.kind, "apiVersion": IMAGE_SIGNATURES.api_version}
        return Outcome({**typed, **kept}, created=True)

    async def delete(self, namespace: str, name: str, ask: Ask) -> Json:
        """Takes the signature out of its Image; raises StatusError (400, 404)."""
        if signatures.split_name(name) is None:
            raise status.bad_request(signatures.UNUSABLE_NAME)

        def remove(image: Json) -> Json:
            changed = signatures.without_signature(image, name)
            if changed is None:
                raise status.not_found(IN_ERRORS, name)
            return changed

        await self._change(name, remove, ask)
        return status.success()

    async def _change(self, name: str, change: Callable[[Json], Json], ask: Ask) -> None:
        """Applies the change to the Image as it is now, again when somebody was faster."""
        image_name = name.partition("@")[0]
        inner = replace(ask, url_resource=self._images.resource.group_resource)
        for attempt in range(ATTEMPTS):
            image = self._images.stored(self._images.entry("", image_name, inner))
            changed = change(image)
            try:
                await commit([await self._images.stage_update(changed, inner)])
            except StatusError as lost:
                if lost.code != 409 or attempt == ATTEMPTS - 1:
                    raise
            else:
                return
