"""Watches that are open: each goes on only as long as whoever opened it may still watch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from dataclasses import dataclass

from roadstead.apimachinery.ending import Ending
from roadstead.apimachinery.entrance import Admitted, Gate, attributes_of
from roadstead.auth.users import Refused, User
from roadstead.base.errors import Failure, Unauthenticated
from roadstead.base.web import Request

LOOK_SECONDS = 2.0
"""How long a right that was taken away, or a credential that has ended, may keep a watch open."""
IDENTIFYING = ("authorization", "impersonate-")


@dataclass(slots=True, eq=False)
class _Open:
    request: Request
    admitted: Admitted
    ending: Ending


class OpenWatches:
    """Every open watch of a door. While there are any, a task looks again and again who may still watch."""

    def __init__(self, gate: Gate, seconds: float = LOOK_SECONDS) -> None:
        self._gate, self._seconds = gate, seconds
        self._open: set[_Open] = set()
        self._task: asyncio.Task[None] | None = None

    async def guard(
        self, request: Request, admitted: Admitted, ending: Ending, lines: AsyncIterator[bytes]
    ) -> AsyncIterator[bytes]:
        """The lines of a watch, for as long as it may go on."""
        watch = _Open(request, admitted, ending)
        self._open.add(watch)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look_again(), name="open watches")
        try:
            async for line in lines:
                yield line
        finally:
            self._open.discard(watch)
            stop = getattr(lines, "aclose", None)
            if stop is not None:
                await stop()

    async def _look_again(self) -> None:
        while self._open:
            await asyncio.sleep(self._seconds)
            await self.look()

    async def look(self) -> None:
        """Ends every watch whose caller is nobody any more, or may not do it any more."""
        callers: dict[Hashable, User | None] = {}
        decided: dict[Hashable, bool] = {}
        for watch in list(self._open):
            try:
                who = _shown(watch.request)
                if who not in callers:
                    callers[who] = await self._caller(watch.request)
                    await asyncio.sleep(0)
                user = callers[who]
                if user is None or user.name != watch.admitted.user.name:
                    watch.ending.end()
                    continue
                what = who, watch.admitted.target, watch.request.query_value("fieldSelector")
                if what not in decided:
                    wanted = attributes_of(user, watch.admitted.target, watch.request)
                    decided[what] = self._gate.decide(wanted).allowed
                if not decided[what]:
                    watch.ending.end()
            except Failure:
                # The storage does not answer: nobody is known to have lost anything.
                continue

    async def _caller(self, request: Request) -> User | None:
        """Who the caller is now; None when that is nobody."""
        try:
            caller = await self._gate.authenticate(request)
            return self._gate.impersonate(caller, request.headers)
        except (Unauthenticated, Refused):
            return None


def _shown(request: Request) -> Hashable:
    """What a request shows of its caller: the same for all watches of one client."""
    headers = tuple(sorted((name, value) for name, value in request.headers.items() if _identifies(name)))
    return headers, id(request.peer_certificate) if request.peer_certificate else 0


def _identifies(name: str) -> bool:
    return name.lower().startswith(IDENTIFYING)
