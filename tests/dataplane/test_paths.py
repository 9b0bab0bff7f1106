"""Paths of the door: read from their end, and never mistaken for another repository."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.dataplane.paths import Place, Route, find

DIGEST = "sha256:" + "0" * 64
UUID = "12345678-1234-1234-1234-123456789012"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/", Place(Route.LIVE)),
        ("/healthz", Place(Route.LIVE)),
        ("/v2/", Place(Route.BASE)),
        ("/v2/_catalog", Place(Route.CATALOG)),
        ("/openshift/token", Place(Route.TOKEN)),
        ("/openshift/token/anything", Place(Route.TOKEN)),
        ("/extensions/v2/metrics", Place(Route.METRICS)),
        (f"/extensions/v2/a/b/signatures/{DIGEST}", Place(Route.SIGNATURES, "a/b", DIGEST)),
        (f"/admin/blobs/{DIGEST}", Place(Route.ADMIN_BLOB, "", DIGEST)),
        ("/v2/a/b/tags/list", Place(Route.TAGS, "a/b")),
        ("/v2/a/b/manifests/v1", Place(Route.MANIFEST, "a/b", "v1")),
        ("/v2/a/b/manifests/sha256%3Aab", Place(Route.MANIFEST, "a/b", "sha256:ab")),
        (f"/v2/a/b/blobs/{DIGEST}", Place(Route.BLOB, "a/b", DIGEST)),
        ("/v2/a/b/blobs/uploads/", Place(Route.UPLOADS, "a/b")),
        ("/v2/a/b/blobs/uploads", Place(Route.UPLOADS, "a/b")),
        (f"/v2/a/b/blobs/uploads/{UUID}", Place(Route.UPLOAD, "a/b", UUID)),
        (f"/v2/a/b/referrers/{DIGEST}", Place(Route.REFERRERS, "a/b", DIGEST)),
        # repositories that are named like the words around them
        ("/v2/manifests/blobs/manifests/tags", Place(Route.MANIFEST, "manifests/blobs", "tags")),
        ("/v2/tags/list/tags/list", Place(Route.TAGS, "tags/list")),
        ("/v2/blobs/uploads/blobs/uploads/", Place(Route.UPLOADS, "blobs/uploads")),
        ("/v2/blobs/uploads/manifests/v1", Place(Route.MANIFEST, "blobs/uploads", "v1")),
        ("/v2/a/b/c/d/manifests/v1", Place(Route.MANIFEST, "a/b/c/d", "v1")),
        ("/v2/a%2Fb/manifests/v1", Place(Route.MANIFEST, "a%2Fb", "v1")),
        ("/v2/a/b/manifests/%FF\udcff", Place(Route.MANIFEST, "a/b", "\ufffd?")),
    ],
)
def test_a_path_names_its_place(path: str, place: Place) -> None:
    assert find(path) == place


@pytest.mark.parametrize(
    "path",
    [
        "",
        "v2/",
        "//",
        "/v1/",
        "/v2",
        "/v3/a/b/manifests/v1",
        "/v2/a/b",
        "/v2//manifests/v1",
        "/v2/a/b/manifests/",
        "/v2/a/b/tags/",
        "/v2/a/b/tags/list/",
        "/v2/a/b/blobs/",
        "/v2/_catalog/",
        "/openshift/tokens",
        "/extensions/v2/metrics/",
        "/extensions/v2/a/b/signatures/",
        "/extensions/v2/a/b",
        "/admin/blobs/a/b",
        "/admin",
        "/healthz/",
        "/debug/pprof",
        "*",
    ],
)
def test_everything_else_is_nowhere(path: str) -> None:
    assert find(path) is None


@given(st.text(st.characters(), max_size=60).map(lambda text: f"/v2/{text}"))
def test_a_place_is_only_ever_a_split_of_its_path(path: str) -> None:
    place = find(path)
    if place is not None and place.name:
        assert path.startswith(f"/v2/{place.name}/")
    if place is not None:
        place.reference.encode()
