"""Images that live elsewhere get the signatures their registry offers."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from roadstead.base.values import Json
from roadstead.controllers.signature_imports import SignatureImports
from roadstead.objects.store import Store
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.testing.clock import SimulatedClock
from tests.controllers.waiting import running, until
from tests.resources.world import World, digest, furnished, image


@dataclass
class Offers:
    """What the registries offer, by reference."""

    by_reference: dict[str, list[Json]] = field(default_factory=dict)
    failure: RemoteFailure | None = None
    asked: list[str] = field(default_factory=list)

    async def signatures(self, reference: str) -> Sequence[Json]:
        self.asked.append(reference)
        if self.failure:
            raise self.failure
        return self.by_reference.get(reference, [])


@pytest.fixture
async def world(store: Store) -> World:
    return await furnished(store)


def signature(text: str) -> Json:
    return {"type": "atomic", "content": base64.b64encode(text.encode()).decode()}


def held(world: World) -> list[Json]:
    found = world.kinds.images.peek("", digest("a")) or {}
    return list(found.get("signatures") or [])


async def imported(world: World, **more: str) -> str:
    reference = f"q.test/a@{digest('a')}"
    made = image("a", dockerImageReference=reference)
    await world.kinds.images.create("", {**made, "metadata": {**made["metadata"], "annotations": more}}, world.ask())
    return reference


async def test_a_new_image_gets_its_signatures(world: World, clock: SimulatedClock) -> None:
    offers = Offers()
    offers.by_reference[f"q.test/a@{digest('a')}"] = [signature("one")]
    async with running(SignatureImports(world.kinds.images, offers, clock=clock).loop()):
        await imported(world)
        await until(lambda: len(held(world)) == 1)


async def test_more_signatures_come_in_with_the_hour(world: World, clock: SimulatedClock) -> None:
    offers, reference = Offers(), await imported(world)
    async with running(SignatureImports(world.kinds.images, offers, clock=clock).loop()):
        await until(lambda: bool(offers.asked))
        offers.by_reference[reference] = [signature("one")]
        await clock.advance(3600)
        await until(lambda: len(held(world)) == 1)


async def test_a_registry_that_cannot_be_asked_has_none(world: World, clock: SimulatedClock, store: Store) -> None:
    await imported(world)
    before = store.revision()
    offers = Offers(failure=RemoteFailure(Kind.UNAVAILABLE, "no connection"))
    await SignatureImports(world.kinds.images, offers, clock=clock).reconcile(("", digest("a")))
    assert store.revision() == before


async def test_our_own_images_are_not_asked_about(world: World, clock: SimulatedClock) -> None:
    offers = Offers()
    await imported(world, **{"openshift.io/image.managed": "true"})
    await SignatureImports(world.kinds.images, offers, clock=clock).reconcile(("", digest("a")))
    await SignatureImports(world.kinds.images, offers, clock=clock).reconcile(("", "gone"))
    assert offers.asked == []
