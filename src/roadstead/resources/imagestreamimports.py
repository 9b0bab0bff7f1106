"""ImageStreamImport: looks for images in other registries and keeps them in a stream (image-api contract, 14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import NamespaceCheck, View
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.served import Outcome
from roadstead.auth.users import Attributes
from roadstead.base.values import Json
from roadstead.importing import request
from roadstead.importing.importer import Importer
from roadstead.importing.looking import NothingKnown
from roadstead.importing.reading import without_texts
from roadstead.kube import meta, status
from roadstead.resources.importtargets import ImportTargets
from roadstead.resources.limits import Limits
from roadstead.resources.streamrules import GROUP, StreamSettings
from roadstead.streams.models_imports import IMAGE_STREAM_IMPORT

IMAGE_ADMIN = ("images", "imagestreammapping", "imagestreammappings")
"""Who may create one of these may look at any registry; upstream asks with the singular (wart 9)."""

IMAGE_STREAM_IMPORTS = Resource(
    GROUP,
    "v1",
    "imagestreamimports",
    "imagestreamimport",
    "ImageStreamImport",
    namespaced=True,
    verbs=("create",),
    shape=IMAGE_STREAM_IMPORT,
    stored=False,
    slow=True,
)


class ImageStreamImports(View):
    """Questions to other registries on behalf of a stream. The request itself is not stored."""

    resource = IMAGE_STREAM_IMPORTS

    def __init__(
        self,
        importer: Importer,
        targets: ImportTargets,
        limits: Limits,
        settings: StreamSettings,
        namespace_check: NamespaceCheck,
    ) -> None:
        self.importer, self._targets, self._limits = importer, targets, limits
        self._settings, self._namespace_check = settings, namespace_check

    async def create(self, namespace: str, obj: Json, ask: Ask) -> Outcome:
        """Looks, and keeps what was found if asked to (section 14.2); raises StatusError."""
        resource = self.resource.group_resource
        ask = replace(ask, url_resource=ask.url_resource or resource)
        sent = obj["metadata"]
        name = str(sent.get("name") or "")
        self._namespace_check(namespace, name or "Unknown", ask)
        placed = {**obj, "metadata": {**sent, "namespace": namespace}}
        wanted = meta.stamp_new(request.prepare(placed, self._settings.import_mode), ask.new_uid(), ask.now)
        wrong = [
            *request.validate(wanted),
            *meta.check_new(wanted, namespaced=True, built_in=True),
            *request.name_errors(name),
        ]
        self._refuse(name, wrong)
        self._check_registries(wanted, name, ask)
        target, keep = self._targets.target(namespace, name), wanted["spec"]["import"]
        target.check_seen(sent, resource)
        if keep and not target.exists:
            await self._limits.charge_stream(namespace, name, resource)
        known = self._targets.known(target) if keep else NothingKnown()
        found = await self.importer.run(wanted, target.stream, known, ask.now)
        if keep:
            found = await self._targets.keep(wanted, found, ask)
        typed = {"kind": self.resource.kind, "apiVersion": self.resource.api_version}
        return Outcome({**typed, **wanted, "status": _shown(wanted["spec"], found)}, created=True)

    def _check_registries(self, wanted: Json, name: str, ask: Ask) -> None:
        """Refuses registries that are not on the list, unless the caller may create images anyway."""
        errors = request.refused_registries(wanted, self._settings.allowed)
        if errors and not any(ask.may(Attributes(ask.user, "create", GROUP, each)).allowed for each in IMAGE_ADMIN):
            self._refuse(name, errors)

    def _refuse(self, name: str, errors: Sequence[status.FieldError]) -> None:
        if errors:
            raise status.invalid(self.resource.kind, GROUP, name, errors)


def _shown(spec: Json, found: Json) -> Json:
    """The answers with the texts of manifests and configs only where they were asked for (section 14.2, step 6)."""
    shown = dict(found)
    if "images" in shown:
        pairs = zip(spec["images"], shown["images"], strict=True)
        shown["images"] = [_without(answer, item) for item, answer in pairs]
    if "images" in shown.get("repository", {}):
        repository = shown["repository"]
        answers = [_without(each, spec["repository"]) for each in repository["images"]]
        shown["repository"] = {**repository, "images": answers}
    return shown


def _without(answer: Json, item: Json) -> Json:
    if item.get("includeManifest") or "image" not in answer:
        return answer
    return {**answer, "image": without_texts(answer["image"])}
