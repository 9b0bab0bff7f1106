"""Any registry: manifests, blobs, tags, referrers and signatures, each verified and bounded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote, urlencode

from multidict import CIMultiDictProxy

from roadstead.base.errors import Invalid
from roadstead.base.values import Json
from roadstead.oci import mediatypes
from roadstead.oci.digest import ALGORITHMS, Digest
from roadstead.oci.reference import parse_tag
from roadstead.remote.documents import descriptors_of, list_of, next_page, object_of, says_media_type
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.fetching import Fetch, RemoteBlob
from roadstead.remote.guard import Answer, Trust
from roadstead.remote.places import NO_KEYS, Credential, Keys, Place, repository_on
from roadstead.remote.session import Remotes, Session, Wanted
from roadstead.remote.words import SCHEMA1, failure_of

NO_HEADERS: Mapping[str, str] = MappingProxyType({})
MANIFEST_BYTES = 4 * 1024 * 1024
DOCUMENT_BYTES = 8 * 1024 * 1024
ERROR_BYTES = 64 * 1024
MAX_PAGES = 1000
PAGES_TIMES = 5
"""All pages of a list together may take so many times what one may."""
MAX_TAGS = 100_000
MAX_REFERRERS = 10_000
PAGE = 1000
ACCEPT = (*mediatypes.ACCEPTED, *sorted(mediatypes.DOCKER_SCHEMA1))
"""The six kinds of manifest that are asked for (image-api contract, section 14.3)."""


@dataclass(frozen=True, slots=True)
class RemoteManifest:
    """A manifest as it came; its bytes hash to `digest`."""

    digest: Digest
    media_type: str
    body: bytes
    headers: CIMultiDictProxy[str]


class RemoteRegistry:
    """One registry, as one caller. Every method raises RemoteFailure; repositories are named as people name them.

    `place` gives host, insecure and CA; its repository is not looked at, since each call names one. `headers` go with
    every request.
    """

    def __init__(
        self,
        remotes: Remotes,
        place: Place,
        keys: Keys = NO_KEYS,
        *,
        manifest_bytes: int = MANIFEST_BYTES,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> None:
        self.host, self._keys, self._manifest_bytes = place.host, keys, manifest_bytes
        self._headers, self._options = headers, remotes.guard.options
        self._session = Session(remotes, place.server, Trust(place.insecure, place.ca))

    async def manifest(self, repository: str, reference: str, accept: Sequence[str] = ACCEPT) -> RemoteManifest:
        """The manifest under a tag or a digest, at most `manifest_bytes` long; by digest, it must be that one."""
        path, what = self._manifest_path(repository, reference), f"manifest {repository}:{reference}"
        async with await self.ask("GET", path, repository, headers={"Accept": ", ".join(accept)}) as answer:
            if answer.status != 200:
                raise await self.failed(answer, what)
            body = await answer.read(self._manifest_bytes)
            headers, host = answer.headers, answer.host
        media_type = says_media_type(headers.get("Content-Type"), body)
        told = headers.get("Docker-Content-Digest", "")
        if media_type in mediatypes.DOCKER_SCHEMA1:
            # Signed, it is named by the digest of a part of it: nothing to hold the whole against.
            told = ""
            if ":" in reference and reference != str(Digest.of(body)):
                raise RemoteFailure(Kind.REFUSED, SCHEMA1, host=host)
        digest = _digest_of(body, reference, told, host)
        return RemoteManifest(digest, media_type, body, headers)

    async def tags(self, repository: str, limit: int = MAX_TAGS) -> list[str]:
        """Every tag, in the registry's order; TOO_LARGE when there are more than `limit`, or no end of pages.

        Texts that are no tags are left out.
        """
        path = f"/v2/{self._name(repository)}/tags/list?n={PAGE}"
        names: dict[str, None] = {}
        async for page in self._pages(path, repository, f"the tags of {repository}"):
            for name in list_of(page, "tags", self.host):
                if isinstance(name, str) and _is_tag(name):
                    names[name] = None
            if len(names) > limit:
                raise RemoteFailure(Kind.TOO_LARGE, f"{repository} has more than {limit} tags", host=self.host)
        return list(names)

    @asynccontextmanager
    async def blob(
        self, repository: str, digest: Digest, start: int = 0, *, size: int | None = None, verify: bool = True
    ) -> AsyncIterator[RemoteBlob]:
        """A blob from a byte on, while it comes: `async with registry.blob(…) as blob: async for chunk in blob.chunks`.

        `size` is that of the whole blob where it is known. A connection that breaks is taken up again where it
        stopped. From byte 0, the last chunk is followed by WRONG_DIGEST unless all together have the digest; from
        another byte, or without `verify`, that is the caller's to check.
        """
        fetch = Fetch(self, repository, digest, start, size, verify=verify)
        try:
            yield await fetch.begin()
        finally:
            fetch.close()

    async def stat_blob(self, repository: str, digest: Digest) -> int:
        """The size in bytes; raises RemoteFailure NOT_FOUND where there is none."""
        async with await self.ask("HEAD", self.blob_path(repository, digest), repository) as answer:
            if answer.status != 200:
                raise await self.failed(answer, f"blob {digest}")
            if answer.length is None:
                raise RemoteFailure(Kind.MALFORMED, f"{self.host} does not tell the size of {digest}", host=self.host)
            return answer.length

    async def referrers(self, repository: str, digest: Digest, artifact_type: str = "") -> list[Json]:
        """Descriptors of what refers to a manifest: by the API, else by the tag that stands in for it; [] for none."""
        query = f"?{urlencode({'artifactType': artifact_type})}" if artifact_type else ""
        path = f"/v2/{self._name(repository)}/referrers/{digest}{query}"
        found: list[Json] = []
        try:
            async for page in self._pages(path, repository, f"the referrers of {digest}"):
                found += descriptors_of(page, self.host)
                if len(found) > MAX_REFERRERS:
                    said = f"{digest} has more than {MAX_REFERRERS} referrers"
                    raise RemoteFailure(Kind.TOO_LARGE, said, host=self.host)
        except RemoteFailure as failure:
            if failure.kind not in (Kind.NOT_FOUND, Kind.NAME_UNKNOWN, Kind.REFUSED):
                raise
            found = await self._referrers_by_tag(repository, digest)
        return [each for each in found if not artifact_type or each.get("artifactType") == artifact_type]

    async def signatures(self, repository: str, digest: Digest) -> list[Json]:
        """Simple signatures by OpenShift's extension; [] where the registry does not offer it (contract, 12.4)."""
        if not self._session.upstream.signatures:
            return []
        path = f"/extensions/v2/{self._name(repository)}/signatures/{digest}"
        async with await self.ask("GET", path, repository) as answer:
            if answer.status == 404:
                return []
            if answer.status != 200:
                raise await self.failed(answer, f"the signatures of {digest}")
            page = object_of(await answer.read(DOCUMENT_BYTES), self.host)
        return [each for each in list_of(page, "signatures", self.host) if isinstance(each, dict)]

    async def ask(
        self,
        method: str,
        target: str,
        repository: str,
        *,
        headers: dict[str, str] | None = None,
        seconds: float = 0.0,
    ) -> Answer:
        """The answer to a request without a body about a repository, read only."""
        scope = self._reading(repository)
        sent = {**self._headers, **(headers or {})}
        return await self.send(Wanted(method, target, scope, sent, seconds=seconds), repository)

    async def send(self, wanted: Wanted, repository: str) -> Answer:
        """The answer to any request about a repository, with the keys that match it."""
        answer = await self._session.open(wanted, self.credentials(repository))
        if answer.headers.get("X-Registry-Supports-Signatures") == "1":
            self._session.upstream.signatures = True
        return answer

    def credentials(self, repository: str) -> Sequence[Credential]:
        """The keys for a repository here, in the order to try."""
        return self._keys.matching(self.host, self.full_name(repository))

    def sufficed(self, repository: str) -> Credential | None:
        """The key by which this client last read from a repository; None before it did."""
        return self._session.sufficed(self._reading(repository))

    def _reading(self, repository: str) -> str:
        return f"repository:{self.full_name(repository)}:pull"

    def full_name(self, repository: str) -> str:
        """The repository as the registry names it."""
        return repository_on(self.host, repository)

    def blob_path(self, repository: str, digest: Digest) -> str:
        """The path of a blob."""
        return f"/v2/{self._name(repository)}/blobs/{digest}"

    def uploads_path(self, repository: str) -> str:
        """The path where uploads begin."""
        return f"/v2/{self._name(repository)}/blobs/uploads/"

    @property
    def transfer_seconds(self) -> float:
        """The time a blob may take."""
        return float(self._options.transfer_seconds)

    async def failed(self, answer: Answer, what: str) -> RemoteFailure:
        """The failure that an answer stands for."""
        try:
            body = await answer.read(ERROR_BYTES)
        except RemoteFailure:
            body = b""
        return failure_of(answer.status, body, self.host, what)

    async def _pages(self, path: str, repository: str, what: str) -> AsyncIterator[Json]:
        seen: set[str] = set()
        loop = asyncio.get_running_loop()
        end = loop.time() + PAGES_TIMES * self._options.document_seconds
        for _ in range(MAX_PAGES):
            seen.add(path)
            seconds = min(end - loop.time(), float(self._options.document_seconds))
            if seconds <= 0:
                raise RemoteFailure(Kind.TIMEOUT, f"{self.host} did not list {what} in time", host=self.host)
            async with await self.ask("GET", path, repository, seconds=seconds) as answer:
                if answer.status != 200:
                    raise await self.failed(answer, what)
                page = object_of(await answer.read(DOCUMENT_BYTES), self.host)
                link = answer.headers.get("Link", "")
            yield page
            path = next_page(link, path, self._session.address, self.host)
            if not path:
                return
            if path in seen:
                raise RemoteFailure(Kind.MALFORMED, f"{self.host} lists {what} in a circle", host=self.host)
        raise RemoteFailure(Kind.TOO_LARGE, f"{self.host} lists {what} on more than {MAX_PAGES} pages", host=self.host)

    async def _referrers_by_tag(self, repository: str, digest: Digest) -> list[Json]:
        try:
            found = await self.manifest(repository, f"{digest.algorithm}-{digest.hex}"[:128], (mediatypes.OCI_INDEX,))
        except RemoteFailure as failure:
            if failure.kind in (Kind.NOT_FOUND, Kind.NAME_UNKNOWN):
                return []
            raise
        return descriptors_of(object_of(found.body, self.host), self.host)

    def _manifest_path(self, repository: str, reference: str) -> str:
        return f"/v2/{self._name(repository)}/manifests/{quote(reference, safe=':')}"

    def manifest_path(self, repository: str, reference: str) -> str:
        """The path of a manifest."""
        return self._manifest_path(repository, reference)

    def _name(self, repository: str) -> str:
        return quote(self.full_name(repository), safe="/")


def accepted(*more: str, without: Iterable[str] = ()) -> tuple[str, ...]:
    """The kinds of manifest that are asked for, with more or fewer."""
    return tuple(each for each in (*ACCEPT, *more) if each not in set(without))


def _digest_of(body: bytes, reference: str, told: str, host: str) -> Digest:
    """The digest of a manifest, by the reference asked for, else by the registry's word; both must be true."""
    if ":" in reference:
        wanted = Digest.parse(reference)
        if Digest.of(body, wanted.algorithm) != wanted:
            said = f"{host} sends other bytes than those of {wanted}"
            raise RemoteFailure(Kind.WRONG_DIGEST, said, host=host)
        return wanted
    algorithm = told.partition(":")[0]
    digest = Digest.of(body, algorithm if algorithm in ALGORITHMS else "sha256")
    if algorithm in ALGORITHMS and told != str(digest):
        raise RemoteFailure(Kind.WRONG_DIGEST, f"{host} calls a manifest {told[:200]} that is {digest}", host=host)
    return digest


def _is_tag(text: str) -> bool:
    try:
        parse_tag(text)
    except Invalid:
        return False
    return True
