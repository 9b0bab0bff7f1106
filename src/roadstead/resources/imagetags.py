"""ImageTag: a tag with what its spec asks for and what its status says (image-api contract, section 11)."""

from __future__ import annotations

from datetime import datetime

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.resource import Column, Resource
from roadstead.apimachinery.served import Outcome
from roadstead.base.values import Json
from roadstead.kube import meta, status
from roadstead.kube.status import FieldError
from roadstead.resources.ages import ago
from roadstead.resources.embedding import pulled_by
from roadstead.resources.plain import NAME
from roadstead.resources.streamrules import GROUP
from roadstead.resources.tagcolumns import history_length, last_time, source_kind, state
from roadstead.resources.tagviews import Raced, TagView, metadata_changes
from roadstead.streams import pullspec, specs, validation
from roadstead.streams.events import histories, spec_tags
from roadstead.streams.models_streams import IMAGE_TAG

IMAGE_TAGS = Resource(
    GROUP,
    "v1",
    "imagetags",
    "imagetag",
    "ImageTag",
    namespaced=True,
    verbs=("create", "delete", "get", "list", "patch", "update"),
    shape=IMAGE_TAG,
    short_names=("itag",),
    columns=(
        NAME,
        Column("Spec", lambda tag, _: source_kind(tag), description="How the tag gets its image."),
        Column("Status", lambda tag, _: state(tag), description="What the tag names, or why it does not."),
        Column("History", lambda tag, _: history_length(tag), "number", description="How many images it has named."),
        Column("Updated", lambda tag, now: ago(last_time(tag), now), description="When it last moved or failed to."),
    ),
    stored=False,
    unconditional_update=True,
)
_FOREIGN = ("managedFields", "selfLink")


class ImageTags(TagView):
    """Every tag a stream asks for or has a history of."""

    resource = IMAGE_TAGS

    def shown_tag(self, stream: Json, tag: str, image: Json | None, now: datetime) -> Json:
        """The view of section 11; spec, status and image are always there, null when unknown."""
        about = {key: value for key, value in stream["metadata"].items() if key not in _FOREIGN}
        return {
            "kind": self.resource.kind,
            "apiVersion": self.resource.api_version,
            "metadata": {**about, "name": f"{about['name']}:{tag}"},
            "spec": spec_tags(stream).get(tag),
            "status": histories(stream).get(tag),
            "image": pulled_by(stream, tag, image) if image else None,
        }

    def listed_tags(self, stream: Json) -> list[str]:
        """All of them."""
        return sorted({*spec_tags(stream), *histories(stream)})

    async def get(self, namespace: str, name: str, ask: Ask) -> Json:
        """One tag; raises StatusError (404 when neither spec nor status knows it)."""
        stream_name, tag = self._split(name)
        stream = self._existing(namespace, stream_name, self._named(ask))
        if tag not in self.listed_tags(stream):
            raise status.not_found(self.resource.group_resource, name)
        return self._with_image(stream, tag, ask.now)

    async def create(self, namespace: str, obj: Json, ask: Ask) -> Outcome:
        """A new spec tag, in a new stream if need be; raises StatusError."""
        name = str(obj["metadata"].get("name") or "")
        ask, obj = self._named(ask, name), self._placed(obj, namespace)
        self._admit(namespace, ask)
        spec = self._new_spec(name, obj)
        stream_name, tag = self._split_new(name)

        async def attempt() -> Outcome:
            stream, exists = self._found_or_blank(namespace, stream_name)
            if tag in spec_tags(stream):
                raise status.already_exists(self.resource.group_resource, name)
            saved = await self._save(specs.with_spec_tag(stream, spec), ask, exists=exists)
            return Outcome(self._with_image(saved, tag, ask.now), created=True)

        return await self._retried(attempt, "create")

    async def update(self, namespace: str, name: str, obj: Json, ask: Ask) -> Outcome:
        """Replaces the spec tag, or removes it when spec is null; the history stays. Raises StatusError."""
        ask, obj, (stream_name, tag) = self._named(ask, name), self._placed(obj, namespace), self._split(name)
        stream, exists = self._found_or_blank(namespace, stream_name)
        self._check_seen(obj, name, stream, exists=exists)
        known, spec = tag in spec_tags(stream), obj.get("spec")
        if exists:
            old = self.shown_tag(stream, tag, None, ask.now)
            self._refuse(name, self._changes(obj, old) + self._spec_errors(spec, tag))
        else:
            spec = self._new_spec(name, obj)
        changed = specs.with_spec_tag(stream, spec) if spec else specs.without_spec_tag(stream, tag)
        try:
            saved = await self._save(changed, ask, exists=exists)
        except Raced as raced:
            raise raced.lost from None
        return Outcome(self._with_image(saved, tag, ask.now), created=not known)

    def _new_spec(self, name: str, obj: Json) -> Json:
        """The spec of a tag to be created, its name filled in; raises StatusError (422)."""
        _, tag, complete = pullspec.split_loosely(name)
        spec = obj.get("spec")
        errors = meta.check_new(obj, namespaced=True, built_in=True)
        if spec is None:
            errors.append(status.required("spec", "spec is a required field during creation"))
            spec = {}
        else:
            spec = {**spec, "name": spec.get("name") or (tag if complete else "")}
            errors += self._spec_errors(spec, tag)
        self._refuse(name, errors)
        return spec

    def _spec_errors(self, spec: Json | None, tag: str) -> list[FieldError]:
        if spec is None:
            return []
        errors = []
        if (spec.get("name") or "") != tag:
            errors.append(status.invalid_value("spec.name", spec.get("name") or "", "must match image tag name"))
        return errors + validation.validate_tag(specs.normalise_tag(spec), "spec", self._streams.settings.allowed)

    def _changes(self, obj: Json, old: Json) -> list[FieldError]:
        errors = metadata_changes(obj["metadata"], old["metadata"], "spec")
        if (obj.get("status") or None) != (old["status"] or None):
            errors.append(status.invalid_value("status", "", "may not update fields other than spec"))
        return errors
