"""The registry door without sockets: a house with people who hold rights, and a client for each of them."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from multidict import CIMultiDict

from roadstead.apimachinery.ask import Ask
from roadstead.app.access import REGISTRY_AUDIENCE
from roadstead.app.build import App, build, utc_now
from roadstead.auth.bootstrap import cluster_role_binding, role_binding
from roadstead.auth.tokens import RegistryTokens
from roadstead.auth.users import AUTHENTICATED, User
from roadstead.base.settings import Settings
from roadstead.base.values import Json
from roadstead.base.web import Body, FileSlice, Handler, Reply, request_for
from roadstead.resources import plain
from roadstead.testing.builders import Content

HOST = "registry.test:5000"
ADDRESS = f"http://{HOST}"
PEOPLE = {
    ("shop", "system:image-puller"): "puller",
    ("shop", "system:image-pusher"): "pusher",
    ("shop", "system:image-builder"): "builder",
    ("shop", "registry-editor"): "editor",
    ("other", "system:image-builder"): "neighbour",
}
"""Who may do what where; everybody else may do nothing."""


class Answer:
    """A reply, read whole."""

    def __init__(self, reply: Reply, body: bytes) -> None:
        self.status, self.headers, self.body = reply.status, CIMultiDict(reply.headers), body
        self.length = len(body) if reply.length is None else reply.length

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return orjson.loads(self.body)

    @property
    def error(self) -> Json:
        """The first error of the envelope."""
        first: Json = self.json["errors"][0]
        return first

    @property
    def code(self) -> str:
        """The code of the first error; empty when the answer is none."""
        return str(self.error["code"]) if self.status >= 400 and self.body.startswith(b'{"errors"') else ""

    @property
    def message(self) -> str:
        """The message of the first error."""
        return str(self.error["message"])

    @property
    def digest(self) -> str:
        """The Docker-Content-Digest."""
        return self.headers.get("Docker-Content-Digest", "")

    @property
    def location(self) -> str:
        """The Location, as a target on this server."""
        return self.headers["Location"].removeprefix(ADDRESS)

    @property
    def next(self) -> str:
        """The target of the next page; empty on the last."""
        return self.headers.get("Link", "").partition(">")[0].removeprefix("<")

    def __repr__(self) -> str:
        return f"<{self.status} {dict(self.headers)} {self.body[:600]!r}>"


class Streamed:
    """A body sent in pieces; one that `breaks` ends with a client that is gone."""

    def __init__(self, *pieces: bytes, breaks: bool = False) -> None:
        self._pieces, self._breaks = pieces, breaks

    async def chunks(self) -> AsyncIterator[bytes]:
        """The pieces."""
        for piece in self._pieces:
            yield piece
        if self._breaks:
            raise ConnectionError("the client is gone")


class Client:
    """Asks the registry as one caller."""

    def __init__(self, door: Handler, authorization: str | None) -> None:
        self._door, self._authorization = door, authorization

    async def ask(
        self, method: str, target: str, body: bytes | Body = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request and its whole answer; a body that is not bytes is sent chunked."""
        sent = CIMultiDict({"Host": HOST})
        if self._authorization is not None:
            sent["Authorization"] = self._authorization
        if not isinstance(body, bytes):
            sent["Transfer-Encoding"] = "chunked"
        sent.extend(headers or {})
        reply = await self._door(request_for(method, target.removeprefix(ADDRESS), headers=sent, body=body))
        return Answer(reply, await _whole(reply))

    async def get(self, target: str, **headers: str) -> Answer:
        """GET; an underscore in the name of a header stands for a dash."""
        return await self.ask("GET", target, headers=_dashed(headers))

    async def head(self, target: str, **headers: str) -> Answer:
        """HEAD; the body is what a GET would have sent, unless it is a file or a stream."""
        return await self.ask("HEAD", target, headers=_dashed(headers))

    async def put(self, target: str, body: bytes | Body = b"", **headers: str) -> Answer:
        """PUT."""
        return await self.ask("PUT", target, body, _dashed(headers))

    async def post(self, target: str, body: bytes | Body = b"", **headers: str) -> Answer:
        """POST."""
        return await self.ask("POST", target, body, _dashed(headers))

    async def patch(self, target: str, body: bytes | Body = b"", **headers: str) -> Answer:
        """PATCH."""
        return await self.ask("PATCH", target, body, _dashed(headers))

    async def delete(self, target: str) -> Answer:
        """DELETE."""
        return await self.ask("DELETE", target)

    async def start(self, repository: str, query: str = "") -> Answer:
        """A new upload."""
        return await self.post(f"/v2/{repository}/blobs/uploads/{query}")

    async def push_blob(self, repository: str, content: Content) -> Answer:
        """POST, then PUT with everything."""
        started = await self.start(repository)
        assert started.status == 202, started
        return await self.put(with_digest(started.location, content.digest), content.data)

    async def put_manifest(self, repository: str, content: Content, reference: str = "", **headers: str) -> Answer:
        """The manifest alone, under a tag or (without a reference) its digest."""
        target = f"/v2/{repository}/manifests/{reference or content.digest}"
        return await self.put(target, content.data, Content_Type=content.media_type, **headers)

    async def push(self, repository: str, content: Content, reference: str = "") -> Answer:
        """The blobs, then the manifest; all must succeed."""
        for blob in content.blobs:
            pushed = await self.push_blob(repository, blob)
            assert pushed.status == 201, pushed
        answer = await self.put_manifest(repository, content, reference)
        assert answer.status == 201, answer
        return answer


