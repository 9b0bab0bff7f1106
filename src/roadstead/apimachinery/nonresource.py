"""Paths that are no resources: discovery, version, health, metrics."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import orjson

from roadstead import __version__
from roadstead.apimachinery import openapi_pages, replies
from roadstead.apimachinery.discovery import AGGREGATED_TYPE, DISCOVERY_GROUP, Directory, Document
from roadstead.apimachinery.entrance import Admitted
from roadstead.apimachinery.health import ENDPOINTS, Health, Verdict
from roadstead.apimachinery.paths import Target
from roadstead.apimachinery.surface import AGGREGATED_PATHS, Surface
from roadstead.base.values import Json
from roadstead.base.web import Reply, Request
from roadstead.kube import status

TEXT = "text/plain; charset=utf-8"
PUBLIC_PATHS = frozenset({"/version", "/healthz", "/livez", "/readyz"})
"""What anybody may read, credentials or not: nothing here tells about content."""
OPEN_PATHS = frozenset(
    {
        "/.well-known/oauth-authorization-server",
        "/login",
        "/logout",
        "/oauth/authorize",
        "/oauth/authorize/approve",
        "/oauth/token",
        "/oauth/token/display",
        "/oauth/token/implicit",
        "/oauth/token/request",
    }
)
"""Where people become known: these pages look at credentials themselves, and show nothing of the API."""
OPEN_BELOW = "/oauth2callback/"
"""Where other identity providers send people back to; the name of the provider follows."""


def may_be_open(path: str) -> bool:
    """Whether a path may be answered before anybody is known: there is no other way past the gate."""
    name = path.removeprefix(OPEN_BELOW)
    return path in OPEN_PATHS or (path.startswith(OPEN_BELOW) and bool(name) and "/" not in name)


KUBERNETES_LEVEL = ("1", "32")


def version_info() -> Json:
    """`/version`: the API level clients may rely on, and which build answers."""
    major, minor = KUBERNETES_LEVEL
    return {
        "major": major,
        "minor": minor,
        "gitVersion": f"v{major}.{minor}.0+roadstead-{__version__}",
        "gitCommit": "",
        "gitTreeState": "",
        "buildDate": "",
        "goVersion": "",
        "compiler": f"{sys.implementation.name} {sys.version_info[0]}.{sys.version_info[1]}",
        "platform": sys.platform,
    }


def no_metrics() -> bytes:
    """A server that measures nothing."""
    return b""


@dataclass(frozen=True, slots=True)
class Page:
    """A document with a path of its own, made for each request."""

    content: Callable[[Request], Json]
    media_type: str = replies.JSON_TYPE


@dataclass(frozen=True, slots=True)
class Facts:
    """What the server can say about itself.

    `documents` are further JSON documents by path, for whoever may get the path.
    """

    version: Json = field(default_factory=version_info)
    health: Health = field(default_factory=Health)
    metrics: Callable[[], bytes] = no_metrics
    documents: Mapping[str, Page] = field(default_factory=dict)


class Pages:
    """Answers for every path outside the resources."""

    def __init__(self, surface: Surface, facts: Facts) -> None:
        self._surface, self._facts = surface, facts
        self._directory: Directory = surface.directory

    async def public(self, target: Target, request: Request) -> Reply:
        """One of PUBLIC_PATHS."""
        if target.method not in ("GET", "HEAD"):
            raise status.method_not_allowed()
        if target.path == "/version":
            return _json(self._facts.version)
        excluded = frozenset(request.query_values("exclude"))
        verbose = bool(request.query_values("verbose"))
        return _verdict(await self._facts.health.all(target.path[1:], verbose=verbose, excluded=excluded))

    async def protected(self, admitted: Admitted, request: Request) -> Reply:
        """Any other path, for a caller who may get it; raises StatusError."""
        target = admitted.target
        if target.method != "GET":
            raise status.method_not_allowed()
        path = target.path.rstrip("/")
        if path in AGGREGATED_PATHS:
            return self._groups(path, request)
        if path.startswith("/openapi/"):
            return await openapi_pages.page(self._surface.openapi, path, request) or not_found()
        if path == "/metrics":
            return Reply(200, _headers("text/plain; version=0.0.4; charset=utf-8"), self._facts.metrics())
        if path in self._facts.documents:
            document = self._facts.documents[path]
            return Reply(200, _headers(document.media_type), orjson.dumps(document.content(request)))
        if (verdict := await self._single_check(path)) is not None:
            return _verdict(verdict)
        found = self._page(path)
        if found is None:
            return not_found()
        replies.accepted(request, None)
        return _json(found)

    async def _single_check(self, path: str) -> Verdict | None:
        endpoint, _, name = path[1:].partition("/")
        return await self._facts.health.one(endpoint, name) if endpoint in ENDPOINTS else None

    def _page(self, path: str) -> Json | None:
        match path.split("/")[1:]:
            case []:
                return {"paths": self._paths()}
            case ["api", version]:
                return self._directory.resource_list("", version)
            case ["apis", group]:
                return self._directory.group(group)
            case ["apis", group, version] if group:
                return self._directory.resource_list(group, version)
        return None

    def _paths(self) -> list[str]:
        groups = [f"/apis/{name}" for name in self._directory.names()]
        versions = [f"/{path}" for path in self._surface.openapi.groups if path.startswith("apis/")]
        documents = ["/openapi/v2", "/openapi/v3", *self._facts.documents]
        return sorted(["/api", "/api/v1", "/apis", "/metrics", *groups, *versions, *documents, *PUBLIC_PATHS])

    def _groups(self, path: str, request: Request) -> Reply:
        header = ",".join(request.headers.getall("Accept", []))
        for clause in replies.clauses(header):
            wanted = clause.parameters
            if clause.is_json and wanted.get("as") == "APIGroupDiscoveryList":
                document = self._surface.aggregated.get((path, wanted.get("v", "")))
                if wanted.get("g") == DISCOVERY_GROUP and document is not None:
                    return _aggregated(document, request)
            elif clause.is_json and "as" not in wanted:
                break
        else:
            if header:
                raise status.not_acceptable((replies.JSON_TYPE, AGGREGATED_TYPE))
        plain = self._directory.group_list() if path == "/apis" else self._directory.legacy_versions(request.host)
        return _json(plain, [("Vary", "Accept")])


def not_found() -> Reply:
    """What a path nobody knows gets: plain text (image-api contract, section 1)."""
    return Reply(404, [*_headers(TEXT), ("X-Content-Type-Options", "nosniff")], b"404 page not found\n")


def _aggregated(document: Document, request: Request) -> Reply:
    headers = [("ETag", document.etag), ("Vary", "Accept"), ("Cache-Control", "public")]
    known = [each.strip() for each in request.headers.get("If-None-Match", "").split(",")]
    if document.etag in known:
        return Reply(304, headers)
    return Reply(200, [("Content-Type", document.media_type), *headers], document.body)


def _verdict(verdict: Verdict) -> Reply:
    return Reply(200 if verdict.good else 503, _headers(TEXT), verdict.text.encode())


def _headers(media_type: str) -> list[tuple[str, str]]:
    return [("Content-Type", media_type), ("Cache-Control", replies.FRONT_DOOR)]


def _json(value: Json, more: list[tuple[str, str]] | None = None) -> Reply:
    return Reply(200, _headers(replies.JSON_TYPE) + (more or []), orjson.dumps(value))
