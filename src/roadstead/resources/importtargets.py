"""The streams that imports go to: as they are, what they know already, and how results are entered into them."""

from __future__ import annotations

from dataclasses import dataclass

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection, Staged, commit
from roadstead.base.values import Json
from roadstead.importing import record
from roadstead.kube import meta, status
from roadstead.kube.status import GroupResource, StatusError
from roadstead.resources.imagestreams import ImageStreams
from roadstead.resources.streamrules import GROUP
from roadstead.streams.layers import named_images

ATTEMPTS = 5
"""How often results are entered again into a stream that others change meanwhile (image-api contract, 14.5)."""
STREAM_IN_ERRORS = GroupResource(GROUP, "imagestream")
"""Spelt like upstream (wart 16)."""
_NOT_SHOWN = ("kind", "apiVersion", "signatures")


@dataclass(frozen=True, slots=True)
class Target:
    """A stream as shown; a blank one of generation 0 when it is missing."""

    stream: Json
    exists: bool

    def check_seen(self, sent: Json, resource: GroupResource) -> None:
        """The stream must be the one that the metadata sent saw, if it says so (section 14.2); raises StatusError."""
        seen, uid, about = sent.get("resourceVersion"), sent.get("uid"), self.stream["metadata"]
        if not seen:
            return
        if not self.exists:
            raise status.not_found(resource, about["name"])
        if seen != about["resourceVersion"]:
            why = f'the image stream was updated from "{seen}" to "{about["resourceVersion"]}"'
            raise status.conflict(STREAM_IN_ERRORS, about["name"], why)
        if uid and uid != about.get("uid"):
            raise status.not_found(STREAM_IN_ERRORS, about["name"])


class StreamImages:
    """The Images a stream has; see `Known`."""

    def __init__(self, stream: Json, images: Collection) -> None:
        self._names, self._images = frozenset(named_images(stream)), images

    def image(self, digest: str) -> Json | None:
        """See `Known`."""
        return self.child(digest) if digest in self._names else None

    def child(self, digest: str) -> Json | None:
        """See `Known`."""
        found = self._images.peek("", digest)
        return {key: value for key, value in found.items() if key not in _NOT_SHOWN} if found else None


class ImportTargets:
    """Reads and writes streams for imports, with the server's authority."""

    def __init__(self, streams: ImageStreams, images: Collection) -> None:
        self._streams, self._images = streams, images

    def target(self, namespace: str, name: str) -> Target:
        """The stream, if there is one."""
        stored = self._streams.peek(namespace, name)
        blank = {"metadata": {"name": name, "namespace": namespace, "generation": 0}}
        return Target(self._streams.shown(stored or blank), stored is not None)

    def known(self, target: Target) -> StreamImages:
        """What of it needs no second look."""
        return StreamImages(target.stream, self._images)

    async def keep(self, wanted: Json, found: Json, ask: Ask) -> Json:
        """Enters what was found (the status of the import `wanted`) into the stream as it is now, and creates what
        Images are new, together. Returns the status with the stream. Raises StatusError.

        A stream changed meanwhile is read again, unless the import is tied to the revision its sender saw.
        """
        about = wanted["metadata"]
        pinned, resource = bool(about.get("resourceVersion")), ask.url_resource or self._streams.resource.group_resource
        items = record.results(wanted, found)
        images = {each["metadata"]["name"]: _stamped(each, ask) for each in record.images(items)}
        for attempt in range(ATTEMPTS):
            target = self.target(about["namespace"], about["name"])
            # The uid in it is the import's own by now; the same revision means the same stream.
            target.check_seen({"resourceVersion": about.get("resourceVersion")}, resource)
            after = record.record(target.stream, items, ask.now)
            try:
                stream = await self._save(target, after, list(images.values()), ask)
            except StatusError as refused:
                if refused.code == 409 and not pinned and attempt < ATTEMPTS - 1:
                    continue
                await self._tell_limit(target, after, refused, ask)
                raise
            return {**_with_images(found, images), "import": _untyped(stream)}
        raise AssertionError("the last attempt returns or raises")

    async def _save(self, target: Target, after: Json, images: list[Json], ask: Ask) -> Json:
        new = [each for each in images if self._images.peek("", each["metadata"]["name"]) is None]
        staged = [await self._images.stage_create(each, ask) for each in new]
        if target.exists and record.is_checked(target.stream) and not record.changed(target.stream, after):
            await commit(staged)
            return target.stream
        staged.append(await self._staged(target, record.checked(after, ask.now), ask))
        return (await commit(staged))[-1]

    async def _staged(self, target: Target, stream: Json, ask: Ask) -> Staged:
        rules = self._streams.stream_rules
        if target.exists:
            return await self._streams.stage_update(stream, ask, rules_hook=rules.on_internal_update)
        return await self._streams.stage_create(stream, ask, rules_hook=rules.on_import_create)

    async def _tell_limit(self, target: Target, after: Json, refused: StatusError, ask: Ask) -> None:
        """What a limit kept out is told on the tags of the stream as it was."""
        told = record.over_limit(target.stream, after, refused, ask.now) if target.exists else None
        if told is not None:
            await commit([await self._staged(target, told, ask)])


def _stamped(image: Json, ask: Ask) -> Json:
    about = {key: value for key, value in image["metadata"].items() if key != "resourceVersion"}
    return meta.stamp_new({**image, "metadata": about}, ask.new_uid(), ask.now)


def _with_images(found: Json, images: dict[str, Json]) -> Json:
    """The answers with the Images as they were handed over to be created."""

    def kept(image: Json) -> Json:
        ours = images.get(image["metadata"]["name"], image)
        return {**ours, "dockerImageReference": image["dockerImageReference"]}

    def answered(answer: Json) -> Json:
        shown = dict(answer)
        if "image" in shown:
            shown["image"] = kept(shown["image"])
        if "manifests" in shown:
            shown["manifests"] = [kept(each) for each in shown["manifests"]]
        return shown

    shown = dict(found)
    if "images" in shown:
        shown["images"] = [answered(each) for each in shown["images"]]
    if "images" in shown.get("repository", {}):
        repository = shown["repository"]
        shown["repository"] = {**repository, "images": [answered(each) for each in repository["images"]]}
    return shown


def _untyped(obj: Json) -> Json:
    return {key: value for key, value in obj.items() if key not in ("kind", "apiVersion")}
