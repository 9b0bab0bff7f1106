"""A small OpenID Connect issuer on loopback: it logs everybody in at once, and can be told to lie."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

import orjson
from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc.jwk import RSAKey

from roadstead.base.values import Json

CLIENT, SECRET = "roadstead", "hush: & secret"


def new_key(name: str) -> RSAKey:
    """A key pair with a name."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


@cache
def first_key() -> RSAKey:
    """The key an issuer begins with: made once, since that takes its time."""
    return new_key("first")


@dataclass
class OpenIdIssuer:
    """What it says of whoever comes next, and how it signs; all of it may be changed while it runs."""

    url: str = ""
    claims: Json = field(default_factory=lambda: {"sub": "1001", "preferred_username": "carol", "name": "Carol C."})
    in_userinfo: Json = field(default_factory=dict)
    forged: Json = field(default_factory=dict)
    """Claims that replace the honest ones in the ID token: iss, aud, exp, nonce …"""
    header: Json = field(default_factory=dict)
    """Replaces parts of the token's header; `alg` none or HS256 signs that way, the latter with the public key."""
    key: RSAKey = field(default_factory=first_key)
    published: list[RSAKey] | None = None
    """The keys told to others; None: the one it signs with."""
    document: Json = field(default_factory=dict)
    """Replaces parts of the discovery document."""
    refuses: str = ""
    """The error it sends people back with."""
    asked: list[str] = field(default_factory=list)
    """Every path asked for."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self) -> web.Application:
        """Its pages."""
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._discovery)
        app.router.add_get("/keys", self._keys)
        app.router.add_get("/authorize", self._authorize)
        app.router.add_post("/token", self._token)
        app.router.add_get("/userinfo", self._userinfo)
        return app

    async def _discovery(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        return web.json_response(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "userinfo_endpoint": f"{self.url}/userinfo",
                **self.document,
            }
        )

    async def _keys(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        keys = [self.key] if self.published is None else self.published
        return web.json_response({"keys": [each.as_dict(private=False) for each in keys]})

    async def _authorize(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        query = dict(request.query)
        answer = {"state": query["state"]}
        if self.refuses:
            answer["error"] = self.refuses
        else:
            answer["code"] = secrets.token_urlsafe(16)
            self.codes[answer["code"]] = query
        raise web.HTTPFound(f"{query['redirect_uri']}?{urlencode(answer)}")

    async def _token(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        form = {name: values[0] for name, values in parse_qs((await request.read()).decode()).items()}
        kind, _, encoded = request.headers.get("Authorization", "").partition(" ")
        shown = tuple(map(unquote, base64.b64decode(encoded).decode().split(":", 1))) if kind == "Basic" else ()
        begun = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if shown != (CLIENT, SECRET) or begun is None or begun["code_challenge"] != challenge:
            return web.json_response({"error": "invalid_grant"}, status=400)
        token = self.sign({**self._honest(begun.get("nonce", "")), **self.claims, **self.forged})
        return web.json_response({"id_token": token, "access_token": "opaque", "token_type": "Bearer"})

    async def _userinfo(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        return web.json_response({"sub": self.claims["sub"], **self.in_userinfo})

    def _honest(self, nonce: str) -> Json:
        now = int(time.time())
        return {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": nonce}

    def sign(self, claims: Json) -> str:
        """The ID token, in the way `header` says."""
        header: dict[str, Any] = {"alg": "RS256", "kid": self.key.kid, **self.header}
        kept = {name: value for name, value in claims.items() if value is not None}
        signed = f"{_encoded(orjson.dumps(header))}.{_encoded(orjson.dumps(kept))}".encode()
        if header["alg"] == "none":
            mark = b""
        elif header["alg"] == "HS256":
            mark = hmac.digest(self.key.as_pem(private=False), signed, "sha256")
        else:
            private = self.key.private_key
            assert private is not None
            mark = private.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return f"{signed.decode()}.{_encoded(mark)}"


@asynccontextmanager
async def issuing() -> AsyncIterator[OpenIdIssuer]:
    """An issuer for the length of a block."""
    issuer = OpenIdIssuer()
    runner = web.AppRunner(issuer.app())
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        issuer.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield issuer
    finally:
        await runner.cleanup()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
