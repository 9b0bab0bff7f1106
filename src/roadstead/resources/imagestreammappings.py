"""ImageStreamMapping: an image and the tag it gets, posted together (image-api contract, section 13)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import NamespaceCheck, View
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.served import Outcome
from roadstead.auth.users import Attributes
from roadstead.base.errors import Invalid
from roadstead.base.values import Json
from roadstead.kube import meta, status
from roadstead.oci.digest import Digest
from roadstead.oci.reference import RepositoryName
from roadstead.repositories.arrivals import Arrival, Arrivals
from roadstead.resources.images import IMAGES
from roadstead.resources.streamrules import GROUP
from roadstead.streams import images, mappings
from roadstead.streams.models_streams import IMAGE_STREAM_MAPPING

IMAGE_STREAM_MAPPINGS = Resource(
    GROUP,
    "v1",
    "imagestreammappings",
    "imagestreammapping",
    "ImageStreamMapping",
    namespaced=True,
    verbs=("create",),
    shape=IMAGE_STREAM_MAPPING,
    stored=False,
)

Withholds = Callable[[RepositoryName, Digest], Awaitable[bool]]


class ImageStreamMappings(View):
    """The way a registry outside this process announces a push."""

    resource = IMAGE_STREAM_MAPPINGS

    def __init__(self, arrivals: Arrivals, internal_registry: str, namespace_check: NamespaceCheck) -> None:
        self._arrivals, self._registry, self._namespace_check = arrivals, internal_registry, namespace_check
        self.withholds: Withholds | None = None
        """Set by whoever wires the app, where there is a registry: what a repository may not hand out."""

    async def create(self, namespace: str, obj: Json, ask: Ask) -> Outcome:
        """Keeps the image and moves the tag; answers with a Status. Raises StatusError (404 without the stream)."""
        ask = replace(ask, url_resource=ask.url_resource or self.resource.group_resource)
        self._namespace_check(namespace, str(obj["metadata"].get("name") or "Unknown"), ask)
        mapping = mappings.prepare({**obj, "metadata": {**obj["metadata"], "namespace": namespace}}, self._registry)
        name = str(mapping["metadata"].get("name") or "")
        errors = meta.check_new(mapping, namespaced=True, built_in=True) + mappings.validate(mapping)
        if errors:
            raise status.invalid(self.resource.kind, GROUP, name, errors)
        image = images.prepare_create(mapping["image"], ask.now)
        await self._check_content(namespace, name, image, ask)
        await self._arrivals.keep(namespace, name, Arrival(image, [mapping["tag"]], ask))
        return Outcome(status.success(code=201), created=True)

    async def _check_content(self, namespace: str, name: str, image: Json, ask: Ask) -> None:
        """Raises StatusError (403) for content of other repositories: whoever knows a digest cannot get at it by
        announcing an image that has it. Who may create Images anyway is believed."""
        believed = Attributes(ask.user, "create", GROUP, IMAGES.plural)
        if self.withholds is None or ask.may(believed).allowed:
            return
        repository = RepositoryName(namespace, name)
        for text in images.content_of(image):
            try:
                digest = Digest.parse(text)
            except Invalid:
                continue  # no content has such a name
            if await self.withholds(repository, digest):
                why = (
                    f"{digest} is here already, and not in {repository}: import the image (oc import-image), tag it "
                    f"(oc tag) or push it, which all ask for your right to it"
                )
                raise status.forbidden(self.resource.group_resource, name, why)
