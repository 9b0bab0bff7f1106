"""Tags that point elsewhere are imported when they appear or ask for it (import-and-triggers contract, section 1)."""

from __future__ import annotations

import asyncio

import pytest

from roadstead.controllers.imports import SOON_SECONDS, Imports
from roadstead.kube.status import StatusError
from roadstead.objects.store import Store
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.streams import events
from roadstead.testing import builders
from roadstead.testing.clock import SimulatedClock
from tests.controllers.importing import PLACE, Harbour, harbour
from tests.controllers.waiting import running, until

KEY = ("shop", "web")


@pytest.fixture
async def here(store: Store, clock: SimulatedClock) -> Harbour:
    return await harbour(store, clock)


@pytest.fixture
def imports(here: Harbour) -> Imports:
    return Imports(here.runner, clock=here.clock)


async def test_a_tag_that_appears_is_imported(here: Harbour, imports: Imports) -> None:
    image = here.push()
    async with running(imports.loop()):
        await here.point()
        await until(lambda: here.image() == image.digest)


async def test_a_tag_that_asks_again_is_imported_again(here: Harbour, imports: Imports) -> None:
    here.push()
    await here.point()
    async with running(imports.loop()):
        await until(lambda: here.image() is not None)
        second = here.push(content=builders.image("second"))
        await here.point()
        await until(lambda: here.image() == second.digest)


async def test_what_is_settled_is_left_alone(here: Harbour, imports: Imports, store: Store) -> None:
    here.push()
    await here.point()
    await imports.reconcile(KEY)
    before = store.revision()
    here.asked.clear()
    assert await imports.reconcile(KEY) is None
    assert (store.revision(), here.asked) == (before, [])


async def test_a_failure_is_recorded_told_and_not_tried_again(here: Harbour, imports: Imports) -> None:
    await here.point()
    assert await imports.reconcile(KEY) is None
    (condition,) = here.conditions()
    assert condition["reason"] == "NotFound"
    (event,) = await here.events()
    assert (event["type"], event["reason"]) == ("Warning", "FailedImport")
    assert event["involvedObject"]["kind"] == "ImageStream"
    assert event["message"] == f'tag v1: dockerimage.image.openshift.io "{PLACE}:v1" not found'
    here.asked.clear()
    assert await imports.reconcile(KEY) is None
    assert here.asked == []


async def test_good_tags_come_in_beside_broken_ones(here: Harbour, imports: Imports) -> None:
    image = here.push("good")
    await here.point("good")
    await here.point("broken")
    await imports.reconcile(KEY)
    assert here.image("good") == image.digest
    assert here.conditions("broken")


async def test_a_registry_that_names_a_time_is_asked_again_then_and_not_before(here: Harbour, imports: Imports) -> None:
    image = here.push()
    place = here.world.elsewhere.repository(PLACE)
    place.fails["*"] = RemoteFailure(Kind.RATE_LIMITED, "too many", host="q.test", retry_after=120)
    await here.point()
    assert await imports.reconcile(KEY) == 120
    place.fails.clear()
    place.asked.clear()
    await here.clock.advance(60)
    assert await imports.reconcile(KEY) == 60
    assert place.asked == []
    await here.clock.advance(60)
    assert await imports.reconcile(KEY) is None
    assert here.image() == image.digest


async def test_a_stream_that_changes_under_an_import_is_looked_at_again(here: Harbour, imports: Imports) -> None:
    image = here.push()
    await here.point()
    place = here.world.elsewhere.repository(PLACE)
    fetch, once = place.manifest, [True]

    async def meddle(reference: str) -> object:
        if once.pop() if once else False:
            await here.world.patch("imagestreams", "web", {"metadata": {"labels": {"by": "somebody"}}})
        return await fetch(reference)

    place.manifest = meddle  # type: ignore[method-assign,assignment]
    assert await imports.reconcile(KEY) == SOON_SECONDS
    assert await imports.reconcile(KEY) is None
    assert here.image() == image.digest


async def test_a_stream_that_is_gone_is_forgotten(here: Harbour, imports: Imports) -> None:
    assert await imports.reconcile(("shop", "gone")) is None


async def test_an_import_that_is_refused_as_a_whole_is_told_and_tried_again(here: Harbour, imports: Imports) -> None:
    limits = [{"type": "openshift.io/ImageStream", "max": {"openshift.io/images": "0"}}]
    await here.world.create("limitranges", "l", spec={"limits": limits})
    here.push()
    await here.point()
    with pytest.raises(StatusError, match="exceeds the maximum limit"):
        await imports.reconcile(KEY)
    assert "exceeds the maximum limit" in (await here.events())[0]["message"]
    assert here.conditions()[0]["reason"] == "Invalid"


async def test_a_whole_repository_is_imported_once(here: Harbour, imports: Imports) -> None:
    here.push("latest", "1.0")
    await here.world.patch("imagestreams", "web", {"spec": {"dockerImageRepository": PLACE}})
    await imports.reconcile(KEY)
    assert set(events.spec_tags(await here.stream())) == {"latest", "1.0"}
    here.asked.clear()
    await imports.reconcile(KEY)
    assert here.asked == []


async def test_more_tags_than_fit_one_request_come_in_one_after_the_other(here: Harbour, imports: Imports) -> None:
    names = [f"t{number:03d}" for number in range(250)]
    here.push(*names)
    tags = [{"name": name, "from": {"kind": "DockerImage", "name": f"{PLACE}:{name}"}} for name in names]
    await here.world.patch("imagestreams", "web", {"spec": {"tags": tags}})
    async with running(imports.loop()):
        await until(lambda: here.image("t249") is not None)
    assert all(here.image(name) for name in names)


async def test_an_import_cut_off_in_the_middle_leaves_nothing_and_is_done_by_the_next(
    here: Harbour, imports: Imports
) -> None:
    image = here.push()
    await here.point()
    here.world.elsewhere.repository(PLACE).stalls = True
    under_way = asyncio.ensure_future(imports.reconcile(KEY))
    await until(lambda: bool(here.asked))
    under_way.cancel()
    await asyncio.gather(under_way, return_exceptions=True)
    assert (here.image(), here.conditions()) == (None, [])
    here.world.elsewhere.repository(PLACE).stalls = False
    await Imports(here.runner, clock=here.clock).reconcile(KEY)
    assert here.image() == image.digest


async def test_what_came_in_is_told_as_well(here: Harbour, imports: Imports) -> None:
    image = here.push()
    await here.point()
    await imports.reconcile(KEY)
    (event,) = await here.events()
    assert (event["type"], event["reason"]) == ("Normal", "Imported")
    assert event["message"] == f"tag v1 names {PLACE}@{image.digest} now"
