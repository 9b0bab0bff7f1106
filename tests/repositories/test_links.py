"""Rows of repositories, kept at hand while nothing changes them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from roadstead.objects.sqlite import SqliteLog
from roadstead.objects.store import Store
from roadstead.oci.digest import Digest
from roadstead.oci.reference import parse_repository
from roadstead.repositories import links as rows
from roadstead.repositories.links import Links, ManifestLink

WEB = parse_repository("shop/web")
DIGEST = Digest.of(b"{}", "sha256")
IMAGE = ManifestLink("application/vnd.oci.image.manifest.v1+json", 2, None)


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    store = Store(SqliteLog.in_memory())
    yield store
    await store.close()


async def pushed(links: Links, store: Store, digest: Digest, link: ManifestLink) -> None:
    await store.append(links.manifest_writes(WEB, digest, link, None))


async def test_a_manifest_that_was_looked_up_is_gone_once_it_is_removed(store: Store) -> None:
    links = Links(store)
    await pushed(links, store, DIGEST, IMAGE)
    assert links.manifest(WEB, DIGEST) == links.manifest(WEB, DIGEST) == IMAGE
    assert await links.remove_manifest(WEB, DIGEST)
    assert links.manifest(WEB, DIGEST) is None


async def test_a_manifest_pushed_again_as_something_else_is_what_it_is_now(store: Store) -> None:
    links, other = Links(store), ManifestLink("application/vnd.oci.image.index.v1+json", 2, DIGEST)
    await pushed(links, store, DIGEST, IMAGE)
    assert links.manifest(WEB, DIGEST) == IMAGE
    await pushed(links, store, DIGEST, other)
    assert links.manifest(WEB, DIGEST) == other


async def test_only_so_many_rows_are_kept_at_hand(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "KNOWN_MANIFESTS", 3)
    links = Links(store)
    digests = [Digest.of(b"%d" % number, "sha256") for number in range(10)]
    for digest in digests:
        await pushed(links, store, digest, IMAGE)
    assert [links.manifest(WEB, digest) for digest in digests] == [IMAGE] * 10
    assert len(links._known) == 3
