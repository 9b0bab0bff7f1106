"""What an upstream registry of a test holds, and uploads to it: in one piece, in several, and mounts."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field

from aiohttp import web

from roadstead.oci.digest import Digest
from roadstead.oci.errors import OciError


@dataclass
class Repository:
    """What a repository holds."""

    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)


class UploadDesk:
    """Uploads under way, and how they go: `cut_after` breaks the next PATCH after so many bytes, and forgets itself."""

    def __init__(self) -> None:
        self._open: dict[str, bytearray] = {}
        self.cut_after: int | None = None

    async def answer(
        self, request: web.BaseRequest, name: str, rest: str, repositories: dict[str, Repository]
    ) -> web.StreamResponse:
        """One request about an upload."""
        upload = rest.partition("/")[2]
        if request.method == "POST":
            return self._start(request, name, repositories)
        kept = self._open.get(upload)
        if kept is None:
            raise OciError("BLOB_UPLOAD_UNKNOWN")
        if request.method == "GET":
            return _status(204, name, upload, kept)
        if request.method == "PATCH":
            return await self._append(request, name, upload, kept)
        if request.method == "PUT":
            return await self._finish(request, name, upload, repositories)
        raise OciError("UNSUPPORTED")

    def _start(self, request: web.BaseRequest, name: str, repositories: dict[str, Repository]) -> web.Response:
        mount, source = request.query.get("mount", ""), request.query.get("from", "")
        if mount and source in repositories and mount in repositories[source].blobs:
            _held(repositories, name).blobs[mount] = repositories[source].blobs[mount]
            headers = {"Location": f"/v2/{name}/blobs/{mount}", "Docker-Content-Digest": mount}
            return web.Response(status=201, headers=headers)
        upload = uuid.uuid4().hex
        self._open[upload] = bytearray()
        return _status(202, name, upload, self._open[upload])

    async def _append(self, request: web.BaseRequest, name: str, upload: str, kept: bytearray) -> web.Response:
        stated = re.fullmatch(r"([0-9]+)-([0-9]+)", request.headers.get("Content-Range", ""))
        if stated and int(stated[1]) != len(kept):
            raise OciError("RANGE_INVALID", headers={"Range": f"0-{len(kept) - 1}"})
        async for chunk in request.content.iter_any():
            if self.cut_after is not None and len(kept) + len(chunk) > self.cut_after:
                kept += chunk[: max(0, self.cut_after - len(kept))]
                self.cut_after = None
                assert request.transport is not None
                request.transport.abort()
                raise ConnectionResetError
            kept += chunk
        return _status(202, name, upload, kept)

    async def _finish(
        self, request: web.BaseRequest, name: str, upload: str, repositories: dict[str, Repository]
    ) -> web.Response:
        data = bytes(self._open.pop(upload)) + await request.read()
        digest = request.query.get("digest", "")
        if str(Digest.of(data, digest.partition(":")[0])) != digest:
            raise OciError("DIGEST_INVALID")
        _held(repositories, name).blobs[digest] = data
        headers = {"Location": f"/v2/{name}/blobs/{digest}", "Docker-Content-Digest": digest}
        return web.Response(status=201, headers=headers)


def _held(repositories: dict[str, Repository], name: str) -> Repository:
    return repositories.setdefault(name, Repository())


def _status(status: int, name: str, upload: str, kept: bytearray) -> web.Response:
    headers = {"Location": f"/v2/{name}/blobs/uploads/{upload}", "Docker-Upload-UUID": upload}
    return web.Response(status=status, headers={**headers, "Range": f"0-{max(0, len(kept) - 1)}"})
