"""Who may only pull can do nothing else, by any route, with any credential (the walk grows with the kinds we serve)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from roadstead.apimachinery.resource import Resource
from roadstead.base.web import request_for
from roadstead.dataplane.access import METHODS
from roadstead.dataplane.paths import Route
from tests.whole.credentials import KINDS, Credential, peopled, shown
from tests.whole.world import World

REFUSED = (401, 429)
"""A token where a password belongs is a failed login, and those are limited."""
DIGEST = f"sha256:{'a' * 64}"
VERBS = {
    "get": ("GET", True),
    "update": ("PUT", True),
    "patch": ("PATCH", True),
    "delete": ("DELETE", True),
    "list": ("GET", False),
    "watch": ("GET", False),
    "create": ("POST", False),
    "deletecollection": ("DELETE", False),
}
"""Verb -> the method, and whether it is about one object."""
PULL = ("image.openshift.io", "imagestreams/layers", "get", "shop")

OF_EVERYBODY_LOGGED_IN = {
    ("authentication.k8s.io", "selfsubjectreviews", "create"),
    ("authorization.k8s.io", "selfsubjectaccessreviews", "create"),
    ("authorization.k8s.io", "selfsubjectrulesreviews", "create"),
    ("authorization.openshift.io", "localsubjectaccessreviews", "create"),
    ("authorization.openshift.io", "selfsubjectrulesreviews", "create"),
    ("authorization.openshift.io", "subjectaccessreviews", "create"),
    ("config.openshift.io", "clusteroperators", "get"),
    ("config.openshift.io", "clusteroperators", "list"),
    ("config.openshift.io", "clusteroperators", "watch"),
    ("oauth.openshift.io", "oauthaccesstokens", "delete"),
    ("oauth.openshift.io", "oauthauthorizetokens", "delete"),
    ("oauth.openshift.io", "useroauthaccesstokens", "delete"),
    ("oauth.openshift.io", "useroauthaccesstokens", "get"),
    ("oauth.openshift.io", "useroauthaccesstokens", "list"),
    ("oauth.openshift.io", "useroauthaccesstokens", "watch"),
    ("project.openshift.io", "projects", "list"),
    ("project.openshift.io", "projects", "watch"),
    ("project.openshift.io", "projectrequests", "list"),
    ("project.openshift.io", "projectrequests", "create"),
    ("rbac.authorization.k8s.io", "clusterroles", "get"),
    ("rbac.authorization.k8s.io", "clusterroles", "list"),
}
"""What the bundled bindings let everybody do who is logged in; none of it shows or changes what is another's.

