"""Discovery, tables, version, health: image-api contract, 16.2 and 17."""

from __future__ import annotations

import asyncio

import pytest

from roadstead.apimachinery import health
from roadstead.apimachinery.discovery import Directory
from roadstead.apimachinery.resource import Resource
from roadstead.objects.store import Store
from tests.apimachinery.world import BOATS, World, world

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
V2 = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


async def test_a_group_tells_its_version(small: World) -> None:
    version = {"groupVersion": "harbour.test/v1", "version": "v1"}
    group = {"name": "harbour.test", "versions": [version], "preferredVersion": version}
    assert (await small.ask("GET", "/apis/harbour.test")).json == {"kind": "APIGroup", "apiVersion": "v1", **group}
    assert (await small.ask("GET", "/apis/")).json == {"kind": "APIGroupList", "apiVersion": "v1", "groups": [group]}


async def test_a_version_lists_resources_by_name_with_their_parts_behind_them(small: World) -> None:
    answer = (await small.ask("GET", "/apis/harbour.test/v1")).json
    assert (answer["kind"], answer["apiVersion"], answer["groupVersion"]) == (
        "APIResourceList",
        "v1",
        "harbour.test/v1",
    )
    assert [row["name"] for row in answer["resources"]] == [
        "boats", "boats/log", "boats/status", "flags", "piers", "signals",
    ]  # fmt: skip
    boats, log, _, flags, *_ = answer["resources"]
    assert boats == {
        "name": "boats",
        "singularName": "boat",
        "namespaced": True,
        "kind": "Boat",
        "verbs": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
        "shortNames": ["bt"],
        "categories": ["all"],
        "storageVersionHash": boats["storageVersionHash"],
    }
    assert log == {"name": "boats/log", "singularName": "", "namespaced": True, "kind": "Log", "verbs": ["get"]}
    assert "storageVersionHash" not in flags


async def test_the_storage_hash_is_that_of_group_version_and_kind() -> None:
    images = Resource("image.openshift.io", "v1", "images", "image", "Image", namespaced=False)
    found = Directory([images]).resource_list("image.openshift.io", "v1")
    assert found is not None
    assert found["resources"][0]["storageVersionHash"] == "FX/i8Tt+3Fc="


async def test_core_resources_are_found_below_api() -> None:
    directory = Directory([Resource("", "v1", "secrets", "secret", "Secret", namespaced=True)])
    found = directory.resource_list("", "v1")
    assert found is not None
    assert (found["groupVersion"], "apiVersion" in found) == ("v1", False)
    versions = directory.legacy_versions("here:6443")
    assert (versions["kind"], versions["versions"], "apiVersion" in versions) == ("APIVersions", ["v1"], False)


def test_kubernetes_groups_come_first_and_images_before_their_configuration() -> None:
    groups = ("config.openshift.io", "image.openshift.io", "rbac.authorization.k8s.io", "apps", "aaa.test")
    directory = Directory([Resource(group, "v1", "xs", "x", "X", namespaced=True) for group in groups])
    wanted = ["apps", "rbac.authorization.k8s.io", "image.openshift.io", "aaa.test", "config.openshift.io"]
    assert directory.names() == wanted


@pytest.mark.parametrize(
    "accept",
    [
        V2,
        f"{V2},application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json",
        f"{V2};profile=nopeer,{V2},application/json",
    ],
)
async def test_aggregated_discovery_repeats_its_media_type(small: World, accept: str) -> None:
    answer = await small.ask("GET", "/apis", headers={"Accept": accept})
    assert (answer.code, answer.header("Content-Type")) == (200, V2)
    assert (answer.header("Vary"), answer.header("Cache-Control")) == ("Accept", "public")
    assert (answer.json["kind"], answer.json["apiVersion"]) == ("APIGroupDiscoveryList", "apidiscovery.k8s.io/v2")
    [group] = answer.json["items"]
    assert (group["metadata"], group["versions"][0]["freshness"]) == ({"name": "harbour.test"}, "Current")
    boats = group["versions"][0]["resources"][0]
    assert boats["responseKind"] == {"group": "", "version": "", "kind": "Boat"}
    assert (boats["scope"], boats["singularResource"]) == ("Namespaced", "boat")
    assert [sub["subresource"] for sub in boats["subresources"]] == ["log", "status"]
    core = await small.ask("GET", "/api", headers={"Accept": accept})
    assert (core.header("Content-Type"), core.json["items"]) == (V2, [])


async def test_a_known_validator_is_answered_with_not_modified(small: World) -> None:
    etag = (await small.ask("GET", "/apis", headers={"Accept": V2})).header("ETag")
    assert etag.startswith('"')
    known = await small.ask("GET", "/apis", headers={"Accept": V2, "If-None-Match": f'"x", {etag}'})
    assert (known.code, known.body, known.header("ETag")) == (304, b"", etag)
    weak = await small.ask("GET", "/apis", headers={"Accept": V2, "If-None-Match": f"W/{etag}"})
    assert weak.code == 200


async def test_clients_of_the_first_version_of_aggregated_discovery_get_that(small: World) -> None:
    wanted = V2.replace("v=v2", "v=v2beta1")
    answer = await small.ask("GET", "/apis", headers={"Accept": f"{wanted},application/json"})
    assert (answer.header("Content-Type"), answer.json["apiVersion"]) == (wanted, "apidiscovery.k8s.io/v2beta1")
    assert answer.json["items"] == (await small.ask("GET", "/apis", headers={"Accept": V2})).json["items"]


async def test_aggregated_discovery_of_another_time_is_not_spoken(small: World) -> None:
    answer = await small.ask("GET", "/apis", headers={"Accept": V2.replace("v=v2", "v=v3")})
    assert answer.code == 406