@dataclass
class House:
    """An app over a folder."""

    app: App
    folder: Path

    @property
    def admin(self) -> Client:
        """The administrator."""
        return Client(self.app.registry, f"Bearer {(self.folder / 'admin.token').read_text().strip()}")

    @property
    def anonymous(self) -> Client:
        """A caller with the anonymous token."""
        return self.showing("Bearer anonymous")

    def person(self, name: str) -> Client:
        """Somebody with a name: one of PEOPLE, or one without any right."""
        return self.showing(f"Bearer {self.token(name)}")

    def showing(self, authorization: str | None) -> Client:
        """A caller with this Authorization header; None sends none."""
        return Client(self.app.registry, authorization)

    def token(self, name: str) -> str:
        """A fresh registry token."""
        tokens = RegistryTokens.open(self.folder / "tls" / "tokens.key", REGISTRY_AUDIENCE)
        return tokens.issue(User(name, groups=(AUTHENTICATED,)), utc_now()).token

    async def create(self, plural: str, namespace: str, name: str, **fields: Any) -> None:
        """An object of any kind, made by the server itself."""
        kind = next(each for each in self.app.kinds.served.values() if each.resource.plural == plural)
        head = {"kind": kind.resource.kind, "apiVersion": kind.resource.api_version}
        obj = {**head, "metadata": {"name": name, "namespace": namespace}, **fields}
        await kind.create(namespace, obj, Ask.internal(utc_now()))

    async def delete(self, plural: str, namespace: str, name: str) -> None:
        """Deletes an object of any kind."""
        kind = next(each for each in self.app.kinds.served.values() if each.resource.plural == plural)
        await kind.delete(namespace, name, Ask.internal(utc_now()))

    async def allow(self, role: str, person: str, namespace: str = "") -> None:
        """Binds a cluster role, in a namespace or everywhere."""
        subject = {"kind": "User", "name": person}
        name = f"{role}-{person}"
        if namespace:
            binding = role_binding(namespace, name, role, subject)
        else:
            binding = cluster_role_binding(name, role, subject)
        resource = plain.ROLE_BINDINGS if namespace else plain.CLUSTER_ROLE_BINDINGS
        head = {"kind": resource.kind, "apiVersion": resource.api_version}
        await self.app.kinds.plain(resource).create(namespace, {**binding, **head}, Ask.internal(utc_now()))

    async def limit(self, kind: str, maximum: Mapping[str, str]) -> None:
        """A LimitRange in `shop`; kind is Image or ImageStream."""
        limits = [{"type": f"openshift.io/{kind}", "max": dict(maximum)}]
        await self.create("limitranges", "shop", f"limit-{kind.lower()}", spec={"limits": limits})

    async def history(self, stream: str, tag: str) -> list[str]:
        """The digests in the history of a tag of `shop`, newest first."""
        found = self.app.kinds.streams.peek("shop", stream) or {}
        tags = found.get("status", {}).get("tags") or []
        return [item["image"] for each in tags if each["tag"] == tag for item in each["items"]]

    def leftovers(self) -> list[str]:
        """What lies in uploads/ and tmp/ at this moment."""
        return [str(path) for name in ("uploads", "tmp") for path in (self.folder / name).glob("*")]


@asynccontextmanager
async def house_at(folder: Path, settings: Settings | None = None) -> AsyncIterator[House]:
    """The app over a folder for the length of a block."""
    app = build(settings or Settings(), folder, HOST)
    try:
        await app.recover()
        yield House(app, folder)
    finally:
        await app.close()


async def furnish(folder: Path) -> None:
    """Fills a folder with the namespaces `shop` and `other`, an empty stream `shop/web`, and PEOPLE."""
    async with house_at(folder) as house:
        for namespace in ("shop", "other"):
            await house.create("namespaces", "", namespace)
        await house.create("imagestreams", "shop", "web")
        for (namespace, role), person in PEOPLE.items():
            await house.allow(role, person, namespace)
    shutil.rmtree(folder / "blobs")  # 256 empty folders, made again faster than copied


def basic(name: str, password: str) -> str:
    """An Authorization header."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def with_digest(location: str, digest: str) -> str:
    """The address that finishes an upload."""
    return f"{location}{'&' if '?' in location else '?'}digest={digest}"


async def names_of(client: Client, target: str, key: str) -> list[Sequence[str]]:
    """Every page of a list, followed by its links."""
    pages: list[Sequence[str]] = []
    while target:
        answer = await client.get(target)
        assert answer.status == 200, answer
        pages.append(answer.json[key])
        target = answer.next
    return pages


def _dashed(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): text for name, text in headers.items()}


async def _whole(reply: Reply) -> bytes:
    if isinstance(reply.body, bytes):
        return reply.body
    if isinstance(reply.body, FileSlice):
        try:
            return os.pread(reply.body.file.fileno(), reply.body.length, reply.body.start)
        finally:
            reply.body.file.close()
    return b"".join([piece async for piece in reply.body])
