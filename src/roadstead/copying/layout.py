"""An OCI layout (image-spec 1.1, Image Layout), in a folder or packed, as the source of a copy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import orjson

from roadstead.base.errors import Invalid
from roadstead.base.values import Json
from roadstead.copying.ends import Found, missing, unusable
from roadstead.copying.files import Files, read
from roadstead.oci.attachments import subject_of
from roadstead.oci.descriptor import Descriptor
from roadstead.oci.digest import Digest, Hasher
from roadstead.oci.errors import OciError
from roadstead.oci.manifest import LIMITS, parse
from roadstead.oci.mediatypes import ACCEPTED
from roadstead.oci.strictjson import decode_object
from roadstead.remote.documents import says_media_type
from roadstead.remote.errors import Kind, RemoteFailure

REF_NAME = "org.opencontainers.image.ref.name"
INDEX_BYTES = 8 * 1024 * 1024
MAX_LISTED = 10_000


class LayoutSource:
    """Reads a layout."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._entries = entries_of(files)
        self._subjects: dict[Digest, list[Digest]] | None = None

    @property
    def repository(self) -> tuple[str, str]:
        """No registry."""
        return "", ""

    async def manifest(self, reference: str) -> Found:
        """By digest, by the name in the index, or the only one there is."""
        if ":" in reference and _is_digest(reference):
            return self._manifest(Digest.parse(reference))
        named = [each for each in self._entries if _name_of(each) == reference] if reference else self._unnamed()
        if len(named) != 1:
            names = sorted({_name_of(each) for each in self._entries} - {""})
            which = f"image {reference}" if reference else "exactly one image"
            there = f" (there are {', '.join(names[:20])}; name one)" if names else ""
            raise missing(f"{which}{there}", self._files.label)
        return self._manifest(Digest.parse(str(named[0]["digest"])), named[0].get("mediaType"))

    @asynccontextmanager
    async def blob(self, wanted: Descriptor, start: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes from `start` on."""
        name = path_of(wanted.digest)
        if self._files.size(name) is None:
            raise missing(f"blob {wanted.digest}", self._files.label)
        yield self._checked(wanted.digest, start)

    async def referrers(self, digest: Digest) -> Sequence[Digest]:
        """Those of the index whose subject this is."""
        if self._subjects is None:
            self._subjects = self._find_subjects()
        return self._subjects.get(digest, [])

    async def _checked(self, digest: Digest, start: int) -> AsyncIterator[bytes]:
        hasher = Hasher(digest.algorithm)
        for piece in self._files.pieces(path_of(digest), start):
            hasher.update(piece)
            yield piece
        if start == 0 and hasher.digest() != digest:
            raise _wrong(self._files.label, digest)

    def _unnamed(self) -> list[Json]:
        """The image that is meant when nobody says which: the only one that refers to no other."""
        if len(self._entries) <= 1:
            return self._entries
        referring = {each for found in self._all_subjects().values() for each in found}
        images = [each for each in self._entries if subject_of(_name_of(each)) is None]
        return [each for each in images if Digest.parse(str(each["digest"])) not in referring]

    def _all_subjects(self) -> dict[Digest, list[Digest]]:
        if self._subjects is None:
            self._subjects = self._find_subjects()
        return self._subjects

    def _find_subjects(self) -> dict[Digest, list[Digest]]:
        found: dict[Digest, list[Digest]] = {}
        for entry in self._entries[:MAX_LISTED]:
            try:
                manifest = self._manifest(Digest.parse(str(entry["digest"])), entry.get("mediaType"))
                subject = parse(manifest.body, manifest.media_type).subject
            except (RemoteFailure, OciError):
                continue
            if subject is not None:
                found.setdefault(subject.digest, []).append(manifest.digest)
        return found

    def _manifest(self, digest: Digest, media_type: object = None) -> Found:
        name = path_of(digest)
        if self._files.size(name) is None:
            raise missing(f"manifest {digest}", self._files.label)
        body = read(self._files, name, LIMITS.body_bytes)
        if Digest.of(body, digest.algorithm) != digest:
            raise _wrong(self._files.label, digest)
        stated = media_type if media_type in ACCEPTED else None
        return Found(digest, says_media_type(str(stated) if stated else None, body), body)


def entries_of(files: Files) -> list[Json]:
    """The entries of a layout's index.json that name content by digest; raises RemoteFailure."""
    if files.size("oci-layout") is None:
        raise unusable(files.label, "it is no OCI layout (there is no file oci-layout in it)")
    try:
        version = orjson.loads(read(files, "oci-layout", 4096)).get("imageLayoutVersion")
        index = decode_object(read(files, "index.json", INDEX_BYTES), max_depth=64, max_brackets=250_000)
    except (orjson.JSONDecodeError, AttributeError, Invalid) as wrong:
        raise unusable(files.label, f"oci-layout or index.json cannot be read: {wrong}") from None
    if not isinstance(version, str) or not version.startswith("1."):
        raise unusable(files.label, f"it is an OCI layout of version {str(version)[:40]}, not 1")
    listed = index.get("manifests")
    good = [each for each in (listed if isinstance(listed, list) else []) if isinstance(each, dict)]
    return [each for each in good if _is_digest(str(each.get("digest", "")))]


def path_of(digest: Digest) -> str:
    """Where a layout keeps content."""
    return f"blobs/{digest.algorithm}/{digest.hex}"


def _name_of(entry: Json) -> str:
    annotations = entry.get("annotations")
    name = annotations.get(REF_NAME, "") if isinstance(annotations, dict) else ""
    return name if isinstance(name, str) else ""


def _is_digest(text: str) -> bool:
    try:
        Digest.parse(text)
    except Invalid:
        return False
    return True


def _wrong(label: str, digest: Digest) -> RemoteFailure:
    return RemoteFailure(Kind.WRONG_DIGEST, f"{label} holds other bytes than those of {digest}; it is damaged")
