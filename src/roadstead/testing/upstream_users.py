"""Who may use an upstream registry of a test, and how they show it: not at all, by Basic, or by tokens."""

from __future__ import annotations

import base64
import binascii
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import orjson
from aiohttp import web

from roadstead.oci.errors import OciError
from roadstead.remote.places import Credential

How = Literal["none", "basic", "token"]


@dataclass(frozen=True, slots=True)
class HostKeys:
    """Credentials for single registries, by host[:port]."""

    by_host: dict[str, tuple[Credential, ...]]

    def matching(self, host: str, repository: str) -> Sequence[Credential]:
        """Those of exactly this host."""
        return self.by_host.get(host, ())


@dataclass
class Users:
    """Accounts by name. Without one, a reader of `public` repositories gets a token of nobody's.

    `realm` is where the challenge sends people, the registry itself when empty. `denied` are repositories that nobody
    may use. Access by token needs a token fetched for the repository asked for.
    """

    how: How = "none"
    accounts: dict[str, str] = field(default_factory=dict)
    public: bool = False
    denied: frozenset[str] = frozenset()
    realm: str = ""
    service: str = "upstream"
    life_seconds: int = 300
    identity_tokens: dict[str, str] = field(default_factory=dict)
    token_path: str = "/token"
    issued: dict[str, tuple[str, frozenset[str], float]] = field(default_factory=dict)

    def admit(self, request: web.BaseRequest, address: str) -> None:
        """Lets a request in, or raises the 401 or 403 that a registry answers."""
        if self.how == "none":
            return
        shown = request.headers.get("Authorization", "")
        if self.how == "basic":
            if self._account(shown) is None:
                raise OciError("UNAUTHORIZED", headers={"WWW-Authenticate": 'Basic realm="upstream"'})
        elif not self._holds_token(shown, request):
            raise OciError("UNAUTHORIZED", headers={"WWW-Authenticate": self._challenge(request, address)})
        if any(f"/v2/{name}/" in request.path for name in self.denied):
            raise OciError("DENIED")

    async def token(self, request: web.BaseRequest) -> web.Response:
        """The token endpoint: GET with Basic or nothing, POST with a refresh token."""
        if request.method == "POST":
            form = await request.post()
            account = self.identity_tokens.get(str(form.get("refresh_token", "")))
            scopes = str(form.get("scope", "")).split(" ")
        else:
            shown = request.headers.get("Authorization", "")
            account = self._account(shown) if shown else "" if self.public else None
            scopes = request.query.getall("scope", [])
        if account is None:
            return web.Response(status=401, body=b'{"details":"incorrect username or password"}')
        token = secrets.token_urlsafe(24)
        self.issued[token] = (account, frozenset(scopes), time.monotonic() + self.life_seconds)
        body = {"token": token, "access_token": token, "expires_in": self.life_seconds}
        return web.Response(body=orjson.dumps(body), content_type="application/json")

    def _challenge(self, request: web.BaseRequest, address: str) -> str:
        realm = self.realm or f"{address}{self.token_path}"
        scope = f',scope="repository:{name}:pull"' if (name := _repository(request.path)) else ""
        return f'Bearer realm="{realm}",service="{self.service}"{scope}'

    def _holds_token(self, shown: str, request: web.BaseRequest) -> bool:
        held = self.issued.get(shown.removeprefix("Bearer "))
        if held is None or held[2] < time.monotonic():
            return False
        name = _repository(request.path)
        action = "pull" if request.method in ("GET", "HEAD") else "push"
        if action == "push" and not held[0]:
            return False
        granted = {scope.rpartition(":")[0]: scope.rpartition(":")[2].split(",") for scope in held[1]}
        # A status of an upload is asked with the token that pushes.
        wanted = {action} if "/uploads/" not in request.path else {"push"}
        return not name or bool(wanted & set(granted.get(f"repository:{name}", [])))

    def _account(self, shown: str) -> str | None:
        scheme, _, encoded = shown.partition(" ")
        try:
            name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return None
        return name if scheme == "Basic" and self.accounts.get(name) == password else None


def _repository(path: str) -> str:
    """The repository a path is about; empty for `/v2/`."""
    for part in ("/manifests/", "/blobs/", "/tags/", "/referrers/", "/signatures/"):
        if part in path:
            return path.partition("/v2/")[2].partition(part)[0]
    return ""
