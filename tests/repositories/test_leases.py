"""Which blobs a push may be relying on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from roadstead.oci.digest import Digest
from roadstead.repositories import leases
from roadstead.repositories.leases import BlobLeases

ONE, TWO = Digest.of(b"one"), Digest.of(b"two")


class Clock:
    """A time that stands still until moved."""

    def __init__(self) -> None:
        self.now = datetime(2030, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def test_a_blob_is_held_for_the_grace_after_it_was_last_touched() -> None:
    clock = Clock()
    held = BlobLeases(timedelta(minutes=10), clock)
    assert not held.held(ONE)
    held.touch(ONE)
    clock.now += timedelta(minutes=9)
    assert held.held(ONE)
    held.touch(ONE)
    clock.now += timedelta(minutes=9)
    assert held.held(ONE)
    assert not held.held(TWO)
    clock.now += timedelta(minutes=1)
    assert not held.held(ONE)


def test_only_so_many_are_remembered_and_the_oldest_goes_first() -> None:
    held = BlobLeases(timedelta(minutes=10), Clock())
    held.touch(TWO)
    held.touch(ONE)
    held.touch(TWO)
    for number in range(leases.MOST - 1):
        held.touch(Digest.of(str(number).encode()))
    assert held.held(TWO)
    assert not held.held(ONE)
