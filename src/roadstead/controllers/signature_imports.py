"""An image that lives elsewhere gets the signatures its registry offers (import-and-triggers contract, section 8)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection, commit
from roadstead.base.errors import Failure
from roadstead.base.observe import logger
from roadstead.base.values import Json
from roadstead.controllers.clock import REAL, Clock
from roadstead.controllers.imports import ACTOR
from roadstead.controllers.lease import Lease
from roadstead.controllers.loop import Loop, Watched, itself
from roadstead.controllers.queue import Key
from roadstead.importing.signing import wants_signatures, with_signatures

ASK_SECONDS = 60.0
RESYNC_SECONDS = 3600.0
WORKERS = 5


class SignatureSource(Protocol):
    """Where signatures come from."""

    async def signatures(self, reference: str) -> Sequence[Json]:
        """What the registry of a pull spec by digest offers, asked without a key; raises Failure."""
        ...


class SignatureImports:
    """One key for each Image. A registry that cannot be asked has none; nothing is ever taken away."""

    def __init__(self, images: Collection, source: SignatureSource, *, clock: Clock = REAL) -> None:
        self._images, self._source, self._clock = images, source, clock

    def loop(self, lease: Lease | None = None) -> Loop:
        """The loop that does it."""
        return Loop(
            "signature imports",
            (Watched(self._images, itself),),
            self.reconcile,
            workers=WORKERS,
            resync_seconds=RESYNC_SECONDS,
            lease=lease,
            clock=self._clock,
        )

    async def reconcile(self, key: Key) -> None:
        """Adds what the Image lacks; raises StatusError when somebody changed it meanwhile."""
        image = self._images.peek(*key)
        if image is None or not wants_signatures(image):
            return
        offered = await self._offered(str(image["dockerImageReference"]))
        now = self._clock.now()
        signed = with_signatures(image, offered, now)
        if signed is not None:
            await commit([await self._images.stage_update(signed, Ask.internal(now, user=ACTOR))])

    async def _offered(self, reference: str) -> Sequence[Json]:
        try:
            async with asyncio.timeout(ASK_SECONDS):
                return await self._source.signatures(reference)
        except (Failure, TimeoutError) as failure:
            logger().debug("no signatures could be asked for", image=reference, error=str(failure))
            return ()
