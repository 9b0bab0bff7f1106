"""Streams, simulated registries and the runner of imports, over a real log."""

from __future__ import annotations

from dataclasses import dataclass, field

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.served import ListOptions
from roadstead.base.values import Json
from roadstead.controllers.events import Events
from roadstead.controllers.imports import ImportRunner
from roadstead.importing.tally import ImportTally
from roadstead.objects.store import Store
from roadstead.resources import plain
from roadstead.streams.events import current_of, histories
from roadstead.testing import builders
from roadstead.testing.builders import Content
from roadstead.testing.clock import SimulatedClock
from tests.resources.world import World, furnished

PLACE = "q.test/lib/web"


@dataclass
class Harbour:
    """A namespace `shop` with a stream `web`."""

    world: World
    clock: SimulatedClock
    tally: ImportTally = field(default_factory=ImportTally)

    @property
    def runner(self) -> ImportRunner:
        """What the loops ask for imports."""
        kinds = self.world.kinds
        return ImportRunner(kinds.streams, kinds.imports, Events(kinds.plain(plain.EVENTS), "test"), self.tally)

    def push(self, *tags: str, content: Content | None = None) -> Content:
        """An image at the other registry."""
        return self.world.elsewhere.repository(PLACE).push(content or builders.image("web"), *(tags or ("v1",)))

    async def point(self, tag: str = "v1", source: str = "", **policy: bool) -> None:
        """The stream's tag points at the other registry, or asks for a fresh import."""
        tags = {each["name"]: each for each in (await self.stream())["spec"].get("tags") or []}
        place = {"kind": "DockerImage", "name": source or f"{PLACE}:{tag}"}
        tags[tag] = {"name": tag, "from": place, "generation": 0, "importPolicy": policy}
        self.world.now = self.clock.now()
        await self.world.patch("imagestreams", "web", {"spec": {"tags": list(tags.values())}})

    async def stream(self) -> Json:
        """The stream as it is."""
        return await self.world.stream()

    def image(self, tag: str = "v1") -> str | None:
        """What the tag names."""
        stream = self.world.kinds.streams.peek("shop", "web")
        return (current_of(stream, tag) or {}).get("image")

    def conditions(self, tag: str = "v1") -> list[Json]:
        """What is wrong with the tag."""
        stream = self.world.kinds.streams.peek("shop", "web")
        return list((histories(stream).get(tag) or {}).get("conditions") or [])

    @property
    def asked(self) -> list[str]:
        """What the other registry was asked."""
        return self.world.elsewhere.repository(PLACE).asked

    async def events(self) -> list[Json]:
        """Everything that was told."""
        kind = self.world.kinds.plain(plain.EVENTS)
        return list((await kind.list("shop", ListOptions(), Ask.internal(self.clock.now()))).items)


async def harbour(store: Store, clock: SimulatedClock) -> Harbour:
    """The harbour over a store."""
    return Harbour(await furnished(store), clock)
