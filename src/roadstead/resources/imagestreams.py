"""ImageStream: its names, columns and subresources (image-api contract, sections 6, 8, 9 and 17)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection, NamespaceCheck
from roadstead.apimachinery.resource import Column, Resource, Subresource
from roadstead.apimachinery.served import Listing, ListOptions, Outcome, Patch, UpdateRule
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.time import format_time
from roadstead.objects.log import Write
from roadstead.objects.store import Store
from roadstead.repositories import links
from roadstead.resources.ages import ago
from roadstead.resources.limits import Limits
from roadstead.resources.plain import NAME
from roadstead.resources.streamrules import GROUP, KIND, ROWS_AT_HAND, StreamRules, StreamSettings
from roadstead.streams import columns
from roadstead.streams.layers import layers
from roadstead.streams.models_streams import IMAGE_STREAM
from roadstead.streams.tags import Place

EXCLUDED = "openshift.io/image.excludeSecret"
PULL_SECRETS = ("kubernetes.io/dockercfg", "kubernetes.io/dockerconfigjson")


def _updated(stream: Json, now: datetime) -> str:
    moment = columns.updated(stream)
    return "" if moment is None else ago(format_time(moment), now)


IMAGE_STREAMS = Resource(
    GROUP,
    "v1",
    "imagestreams",
    "imagestream",
    KIND,
    namespaced=True,
    shape=IMAGE_STREAM,
    short_names=("is",),
    categories=("all",),
    columns=(
        NAME,
        Column(
            "Image Repository",
            lambda stream, _: columns.image_repository(stream),
            description="Where images of this stream are pushed to and pulled from.",
        ),
        Column(
            "Tags",
            lambda stream, _: columns.tags(stream),
            description="The tags that have ever named an image, newest first.",
        ),
        Column("Updated", _updated, description="When a tag last moved."),
    ),
    selectable={
        "spec.dockerImageRepository": lambda stream: str((stream.get("spec") or {}).get("dockerImageRepository", "")),
        "status.dockerImageRepository": lambda stream: str(
            (stream.get("status") or {}).get("dockerImageRepository", "")
        ),
    },
    subresources=(
        Subresource("status", KIND, ("get", "patch", "update")),
        Subresource("layers", "ImageStreamLayers", ("get",)),
        Subresource("secrets", "SecretList", ("get",)),
    ),
)


class ImageStreams(Collection):
    """The streams. Removing one takes the rows of its repository along, in the same transaction."""

    def __init__(
        self,
        store: Store,
        settings: StreamSettings,
        limits: Limits,
        *,
        images: Collection,
        secrets: Collection,
        namespace_check: NamespaceCheck | None = None,
    ) -> None:
        self.stream_rules = StreamRules(settings, limits, self.peek)
        super().__init__(IMAGE_STREAMS, store, self.stream_rules, namespace_check=namespace_check)
        self.settings, self._images, self._secrets = settings, images, secrets

    async def update(
        self, namespace: str, name: str, obj: Json, ask: Ask, *, rules_hook: UpdateRule | None = None
    ) -> Outcome:
        """Replaces; a stream being deleted may go with this, so its rows are at hand."""
        stored = self.peek(namespace, name)
        doomed = [(namespace, name)] if stored and stored["metadata"].get("deletionTimestamp") else []
        async with self._rows_at_hand(doomed):
            return await super().update(namespace, name, obj, ask, rules_hook=rules_hook)

    async def delete(self, namespace: str, name: str, ask: Ask) -> Json:
        """Removes the stream and the rows of its repository; images stay (section 6.7)."""
        async with self._rows_at_hand([(namespace, name)]):
            return await super().delete(namespace, name, ask)

    async def delete_collection(self, namespace: str | None, options: ListOptions, ask: Ask) -> Listing:
        """The same for every selected stream."""
        listing = await self.list(namespace, options, ask)
        places = [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in listing.items]
        async with self._rows_at_hand(places):
            return await super().delete_collection(namespace, options, ask)

    async def subresource(
        self, verb: str, namespace: str, name: str, sub: str, body: Json | Patch | None, ask: Ask
    ) -> Outcome:
        """status, layers and secrets."""
        if sub == "layers" and verb == "get":
            return Outcome(self.layers(namespace, name, ask))
        if sub == "secrets" and verb == "get":
            return Outcome(await self._secret_list(namespace, ask))
        if sub != "status":
            raise status.resource_not_found()
        rule = self.stream_rules.on_status_update
        if isinstance(body, Patch):
            return await self.patch(namespace, name, body, ask, rules_hook=rule)
        if body is not None:
            return await self.update(namespace, name, body, ask, rules_hook=rule)
        return Outcome(await self.get(namespace, name, ask))

    def layers(self, namespace: str, name: str, ask: Ask) -> Json:
        """Every image the stream has ever named, with its blobs (section 8); raises StatusError (404)."""
        stream = self.stored(self.entry(namespace, name, ask))
        view = layers(stream, lambda digest: self._images.peek("", digest))
        return {
            "kind": "ImageStreamLayers",
            "apiVersion": IMAGE_STREAMS.api_version,
            "metadata": stream["metadata"],
            **view,
        }

    async def _secret_list(self, namespace: str, ask: Ask) -> Json:
        """The pull secrets of the namespace, read with the server's authority (section 9)."""
        listing = await self._secrets.list(namespace, ListOptions(), Ask.internal(ask.now))
        items = [
            {key: value for key, value in item.items() if key not in ("kind", "apiVersion")} for item in listing.items
        ]
        meta = {"resourceVersion": str(listing.revision or 0)}
        kept = [item for item in items if _is_pull_secret(item)]
        return {"kind": "SecretList", "apiVersion": IMAGE_STREAMS.api_version, "metadata": meta, "items": kept}

    @asynccontextmanager
    async def _rows_at_hand(self, places: Iterable[Place]) -> AsyncIterator[None]:
        """Lets `StreamRules.on_delete` find the rows of these repositories, which take a query to list."""
        token = ROWS_AT_HAND.set({place: await self._rows(place) for place in places})
        try:
            yield
        finally:
            ROWS_AT_HAND.reset(token)

    async def _rows(self, place: Place) -> list[Write]:
        namespace, name = place
        pages = [await self.store.list(each, namespace, prefix=f"{name}/") for each in links.RESOURCES]
        return [Write(entry.key, None, None) for page in pages for entry in page.entries]


def _is_pull_secret(secret: Json) -> bool:
    annotations = secret["metadata"].get("annotations") or {}
    return secret.get("type") in PULL_SECRETS and annotations.get(EXCLUDED) != "true"
