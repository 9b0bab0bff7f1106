"""What becomes of a stream that is written: prepared, filled by its tags, checked (image-api contract, 6 and 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.rules import Rules
from roadstead.auth.users import Attributes
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.status import FieldError, GroupResource
from roadstead.objects.log import Write
from roadstead.resources.limits import Limits
from roadstead.streams import specs, tags, validation
from roadstead.streams.allowlist import AllowList
from roadstead.streams.tags import Place, Verdict

GROUP, KIND = "image.openshift.io", "ImageStream"
STREAMS = GroupResource(GROUP, "imagestreams")

ROWS_AT_HAND: ContextVar[Mapping[Place, Sequence[Write]]] = ContextVar("ROWS_AT_HAND", default=MappingProxyType({}))
"""Rows of repositories that may go with their streams in the request under way; `ImageStreams` gathers them."""


Peek = Callable[[str, str], Json | None]
"""(namespace, name) -> the stored stream, read with the server's own authority."""


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """What streams need to know of this server (image-api contract, section 20)."""

    internal_registry: str = ""
    external_registry: str = ""
    import_mode: str = specs.LEGACY
    allowed_registries: tuple[str, ...] = ()
    auth_files: tuple[Path, ...] = ()
    allowing: Callable[[], AllowList] = AllowList

    @property
    def allowed(self) -> AllowList:
        """The registries images may come from, as of now."""
        return self.allowing()


class StreamRules(Rules):
    """The rules of image streams; pure decisions are in `streams/`, this fetches what they need and asks who may."""

    def __init__(self, settings: StreamSettings, limits: Limits, peek: Peek) -> None:
        self._settings, self._limits, self._peek = settings, limits, peek

    def taken_in(self, obj: Json) -> Json:
        """The one spelling: whoever leaves out what has a default asks for it."""
        return self._normal(obj)

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        """A new stream: no status of the client's, generation 1 (section 6.2)."""
        meta = obj["metadata"]
        asked = ask.url_name or meta["name"]
        made = await self._filled(specs.prepare_create(self._normal(obj)), None, ask)
        await self._limits.charge_stream(meta.get("namespace", ""), asked, ask.url_resource or STREAMS)
        return made

    async def on_import_create(self, obj: Json, ask: Ask) -> Json:
        """A stream that an import makes: it comes with its status (section 14.5)."""
        meta = obj["metadata"]
        await self._limits.charge_stream(meta.get("namespace", ""), meta["name"], ask.url_resource or STREAMS)
        return await self._filled(specs.prepare_create(self._normal(obj), with_status=True), None, ask)

    async def on_update(self, new: Json, old: Json, ask: Ask) -> Json:
        """A changed stream: the status stays the server's, generations move (section 6.3)."""
        return await self._filled(specs.prepare_update(self._normal(new), old), old, ask)

    async def on_internal_update(self, new: Json, old: Json, ask: Ask) -> Json:
        """The server's own change on behalf of a view: the status comes with it (section 10.3)."""
        return await self._filled(specs.prepare_update(self._normal(new), old, keep_status=False), old, ask)

    async def on_status_update(self, new: Json, old: Json, ask: Ask) -> Json:
        """A write to /status: the whole spec stays, no tag is followed, nobody is asked (section 6.6)."""
        return await self._checked_status(self.placed(specs.prepare_status_update(self._normal(new), old)), old)

    async def _checked_status(self, prepared: Json, old: Json) -> Json:
        why = await self._limits.stream_refusal(prepared, old)
        errors = [status.forbidden_field("imageStream", why)] if why else []
        errors += validation.validate_status(prepared, old, self._settings.allowed)
        return _passed(prepared, errors)

    async def on_push(self, new: Json, old: Json, ask: Ask) -> Json:
        """A push: like a write to /status, of a stream whose other tags are the stored ones themselves."""
        return await self._checked_status(self.placed(new), old)

    def on_delete(self, old: Json, ask: Ask) -> Sequence[Write]:
        """The rows of the repository go with its stream."""
        return ROWS_AT_HAND.get().get(_place(old), ())

    def shown(self, obj: Json) -> Json:
        """The one spelling, with the repository names of this server (section 6.4)."""
        return self.placed(self._normal(obj))

    async def _filled(self, stream: Json, old: Json | None, ask: Ask) -> Json:
        """The stream after its tags were followed; raises StatusError (422) with everything that is wrong."""
        sent, stream = stream, self.placed(stream)
        needs = tags.needs(stream, old)
        sources = {place: self._peek(*place) for place in needs.sources}
        verdicts = {place: _verdict(place, ask) for place in needs.reviews}
        applied = tags.apply_tags(stream, old, sources, verdicts, ask.now, self._settings.internal_registry)
        name = stream["metadata"]["name"]
        errors = tags.wrapped(name, applied.errors)
        if not errors and (why := await self._limits.stream_refusal(applied.stream, old)):
            # A refusal wrapped into another one, as upstream does: people look for the text inside (wart 13).
            errors = [status.internal_field("[]", why)]
        if old is None:
            errors += [status.invalid_value("metadata.name", name, text) for text in validation.name_problems(name)]
        errors += validation.validate_stream(_as_sent(applied.stream, sent), old, self._settings.allowed)
        return _passed(applied.stream, errors)

    def _normal(self, stream: Json) -> Json:
        return specs.normalise(stream, self._settings.import_mode)

    def placed(self, stream: Json) -> Json:
        """The stream with the repository names of this server; shares its other parts."""
        return specs.with_repositories(stream, self._settings.internal_registry, self._settings.external_registry)


def _verdict(place: Place, ask: Ask) -> Verdict:
    # Why not stays out of the text: it would tell about rights in a namespace the caller may not look into.
    wanted = Attributes(ask.user, "get", GROUP, "imagestreams", "layers", *place)
    return Verdict(ask.may(wanted).allowed)


def _as_sent(stream: Json, sent: Json) -> Json:
    """The stream with its repository as the client wrote it: a tag in there is refused, though readers never see it."""
    repository = sent["spec"].get("dockerImageRepository")
    return {**stream, "spec": {**stream["spec"], "dockerImageRepository": repository}} if repository else stream


def _passed(stream: Json, errors: Sequence[FieldError]) -> Json:
    if errors:
        raise status.invalid(KIND, GROUP, stream["metadata"]["name"], errors)
    return stream


def _place(stream: Json) -> Place:
    return stream["metadata"].get("namespace", ""), stream["metadata"]["name"]
