"""Every form of `oc import-image`, as it is sent, from every kind of registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from roadstead.base.values import Json
from roadstead.testing import builders
from roadstead.testing.builders import Content
from roadstead.testing.running import Server
from tests.outside import schema1
from tests.outside.registries import Registry
from tests.outside.shop import IN_SHOP, NUMBERS, Shop, item, keeping_fresh, said, until
from tests.outside.upstreams import KINDS, tell_of

pytestmark = pytest.mark.outside

HOSTNAME = "registry.test:5000"
LEGACY, WHOLE = "Legacy", "PreserveOriginal"
IMAGES = pytest.mark.parametrize("make", [builders.image, builders.docker_image], ids=["oci", "docker"])
INDEXES = pytest.mark.parametrize(
    ("make", "put"),
    [(builders.image, builders.index), (builders.docker_image, builders.docker_list)],
    ids=["oci", "docker"],
)
PLAIN = pytest.mark.parametrize("registry", ["plain", "htpasswd"], indirect=True)
Make = Callable[..., Content]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server, which keeps tags fresh every second."""
    with keeping_fresh(tmp_path_factory.mktemp("forms") / "data", ROADSTEAD_REGISTRY_HOSTNAME=HOSTNAME) as started:
        yield started


@pytest.fixture(scope="module", params=KINDS)
def registry(
    request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Registry]:
    """A registry of one kind; the server has the password and the CA it needs for it."""
    with KINDS[request.param](tmp_path_factory.mktemp(request.param)) as other:
        tell_of(server, other)
        yield Registry(other)


@pytest.fixture
def shop(server: Server) -> Shop:
    """A stream of its own for each test."""
    return Shop(server, f"form{next(NUMBERS)}")


def policy(registry: Registry, mode: str = LEGACY, **more: Any) -> Json:
    """The import policy for a registry: insecure where it has no TLS."""
    return {"importMode": mode, "insecure": registry.other.authority is None, **more}


@IMAGES
def test_a_tag_comes_in_with_what_its_image_says(make: Make, shop: Shop, registry: Registry) -> None:
    image = registry.push("team/one", make(f"one of {shop.name}"), "v1")
    assert said(shop.one(f"{registry.host}/team/one:v1", "stable", **policy(registry))).startswith("Success")
    shown = shop.get(f"{IN_SHOP}/imagestreamtags/{shop.name}:stable")["image"]
    assert shown["metadata"]["name"] == image.digest
    assert shown["dockerImageManifestMediaType"] == image.media_type
    assert shown["dockerImageReference"] == f"{registry.host}/team/one@{image.digest}"
    assert shown["dockerImageMetadata"]["Config"]["Labels"] == {"name": f"one of {shop.name}"}
    assert [each["name"] for each in shown["dockerImageLayers"]] == [each.digest for each in image.blobs[1:]]


@INDEXES
def test_an_index_stands_for_one_platform_or_is_kept_whole(
    make: Make, put: Make, shop: Shop, registry: Registry
) -> None:
    children = [make(f"{name} of {shop.name}") for name in ("amd", "arm")]
    index = registry.push("team/many", put(*children), "v1", children=children)
    source = f"{registry.host}/team/many:v1"
    found = shop.bring(item(source, "one", **policy(registry)), item(source, "all", **policy(registry, WHOLE)))[
        "images"
    ]
    assert [shop.image("one"), shop.image("all")] == [children[0].digest, index.digest]
    assert [each["metadata"]["name"] for each in found[1]["manifests"]] == [each.digest for each in children]
    kept = shop.get(f"{IN_SHOP}/imagestreamtags/{shop.name}:all")["image"]
    assert [each["architecture"] for each in kept["dockerImageManifests"]] == ["amd64", "arm64"]
    arm = shop.get(f"{IN_SHOP}/imagestreamimages/{shop.name}@{children[1].digest}")["image"]
    assert arm["dockerImageReference"] == f"{registry.host}/team/many@{children[1].digest}"


@INDEXES
def test_a_tag_prefers_the_platform_its_annotation_names(make: Make, put: Make, shop: Shop, registry: Registry) -> None:
    children = [make(f"{name} of {shop.name}") for name in ("amd", "arm")]
    registry.push("team/many", put(*children), "v1", children=children)
    wish = {"importer.image.openshift.io/prefer-arch": "arm64"}
    shop.have(
        f"{IN_SHOP}/imagestreams",
        {"metadata": {"name": shop.name}, "spec": {"tags": [{"name": "v1", "annotations": wish}]}},
    )
    shop.one(f"{registry.host}/team/many:v1", **policy(registry))
    assert shop.image() == children[1].digest


