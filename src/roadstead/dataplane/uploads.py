"""Uploads of blobs: start, mount, continue, finish, cancel (registry contract, section 8)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from roadstead.auth.users import User
from roadstead.base.errors import Failure, OutOfRange
from roadstead.base.web import Reply
from roadstead.dataplane.admitted import Admitted
from roadstead.oci.digest import ALGORITHMS, EMPTY, Digest
from roadstead.oci.errors import OciError
from roadstead.oci.ranges import parse_content_range
from roadstead.oci.reference import RepositoryName, parse_repository
from roadstead.repositories.links import Links
from roadstead.repositories.pull import Pull
from roadstead.repositories.uploads import Session, UploadSessions

MayPull = Callable[[User, RepositoryName], bool]


class UploadHandlers:
    """Handlers of `/v2/<name>/blobs/uploads/…`."""

    def __init__(self, sessions: UploadSessions, pull: Pull, links: Links, may_pull: MayPull) -> None:
        self._sessions, self._pull, self._links, self._may_pull = sessions, pull, links, may_pull

    async def start(self, ask: Admitted) -> Reply:
        """POST: a mount if it can be one, a whole blob if the body is one, else a new upload."""
        mounted = await self._mount(ask)
        if mounted is not None:
            return mounted
        text = ask.request.query_value("digest")
        digest = Digest.parse(text) if text else None
        algorithm = digest.algorithm if digest else ask.request.query_value("digest-algorithm", "sha256")
        if algorithm not in ALGORITHMS:
            raise OciError("DIGEST_INVALID", f"digest algorithm {algorithm!r} is not one of {', '.join(ALGORITHMS)}")
        session = await self._sessions.start(ask.repository, ask.caller, algorithm)
        if digest is None or not (_has_body(ask) or digest == EMPTY):
            return _accepted(ask, session)
        try:
            await self._sessions.finish(session, digest, ask.request.body.chunks())
        except (Failure, ConnectionError):
            await self._sessions.cancel(session)
            raise
        return created(ask, digest)

    async def status(self, ask: Admitted) -> Reply:
        """GET: how many bytes are kept."""
        return _progress(ask, await self._find(ask, check_state=False), 204)

    async def append(self, ask: Admitted) -> Reply:
        """PATCH: more bytes, at the offset the client names or at the end."""
        session = await self._find(ask)
        return _accepted(ask, await self._sessions.append(session, _chunks(ask, session)))

    async def finish(self, ask: Admitted) -> Reply:
        """PUT: the last bytes, if any, and the digest of all."""
        text = ask.request.query_value("digest")
        if not text:
            raise OciError(
                "DIGEST_INVALID", "a finished upload names its digest: add ?digest=", detail="digest missing"
            )
        session = await self._find(ask)
        try:
            digest = Digest.parse(text)
        except Failure as wrong:
            raise OciError("DIGEST_INVALID", wrong.message, detail="digest parsing failed") from None
        chunks = _chunks(ask, session)
        await self._sessions.finish(session, digest, chunks if _has_body(ask) else None)
        return created(ask, digest)

    async def cancel(self, ask: Admitted) -> Reply:
        """DELETE: forget it."""
        await self._sessions.cancel(await self._find(ask))
        return Reply(204)

    async def _find(self, ask: Admitted, *, check_state: bool = True) -> Session:
        state = ask.request.query_value("_state") if check_state else ""
        return await self._sessions.find(ask.repository, ask.caller, ask.reference, state)

    async def _mount(self, ask: Admitted) -> Reply | None:
        """201 when the blob can be shown from elsewhere; None means: upload it (a mount never fails)."""
        try:
            digest = Digest.parse(ask.request.query_value("mount"))
            source = ask.request.query_value("from")
            origins = [parse_repository(source)] if source else [ask.repository, *self._links.homes.of(digest)]
        except Failure:
            return None
        for origin in origins:
            if origin != ask.repository and not self._may_pull(ask.user, origin):
                continue
            size = await self._pull.blob_size(origin, digest)
            if size is not None:
                await self._links.add_blob(ask.repository, digest, size)
                return created(ask, digest)
        return None


def created(ask: Admitted, digest: Digest) -> Reply:
    """201: the blob is kept for good."""
    location = f"{ask.url}/blobs/{digest}"
    return Reply(201, {"Location": location, "Docker-Content-Digest": str(digest), "Content-Length": "0"})


def _chunks(ask: Admitted, session: Session) -> AsyncIterator[bytes]:
    """The bytes sent, once it is clear that they go on where the upload ends."""
    text = ask.request.headers.get("Content-Range")
    if text is None:
        return ask.request.body.chunks()
    first, last = parse_content_range(text)
    if first != session.offset:
        raise OutOfRange(
            f"the upload holds {session.offset} bytes, the chunk begins at {first}; GET the upload to go on from there"
        )
    length = ask.request.content_length
    if length is not None and length != last - first + 1:
        raise _not_the_size(last - first + 1, str(length))
    return _exactly(ask.request.body.chunks(), last - first + 1)


async def _exactly(chunks: AsyncIterator[bytes], length: int) -> AsyncIterator[bytes]:
    """The chunks, which must have that many bytes together; SIZE_INVALID, before a byte too many is kept."""
    seen = 0
    async for chunk in chunks:
        seen += len(chunk)
        if seen > length:
            raise _not_the_size(length, "more")
        yield chunk
    if seen < length:
        raise _not_the_size(length, str(seen))


def _not_the_size(length: int, found: str) -> OciError:
    return OciError("SIZE_INVALID", f"the Content-Range spans {length} bytes, the body has {found}")


def _has_body(ask: Admitted) -> bool:
    return bool(ask.request.content_length) or "Transfer-Encoding" in ask.request.headers


def _accepted(ask: Admitted, session: Session) -> Reply:
    return _progress(ask, session, 202)


def _progress(ask: Admitted, session: Session, status: int) -> Reply:
    headers = {
        "Location": f"{ask.url}/blobs/uploads/{session.id}?_state={session.state}",
        "Range": f"0-{max(session.offset - 1, 0)}",
        "Docker-Upload-UUID": session.id,
    }
    return Reply(status, headers if status == 204 else {**headers, "Content-Length": "0"})
