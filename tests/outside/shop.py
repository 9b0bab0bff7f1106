"""A stream in the namespace `shop`, as people and `oc` work with it over the API."""

from __future__ import annotations

import base64
import itertools
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roadstead.base.values import Json
from roadstead.testing.running import Server, execute, running
from tests.outside.registries import Registry

IN_SHOP = "/apis/image.openshift.io/v1/namespaces/shop"
NUMBERS = itertools.count()
WAIT_SECONDS = 30.0


@contextmanager
def keeping_fresh(folder: Path, **settings: str) -> Iterator[Server]:
    """A server with the namespace `shop` that may ask loopback and keeps tags fresh every second."""
    quick = {"ROADSTEAD_OUTBOUND_ALLOW": "127.0.0.0/8", "ROADSTEAD_IMPORTS_INTERVAL_SECONDS": "1", **settings}
    with running(folder, by=execute, **quick) as started:
        Shop(started, "").make("/api/v1/namespaces", {"metadata": {"name": "shop"}})
        yield started
        assert "Traceback" not in started.log


@dataclass
class Shop:
    """A stream in the namespace `shop`."""

    server: Server
    name: str

    def make(self, path: str, body: Json) -> Json:
        """Something new."""
        with self.server.ask_api() as api:
            answer = api.send_json("POST", path, body)
            assert answer.status == 201, answer.body
            made: Json = answer.json()
            return made

    def have(self, path: str, body: Json) -> None:
        """Something that is there already, or is made."""
        with self.server.ask_api() as api:
            assert api.send_json("POST", path, body).status in (201, 409)

    def get(self, path: str = "") -> Json:
        """Something that is there; the stream by default."""
        with self.server.ask_api() as api:
            found: Json = api.get(path or f"{IN_SHOP}/imagestreams/{self.name}").json()
            return found

    def change(self, path: str, body: Json) -> None:
        """A merge patch."""
        with self.server.ask_api() as api:
            answer = api.send_json("PATCH", path, body, "application/merge-patch+json")
            assert answer.status in (200, 201), answer.body

    def bring(self, *items: Json, **spec: Any) -> Json:
        """What `oc import-image` posts; the status of the answer."""
        asked = {"import": True, **({"images": list(items)} if items else {}), **spec}
        found: Json = self.make(f"{IN_SHOP}/imagestreamimports", {"metadata": {"name": self.name}, "spec": asked})
        return dict(found["status"])

    def one(self, name: str, tag: str = "v1", **policy: Any) -> Json:
        """The answer about a single image."""
        answer: Json = self.bring(item(name, tag, **policy))["images"][0]
        return answer

    def tag(self, name: str, source: str, **policy: Any) -> None:
        """What `oc tag --source=docker` sends."""
        spec = {"name": name, "from": {"kind": "DockerImage", "name": source}, "importPolicy": policy}
        self.change(f"{IN_SHOP}/imagestreamtags/{self.name}:{name}", {"tag": spec})

    def image(self, tag: str = "v1") -> str | None:
        """What a tag names."""
        entries = {each["tag"]: each for each in (self.get().get("status") or {}).get("tags") or []}
        items = entries.get(tag, {}).get("items")
        return items[0]["image"] if items else None

    def secret(self, registry: Registry, password: str, kind: str = "kubernetes.io/dockerconfigjson") -> str:
        """A pull secret for a registry."""
        auth = base64.b64encode(f"{registry.account[0]}:{password}".encode()).decode()
        entries = {registry.host: {"auth": auth}}
        name = f"pull{next(NUMBERS)}"
        data = {".dockerconfigjson": json.dumps({"auths": entries}), ".dockercfg": json.dumps(entries)}
        key = ".dockercfg" if kind.endswith("dockercfg") else ".dockerconfigjson"
        self.make(
            "/api/v1/namespaces/shop/secrets",
            {"metadata": {"name": name}, "type": kind, "stringData": {key: data[key]}},
        )
        return name

    def forget(self, secret: str) -> None:
        """The secret goes."""
        with self.server.ask_api() as api:
            api.request("DELETE", f"/api/v1/namespaces/shop/secrets/{secret}")


def item(name: str, tag: str, **policy: Any) -> Json:
    return {
        "from": {"kind": "DockerImage", "name": name},
        "to": {"name": tag},
        "importPolicy": policy,
        "referencePolicy": {"type": "Source"},
    }


def said(answer: Json) -> str:
    return f"{answer['status'].get('reason', answer['status']['status'])}: {answer['status'].get('message', '')}"


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.05)
