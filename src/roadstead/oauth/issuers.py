"""What an OpenID Connect issuer publishes: its endpoints and keys, fetched through the guard and kept for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from roadstead.auth import secretfile
from roadstead.base.errors import Denied, Failure, Invalid
from roadstead.base.values import Json
from roadstead.oauth.idtokens import usable_keys
from roadstead.oauth.providers import Issuer
from roadstead.remote.guard import Ask, Guard, Trust

DOCUMENT_BYTES = 256 * 1024
CA_BYTES = 256 * 1024
ASK_SECONDS = 15.0
KEPT = timedelta(hours=1)
ASK_AGAIN = timedelta(seconds=30)
"""The least time between two looks for keys, however many tokens name one that is unknown."""
WAIT = timedelta(seconds=5)
"""An issuer that failed is left alone this long, whoever opens the login page meanwhile."""
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class IssuerFacts:
    """The discovery document and the keys of one issuer."""

    def __init__(self, settings: Issuer, guard: Guard, now: Callable[[], datetime]) -> None:
        self._settings, self._guard, self._now = settings, guard, now
        self._document: tuple[datetime, Json] | None = None
        self._keys: tuple[datetime, list[Json]] | None = None
        self._failed: tuple[datetime, Failure] | None = None
        self._asking = asyncio.Lock()

    async def document(self) -> Json:
        """The discovery document (OpenID Connect Discovery 1.0, 4.3); raises RemoteFailure, Denied."""
        async with self._asking:
            if self._document is None or self._now() - self._document[0] >= KEPT:
                if self._failed is not None and self._now() - self._failed[0] < WAIT:
                    raise self._failed[1]
                try:
                    self._document = self._now(), await self._discovered()
                except Failure as failed:
                    self._failed = self._now(), failed
                    raise
            return self._document[1]

    async def keys(self) -> list[Json]:
        """Its keys; raises RemoteFailure, Denied."""
        return await self._keys_since(self._now() - KEPT)

    async def fresh_keys(self) -> list[Json]:
        """Its keys, asked for anew unless that was just done."""
        return await self._keys_since(self._now() - ASK_AGAIN)

    async def ask(self, ask: Ask) -> Json:
        """A JSON object from one of its endpoints; raises RemoteFailure, Denied with what the issuer says."""
        made = replace(ask, trust=Trust(ca=await self._ca()), seconds=ASK_SECONDS)
        async with await self._guard.open(made) as answer:
            body = await answer.read(DOCUMENT_BYTES)
            status = answer.status
        try:
            found = orjson.loads(body)
        except ValueError:
            found = None
        where = urlsplit(ask.url).path
        if not isinstance(found, dict):
            raise Denied(f"{self._settings.name} answers {where} with {status} and no JSON object")
        if status != 200:
            raise Denied(f"{self._settings.name} answers {where} with {status}: {ascii(found.get('error', ''))[:100]}")
        return found

    async def _keys_since(self, oldest: datetime) -> list[Json]:
        document = await self.document()
        async with self._asking:
            if self._keys is None or self._keys[0] <= oldest:
                found = usable_keys(await self.ask(Ask("GET", document["jwks_uri"])))
                self._keys = self._now(), found
            return self._keys[1]

    async def _discovered(self) -> Json:
        issuer = self._settings.issuer
        found = await self.ask(Ask("GET", f"{issuer}/.well-known/openid-configuration"))
        if found.get("issuer") != issuer:
            raise Denied(f"{self._settings.name} calls itself {ascii(found.get('issuer'))[:200]}, not {issuer}")
        for name in (*ENDPOINTS, "userinfo_endpoint"):
            if name in ENDPOINTS or name in found:
                self._check_endpoint(name, found.get(name))
        return found

    def _check_endpoint(self, name: str, url: Any) -> None:
        """Nothing secret goes over plain http, unless the issuer itself is asked that way."""
        try:
            parts = urlsplit(url) if isinstance(url, str) and url.isascii() and url.isprintable() else None
        except ValueError:
            parts = None
        schemes = {"https", urlsplit(self._settings.issuer).scheme}
        if parts is None or parts.scheme not in schemes or not parts.hostname or parts.fragment:
            raise Denied(f"{self._settings.name} publishes no usable {name}")

    async def _ca(self) -> str:
        if not self._settings.ca_file:
            return ""
        try:
            return (await asyncio.to_thread(secretfile.read, Path(self._settings.ca_file), CA_BYTES)).decode()
        except (OSError, UnicodeDecodeError):
            raise Invalid(f"the ca_file of {self._settings.name} cannot be read") from None
