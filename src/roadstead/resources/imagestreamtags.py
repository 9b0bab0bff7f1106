"""ImageStreamTag: one tag of a stream with the image it names (image-api contract, section 10)."""

from __future__ import annotations

from datetime import datetime

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.resource import Column, Resource
from roadstead.apimachinery.served import Outcome
from roadstead.base.values import Json
from roadstead.kube import meta, status
from roadstead.kube.status import GroupResource
from roadstead.resources.ages import ago
from roadstead.resources.embedding import image_of_tag
from roadstead.resources.plain import NAME, field_of
from roadstead.resources.streamrules import GROUP
from roadstead.resources.tagviews import Raced, TagView, metadata_changes
from roadstead.streams import specs, validation
from roadstead.streams.events import generation, histories, shown_event, spec_tags
from roadstead.streams.models_streams import IMAGE_STREAM_TAG

TAKEN = GroupResource(GROUP, "imagestreamtag")
"""Spelt like upstream (wart 16)."""

IMAGE_STREAM_TAGS = Resource(
    GROUP,
    "v1",
    "imagestreamtags",
    "imagestreamtag",
    "ImageStreamTag",
    namespaced=True,
    verbs=("create", "delete", "get", "list", "patch", "update"),
    shape=IMAGE_STREAM_TAG,
    short_names=("istag",),
    columns=(
        NAME,
        Column(
            "Image Reference", field_of("image", "dockerImageReference"), description="Where to pull the image from."
        ),
        Column(
            "Updated", lambda tag, now: ago(tag["metadata"].get("creationTimestamp"), now), description="When it moved."
        ),
        Column("Image Name", field_of("image", "metadata", "name"), description="The digest of the image.", priority=1),
    ),
    stored=False,
    unconditional_update=True,
)


class ImageStreamTags(TagView):
    """The tags that name an image."""

    resource = IMAGE_STREAM_TAGS

    def shown_tag(self, stream: Json, tag: str, image: Json | None, now: datetime) -> Json:
        """The view of section 10, `image` null-free."""
        spec, event, entry = spec_tags(stream).get(tag), shown_event(stream, tag), histories(stream).get(tag) or {}
        about = stream["metadata"]
        said = {
            "name": f"{about['name']}:{tag}",
            "namespace": about["namespace"],
            "uid": about.get("uid"),
            "resourceVersion": about.get("resourceVersion"),
            "creationTimestamp": event["created"] if event else about.get("creationTimestamp"),
            "labels": about.get("labels"),
            "annotations": (spec or {}).get("annotations"),
        }
        shown = {
            "kind": self.resource.kind,
            "apiVersion": self.resource.api_version,
            "metadata": {key: value for key, value in said.items() if value},
            "tag": spec,
            "generation": generation(event),
            "lookupPolicy": stream["spec"]["lookupPolicy"],
            "image": image_of_tag(stream, tag, image),
        }
        return {**shown, "conditions": entry["conditions"]} if entry.get("conditions") else shown

    def listed_tags(self, stream: Json) -> list[str]:
        """Those with an event that names an image."""
        return [tag for tag in histories(stream) if shown_event(stream, tag)]

    async def get(self, namespace: str, name: str, ask: Ask) -> Json:
        """One tag with its image; raises StatusError (404 without stream, event or Image; section 10.1)."""
        stream_name, tag = self._split(name)
        stream = self._existing(namespace, stream_name, self._named(ask))
        event = shown_event(stream, tag)
        if event is None:
            raise status.not_found(self.resource.group_resource, name)
        if self._images.peek("", event["image"]) is None:
            raise status.not_found(self.resource.group_resource, event["image"])
        return self._with_image(stream, tag, ask.now)

    async def create(self, namespace: str, obj: Json, ask: Ask) -> Outcome:
        """A new spec tag, in a new stream if need be (section 10.3); raises StatusError."""
        name = str(obj["metadata"].get("name") or "")
        ask, obj = self._named(ask, name), self._placed(obj, namespace)
        self._admit(namespace, ask)
        stream_name, tag = self._split_new(name) if name else ("", "")
        reference = {**obj["tag"], "name": tag} if obj.get("tag") else None
        self._check_new(name, obj, reference)

        async def attempt() -> Outcome:
            stream, exists = self._found_or_blank(namespace, stream_name)
            if tag in spec_tags(stream):
                raise status.already_exists(TAKEN, name)
            changed = specs.with_spec_tag(stream, reference) if reference else stream
            saved = await self._save(changed, ask, exists=exists)
            return Outcome(self._with_image(saved, tag, ask.now), created=True)

        return await self._retried(attempt, "create")

    async def update(self, namespace: str, name: str, obj: Json, ask: Ask) -> Outcome:
        """Replaces the spec tag, creating it and its stream if need be (section 10.4); raises StatusError."""
        ask, obj, (stream_name, tag) = self._named(ask, name), self._placed(obj, namespace), self._split(name)

        async def attempt() -> Outcome:
            stream, exists = self._found_or_blank(namespace, stream_name)
            self._check_seen(obj, name, stream, exists=exists)
            existing = spec_tags(stream).get(tag)
            self._check_changed(name, obj, stream, exists=exists)
            if existing is None and obj.get("tag") is None:
                place = f"{namespace}/{stream_name}"
                why = f"imagestreamtag {tag} is not a spec tag in imagestream {place}, cannot be updated"
                raise status.bad_request(why)
            annotations = obj["metadata"].get("annotations")
            reference = {**(obj.get("tag") or existing or {}), "name": tag, "annotations": annotations}
            saved = await self._save(specs.with_spec_tag(stream, reference), ask, exists=exists)
            return Outcome(self._with_image(saved, tag, ask.now), created=existing is None)

        if not obj["metadata"].get("resourceVersion"):
            return await self._retried(attempt, "update")
        try:
            return await attempt()
        except Raced as raced:
            raise raced.lost from None

    def _check_new(self, name: str, obj: Json, reference: Json | None) -> None:
        errors = meta.check_new(obj, namespaced=True, built_in=True)
        if reference is not None:
            annotations = reference.get("annotations")
            if annotations is not None and annotations != (obj["metadata"].get("annotations") or {}):
                why = "tag annotations must not be provided or must be equal to the object meta annotations"
                errors.append(status.invalid_value("tag.annotations", "<map>", why))
            errors += self._tag_errors(reference)
        self._refuse(name, errors)

    def _check_changed(self, name: str, obj: Json, stream: Json, *, exists: bool) -> None:
        about, sent = stream["metadata"], obj["metadata"]
        if not exists:
            return self._refuse(
                name, meta.check_new(obj, namespaced=True, built_in=True) + self._tag_errors(obj.get("tag"))
            )
        # Clients older than the labels leave them out; those of the stream are meant then.
        sent = {**sent, "labels": sent.get("labels") or about.get("labels")}
        old = {"labels": about.get("labels"), "uid": about.get("uid")}
        errors = metadata_changes(sent, old, "metadata.annotations", ignored="annotations")
        errors += meta.annotation_errors(sent.get("annotations") or {}, "metadata.annotations")
        return self._refuse(name, errors + self._tag_errors(obj.get("tag")))

    def _tag_errors(self, reference: Json | None) -> list[status.FieldError]:
        if reference is None:
            return []
        return validation.validate_tag(specs.normalise_tag(reference), "tag", self._streams.settings.allowed)
