"""An OCI layout as the destination of a copy: content first, index.json last; half-fetched blobs are kept aside."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import orjson

from roadstead.base.errors import Failure, StorageFull
from roadstead.base.values import Json
from roadstead.copying.ends import Found, unusable
from roadstead.copying.files import PIECE, FolderFiles
from roadstead.copying.layout import REF_NAME, entries_of, path_of
from roadstead.oci.descriptor import Descriptor
from roadstead.oci.digest import Digest, Hasher
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.pushing import OpenAt

ASIDE = ".roadstead-partial"
LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'


class LayoutDestination:
    """Writes to a folder, which is made if need be. Use it in a `with` block: nobody else writes meanwhile."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._aside = folder / ASIDE
        self._lock: IO[bytes] | None = None
        self._entries: list[Json] = []

    def __enter__(self) -> Self:
        with _said(self.folder):
            if self.folder.is_dir() and any(self.folder.iterdir()) and not (self.folder / "oci-layout").is_file():
                raise unusable(str(self.folder), "it is neither empty nor an OCI layout; name another folder")
            self._aside.mkdir(parents=True, exist_ok=True)
            self._lock = (self._aside / "lock").open("wb")
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._lock.close()
                raise unusable(str(self.folder), "another copy is writing to it") from None
            _write(self.folder / "oci-layout", LAYOUT)
            if not (self.folder / "index.json").exists():
                self._write_index([])
        self._entries = entries_of(FolderFiles(self.folder))
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, trace: TracebackType | None) -> None:
        if self._lock is not None:
            (self._aside / "lock").unlink(missing_ok=True)
            self._lock.close()
        try:
            self._aside.rmdir()
        except OSError:
            pass  # something half fetched is kept in it

    async def has_blob(self, wanted: Descriptor) -> bool:
        """There, and of the right length: what has its name was checked before it got it."""
        return FolderFiles(self.folder).size(path_of(wanted.digest)) == wanted.size

    async def keep_blob(self, wanted: Descriptor, open_at: OpenAt, source: tuple[str, str]) -> bool:
        """Goes on behind what an earlier attempt has left; the file gets its name once its digest was checked."""
        aside = self._aside / f"{wanted.digest.algorithm}-{wanted.digest.hex}"
        with _said(self.folder):
            file, hasher, start = _taken_up(aside, wanted)
        with file:
            async with open_at(start) as chunks:
                async for chunk in chunks:
                    hasher.update(chunk)
                    with _said(self.folder):
                        file.write(chunk)
            with _said(self.folder):
                file.flush()
                os.fsync(file.fileno())
        if hasher.digest() != wanted.digest:
            aside.unlink()
            said = f"what arrived is not {wanted.digest}; it was thrown away, try again"
            raise RemoteFailure(Kind.WRONG_DIGEST, said)
        with _said(self.folder):
            self._name(aside, wanted.digest)
        return True

    async def keep_manifest(self, found: Found, name: str | None, subject: Digest | None) -> None:
        """The bytes, and an entry in the index for what has a name or refers to something."""
        with _said(self.folder):
            aside = self._aside / f"{found.digest.algorithm}-{found.digest.hex}"
            _write(aside, found.body)
            self._name(aside, found.digest)
        entry: Json = {"mediaType": found.media_type, "digest": str(found.digest), "size": len(found.body)}
        if name is None and subject is None:
            return  # an index names it
        if name and not name.startswith(f"{found.digest.algorithm}:"):
            entry["annotations"] = {REF_NAME: name}
        self._entries = [each for each in self._entries if not _replaced(each, entry)]
        self._entries.append(entry)

    async def finish(self) -> None:
        """Names everything."""
        with _said(self.folder):
            self._write_index(self._entries)

    def _name(self, aside: Path, digest: Digest) -> None:
        path = self.folder / path_of(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.replace(aside, path)

    def _write_index(self, entries: list[Json]) -> None:
        body = orjson.dumps(
            {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": entries},
            option=orjson.OPT_INDENT_2,
        )
        aside = self._aside / "index.json"
        _write(aside, body)
        os.replace(aside, self.folder / "index.json")


def _taken_up(aside: Path, wanted: Descriptor) -> tuple[IO[bytes], Hasher, int]:
    """The file to write to, and the hash and length of what it holds already."""
    hasher, start = Hasher(wanted.digest.algorithm), 0
    if aside.exists() and aside.stat().st_size > wanted.size:
        aside.unlink()
    file = aside.open("a+b")
    file.seek(0)
    while piece := file.read(PIECE):
        hasher.update(piece)
        start += len(piece)
    return file, hasher, start


def _replaced(old: Json, new: Json) -> bool:
    """A name means one image; without a name, the same content is listed once."""
    name = (new.get("annotations") or {}).get(REF_NAME, "")
    old_name = (old.get("annotations") or {}).get(REF_NAME, "")
    return bool(old_name == name) if name else bool(old["digest"] == new["digest"] and not old_name)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _said(folder: Path) -> Iterator[None]:
    """What the system says, for people."""
    try:
        yield
    except OSError as refused:
        if refused.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(f"{folder}: no space left; free some and run the same command again") from None
        raise Failure(f"{refused.filename or folder} cannot be written: {refused.strerror}") from None
