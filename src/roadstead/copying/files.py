"""Files of a folder, or inside a tar file, read by name and in pieces."""

from __future__ import annotations

import os
import posixpath
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from roadstead.copying.ends import missing, unusable
from roadstead.remote.errors import Kind, RemoteFailure

PIECE = 1024 * 1024
MAX_MEMBERS = 100_000


class Files(Protocol):
    """Where an image's files lie."""

    @property
    def label(self) -> str:
        """What people call it."""
        ...

    def size(self, name: str) -> int | None:
        """The length of a file in bytes, None when there is none."""
        ...

    def pieces(self, name: str, start: int = 0) -> Iterator[bytes]:
        """Its bytes from `start` on; raises RemoteFailure when there is no such file."""
        ...


def read(files: Files, name: str, limit: int) -> bytes:
    """A small file, whole; raises RemoteFailure when it is missing or larger than `limit` bytes."""
    size = files.size(name)
    if size is None:
        raise missing(name, files.label)
    if size > limit:
        raise unusable(files.label, f"{name} has {size} bytes; at most {limit} are read")
    return b"".join(files.pieces(name))


class FolderFiles:
    """Files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.label = folder, str(folder)

    def size(self, name: str) -> int | None:
        """The length of a regular file."""
        path = self._folder / name
        return path.stat().st_size if path.is_file() else None

    def pieces(self, name: str, start: int = 0) -> Iterator[bytes]:
        """Its bytes."""
        try:
            with (self._folder / name).open("rb") as file:
                file.seek(start)
                while piece := file.read(PIECE):
                    yield piece
        except OSError as refused:
            raise unusable(self.label, f"{name}: {refused.strerror}") from None


class TarFiles:
    """Files inside an uncompressed tar file, which is looked through once and never unpacked."""

    def __init__(self, file: Path) -> None:
        self._file, self.label = file, str(file)
        self._places: dict[str, tuple[int, int]] = {}
        links: dict[str, str] = {}
        try:
            with tarfile.open(file, "r:") as archive:
                for number, member in enumerate(archive):
                    if number > MAX_MEMBERS:
                        raise unusable(self.label, f"it has more than {MAX_MEMBERS} files")
                    name = posixpath.normpath(member.name)
                    if member.isreg():
                        self._places[name] = (member.offset_data, member.size)
                    elif member.issym():
                        links[name] = posixpath.normpath(posixpath.join(posixpath.dirname(name), member.linkname))
                    elif member.islnk():
                        links[name] = posixpath.normpath(member.linkname)
        except FileNotFoundError:
            raise RemoteFailure(Kind.NOT_FOUND, f"there is no file {self.label}") from None
        except (OSError, tarfile.TarError, ValueError, RecursionError) as wrong:
            raise unusable(
                self.label, f"it is no tar file that can be read ({wrong}); unpack it first if it is compressed"
            ) from None
        for name, target in links.items():
            if target in self._places:
                self._places.setdefault(name, self._places[target])
        self._length = os.stat(file).st_size

    def size(self, name: str) -> int | None:
        """The length of a file."""
        place = self._places.get(posixpath.normpath(name))
        return place[1] if place else None

    def pieces(self, name: str, start: int = 0) -> Iterator[bytes]:
        """Its bytes."""
        place = self._places.get(posixpath.normpath(name))
        if place is None:
            raise missing(name, self.label)
        offset, size = place
        if offset + size > self._length:
            raise unusable(self.label, f"it ends in the middle of {name}")
        with self._file.open("rb") as file:
            file.seek(offset + start)
            left = max(0, size - start)
            while left and (piece := file.read(min(PIECE, left))):
                left -= len(piece)
                yield piece
