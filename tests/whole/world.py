"""A whole app without sockets, asked as anybody."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from roadstead.app.build import App, build
from roadstead.base.settings import Settings
from roadstead.base.values import Json
from roadstead.base.web import Reply, request_for


@dataclass
class World:
    """Both doors over one folder."""

    app: App
    folder: Path

    @property
    def admin(self) -> str:
        """The administrator's token."""
        return (self.folder / "admin.token").read_text().strip()

    async def api(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Json]:
        """One request to the API, as the administrator unless `Authorization` says otherwise."""
        reply = await self.reply(method, path, body, **headers)
        return reply.status, _json(reply)

    async def reply(self, method: str, path: str, body: object = None, **headers: str) -> Reply:
        """The same, with the headers of the answer."""
        sent = {"Authorization": f"Bearer {self.admin}", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        raw = orjson.dumps(body) if body else b""
        return await self.app.doors.audited_api()(request_for(method, path, headers=sent, body=raw))

    async def must(self, method: str, path: str, body: object = None, **headers: str) -> Json:
        """A request of the administrator's that works."""
        code, found = await self.api(method, path, body, **headers)
        assert code in (200, 201), found
        return found

    async def registry(self, method: str, path: str, authorization: str = "") -> tuple[int, Json]:
        """One request to the registry."""
        headers = {"Authorization": authorization} if authorization else {}
        reply = await self.app.doors.audited_registry()(request_for(method, path, headers=headers))
        return reply.status, _json(reply)

    async def namespace(self, name: str) -> None:
        """A namespace."""
        await self.must("POST", "/api/v1/namespaces", {"metadata": {"name": name}})

    async def grant(self, namespace: str, role: str, subject: Json, name: str = "") -> None:
        """A cluster role for somebody in a namespace."""
        await self.must(
            "POST",
            f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings",
            {
                "metadata": {"name": name or role.replace(":", "-")},
                "roleRef": {"kind": "ClusterRole", "name": role},
                "subjects": [subject],
            },
        )

    async def account(self, namespace: str, name: str) -> None:
        """A service account."""
        await self.must("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": name}})

    async def token(self, namespace: str, name: str, **spec: Any) -> str:
        """A token for a service account."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        found: str = (await self.must("POST", path, {"spec": spec}))["status"]["token"]
        return found


async def opened(folder: Path, settings: Settings | None = None) -> World:
    """A fresh app."""
    app = build(settings or Settings(), folder, "registry.test:5000")
    await app.recover()
    return World(app, folder)


def bearer(token: str) -> str:
    """The header of a token."""
    return f"Bearer {token}"


def basic(name: str, password: str) -> str:
    """The header of a name and a password."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def _json(reply: Reply) -> Json:
    if not isinstance(reply.body, bytes) or not reply.body.startswith(b"{"):
        return {}
    found: Json = orjson.loads(reply.body)
    return found
