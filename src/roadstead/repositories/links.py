"""What one repository holds, beyond its stream's history: rows in the log that no API shows.

A blob row says that this repository may show a blob; a manifest row that it was pushed here, tag or no tag, which makes
it pullable by digest (registry contract, section 5.1); a referrer row files a manifest under its subject (section 10);
a hanging row says what another registry has under one of cosign's tags, which is no tag of the stream.
They are written in the transaction of the push they belong to and go away with the stream.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from roadstead.base.values import Json
from roadstead.objects.log import Change, Key, Write
from roadstead.objects.store import Store
from roadstead.oci.digest import Digest
from roadstead.oci.reference import RepositoryName
from roadstead.repositories.homes import BlobHomes

BLOBS = "blobs.roadstead"
MANIFESTS = "manifests.roadstead"
REFERRERS = "referrers.roadstead"
HANGING = "hanging.roadstead"
RESOURCES = (BLOBS, MANIFESTS, REFERRERS, HANGING)
KNOWN_MANIFESTS = 4096
"""Rows of manifests kept at hand: every pull looks at one, and few are pulled often."""


@dataclass(frozen=True, slots=True)
class ManifestLink:
    """A manifest pushed to a repository: its type, its length in bytes, and the subject it refers to."""

    media_type: str
    size: int
    subject: Digest | None


class Links:
    """Reads the rows of repositories and makes the writes that change them."""

    def __init__(self, store: Store) -> None:
        self._store, self.homes = store, BlobHomes()
        self._known: OrderedDict[Key, ManifestLink] = OrderedDict()
        store.follow(self._forget)

    def has_blob(self, repository: RepositoryName, digest: Digest) -> bool:
        """Whether this repository was given the blob by an upload or a mount."""
        return self._store.get(_key(BLOBS, repository, str(digest))) is not None

    def manifest(self, repository: RepositoryName, digest: Digest) -> ManifestLink | None:
        """The manifest as it was pushed here; None when it was not."""
        key = _key(MANIFESTS, repository, str(digest))
        known = self._known.get(key)
        if known is None:
            entry = self._store.get(key)
            if entry is None:
                return None
            known = self._known[key] = _link(orjson.loads(entry.value))
            if len(self._known) > KNOWN_MANIFESTS:
                self._known.popitem(last=False)
        return known

    def _forget(self, changes: Sequence[Change]) -> None:
        for change in changes:
            self._known.pop(change.key, None)

    async def referrers(self, repository: RepositoryName, subject: Digest) -> list[Json]:
        """The descriptors of all manifests here whose subject this is, by digest."""
        prefix = f"{repository.name}/{subject}/"
        page = await self._store.list(REFERRERS, repository.namespace, prefix=prefix)
        return [orjson.loads(entry.value) for entry in page.entries]

    async def add_blob(self, repository: RepositoryName, digest: Digest, size: int) -> None:
        """Lets the repository show the blob; durable when it returns."""
        self.homes.note(digest, repository)
        if not self.has_blob(repository, digest):
            await self._store.append([Write(_key(BLOBS, repository, str(digest)), orjson.dumps({"size": size}), None)])

    async def remove_blob(self, repository: RepositoryName, digest: Digest) -> bool:
        """Takes the blob out of the repository; the bytes stay. False when it was not there."""
        if not self.has_blob(repository, digest):
            return False
        await self._store.append([Write(_key(BLOBS, repository, str(digest)), None, None)])
        return True

    def manifest_writes(
        self, repository: RepositoryName, digest: Digest, link: ManifestLink, descriptor: Json | None
    ) -> list[Write]:
        """The rows a pushed manifest leaves, those already there left out; `descriptor` files it under its subject."""
        row = {"mediaType": link.media_type, "size": link.size}
        if link.subject is not None:
            row["subject"] = str(link.subject)
        wanted = [(_key(MANIFESTS, repository, str(digest)), orjson.dumps(row))]
        if link.subject is not None and descriptor is not None:
            wanted.append((_key(REFERRERS, repository, f"{link.subject}/{digest}"), orjson.dumps(descriptor)))
        return [Write(key, value, None) for key, value in wanted if self._differs(key, value)]

    async def add_manifest(
        self, repository: RepositoryName, digest: Digest, link: ManifestLink, descriptor: Json | None
    ) -> None:
        """Leaves the rows of a manifest that nobody pushed; durable when it returns."""
        if writes := self.manifest_writes(repository, digest, link, descriptor):
            await self._store.append(writes)

    def hanging(self, repository: RepositoryName, tag: str) -> Digest | None:
        """The manifest that another registry had under this tag when it was last asked."""
        entry = self._store.get(_key(HANGING, repository, tag))
        return None if entry is None else Digest.parse(orjson.loads(entry.value)["digest"])

    async def hang(self, repository: RepositoryName, tag: str, digest: Digest) -> None:
        """Notes what another registry has under this tag."""
        key, value = _key(HANGING, repository, tag), orjson.dumps({"digest": str(digest)})
        if self._differs(key, value):
            await self._store.append([Write(key, value, None)])

    async def remove_manifest(self, repository: RepositoryName, digest: Digest) -> bool:
        """Takes a manifest, and its place among referrers, out of the repository; False when it was not there."""
        link = self.manifest(repository, digest)
        if link is None:
            return False
        writes = [Write(_key(MANIFESTS, repository, str(digest)), None, None)]
        if link.subject is not None:
            writes.append(Write(_key(REFERRERS, repository, f"{link.subject}/{digest}"), None, None))
        await self._store.append(writes)
        return True

    def _differs(self, key: Key, value: bytes) -> bool:
        present = self._store.get(key)
        return present is None or present.value != value


def _link(row: Json) -> ManifestLink:
    subject = row.get("subject")
    return ManifestLink(row["mediaType"], row["size"], Digest.parse(subject) if subject else None)


def _key(resource: str, repository: RepositoryName, rest: str) -> Key:
    return Key(resource, repository.namespace, f"{repository.name}/{rest}")
