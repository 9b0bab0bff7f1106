"""Which blobs a push may be relying on right now: when each was last touched, kept in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from roadstead.oci.digest import Digest

MOST = 50_000


class BlobLeases:
    """Remembers uploads, mounts, checks and verifications for a grace period (pruner contract, section 9, item 4)."""

    def __init__(self, grace: timedelta, clock: Callable[[], datetime]) -> None:
        self.grace, self._clock = grace, clock
        self._touched: OrderedDict[Digest, datetime] = OrderedDict()

    def touch(self, digest: Digest) -> None:
        """Somebody was just told that the blob is here."""
        self._touched[digest] = self._clock()
        self._touched.move_to_end(digest)
        if len(self._touched) > MOST:
            self._touched.popitem(last=False)

    def held(self, digest: Digest) -> bool:
        """Whether the blob was touched within the grace period."""
        touched = self._touched.get(digest)
        return touched is not None and self._clock() - touched < self.grace
