"""What the views of one tag share: finding it, showing its image, writing it back into its stream."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

from roadstead.apimachinery import patching
from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection, View, commit
from roadstead.apimachinery.served import Listing, ListOptions, Outcome, Patch
from roadstead.apimachinery.view import page_of
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.status import StatusError
from roadstead.resources.imagestreams import ImageStreams
from roadstead.streams import docker10, images, pullspec, specs
from roadstead.streams.events import current, histories, spec_tags, with_histories
from roadstead.streams.fill import Unreadable
from roadstead.streams.resolving import pull_spec

ATTEMPTS = 10
RETRY_SECONDS = 2


class TagView(View):
    """Base of ImageStreamTag and ImageTag. Other objects are read, and streams written, with the server's authority."""

    def __init__(self, streams: ImageStreams, stored_images: Collection) -> None:
        self._streams, self._images = streams, stored_images

    def shown_tag(self, stream: Json, tag: str, now: datetime, *, with_image: bool) -> Json:
        """The view of one tag of a shown stream, whatever it has."""
        raise NotImplementedError

    def listed_tags(self, stream: Json) -> list[str]:
        """The tags of a stream that appear in lists."""
        raise NotImplementedError

    async def list(self, namespace: str | None, options: ListOptions, ask: Ask) -> Listing:
        """All tags, by namespace, stream and tag; images are not loaded (section 10.2, wart 5)."""
        streams = await self._streams.list(namespace, ListOptions(labels=options.labels), self._named(ask))
        found = [
            self.shown_tag(stream, tag, ask.now, with_image=False)
            for stream in streams.items
            for tag in self.listed_tags(stream)
        ]
        return page_of(found, options, self.resource, namespace, streams.revision)

    async def patch(self, namespace: str, name: str, patch: Patch, ask: Ask) -> Outcome:
        """Applies a patch to the tag as it is, or to an empty one: like update, this may create it."""

        async def read() -> Json:
            stream, tag = self._split(name)
            known = self._streams.peek(namespace, stream)
            return self.shown_tag(self._shown_or_blank(known, namespace, stream), tag, ask.now, with_image=False)

        async def update(obj: Json) -> Outcome:
            return await self.update(namespace, name, obj, ask)

        return await patching.patch_by_update(self.resource, patch, ask, read=read, update=update)

    async def delete(self, namespace: str, name: str, ask: Ask) -> Json:
        """Takes the tag out of spec and status, history included (section 10.5); the images stay."""
        ask = self._named(ask)
        resource, (stream_name, tag) = self.resource.group_resource, self._split(name)

        async def attempt() -> Json:
            stream = self._existing(namespace, stream_name, ask)
            self._check_preconditions(stream, name, ask.options.get("preconditions") or {})
            entries = histories(stream)
            if tag not in entries and tag not in spec_tags(stream):
                raise status.not_found(resource, name)
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

    def _named(self, ask: Ask) -> Ask:
        """Errors of the stream underneath name this view."""
        return replace(ask, url_resource=ask.url_resource or self.resource.group_resource)

    def _existing(self, namespace: str, stream: str, ask: Ask) -> Json:
        return self._streams.shown(self._streams.stored(self._streams.entry(namespace, stream, ask)))

    def _shown_or_blank(self, stored: Json | None, namespace: str, name: str) -> Json:
        return self._streams.shown(stored or {"metadata": {"name": name, "namespace": namespace}})

    async def _save(self, stream: Json, ask: Ask, *, exists: bool) -> Json:
        """Writes the stream with its status, and returns it as shown; raises StatusError."""
        if not exists:
            return (await commit([await self._streams.stage_create(stream, ask)]))[0]
        rule = self._streams.stream_rules.on_internal_update
        return (await commit([await self._streams.stage_update(stream, ask, rules_hook=rule)]))[0]

    async def _retried[T](self, attempt: Callable[[], Awaitable[T]], operation: str) -> T: ...

    def _check_preconditions(self, stream: Json, name: str, wanted: Json) -> None:
        meta = stream["metadata"]
        for field, label in (("uid", "UID"), ("resourceVersion", "resource version")):
            if wanted.get(field) not in (None, meta.get(field)):
                raise status.conflict(self.resource.group_resource, name, f"the {label} precondition was not met")

    def _image_of(self, stream: Json, tag: str) -> Json | None:
        """The Image a tag names now; None without one."""
        digest = (current(histories(stream).get(tag)) or {}).get("image")
        return self._images.peek("", digest) if digest else None
