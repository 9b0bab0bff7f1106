"""Where blobs were lately put."""

from __future__ import annotations

from roadstead.oci.digest import Digest
from roadstead.oci.reference import RepositoryName
from roadstead.repositories import homes
from roadstead.repositories.homes import BlobHomes

BLOB = Digest.of(b"blob")


def home(number: int) -> RepositoryName:
    return RepositoryName("shop", f"app{number}")


def test_the_latest_homes_come_first_each_once_and_only_a_few() -> None:
    kept = BlobHomes()
    assert kept.of(BLOB) == ()
    for number in (1, 2, 1):
        kept.note(BLOB, home(number))
    assert kept.of(BLOB) == (home(1), home(2))
    for number in range(20):
        kept.note(BLOB, home(number))
    assert kept.of(BLOB) == tuple(home(number) for number in range(19, 19 - homes.MOST_HOMES, -1))


def test_only_so_many_blobs_are_remembered() -> None:
    kept = BlobHomes()
    for number in range(homes.MOST_BLOBS + 1):
        kept.note(Digest.of(str(number).encode()), home(1))
    assert kept.of(Digest.of(b"0")) == ()
    assert kept.of(Digest.of(b"1")) == (home(1),)
