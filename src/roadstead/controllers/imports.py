"""A tag that points elsewhere and was not looked at yet is imported (import-and-triggers contract, section 1)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from roadstead.apimachinery.ask import Ask
from roadstead.auth.users import service_account
from roadstead.base.values import Json
from roadstead.controllers.clock import REAL, Clock
from roadstead.controllers.events import Events, Type
from roadstead.controllers.lease import Lease
from roadstead.controllers.loop import Loop, Watched, itself
from roadstead.controllers.queue import Key
from roadstead.importing import pending
from roadstead.importing.tally import ImportTally
from roadstead.kube.schema import conform
from roadstead.kube.status import StatusError
from roadstead.resources.imagestreamimports import ImageStreamImports
from roadstead.resources.imagestreams import ImageStreams
from roadstead.streams.events import current_of
from roadstead.streams.models_imports import IMAGE_STREAM_IMPORT

ACTOR = service_account("openshift-infra", "image-import-controller")
COMPONENT = "image-import-controller"
FAILED, IMPORTED = "FailedImport", "Imported"
LONGEST_SECONDS = 3600.0
"""The time one import may take (contract: it is posted with `?timeout=1h`)."""
SOON_SECONDS = 0.2
"""After a stream changed under an import: what it says now is looked at again."""
EVENTS_PER_IMPORT = 5
ELSEWHERE = b'"DockerImage"'
"""What the JSON of a stream holds when one of its tags points to another registry."""


class ImportRunner:
    """Asks for imports the way a client does, and tells what came of them: events on the stream, and counts."""

    def __init__(self, streams: ImageStreams, imports: ImageStreamImports, events: Events, tally: ImportTally) -> None:
        self.streams, self._imports, self._events, self._tally = streams, imports, events, tally

    def stream(self, key: Key) -> Json | None:
        """The stream as shown; None when it is gone."""
        stored = self.streams.peek(*key)
        return None if stored is None else self.streams.shown(stored)

    async def run(self, stream: Json, wanted: Json, now: datetime, *, scheduled: bool) -> Json:
        """The import, answered. Raises StatusError when it was refused as a whole."""
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                body = conform(IMAGE_STREAM_IMPORT, wanted).value
                outcome = await self._imports.create(
                    stream["metadata"]["namespace"], body, Ask.internal(now, user=ACTOR)
                )
        except StatusError as refused:
            if refused.code not in (404, 409):
                self._tally.count_refusal(refused.reason, scheduled=scheduled)
                await self._tell(stream, "Warning", FAILED, refused.message, now)
            raise
        self._tally.count(outcome.object, scheduled=scheduled)
        await self._tell_items(stream, outcome.object, now)
        return outcome.object

    async def _tell_items(self, stream: Json, done: Json, now: datetime) -> None:
        said = [*_failures(done)][:EVENTS_PER_IMPORT]
        for message in said:
            await self._tell(stream, "Warning", FAILED, message, now)
        after = {**(done["status"].get("import") or {})}
        for message in [*_moves(stream, after)][:EVENTS_PER_IMPORT]:
            await self._tell(stream, "Normal", IMPORTED, message, now)

    async def _tell(self, stream: Json, kind: Type, reason: str, message: str, now: datetime) -> None:
        resource = self.streams.resource
        about = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": stream["metadata"]}
        await self._events.tell(about, kind, reason, message, now)


@dataclass(frozen=True, slots=True)
class _Later:
    """Tags whose registry wants to be asked again at a certain time."""

    due: datetime
    tags: frozenset[str]


class Imports:
    """One key for each stream; what it asks for is imported as soon as it asks.

    A failure is recorded in the stream, which then asks for nothing any more until somebody wants it tried again. Only
    a registry that names the time when it may be asked again is asked then.
    """

    def __init__(self, runner: ImportRunner, *, clock: Clock = REAL) -> None:
        self._runner, self._clock = runner, clock
        self._limited: dict[Key, _Later] = {}

    def loop(self, lease: Lease | None = None, *, workers: int = 1) -> Loop:
        """The loop that does it."""
        watched = (Watched(self._runner.streams, itself, ELSEWHERE),)
        return Loop("image imports", watched, self.reconcile, workers=workers, lease=lease, clock=self._clock)

    async def reconcile(self, key: Key) -> float | None:
        """Imports what the stream asks for; the seconds after which to come again, if there is more to do."""
        stream, now = self._runner.stream(key), self._clock.now()
        later = self._limited.get(key)
        if later is not None and later.due <= now:
            del self._limited[key]
        if stream is None:
            return None
        wanted = pending.wanted(stream, later.tags if later is not None and later.due <= now else ())
        if wanted is None:
            return (later.due - now).total_seconds() if later is not None and later.due > now else None
        try:
            done = await self._runner.run(stream, wanted, now, scheduled=False)
        except StatusError as refused:
            if refused.code == 404:
                return None
            if refused.code == 409:
                return SOON_SECONDS
            raise
        return self._remember(key, done, now)

    def _remember(self, key: Key, done: Json, now: datetime) -> float | None:
        """Which tags a registry wants to be asked for later, and when."""
        pairs = zip(done["spec"].get("images") or [], done["status"].get("images") or [], strict=False)
        limited = {
            str(asked["to"]["name"]): int(seconds)
            for asked, answer in pairs
            if asked.get("to") and (seconds := (answer["status"].get("details") or {}).get("retryAfterSeconds"))
        }
        if not limited:
            return None
        seconds = max(limited.values())
        self._limited[key] = _Later(now + timedelta(seconds=seconds), frozenset(limited))
        return float(seconds)


def _failures(done: Json) -> Iterable[str]:
    found = done["status"]
    repository = found.get("repository") or {}
    answers = [*(repository.get("images") or []), *(found.get("images") or [])]
    targets = [each.get("tag") for each in repository.get("images") or []]
    targets += [(each.get("to") or {}).get("name") for each in done["spec"].get("images") or []]
    if not repository.get("images") and (repository.get("status") or {}).get("status") == "Failure":
        yield str(repository["status"].get("message") or "")
    for tag, answer in zip(targets, answers, strict=False):
        said = answer.get("status") or {}
        if said.get("status") != "Success":
            yield f"tag {tag}: {said.get('message') or 'unknown error prevented import'}"


def _moves(before: Json, after: Json) -> Iterable[str]:
    for entry in (after.get("status") or {}).get("tags") or []:
        new, old = current_of(after, entry["tag"]), current_of(before, entry["tag"])
        if new is not None and new.get("image") != (old or {}).get("image"):
            yield f"tag {entry['tag']} names {new['dockerImageReference']} now"
