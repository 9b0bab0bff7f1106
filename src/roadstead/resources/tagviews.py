"""What the views of one tag share: finding it, showing its image, writing it back into its stream."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from roadstead.apimachinery import applying, patching
from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection, View, commit
from roadstead.apimachinery.served import Listing, ListOptions, Outcome, Patch, PatchType
from roadstead.apimachinery.view import page_of
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.status import FieldError, StatusError
from roadstead.resources.embedding import embedded
from roadstead.resources.imagestreams import ImageStreams
from roadstead.streams import pullspec, specs
from roadstead.streams.events import current_of, histories, spec_tags, with_histories

Result = TypeVar("Result")

ATTEMPTS = 10
RETRY_SECONDS = 2
COMPARED = ("labels", "annotations", "ownerReferences", "finalizers")
"""What of a tag's metadata a client can send at all; who managed which field is not among it (wart 24)."""


class Raced(Exception):
    """Somebody wrote the stream between our look and our write; `lost` is the refusal of the store."""

    def __init__(self, lost: StatusError) -> None:
        super().__init__(lost.message)
        self.lost = lost


class TagView(View):
    """Base of ImageStreamTag and ImageTag. Other objects are read, and streams written, with the server's authority."""

    def __init__(self, streams: ImageStreams, images: Collection) -> None:
        self._streams, self._images = streams, images

    def shown_tag(self, stream: Json, tag: str, image: Json | None, now: datetime) -> Json:
        """The view of one tag of a shown stream, whatever it has; `image` is the Image it names, if loaded."""
        raise NotImplementedError

    def listed_tags(self, stream: Json) -> Sequence[str]:
        """The tags of a stream that appear in lists."""
        raise NotImplementedError

    async def list(self, namespace: str | None, options: ListOptions, ask: Ask) -> Listing:
        """All tags, by namespace, stream and tag; images are not loaded (section 10.2, wart 5)."""
        streams = await self._streams.list(namespace, ListOptions(labels=options.labels), self._named(ask))
        tags = ((stream, tag) for stream in streams.items for tag in self.listed_tags(stream))
        found = [self.shown_tag(stream, tag, None, ask.now) for stream, tag in tags]
        return page_of(found, options, self.resource, namespace, streams.revision)

    async def patch(self, namespace: str, name: str, patch: Patch, ask: Ask) -> Outcome:
        """Applies a patch to the tag as it is, or to an empty one: like update, this may create it."""

        async def read() -> Json:
            stream_name, tag = self._split(name)
            stream, _ = self._found_or_blank(namespace, stream_name)
            return self.shown_tag(stream, tag, None, ask.now)

        async def update(obj: Json) -> Outcome:
            return await self.update(namespace, name, obj, ask)

        if patch.type is PatchType.APPLY:
            place = namespace, name
            return await applying.apply_to_view(self.resource, patch, ask, place, read=read, update=update)
        return await patching.patch_by_update(self.resource, patch, ask, read=read, update=update)

    async def delete(self, namespace: str, name: str, ask: Ask) -> Json:
        """Takes the tag out of spec and status, history included (section 10.5); the images stay."""
        ask, (stream_name, tag) = self._named(ask), self._split(name)

        async def attempt() -> Json:
            stream = self._existing(namespace, stream_name, ask)
            self._check_preconditions(stream, name, ask.options.get("preconditions") or {})
            entries = histories(stream)
            if tag not in entries and tag not in spec_tags(stream):
                raise status.not_found(self.resource.group_resource, name)
            entries.pop(tag, None)
            await self._save(specs.without_spec_tag(with_histories(stream, entries), tag), ask, exists=True)
            return status.success()

        return await self._retried(attempt, "delete")

    def _split(self, name: str) -> tuple[str, str]:
        """Stream and tag; raises StatusError (400)."""
        found = pullspec.split_tag_name(name)
        if found is None:
            raise status.bad_request(f"{self.resource.kind}s must be retrieved with <name>:<tag>")
        return found

    def _split_new(self, name: str) -> tuple[str, str]:
        """The same for a name in a body (warts 6 and 28)."""
        found = pullspec.split_tag_name(name)
        if found is None:
            raise status.bad_request(f'"{name}" must be of the form <stream_name>:<tag>')
        return found

    def _named(self, ask: Ask, name: str = "") -> Ask:
        """Errors of the stream underneath name this view, and admission the tag."""
        return replace(ask, url_resource=ask.url_resource or self.resource.group_resource, url_name=name)

    def _admit(self, namespace: str, ask: Ask) -> None:
        """Raises StatusError when no tag can be created in the namespace, be its stream there or not."""
        if self._streams.namespace_check is not None:
            self._streams.namespace_check(namespace, ask.url_name or "Unknown", ask)

    def _existing(self, namespace: str, stream: str, ask: Ask) -> Json:
        """The stream as shown; raises StatusError (404)."""
        return self._streams.shown(self._streams.stored(self._streams.entry(namespace, stream, ask)))

    def _placed(self, obj: Json, namespace: str) -> Json:
        """What came in, with the namespace of the URL."""
        return {**obj, "metadata": {**obj["metadata"], "namespace": namespace}}

    def _found_or_blank(self, namespace: str, name: str) -> tuple[Json, bool]:
        """The stream as shown and True, or one yet to be created and False."""
        stored = self._streams.peek(namespace, name)
        return self._streams.shown(stored or {"metadata": {"name": name, "namespace": namespace}}), stored is not None

    async def _save(self, stream: Json, ask: Ask, *, exists: bool) -> Json:
        """Writes the stream, its status included, and returns it as shown; raises StatusError, Raced."""
        rule = self._streams.stream_rules.on_internal_update
        try:
            if exists:
                staged = await self._streams.stage_update(stream, ask, rules_hook=rule)
            else:
                staged = await self._streams.stage_create(stream, ask)
            return (await commit([staged]))[0]
        except StatusError as lost:
            if lost.code == 409:
                raise Raced(lost) from None
            raise

    async def _retried(self, attempt: Callable[[], Awaitable[Result]], operation: str) -> Result:
        """The attempt, again when somebody changed the stream meanwhile; raises StatusError (ServerTimeout)."""
        for _ in range(ATTEMPTS):
            try:
                return await attempt()
            except Raced:
                continue
        raise status.server_timeout(self.resource.group_resource, operation, RETRY_SECONDS)

    def _with_image(self, stream: Json, tag: str, now: datetime) -> Json:
        """The view with its Image, when there is one."""
        digest = (current_of(stream, tag) or {}).get("image")
        image = self._images.peek("", digest) if digest else None
        return self.shown_tag(stream, tag, image and embedded(image, now), now)

    def _check_seen(self, obj: Json, name: str, stream: Json, *, exists: bool) -> None:
        """The resourceVersion a client sends, if any, must be the stream's; raises StatusError (404, 409)."""
        seen, resource = obj["metadata"].get("resourceVersion"), self.resource.group_resource
        if not seen:
            return
        if not exists:
            raise status.not_found(resource, name)
        if seen != stream["metadata"]["resourceVersion"]:
            why = f"another caller has updated the resource version to {stream['metadata']['resourceVersion']}"
            raise status.conflict(resource, name, why)

    def _check_preconditions(self, stream: Json, name: str, wanted: Json) -> None:
        meta = stream["metadata"]
        for field, label in (("uid", "UID"), ("resourceVersion", "resource version")):
            if wanted.get(field) not in (None, meta.get(field)):
                raise status.conflict(self.resource.group_resource, name, f"the {label} precondition was not met")

    def _refuse(self, name: str, errors: Sequence[FieldError]) -> None:
        if errors:
            raise status.invalid(self.resource.kind, self.resource.group, name, errors)


def metadata_changes(new: Json, old: Json, only: str, ignored: str = "") -> list[FieldError]:
    """What an update may not touch: `only` names the one thing it may."""
    errors = []
    uid = new.get("uid")
    if uid and uid != old.get("uid"):
        errors.append(status.invalid_value("metadata.uid", uid, "field is immutable"))
    changed = any((new.get(key) or None) != (old.get(key) or None) for key in COMPARED if key != ignored)
    if changed or errors:
        errors.append(status.invalid_value("metadata", "", f"may not update fields other than {only}"))
    return errors
