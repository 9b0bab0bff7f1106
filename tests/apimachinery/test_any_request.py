"""Whatever comes in, a proper answer goes out: no fault, no lie about its code."""

from __future__ import annotations

import asyncio

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from roadstead.base.values import Json
from roadstead.base.web import Reply, request_for
from roadstead.objects.sqlite import SqliteLog
from roadstead.objects.store import Store
from tests.apimachinery.world import world

SEGMENTS = st.sampled_from(
    ["api", "apis", "v1", "harbour.test", "namespaces", "north", "boats", "piers", "flags", "signals", "status", "log",
     "a", "b", "", "..", "%2f", "%ff", "%00", "\u00e9", "nowhere", "x" * 300]
)  # fmt: skip
PATHS = st.lists(SEGMENTS, max_size=9).map(lambda parts: "/" + "/".join(parts))
NEAR = st.sampled_from(["", "/a", "/a/status", "/none"]).map("/apis/harbour.test/v1/namespaces/north/boats{}".format)
PARAMETERS = (
    "limit", "continue", "resourceVersion", "resourceVersionMatch", "labelSelector", "fieldSelector", "dryRun",
    "fieldValidation", "fieldManager", "timeoutSeconds", "timeout", "sendInitialEvents", "includeObject", "pretty",
    "propagationPolicy", "orphanDependents", "allowWatchBookmarks",
)  # fmt: skip
SETTINGS = ("", "1", "-1", "x", "true", "All", "Strict", "Exact", "a=b", "!!", "metadata.name=a", "9" * 20)
QUERY = st.lists(st.tuples(st.sampled_from(PARAMETERS), st.sampled_from(SETTINGS)), max_size=3)
NAMES = st.sampled_from(["metadata", "spec", "name", "labels", "kind", "op", "path", "x"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
BODIES = st.binary(max_size=40) | VALUES.map(orjson.dumps)
TYPES = st.sampled_from(
    ["", "application/json", "application/yaml", "application/json-patch+json", "application/merge-patch+json",
     "application/strategic-merge-patch+json", "application/apply-patch+yaml",
     "text/plain", ";;;", "application/json; charset=x"]
)  # fmt: skip
META = "v=v1;g=meta.k8s.io"
ACCEPTS = st.sampled_from(
    ["", "*/*", f"application/json;as=Table;{META}", f"application/json;as=PartialObjectMetadata;{META}", ";q=x",
     "text/html", "application/json;as=Table"]
)  # fmt: skip


async def ask(method: str, url: str, body: bytes, headers: Json) -> tuple[Reply, list[object]]:
    store = Store(SqliteLog.in_memory())
    small = world(store)
    await small.make("a")
    reply = await small.door(request_for(method, url, headers=headers, body=body))
    await store.close()
    return reply, list(small.faults)


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "FROB"]),
    path=PATHS | NEAR,
    query=QUERY,
    body=BODIES,
    media_type=TYPES,
    accept=ACCEPTS,
)
@settings(max_examples=200, deadline=None)
def test_any_request_gets_a_proper_answer(
    method: str, path: str, query: list[tuple[str, str]], body: bytes, media_type: str, accept: str
) -> None:
    url = path + "?" + "&".join(f"{name}={value}" for name, value in query)
    headers = {"Content-Type": media_type, "Accept": accept}
    reply, faults = asyncio.run(ask(method, url, body, headers))
    assert faults == []
    assert reply.status < 500 or reply.status == 504
    assert isinstance(reply.body, bytes)
    kind = dict(reply.headers)["Content-Type"]
    if kind == "application/json" and reply.status >= 400:
        status = orjson.loads(reply.body)
        assert (status["kind"], status["code"], bool(status["message"])) == ("Status", reply.status, True)


METADATA = ("labels", "annotations", "ownerReferences", "finalizers", "managedFields", "uid", "resourceVersion",
            "generation", "creationTimestamp", "namespace")  # fmt: skip
CONFIGS = st.fixed_dictionaries(
    {
        "apiVersion": st.just("harbour.test/v1"),
        "kind": st.just("Boat"),
        "metadata": st.fixed_dictionaries({"name": st.just("a")}, optional={name: VALUES for name in METADATA}),
    },
    optional={"spec": VALUES, "status": VALUES},
)


@settings(max_examples=150)
@given(config=CONFIGS, query=st.sampled_from(["", "&force=true", "&dryRun=All", "&fieldValidation=Strict"]))
def test_any_configuration_is_applied_or_refused(config: Json, query: str) -> None:
    url = f"/apis/harbour.test/v1/namespaces/north/boats/a?fieldManager=m{query}"
    headers = {"Content-Type": "application/apply-patch+yaml"}
    reply, faults = asyncio.run(ask("PATCH", url, orjson.dumps(config), headers))
    assert not faults
    if reply.status == 500:
        assert isinstance(reply.body, bytes)
        assert b"failed to create typed patch object" in reply.body
