"""What loops tell people about objects."""

from __future__ import annotations

from datetime import timedelta

from roadstead.apimachinery.collection import Collection
from roadstead.base.values import Json
from roadstead.controllers.events import QUIET, Events
from roadstead.objects.store import Store
from roadstead.resources import plain
from roadstead.testing.clock import START

ABOUT: Json = {
    "kind": "ImageStream",
    "apiVersion": "image.openshift.io/v1",
    "metadata": {"name": "web", "namespace": "shop", "uid": "u", "resourceVersion": "7"},
}


async def told(store: Store) -> list[Json]:
    kind = Collection(plain.EVENTS, store)
    page = await store.list(plain.EVENTS.key_resource)
    return [kind.stored(entry) for entry in page.entries]


async def test_an_event_names_its_object_and_who_says_it(store: Store) -> None:
    await Events(Collection(plain.EVENTS, store), "importer").tell(ABOUT, "Warning", "FailedImport", "no", START)
    (event,) = await told(store)
    assert event["involvedObject"]["name"] == "web"
    assert (event["type"], event["reason"], event["message"]) == ("Warning", "FailedImport", "no")
    assert event["source"] == {"component": "importer"}
    assert event["metadata"]["namespace"] == "shop"


async def test_the_same_thing_said_again_is_counted_now_and_then(store: Store) -> None:
    events = Events(Collection(plain.EVENTS, store), "importer")
    for moment in (START, START + timedelta(seconds=5), START + QUIET):
        await events.tell(ABOUT, "Warning", "FailedImport", "no", moment)
    await events.tell(ABOUT, "Warning", "FailedImport", "another", START)
    assert sorted((each["message"], each["count"]) for each in await told(store)) == [("another", 1), ("no", 2)]


async def test_an_event_that_cannot_be_written_stops_nobody(store: Store) -> None:
    nameless = {**ABOUT, "metadata": {**ABOUT["metadata"], "name": "Not a name/"}}
    await Events(Collection(plain.EVENTS, store), "importer").tell(nameless, "Normal", "Imported", "x", START)
    assert await told(store) == []
