"""Looks at remote manifests, place by place, each once, and answers every item of an import."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from roadstead.base.errors import Failure
from roadstead.base.values import Json
from roadstead.importing import answers, plan, tagorder
from roadstead.importing.answers import Finding, Found, Missed
from roadstead.importing.looking import ImportOptions, Known, Looking, Shared
from roadstead.importing.patience import Patience
from roadstead.importing.plan import Look, Repository, item_status
from roadstead.importing.upstreams import Health, Places, Upstream, Upstreams
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.streams import pullspec

Result = TypeVar("Result")


class Importer:
    """Looks for images elsewhere. Nothing is stored here."""

    def __init__(self, upstreams: Upstreams, options: ImportOptions) -> None:
        self._upstreams, self._options = upstreams, options
        self.patience = Patience()
        """Which registries are to be left alone for a while; for those who import without being asked."""

    async def run(self, wanted: Json, stream: Json, known: Known, now: datetime) -> Json:
        """The status of the import `wanted` (an ImageStreamImport that has been validated): one answer per item, and
        never a failure of one that spoils another. `stream` is the target, maybe a blank one."""
        shared = Shared(self._options, known, now, Health(self.patience, now))
        try:
            return await _Run(self._upstreams, stream["metadata"]["namespace"], shared).answer(wanted, stream)
        finally:
            shared.give_up()


class _Run:
    """One import under way, and what it has found so far."""

    def __init__(self, upstreams: Upstreams, namespace: str, shared: Shared) -> None:
        self._upstreams, self._namespace, self._shared = upstreams, namespace, shared
        self._turns = asyncio.Semaphore(shared.options.side_by_side)
        self._findings: dict[Look, Finding] = {}

    async def answer(self, wanted: Json, stream: Json) -> Json:
        """status.images and status.repository."""
        asked = plan.images(wanted, stream)
        await self._find(plan.looks(asked))
        answer: Json = {}
        if asked:
            answer["images"] = [answers.of_item(each, self._finding(each.look)) for each in asked]
        repository = plan.repository(wanted)
        if repository is not None:
            answer["repository"] = await self._whole(repository)
        return answer

    async def _whole(self, repository: Repository) -> Json:
        """The answer about a repository: its first tags, and the names of the others."""
        try:
            tags = await self._tags(repository)
        except Failure as failure:
            return {"status": item_status(answers.unlisted(failure, repository.spec.repository().exact()))}
        first, others = tagorder.split(tags, self._shared.options.tags)
        await self._find([repository.look(tag) for tag in first])
        known = {tag for tag in others if isinstance(self._findings.get(repository.look(tag)), Found)}
        taken = [*first, *(tag for tag in others if tag in known)]
        items = [answers.of_item(repository.asked(tag), self._findings[repository.look(tag)]) for tag in taken]
        return answers.of_repository(items, [tag for tag in others if tag not in known])

    async def _tags(self, repository: Repository) -> Sequence[str]:
        """All tags, asked of the place itself and never of mirrors; without keys when those at hand are no good."""
        wanted = replace(repository.look(pullspec.LATEST).wanted, tag="")
        for anonymous in (False, True):
            wish = {"insecure": repository.insecure, "anonymous": anonymous}
            places = await self._upstreams.places(self._namespace, wanted, **wish)
            try:
                return await self._listed(places if not wanted.registry else places[-1:], repository.place)
            except RemoteFailure as failure:
                if failure.kind is not Kind.BAD_PASSWORD or anonymous:
                    raise
        raise AssertionError("the second try returns or raises")

    async def _listed(self, places: Sequence[Upstream], name: str) -> Sequence[str]:
        """The tags at the first place that has the repository: a short name may lie at any of them."""
        for place in places[:-1]:
            try:
                return await self._in_time(place.tags(), name)
            except RemoteFailure:
                continue
        return await self._in_time(places[-1].tags(), name)

    def _finding(self, look: Look | None) -> Finding | None:
        return None if look is None else self._findings[look]

    async def _find(self, looks: Sequence[Look]) -> None:
        """Every look has a finding afterwards."""
        new = [look for look in looks if look not in self._findings]
        found = await asyncio.gather(*map(self._look, new))
        self._findings.update(zip(new, found, strict=True))

    async def _look(self, look: Look) -> Finding:
        """What is there; without keys when those at hand are no good (section 14.2, step 5)."""
        finding = await self._look_once(look, anonymous=False)
        if isinstance(finding, Missed) and finding.wrong_password:
            again = await self._look_once(look, anonymous=True)
            return again if isinstance(again, Found) else finding
        return finding

    async def _look_once(self, look: Look, *, anonymous: bool) -> Finding:
        key, places = "", None
        async with self._turns:
            try:
                wish = {"insecure": look.insecure, "anonymous": anonymous}
                found = await self._upstreams.places(self._namespace, look.wanted, **wish)
                places = Places(found, self._shared.health)
                key = places.key
                looking = Looking(self._shared, look, places, anonymous)
                image = await self._in_time(looking.image(), look.place)
                return replace(image, key=places.key)
            except Failure as failure:
                if isinstance(failure, RemoteFailure) and failure.kind is Kind.TIMEOUT and places is not None:
                    places.give_up(failure)
                return answers.missed(failure, str(look), key)

    async def _in_time(self, work: Coroutine[Any, Any, Result], place: str) -> Result:
        seconds = self._shared.options.look_seconds
        try:
            async with asyncio.timeout(seconds):
                return await work
        except TimeoutError:
            why = f"the registry did not answer within {seconds:g} seconds"
            raise RemoteFailure(Kind.TIMEOUT, why, host=place.partition("/")[0]) from None