Projects are filtered by right, a new one is the caller's own, a review answers about the caller alone, and of tokens
only one's own can be deleted.
"""


@dataclass(frozen=True)
class Try:
    """One request to the API, and what a rule would call it."""

    group: str
    resource: str
    verb: str
    namespace: str
    method: str
    path: str


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = await peopled(tmp_path)
    yield made
    await made.app.close()


def every_try(resources: list[Resource]) -> Iterator[Try]:
    """Every verb on every resource and subresource, served or not, in both namespaces and across all of them."""
    for resource in resources:
        for namespace in ("shop", "lab", "") if resource.namespaced else ("",):
            root = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
            place = f"{root}/namespaces/{namespace}/{resource.plural}" if namespace else f"{root}/{resource.plural}"
            for verb, (method, named) in VERBS.items():
                query = "?watch=true&timeoutSeconds=1" if verb == "watch" else ""
                path = f"{place}/web{query}" if named else f"{place}{query}"
                yield Try(resource.group, resource.plural, verb, namespace, method, path)
            for sub in resource.subresources:
                for verb, method in (("get", "GET"), ("create", "POST"), ("update", "PUT"), ("patch", "PATCH")):
                    name = f"{resource.plural}/{sub.name}"
                    yield Try(resource.group, name, verb, namespace, method, f"{place}/web/{sub.name}")


async def answered(world: World, credential: Credential, method: str, path: str, *, registry: bool = False) -> int:
    """The status of one request with the credential."""
    headers = {"Content-Type": "application/json"}
    if credential.authorization:
        headers["Authorization"] = credential.authorization
    body = b"" if method in ("GET", "HEAD") else b"{}"
    request = request_for(method, path, headers=headers, body=body)
    request = replace(request, peer_certificate=credential.certificate)
    reply = await (world.app.registry if registry else world.app.api)(request)
    stop = getattr(reply.body, "aclose", None)
    if stop is not None:
        await stop()
    return reply.status


@pytest.mark.parametrize("kind", KINDS)
async def test_the_api_refuses_every_verb_on_every_resource(world: World, kind: str) -> None:
    credential = await shown(world, kind)
    if kind == "anonymous":
        credential = Credential()
    resources = [each.resource for each in world.app.kinds.served.values()]
    assert len(resources) > 50
    let_through = set()
    for each in every_try(resources):
        code = await answered(world, credential, each.method, each.path)
        if not credential.api and kind != "anonymous":
            assert code in REFUSED, each
        elif code != 403:
            let_through.add((each.group, each.resource, each.verb, each.namespace))
    if credential.api:
        assert PULL in let_through
    let_through.discard(PULL)
    beyond = {each for each in let_through if each[:3] not in OF_EVERYBODY_LOGGED_IN}
    assert beyond == set()
    if kind == "anonymous":
        assert let_through == set()


@pytest.mark.parametrize("kind", KINDS)
async def test_no_page_of_the_api_is_changed_by_such_a_caller(world: World, kind: str) -> None:
    credential = await shown(world, kind)
    listed = (await world.must("GET", "/"))["paths"]
    assert "/metrics" in listed
    for path in (*listed, "/openapi/v3", "/debug/pprof", "/logs", "/api/v1/proxy"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert await answered(world, credential, method, path) in (400, 403, 404, 405, *REFUSED), (method, path)
    assert await answered(world, credential, "GET", "/metrics") in (403, *REFUSED)


PATHS = {
    Route.BASE: "/v2/",
    Route.CATALOG: "/v2/_catalog",
    Route.TAGS: "/v2/{}/web/tags/list",
    Route.MANIFEST: "/v2/{}/web/manifests/v1",
    Route.BLOB: f"/v2/{{}}/web/blobs/{DIGEST}",
    Route.UPLOADS: "/v2/{}/web/blobs/uploads/",
    Route.UPLOAD: "/v2/{}/web/blobs/uploads/6f1e9e42-5b0e-4c5a-8f5e-2f0d6d1c7a11",
    Route.REFERRERS: f"/v2/{{}}/web/referrers/{DIGEST}",
    Route.SIGNATURES: f"/extensions/v2/{{}}/web/signatures/{DIGEST}",
    Route.METRICS: "/extensions/v2/metrics",
    Route.ADMIN_BLOB: f"/admin/blobs/{DIGEST}",
}
READING = {Route.TAGS, Route.MANIFEST, Route.BLOB, Route.UPLOAD, Route.REFERRERS, Route.SIGNATURES}


@pytest.mark.parametrize("kind", KINDS)
async def test_the_registry_lets_such_a_caller_read_one_namespace_and_do_nothing_else(world: World, kind: str) -> None:
    credential = await shown(world, kind)
    assert set(PATHS) == set(METHODS) - {Route.LIVE, Route.TOKEN}
    for route, path in PATHS.items():
        for method in METHODS[route]:
            for namespace in ("shop", "lab"):
                code = await answered(world, credential, method, path.format(namespace), registry=True)
                seen = route is Route.BASE or (route in READING and namespace == "shop")
                if seen and method in ("GET", "HEAD") and credential.registry:
                    assert code in (200, 404), (method, path, namespace)
                else:
                    assert code == 401, (method, path, namespace)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_mount_from_elsewhere_shows_such_a_caller_nothing(world: World, kind: str) -> None:
    credential = await shown(world, kind)
    query = f"?mount={DIGEST}&from=lab/web"
    for namespace in ("shop", "lab"):
        path = f"/v2/{namespace}/web/blobs/uploads/{query}"
        assert await answered(world, credential, "POST", path, registry=True) == 401


@pytest.mark.parametrize("kind", ["password", "OAuth token", "client certificate", "account token"])
async def test_such_a_caller_cannot_act_as_anybody_else(world: World, kind: str) -> None:
    credential = await shown(world, kind)
    for headers in (
        {"Impersonate-User": "system:admin"},
        {"Impersonate-User": "bob"},
        {"Impersonate-User": "system:serviceaccount:shop:builder"},
        {"Impersonate-User": "alice", "Impersonate-Group": "system:masters"},
    ):
        sent = {**headers, **({"Authorization": credential.authorization} if credential.authorization else {})}
        request = request_for("GET", "/api/v1/namespaces", headers=sent)
        request = replace(request, peer_certificate=credential.certificate)
        assert (await world.app.api(request)).status == 403, headers


@pytest.mark.parametrize("forged", ["X-Remote-User", "X-Remote-Uid", "X-Forwarded-User", "Remote-User"])
async def test_headers_of_a_proxy_that_nobody_set_up_name_nobody(world: World, forged: str) -> None:
    headers = {forged: "system:admin", "X-Remote-Group": "system:masters"}
    assert (await world.app.api(request_for("GET", "/api/v1/namespaces", headers=headers))).status == 403
    assert (await world.app.registry(request_for("GET", "/v2/_catalog", headers=headers))).status == 401
