"""Pushes to another registry as one of its users: what imports then find there."""

from __future__ import annotations

import base64
import ssl
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urljoin

from roadstead.testing.builders import Content
from tests.outside import upstreams
from tests.outside.upstreams import Other


@dataclass(frozen=True)
class Registry:
    """A registry somewhere else, with the account it wants."""

    other: Other

    @property
    def host(self) -> str:
        """host:port, as references name it."""
        return self.other.host

    @property
    def account(self) -> tuple[str, str]:
        """User and password; empty where none is wanted."""
        return self.other.account or ("", "")

    def push(self, repository: str, content: Content, *tags: str, children: Sequence[Content] = ()) -> Content:
        """Puts a manifest here under its tags (or its digest), after its blobs and children."""
        for child in children:
            self.push(repository, child)
        for blob in content.blobs:
            where = self._ask("POST", f"/v2/{repository}/blobs/uploads/")
            target = f"{where}{'&' if '?' in where else '?'}{urlencode({'digest': blob.digest})}"
            self._ask("PUT", target, blob.data, "application/octet-stream")
        for reference in tags or (content.digest,):
            self._ask("PUT", f"/v2/{repository}/manifests/{reference}", content.data, content.media_type)
        return content

    def _ask(self, method: str, target: str, body: bytes | None = None, media_type: str = "") -> str:
        """One request that must work; its Location."""
        authority = self.other.authority
        request = urllib.request.Request(
            urljoin(f"{'https' if authority else 'http'}://{self.host}", target), body, method=method
        )
        if media_type:
            request.add_header("Content-Type", media_type)
        if self.other.account:
            secret = base64.b64encode(":".join(self.account).encode()).decode()
            request.add_header("Authorization", f"Basic {secret}")
        trust = ssl.create_default_context(cafile=str(authority)) if authority else None
        with urllib.request.urlopen(request, timeout=10, context=trust) as reply:
            return str(reply.headers.get("Location", ""))


@contextmanager
def docker_registry(folder: Path, *, accounts: bool = False, tls: bool = False) -> Iterator[Registry]:
    """See `upstreams.docker_registry`."""
    with upstreams.docker_registry(folder, accounts=accounts, tls=tls) as other:
        yield Registry(other)