async def test_the_preferred_version_of_a_group_comes_first() -> None:
    versions = ("v1alpha1", "v2beta1", "v1", "v2", "old", "v2beta2")
    directory = Directory([Resource("x.test", each, "xs", "x", "X", namespaced=True) for each in versions])
    group = directory.group("x.test")
    assert group is not None
    assert [each["version"] for each in group["versions"]] == ["v2", "v1", "v2beta2", "v2beta1", "v1alpha1", "old"]
    assert group["preferredVersion"]["version"] == "v2"


async def test_a_table_has_every_column_and_the_metadata_of_each_object(small: World) -> None:
    await small.make("a", spec={"crew": 3})
    for url in (BOATS, f"{BOATS}/a"):
        answer = (await small.ask("GET", url, headers={"Accept": f"{TABLE},application/json"})).json
        assert (answer["kind"], answer["apiVersion"]) == ("Table", "meta.k8s.io/v1")
        assert answer["metadata"] == {"resourceVersion": "1"}
        assert answer["columnDefinitions"] == [
            {"name": "Name", "type": "string", "format": "name", "description": "its name", "priority": 0},
            {"name": "Colour", "type": "string", "format": "", "description": "", "priority": 0},
            {"name": "Crew", "type": "number", "format": "", "description": "", "priority": 1},
        ]
        [row] = answer["rows"]
        assert row["cells"] == ["a", "white", 3]
        assert (row["object"]["kind"], row["object"]["apiVersion"]) == ("PartialObjectMetadata", "meta.k8s.io/v1")
        assert sorted(row["object"]) == ["apiVersion", "kind", "metadata"]


@pytest.mark.parametrize(
    ("include", "kind"), [("Object", "Boat"), ("Metadata", "PartialObjectMetadata"), ("None", None)]
)
async def test_rows_bring_as_much_of_the_object_as_asked(small: World, include: str, kind: str | None) -> None:
    await small.make("a")
    answer = await small.ask("GET", f"{BOATS}?includeObject={include}", headers={"Accept": TABLE})
    accompanying = answer.json["rows"][0]["object"]
    assert (accompanying and accompanying["kind"]) == kind


async def test_a_table_may_be_of_the_older_version_and_must_include_something_known(small: World) -> None:
    older = await small.ask("GET", BOATS, headers={"Accept": TABLE.replace("v=v1", "v=v1beta1")})
    assert older.json["apiVersion"] == "meta.k8s.io/v1beta1"
    half = await small.ask("GET", f"{BOATS}?includeObject=Half", headers={"Accept": TABLE})
    assert (half.code, half.message) == (
        400,
        'Unable to convert to Table as requested: includeObject: Invalid value: "Half": '
        "must be 'Metadata', 'Object', 'None', or empty",
    )


async def test_writes_are_answered_as_tables_too(small: World) -> None:
    answer = await small.ask("POST", BOATS, {"metadata": {"name": "a"}}, headers={"Accept": TABLE})
    assert (answer.code, answer.json["kind"], answer.json["rows"][0]["cells"][0]) == (201, "Table", "a")


async def test_metadata_alone_can_be_asked_for(small: World) -> None:
    made = await small.make("a")
    partial = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
    one = (await small.ask("GET", f"{BOATS}/a", headers={"Accept": partial})).json
    assert one == {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": made["metadata"]}
    listed = partial.replace("Metadata;", "MetadataList;")
    many = (await small.ask("GET", BOATS, headers={"Accept": listed})).json
    assert (many["kind"], many["items"]) == ("PartialObjectMetadataList", [one])
    assert many["metadata"] == {"resourceVersion": "1"}


async def test_the_server_says_what_it_is(small: World) -> None:
    version = (await small.ask("GET", "/version")).json
    assert (version["major"], version["minor"]) == ("1", "32")
    assert version["gitVersion"].startswith("v1.32.0+roadstead-")
    assert (await small.ask("GET", "/metrics")).body == b"boats 1\n"
    assert "/apis/harbour.test" in (await small.ask("GET", "/")).json["paths"]


async def test_readiness_is_asked_for_and_life_is_not(store: Store) -> None:
    async def missing() -> str:
        return "it is read-only"

    small = world(store, missing)
    assert (await small.ask("GET", "/livez")).body == b"ok"
    answer = await small.ask("GET", "/readyz")
    assert (answer.code, answer.body) == (503, b"[+]ping ok\n[-]log failed: it is read-only\nreadyz check failed\n")
    assert (await small.ask("GET", "/readyz?exclude=log")).body == b"ok"


async def test_health_tells_its_checks_one_by_one(store: Store) -> None:
    async def wrong() -> str:
        return "wrong"

    small = world(store, wrong)
    assert (await small.ask("GET", "/livez?verbose")).body == b"[+]ping ok\nlivez check passed\n"
    excluded = await small.ask("GET", "/healthz?verbose&exclude=log")
    assert excluded.body == b"[+]ping ok\n[+]log excluded: ok\nhealthz check passed\n"
    assert (await small.ask("GET", "/livez/ping")).body == b"ok"
    single = await small.ask("GET", "/readyz/log")
    assert (single.code, single.body) == (503, b"internal server error: wrong\n")
    assert (await small.ask("GET", "/livez/log")).code == 404


async def test_a_check_that_hangs_has_failed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "SLOWEST_SECONDS", 0.01)

    async def hanging() -> str:
        await asyncio.sleep(60)
        return ""

    answer = await world(store, hanging).ask("GET", "/readyz")
    assert b"[-]log failed: no answer within 0.01 s" in answer.body
