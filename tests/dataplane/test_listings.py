"""Tags and repositories, in order and in pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from roadstead.base.settings import Settings
from roadstead.testing.builders import image
from roadstead.testing.registry_client import House, house_at, names_of

TAGS = "/v2/shop/web/tags/list"
SOME = ["1", "1.0", "A", "Z", "_x", "a", "b-1", "b.1", "latest", "z"]


@pytest.fixture
async def tagged(house: House) -> House:
    pushed = image()
    for blob in pushed.blobs:
        await house.admin.push_blob("shop/web", blob)
    query = "&".join(f"tag={tag}" for tag in reversed(SOME))
    target = f"/v2/shop/web/manifests/{pushed.digest}?{query}"
    answer = await house.admin.put(target, pushed.data, Content_Type=pushed.media_type)
    assert answer.status == 201
    return house


@pytest.mark.parametrize(
    ("query", "tags", "more"),
    [
        ("", SOME, False),
        ("?n=", SOME, False),
        ("?n=3", SOME[:3], True),
        ("?n=10", SOME, False),
        ("?n=9", SOME[:9], True),
        ("?n=99999999999999999", SOME, False),
        ("?n=0", [], False),
        ("?n=0&last=a", [], False),
        ("?n=2&last=A", ["Z", "_x"], True),
        ("?last=b", ["b-1", "b.1", "latest", "z"], False),
        ("?last=zz", [], False),
        ("?n=5&last=zz", [], False),
        ("?n=1&last=y", ["z"], False),
        ("?last=%ff%00", [], False),
        ("?n=2&n=3&last=Z&last=a", ["_x", "a"], True),
    ],
)
async def test_tags_come_in_byte_order_and_in_pages(tagged: House, query: str, tags: list[str], more: bool) -> None:
    answer = await tagged.person("puller").get(TAGS + query)
    assert (answer.status, answer.json) == (200, {"name": "shop/web", "tags": tags})
    assert answer.headers["Content-Type"] == "application/json"
    assert ("Link" in answer.headers) == more
    if more:
        assert answer.headers["Link"].endswith('; rel="next"')


@pytest.mark.parametrize("count", ["-1", "x", "1.5", "0x10", "%20", "9" * 19, "9" * 10_000, "%d9%a1"], ids=range(8))
@pytest.mark.parametrize("target", [TAGS, "/v2/_catalog", "/v2/shop/web/referrers/sha256:" + "0" * 64])
async def test_a_count_that_is_none_is_refused(house: House, target: str, count: str) -> None:
    answer = await house.admin.get(f"{target}?n={count}")
    assert (answer.status, answer.code) == (400, "PAGINATION_NUMBER_INVALID")
    assert "n=" in answer.message
    assert len(answer.body) < 1000


@pytest.mark.parametrize("size", [1, 3, 7, 10])
async def test_the_links_lead_through_every_tag_once(tagged: House, size: int) -> None:
    pages = await names_of(tagged.admin, f"{TAGS}?n={size}", "tags")
    assert [tag for page in pages for tag in page] == SOME
    assert all(len(page) == size for page in pages[:-1])
    assert pages[-1]


async def test_a_stream_without_tags_has_an_empty_list_and_a_missing_one_is_unknown(house: House) -> None:
    assert (await house.admin.get(TAGS)).json == {"name": "shop/web", "tags": []}
    missing = await house.admin.get("/v2/shop/nothing/tags/list")
    assert (missing.status, missing.code, missing.error["detail"]) == (404, "NAME_UNKNOWN", {"name": "shop/nothing"})


async def test_a_tag_that_follows_an_image_elsewhere_is_not_listed(house: House) -> None:
    tags = [{"name": "follows", "reference": True, "from": {"kind": "DockerImage", "name": "quay.test/a/b:1"}}]
    await house.create("imagestreams", "shop", "refs", spec={"tags": tags})
    assert (await house.admin.get("/v2/shop/refs/tags/list")).json["tags"] == []


REPOSITORIES = [("shop", "web"), ("a", "x"), ("a-b", "x"), ("a", "x.y"), ("other", "1")]


@pytest.fixture
async def catalogued(house: House) -> House:
    for namespace in ("a", "a-b"):
        await house.create("namespaces", "", namespace)
    for namespace, name in REPOSITORIES[1:]:
        await house.create("imagestreams", namespace, name)
    return house


async def test_the_catalog_is_in_byte_order_of_whole_names(catalogued: House) -> None:
    names = sorted("/".join(each) for each in REPOSITORIES)
    assert names[0] == "a-b/x"
    assert (await catalogued.admin.get("/v2/_catalog")).json == {"repositories": names}
    for size in (1, 2, 4, 5):
        pages = await names_of(catalogued.admin, f"/v2/_catalog?n={size}", "repositories")
        assert [name for page in pages for name in page] == names
    for query, found in (
        ("n=0", []),
        ("last=other/1", ["shop/web"]),
        ("last=zzz", []),
        ("n=2&last=a/w", ["a/x", "a/x.y"]),
    ):
        assert (await catalogued.admin.get(f"/v2/_catalog?{query}")).json["repositories"] == found


async def test_the_catalog_has_pages_of_100_and_a_limit_that_is_named(
    folder: Path, settings: Callable[..., Settings]
) -> None:
    async with house_at(folder) as house:
        for number in range(105):
            await house.create("imagestreams", "shop", f"s{number:03}")
        first = await house.admin.get("/v2/_catalog")
        assert len(first.json["repositories"]) == 100
        assert len((await house.admin.get(first.next)).json["repositories"]) == 6
        assert (await house.admin.get("/v2/_catalog?n=1000")).json["repositories"][-1] == "shop/web"
        assert "at most 1000" in (await house.admin.get("/v2/_catalog?n=1001")).message
    async with house_at(folder, settings(catalog_entries=7)) as house:
        assert len((await house.admin.get("/v2/_catalog")).json["repositories"]) == 7
        assert (await house.admin.get("/v2/_catalog?n=8")).code == "PAGINATION_NUMBER_INVALID"


async def test_only_who_may_list_all_streams_sees_the_catalog(house: House) -> None:
    assert (await house.person("builder").get("/v2/_catalog")).status == 401
    await house.allow("cluster-reader", "builder")
    assert (await house.person("builder").get("/v2/_catalog")).json == {"repositories": ["shop/web"]}


async def test_a_deleted_stream_leaves_the_catalog_at_once(house: House) -> None:
    await house.delete("imagestreams", "shop", "web")
    assert (await house.admin.get("/v2/_catalog")).json == {"repositories": []}
    assert (await house.admin.get(TAGS)).code == "NAME_UNKNOWN"
