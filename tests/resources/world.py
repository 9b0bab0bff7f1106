"""A whole API in memory-sized pieces: every kind over a real log in a temporary folder, no sockets."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.served import ListOptions, Outcome, Patch, PatchType, Served
from roadstead.auth.account_keys import AccountKeys
from roadstead.auth.account_tokens import AccountTokens
from roadstead.auth.rbac import RoleObjects
from roadstead.auth.rbac import Rules as Policy
from roadstead.auth.standing import Standing
from roadstead.auth.users import ADMIN, Attributes, Decision, User
from roadstead.base.values import Json
from roadstead.importing.importer import Importer
from roadstead.importing.looking import ImportOptions
from roadstead.kube.schema import conform
from roadstead.kube.status import GroupResource
from roadstead.objects.store import Store
from roadstead.resources.kinds import Kinds, build
from roadstead.resources.serviceaccounts import TokenDesk
from roadstead.resources.streamrules import StreamSettings
from tests.importing.simulated import Simulated

GROUP = "image.openshift.io"
REGISTRY = "registry.test:5000"


def digest(letter: str) -> str:
    return "sha256:" + letter * 64


def image(letter: str, **more: Any) -> Json:
    """A small image, its digest made of one letter."""
    return {
        "metadata": {"name": digest(letter)},
        "dockerImageReference": f"{REGISTRY}/shop/web@{digest(letter)}",
        "dockerImageManifestMediaType": "application/vnd.oci.image.manifest.v1+json",
        "dockerImageMetadata": {"Id": digest("9"), "Size": 300},
        "dockerImageLayers": [{"name": digest("0"), "size": 100, "mediaType": "application/octet-stream"}],
        **more,
    }


@dataclass
class World:
    """The kinds, a clock that stands still until moved, and short ways to ask."""

    kinds: Kinds
    store: Store
    now: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    asked: list[Attributes] = field(default_factory=list)
    allowed: Callable[[Attributes], bool] = lambda _: True
    elsewhere: Simulated = field(default_factory=Simulated)
    digest = staticmethod(digest)
    image = staticmethod(image)

    def ask(self, user: User = ADMIN, resource: str = "", **more: Any) -> Ask:
        def may(attributes: Attributes) -> Decision:
            self.asked.append(attributes)
            return Decision(self.allowed(attributes))

        url = GroupResource(GROUP, resource) if resource else None
        return Ask(user=user, now=self.now, may=may, url_resource=url, **more)

    def kind(self, plural: str) -> Served:
        found = [each for name, each in self.kinds.served.items() if name.resource == plural]
        return next((each for each in found if each.resource.group == GROUP), found[0])

    async def create(self, plural: str, name: str, *, namespace: str = "shop", **body: Any) -> Outcome:
        body.setdefault("metadata", {"name": name})
        kind = self.kind(plural)
        obj = conform(kind.resource.shape, body).value if kind.resource.shape else body
        return await kind.create(namespace, obj, self.ask())

    async def push(self, tag: str, letter: str, *, stream: str = "web", **more: Any) -> Json:
        """An image mapping posted; returns the stream afterwards."""
        self.now += timedelta(minutes=1)
        await self.create("imagestreammappings", stream, tag=tag, image=image(letter, **more))
        return await self.stream(stream)

    async def stream(self, name: str = "web") -> Json:
        return await self.kinds.streams.get("shop", name, self.ask())

    async def patch(self, plural: str, name: str, body: Json, *, namespace: str = "shop") -> Outcome:
        return await self.kind(plural).patch(namespace, name, Patch(PatchType.MERGE, body), self.ask())

    async def names(self, plural: str, namespace: str | None = "shop") -> list[str]:
        page = await self.kind(plural).page(namespace, ListOptions(), self.ask())
        return [each.object["metadata"]["name"] for each in page.items]


def open_world(store: Store, policy: Policy | None = None, **settings: Any) -> World:
    """All kinds over a store."""
    chosen = StreamSettings(**{"internal_registry": REGISTRY, **settings})
    elsewhere = Simulated()
    kinds = build(
        store,
        lambda: policy or Policy(RoleObjects()),
        chosen,
        _desk(store),
        lambda _: Importer(elsewhere, ImportOptions(tags=3, look_seconds=0.5)),
    )
    return World(kinds, store, elsewhere=elsewhere)


def _desk(store: Store) -> TokenDesk:
    async def nobody(_: str) -> User | None:
        return None

    keys = AccountKeys(Path(tempfile.mkdtemp(prefix="roadstead-keys-")))
    return TokenDesk(AccountTokens(keys, Standing(store), "https://issuer.test"), 86400, nobody)


async def furnished(store: Store, **settings: Any) -> World:
    """The same with a namespace `shop` that holds an empty stream `web`."""
    world = open_world(store, **settings)
    await world.create("namespaces", "shop", namespace="")
    await world.create("imagestreams", "web")
    return world