@PLAIN
def test_http_is_spoken_to_a_tag_that_is_insecure_and_to_no_other(shop: Shop, registry: Registry) -> None:
    registry.push("team/open", builders.image("open"), "v1")
    source = f"{registry.host}/team/open:v1"
    refused = f'InternalError: Internal error occurred: {source}: Get "https://{registry.host}/v2/": '
    assert said(shop.one(source)) == f"{refused}http: server gave HTTP response to HTTPS client"
    assert said(shop.one(source, insecure=True)).startswith("Success")


def test_a_dry_run_shows_the_image_and_writes_nothing(shop: Shop, registry: Registry) -> None:
    image = registry.push("team/dry", builders.image(f"dry for {shop.name}"), "v1")
    source = item(f"{registry.host}/team/dry:v1", "v1", **policy(registry))
    found = shop.bring(source, **{"import": False})
    assert found["images"][0]["image"]["metadata"]["name"] == image.digest
    assert "import" not in found
    assert shop.get()["reason"] == "NotFound"
    assert shop.get(f"/apis/image.openshift.io/v1/images/{image.digest}")["reason"] == "NotFound"


def test_all_tags_of_a_repository_come_in(shop: Shop, registry: Registry) -> None:
    image = registry.push("team/all", builders.image("all"), "1.0", "1.1", "latest")
    repository = {"from": {"kind": "DockerImage", "name": f"{registry.host}/team/all"}}
    found = shop.bring(repository={**repository, "importPolicy": policy(registry)})["repository"]
    assert found["status"]["status"] == "Success"
    assert {each["tag"]: shop.image(each["tag"]) for each in found["images"]} == dict.fromkeys(
        ("latest", "1.1", "1.0"), image.digest
    )


def test_the_reference_policy_says_which_registry_a_tag_is_pulled_from(shop: Shop, registry: Registry) -> None:
    image = registry.push("team/where", builders.image("where"), "v1")
    source = f"{registry.host}/team/where"
    for kind, place in (("Source", source), ("Local", f"{HOSTNAME}/shop/{shop.name}")):
        wanted = {**item(f"{source}:v1", kind.lower(), **policy(registry)), "referencePolicy": {"type": kind}}
        shop.bring(wanted)
        tag = shop.get(f"{IN_SHOP}/imagestreamtags/{shop.name}:{kind.lower()}")
        assert tag["image"]["dockerImageReference"] == f"{place}@{image.digest}"
        assert tag["tag"]["referencePolicy"] == {"type": kind}


def test_a_scheduled_tag_follows_the_one_it_points_at(shop: Shop, registry: Registry) -> None:
    registry.push("team/moving", builders.image("first"), "v1")
    shop.one(f"{registry.host}/team/moving:v1", **policy(registry, scheduled=True))
    second = registry.push("team/moving", builders.image("second"), "v1")
    until(lambda: shop.image() == second.digest)
    assert len(shop.get()["status"]["tags"][0]["items"]) == 2


def test_a_broken_tag_is_told_apart_and_importing_again_writes_nothing(shop: Shop, registry: Registry) -> None:
    image = registry.push("team/half", builders.image("half"), "v1")
    names = (f"{registry.host}/team/half:v1", f"{registry.host}/team/half:v2")
    wanted = [item(name, name[-2:], **policy(registry)) for name in names]
    good, bad = shop.bring(*wanted)["images"]
    assert said(good).startswith("Success")
    assert said(bad) == f'NotFound: dockerimage.image.openshift.io "{names[1]}" not found'
    stream = shop.get()
    assert (shop.image("v1"), shop.image("v2")) == (image.digest, None)
    assert stream["status"]["tags"][1]["conditions"][0]["reason"] == "NotFound"
    shop.bring(*wanted)
    shop.bring(wanted[0])
    assert shop.get() == stream


@pytest.mark.parametrize("registry", ["plain", "htpasswd", "tls"], indirect=True)
def test_a_manifest_of_schema_1_is_refused_with_what_to_do(shop: Shop, registry: Registry) -> None:
    registry.push("team/old", schema1.signed("team/old", "v1"), "v1")
    refused = said(shop.one(f"{registry.host}/team/old:v1", **policy(registry)))
    assert "only as a Docker image manifest of schema 1, which is neither imported nor copied" in refused
    assert "skopeo copy --format oci" in refused
    assert shop.image() is None
