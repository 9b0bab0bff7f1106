"""Our own API, asked from the command line: JSON in, JSON out, refusals in the server's words."""

from __future__ import annotations

from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import orjson

from roadstead.base.errors import Failure
from roadstead.base.settings import Outbound
from roadstead.base.values import Json
from roadstead.cli.kubeconfig import Connection
from roadstead.remote.addresses import Allowed
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.guard import Ask, Guard, Trust

MOST_BYTES = 64 * 1024 * 1024
SECONDS = 40.0
JSON = "application/json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"


class Refused(Failure):
    """The API said no; `code` is its HTTP status."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Api:
    """One connection. The address in a kubeconfig was chosen by a person, so it may be asked wherever it is."""

    def __init__(self, to: Connection) -> None:
        parts = urlsplit(to.server)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        self._guard = Guard(Outbound(), allowed=Allowed.parse([f"{host}:{port}"]))
        self._to = to
        self._trust = Trust(to.insecure, to.ca, to.certificate, to.key)

    async def get(self, path: str) -> Json:
        """An object or a list; raises Refused, RemoteFailure."""
        return await self._ask("GET", path)

    async def find(self, path: str) -> Json | None:
        """The same; None when there is none."""
        try:
            return await self.get(path)
        except Refused as refused:
            if refused.code == 404:
                return None
            raise

    async def create(self, path: str, obj: Json) -> Json:
        """What was created; raises Refused, RemoteFailure."""
        return await self._ask("POST", path, obj)

    async def merge(self, path: str, patch: Json) -> Json:
        """The object after a merge patch; raises Refused, RemoteFailure."""
        return await self._ask("PATCH", path, patch, MERGE)

    async def strategic(self, path: str, patch: Json) -> Json:
        """The object after a strategic merge patch, which knows lists by their keys; raises Refused, RemoteFailure."""
        return await self._ask("PATCH", path, patch, STRATEGIC)

    async def delete(self, path: str) -> bool:
        """Whether there was something to delete; raises Refused, RemoteFailure."""
        try:
            await self._ask("DELETE", path)
        except Refused as refused:
            if refused.code == 404:
                return False
            raise
        return True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, _: object, trace: TracebackType | None) -> None:
        await self._guard.close()

    async def _ask(self, method: str, path: str, body: Json | None = None, media_type: str = JSON) -> Json:
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = media_type
        if self._to.authorization:
            headers["Authorization"] = self._to.authorization
        raw = None if body is None else orjson.dumps(body)
        ask = Ask(method, self._to.server + path, headers, raw, self._trust, SECONDS)
        try:
            opened = await self._guard.open(ask)
        except RemoteFailure as failure:
            if failure.kind is Kind.UNAVAILABLE:
                raise Refused(503, f"{failure.message}; `roadstead serve` starts it, if it is to run here") from None
            raise
        async with opened as answer:
            read = await answer.read(MOST_BYTES)
            try:
                found: Json = orjson.loads(read)
            except orjson.JSONDecodeError:
                raise Refused(answer.status, f"{self._to.server} does not answer as a Kubernetes API") from None
            if answer.status >= 400:
                raise Refused(answer.status, str(found.get("message") or f"HTTP {answer.status}"))
            return found
