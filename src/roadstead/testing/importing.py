"""Streams whose images live in another registry, made without an import, for tests of what comes after one."""

from __future__ import annotations

from collections.abc import Sequence

from roadstead.apimachinery.ask import Ask
from roadstead.app.build import App, utc_now
from roadstead.oci import manifest as oci_manifest
from roadstead.oci.digest import Digest
from roadstead.repositories.arrivals import Arrival
from roadstead.streams.images import image_from_manifest
from roadstead.streams.origins import INSECURE
from roadstead.testing.builders import Content


async def points_to(
    app: App,
    repository: str,
    content: Content,
    tag: str = "v1",
    *,
    stream: str = "web",
    namespace: str = "shop",
    children: Sequence[Content] = (),
) -> None:
    """The tag of a stream names an image of `repository` (host/path) elsewhere, as after an import."""
    for child in children:
        await _keep(app, (namespace, stream), repository, child, [])
    await _keep(app, (namespace, stream), repository, content, [tag])


async def allow_insecure(app: App, stream: str = "web", namespace: str = "shop") -> None:
    """Everything the stream names may be pulled over plain http."""
    found = await app.kinds.streams.get(namespace, stream, Ask.internal(utc_now()))
    found["metadata"].setdefault("annotations", {})[INSECURE] = "true"
    await app.kinds.streams.update(namespace, stream, found, Ask.internal(utc_now()))


async def _keep(app: App, place: tuple[str, str], repository: str, content: Content, tags: Sequence[str]) -> None:
    manifest = oci_manifest.parse(content.data, content.media_type)
    digest, now = Digest.parse(content.digest), utc_now()
    named = str(manifest.config.digest) if manifest.config else ""
    config = next((blob.data for blob in content.blobs if blob.digest == named), None)
    image = image_from_manifest(manifest, digest, f"{repository}@{digest}", config, now)
    image["metadata"].pop("annotations", None)  # which say that it was pushed here
    await app.kinds.arrivals.keep(*place, Arrival(image, tags, Ask.internal(now)))
