"""A registry in memory behind real sockets on loopback: what other registries look like to us, well-behaved.

    async with UpstreamRegistry() as upstream:
        upstream.add("team/web", image(), "v1")

It records each request, so that a test can say what was asked and who was told a secret. `testing/hostile.py` makes one
that misbehaves.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import orjson
from aiohttp import web

from roadstead.oci.digest import Digest
from roadstead.oci.errors import Code, OciError, envelope
from roadstead.testing.builders import Content
from roadstead.testing.upstream_uploads import Repository, UploadDesk
from roadstead.testing.upstream_users import Users

_ROUTE = re.compile(
    r"/v2/(?P<name>[a-z0-9./_-]+)/(?P<what>manifests|blobs|tags|referrers)/(?P<rest>uploads/?|uploads/[^/]+|[^/]+)"
)
_RANGE = re.compile(r"bytes=([0-9]+)-([0-9]*)")
PIECE = 64 * 1024

Answerer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse | None]]
"""Something that may answer in the registry's place; None leaves it to the registry."""


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    query: str
    headers: dict[str, str]

    @property
    def authorization(self) -> str:
        """What was shown."""
        return self.headers.get("authorization", "")


class UpstreamRegistry:
    """A registry. `users` decides who must log in and how; `tls` makes it serve https; `host` is where it listens."""

    def __init__(
        self, *, users: Users | None = None, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> None:
        self.users, self._tls, self._host = users or Users(), tls, host
        self.repositories: dict[str, Repository] = {}
        self.signatures: dict[str, list[dict[str, Any]]] = {}
        self.seen: list[Seen] = []
        self.referrers_api = True
        self.extra_headers: dict[str, str] = {}
        self.before: list[Answerer] = []
        self.uploads = UploadDesk()
        self._runner: web.ServerRunner | None = None
        self.port = 0

    def add(self, repository: str, content: Content, *tags: str, children: tuple[Content, ...] = ()) -> str:
        """Puts a manifest with its blobs (and an index's children with theirs) here; the manifest's digest."""
        held = self.repositories.setdefault(repository, Repository())
        for child in children:
            self.add(repository, child)
        held.manifests[content.digest] = (content.media_type, content.data)
        held.blobs.update({blob.digest: blob.data for blob in content.blobs})
        held.tags.update(dict.fromkeys(tags, content.digest))
        return content.digest

    @property
    def host(self) -> str:
        """host:port, as references name it."""
        return f"[{self._host}]:{self.port}" if ":" in self._host else f"{self._host}:{self.port}"

    @property
    def address(self) -> str:
        """Scheme and host."""
        return f"{'https' if self._tls else 'http'}://{self.host}"

    def asked(self, method: str = "", part: str = "") -> list[Seen]:
        """The requests seen with this method and this text in their path."""
        return [each for each in self.seen if method in ("", each.method) and part in each.path]

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        """Listens, on a free port unless one is given."""
        server = web.Server(self._answer, access_log=None, max_field_size=64 * 1024)
        self._runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, port, ssl_context=self._tls)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stops listening and cuts every connection; what it holds stays, so it may start again."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @contextmanager
    def in_thread(self) -> Iterator[Self]:
        """Serves from a thread of its own, for tests that are not asynchronous or run a server in this loop."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        asyncio.run_coroutine_threadsafe(self.start(), loop).result(10)
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(self.stop(), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        headers = {name.lower(): text for name, text in request.headers.items()}
        self.seen.append(Seen(request.method, request.path, request.query_string, headers))
        for answerer in self.before:
            answer = await answerer(request)
            if answer is not None:
                return answer
        try:
            answer = await self._well_behaved(request)
        except OciError as error:
            answer = web.Response(
                status=error.status, body=envelope([error]), content_type="application/json", headers=error.headers
            )
        if not answer.prepared:
            answer.headers.update(self.extra_headers)
        return answer

    async def _well_behaved(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == self.users.token_path:
            return await self.users.token(request)
        self.users.admit(request, self.address)
        if request.path == "/v2/":
            return _json({})
        return await self._about_content(request)

    async def _about_content(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path.startswith("/extensions/v2/"):
            digest = request.path.rpartition("/")[2]
            return _json({"signatures": self.signatures.get(digest, [])})
        route = _ROUTE.fullmatch(request.path)
        if route is None:
            raise OciError("UNSUPPORTED", status=404)
        name, what, rest = route["name"], route["what"], route["rest"]
        if what == "blobs" and rest.startswith("uploads"):
            return await self.uploads.answer(request, name, rest, self.repositories)
        if what == "manifests" and request.method == "PUT":
            return await self._put_manifest(request, name, rest)
        held = self.repositories.get(name)
        if held is None:
            raise OciError("NAME_UNKNOWN")
        match what:
            case "manifests":
                return self._manifest(held, rest)
            case "tags":
                return self._tags(request, name, held)
            case "referrers":
                return self._referrers(held, rest)
        return await self._blob(request, held, rest)

    def _manifest(self, held: Repository, reference: str) -> web.Response:
        digest = held.tags.get(reference, reference)
        found = held.manifests.get(digest)
        if found is None:
            raise OciError("MANIFEST_UNKNOWN")
        media_type, body = found
        return web.Response(body=body, headers={"Content-Type": media_type, "Docker-Content-Digest": digest})

    async def _put_manifest(self, request: web.BaseRequest, name: str, reference: str) -> web.Response:
        body = await request.read()
        digest = reference if ":" in reference else str(Digest.of(body))
        held = self.repositories.setdefault(name, Repository())
        document = orjson.loads(body)
        parts = [*([document["config"]] if "config" in document else []), *document.get("layers", [])]
        missing = [part["digest"] for part in parts if part["digest"] not in held.blobs]
        missing += [each["digest"] for each in document.get("manifests", []) if each["digest"] not in held.manifests]
        if missing:
            raise OciError("MANIFEST_BLOB_UNKNOWN", f"{missing[0]} is not here", status=404)
        held.manifests[digest] = (request.headers["Content-Type"], body)
        if ":" not in reference:
            held.tags[reference] = digest
        headers = {"Location": f"/v2/{name}/manifests/{digest}", "Docker-Content-Digest": digest}
        if "subject" in document and self.referrers_api:
            headers["OCI-Subject"] = document["subject"]["digest"]
        return web.Response(status=201, headers=headers)

    def _tags(self, request: web.BaseRequest, name: str, held: Repository) -> web.Response:
        names, last = sorted(held.tags), request.query.get("last", "")
        after = [each for each in names if each > last]
        count = int(request.query.get("n", "0")) or len(after)
        page = after[:count]
        more = {"Link": f'</v2/{name}/tags/list?n={count}&last={page[-1]}>; rel="next"'} if len(after) > count else {}
        return _json({"name": name, "tags": page}, more)

    def _referrers(self, held: Repository, digest: str) -> web.Response:
        if not self.referrers_api:
            raise OciError("UNSUPPORTED", status=404)
        found = []
        for name, (media_type, body) in held.manifests.items():
            document = orjson.loads(body)
            if (document.get("subject") or {}).get("digest") == digest:
                kind = document.get("artifactType") or document.get("config", {}).get("mediaType")
                found.append({"mediaType": media_type, "digest": name, "size": len(body), "artifactType": kind})
        index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": found}
        return web.Response(body=orjson.dumps(index), content_type="application/vnd.oci.image.index.v1+json")

    async def _blob(self, request: web.BaseRequest, held: Repository, digest: str) -> web.StreamResponse:
        data = held.blobs.get(digest)
        if data is None:
            raise OciError("BLOB_UNKNOWN")
        wanted, headers, status = _RANGE.fullmatch(request.headers.get("Range", "")), {}, 200
        if wanted:
            start = int(wanted[1])
            last = min(int(wanted[2] or len(data) - 1), len(data) - 1)
            if start > last:
                raise OciError("RANGE_INVALID")
            headers, status = {"Content-Range": f"bytes {start}-{last}/{len(data)}"}, 206
            data = data[start : last + 1]
        answer = web.StreamResponse(status=status, headers={"Docker-Content-Digest": digest, **headers})
        answer.content_type = "application/octet-stream"
        answer.content_length = len(data)
        answer.headers.update(self.extra_headers)
        await answer.prepare(request)
        if request.method == "GET":
            for at in range(0, len(data), PIECE):
                await answer.write(data[at : at + PIECE])
        return answer


def refusal(code: Code, status: int = 0, headers: dict[str, str] | None = None) -> web.Response:
    """An error answer of a registry."""
    error = OciError(code, status=status)
    return web.Response(
        status=error.status, body=envelope([error]), content_type="application/json", headers=headers or {}
    )


def _json(value: object, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type="application/json", headers=headers or {})
