"""The app with people in an htpasswd file, asked without sockets."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bcrypt
import orjson

from roadstead.app.build import App, build
from roadstead.base.settings import Access, Logins, Settings
from roadstead.base.values import Json
from roadstead.base.web import Reply, request_for

HOST = "127.0.0.1:6443"
USERS = "/apis/user.openshift.io/v1/users"
IDENTITIES = "/apis/user.openshift.io/v1/identities"
GROUPS = "/apis/user.openshift.io/v1/groups"
MAPPINGS = "/apis/user.openshift.io/v1/useridentitymappings"
OAUTH = "/apis/oauth.openshift.io/v1"
_CHEAP = {name: bcrypt.hashpw(f"{name}-pw".encode(), bcrypt.gensalt(4)).decode() for name in ("alice", "bob")}


def htpasswd(folder: Path, *names: str) -> Path:
    """A file in which the password of NAME is NAME-pw."""
    file = folder / "people.htpasswd"
    file.write_text("".join(f"{name}:{_CHEAP[name]}\n" for name in names))
    return file


def basic(name: str, password: str) -> str:
    """The header of a name and a password."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@dataclass(frozen=True)
class Answer:
    """A whole reply of the app."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass(frozen=True)
class House:
    """Two doors, and the administrator's token."""

    app: App
    folder: Path
    admin: str

    async def api(self, method: str, url: str, body: Json | bytes | None = None, **headers: str) -> Answer:
        """The API's answer; an underscore in a header's name stands for a dash."""
        sent = {"Host": HOST, **{name.replace("_", "-"): value for name, value in headers.items()}}
        raw = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        if isinstance(body, dict):
            sent.setdefault("Content-Type", "application/json")
        request = replace(request_for(method, url, headers=sent, body=raw, scheme="https"), remote="192.0.2.7")
        return await _whole(await self.app.doors.audited_api()(request))

    async def as_admin(self, method: str, url: str, body: Json | None = None) -> Answer:
        """The API's answer to the administrator."""
        return await self.api(method, url, body, Authorization=f"Bearer {self.admin}")

    async def registry(self, authorization: str, url: str = "/v2/") -> int:
        """How the registry's door answers to credentials."""
        request = request_for("GET", url, headers={"Authorization": authorization, "Host": HOST}, scheme="https")
        return (await self.app.registry(replace(request, remote="192.0.2.7"))).status

    async def whoami(self, authorization: str) -> Json | int:
        """The user the API sees, or the status of its refusal."""
        answer = await self.api("GET", f"{USERS}/~", Authorization=authorization)
        found: Json = answer.json
        return found if answer.status == 200 else answer.status


async def _whole(reply: Reply) -> Answer:
    headers = list(reply.headers.items()) if isinstance(reply.headers, dict) else reply.headers
    assert isinstance(reply.body, bytes)
    return Answer(reply.status, headers, reply.body)


@asynccontextmanager
async def house(folder: Path, **logins: Any) -> AsyncIterator[House]:
    """The app over a folder, for the length of a block; `logins` are settings of that name, and `htpasswd` the file."""
    file = logins.pop("htpasswd", None)
    access = Access(htpasswd=str(htpasswd(folder, "alice", "bob")) if file is None else file)
    settings = Settings(access=access, logins=Logins(**logins))
    app = build(settings, folder, HOST)
    await app.recover()
    try:
        yield House(app, folder, (folder / "admin.token").read_text().strip())
    finally:
        await app.close()
