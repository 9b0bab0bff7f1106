"""A small HTTP client for tests against a real server: one connection, opened again when it broke."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 30.0
Broken = (ConnectionError, http.client.HTTPException, ssl.SSLError)
"""What a request raises when the server goes away under it."""


@dataclass(frozen=True)
class Answer:
    """A whole reply; names of headers in any case."""

    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Client:
    """Asks one server as one user."""

    def __init__(self, url: str, token: str, trust: ssl.SSLContext) -> None:
        self._address, self._token, self._trust = urlsplit(url), token, trust
        self._open: http.client.HTTPConnection | None = None

    def request(
        self,
        method: str,
        target: str,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Asks and reads the whole answer. `target` is a path, or an address on this server; raises one of Broken."""
        try:
            self.send(method, target, body, headers)
            return self.receive()
        except Broken:
            self.close()
            raise

    def send(
        self,
        method: str,
        target: str,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """The first half of `request`."""
        path = target.removeprefix(f"{self._address.scheme}://{self._address.netloc}")
        who = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        self.connection().request(method, path, body, {**who, **(headers or {})})

    def receive(self) -> Answer:
        """The second half of `request`."""
        reply = self.connection().getresponse()
        body = reply.read()
        if reply.will_close:
            self.close()
        return Answer(reply.status, reply.headers, body)

    def get(self, target: str, **headers: str) -> Answer:
        """GET; an underscore in a header's name stands for a dash."""
        return self.request("GET", target, headers={name.replace("_", "-"): text for name, text in headers.items()})

    def send_json(self, method: str, target: str, value: object, media_type: str = "application/json") -> Answer:
        """A request with a JSON body."""
        return self.request(method, target, json.dumps(value).encode(), {"Content-Type": media_type})

    def connection(self) -> http.client.HTTPConnection:
        """The connection under it, opened if need be, for what this class does not do."""
        if self._open is None:
            host, port = str(self._address.hostname), self._address.port
            if self._address.scheme == "https":
                self._open = http.client.HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=self._trust)
            else:
                self._open = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
        return self._open

    def close(self) -> None:
        """Closes the connection; the next request opens another."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
