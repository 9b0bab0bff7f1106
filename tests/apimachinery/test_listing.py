"""Lists: selectors, paging, versions (image-api contract, 16.4)."""

from __future__ import annotations

import asyncio
import base64
from contextlib import suppress

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadstead.apimachinery import listing
from roadstead.apimachinery.paging import INCONSISTENT, Token, read_token
from roadstead.apimachinery.shown import Showcase
from roadstead.kube.status import StatusError
from tests.apimachinery.world import BOATS, PIERS, World

ALL = "/apis/harbour.test/v1/boats"
FLAGS = "/apis/harbour.test/v1/namespaces/north/flags"


def names(answer_json: dict[str, object]) -> list[str]:
    return [item["metadata"]["name"] for item in answer_json["items"]]  # type: ignore[attr-defined]


async def fleet(small: World) -> None:
    for number in range(5):
        colour = "red" if number % 2 else "blue"
        await small.make(f"b{number}", metadata={"labels": {"n": str(number)}}, spec={"colour": colour})
    await small.make("b1", namespace="south")


async def test_an_empty_list_has_items(small: World) -> None:
    answer = await small.ask("GET", BOATS)
    assert answer.json == {
        "kind": "BoatList",
        "apiVersion": "harbour.test/v1",
        "metadata": {"resourceVersion": "0"},
        "items": [],
    }


async def test_items_carry_no_kind(small: World) -> None:
    await small.make("a")
    [item] = (await small.ask("GET", BOATS)).json["items"]
    assert sorted(item) == ["metadata", "spec", "status"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["b0", "b1", "b2", "b3", "b4"]),
        ("?limit=-1", ["b0", "b1", "b2", "b3", "b4"]),
        ("?labelSelector=n%20in%20(1,2)", ["b1", "b2"]),
        ("?labelSelector=n!%3D1,n", ["b0", "b2", "b3", "b4"]),
        ("?fieldSelector=metadata.name%3Db3", ["b3"]),
        ("?fieldSelector=metadata.name%3Dnone", []),
        ("?fieldSelector=metadata.name!%3Db3", ["b0", "b1", "b2", "b4"]),
        ("?fieldSelector=spec.colour%3Dred", ["b1", "b3"]),
        ("?fieldSelector=spec.colour%3Dred,metadata.name%3Db0", []),
        ("?fieldSelector=metadata.namespace%3Dsouth", []),
        ("?labelSelector=n%3D3&fieldSelector=spec.colour%3Dred", ["b3"]),
        ("?resourceVersion=0&limit=2", ["b0", "b1", "b2", "b3", "b4"]),
    ],
)
async def test_selectors_choose(small: World, query: str, expected: list[str]) -> None:
    await fleet(small)
    assert names((await small.ask("GET", BOATS + query)).json) == expected


async def test_a_list_of_all_namespaces_is_in_order_of_namespace_and_name(small: World) -> None:
    await fleet(small)
    answer = await small.ask("GET", f"{ALL}?fieldSelector=metadata.name%3Db1")
    assert [item["metadata"]["namespace"] for item in answer.json["items"]] == ["north", "south"]


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("labelSelector=!!", 400, "unable to parse requirement: found '!', expected: identifier"),
        (
            "fieldSelector=spec.unknown%3Da",
            400,
            '"spec.unknown" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
        ("continue=x&resourceVersion=5", 400, "specifying resource version is not allowed when using continue"),
        ("limit=many", 400, 'strconv.ParseInt: parsing "many": invalid syntax'),
        ("limit=9223372036854775808", 400, 'strconv.ParseInt: parsing "9223372036854775808": value out of range'),
        (
            "resourceVersion=new",
            400,
            'invalid resource version: resourceVersion: Invalid value: "new": '
            'strconv.ParseUint: parsing "new": invalid syntax',
        ),
        ("continue=%00", 400, None),
        (
            "resourceVersionMatch=Exact",
            422,
            'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden '
            "unless resourceVersion is provided",
        ),
        ("resourceVersionMatch=Exact&resourceVersion=0", 422, None),
        ("resourceVersionMatch=Sometime&resourceVersion=1", 422, None),
        ("resourceVersionMatch=Exact&resourceVersion=1&continue=x", 422, None),
        ("sendInitialEvents=true", 422, None),
    ],
)
async def test_options_that_make_no_sense_are_refused(small: World, query: str, code: int, message: str | None) -> None:
    answer = await small.ask("GET", f"{BOATS}?{query}")
    assert (answer.code, answer.json["kind"]) == (code, "Status")
    assert message in (None, answer.message)


@pytest.mark.parametrize(("url", "count"), [(BOATS, 5), (ALL, 6), (FLAGS, 5)])
async def test_pages_together_are_the_whole_list(small: World, url: str, count: int) -> None:
    await fleet(small)
    seen, token, pages = [], "", 0
    while True:
        page = (await small.ask("GET", f"{url}?limit=2&continue={token}")).json
        seen += [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in page["items"]]
        pages += 1
        token = page["metadata"].get("continue", "")
        assert page["metadata"].get("remainingItemCount", 0) == (count - len(seen) if token else 0)
        if not token:
            break
    assert (len(seen), len(set(seen)), pages, sorted(seen)) == (count, count, 3, seen)


async def test_a_list_is_consistent_over_its_pages(small: World) -> None:
    await fleet(small)
    first = (await small.ask("GET", f"{BOATS}?limit=2")).json
    await small.ask("DELETE", f"{BOATS}/b3")
    await small.make("b2a")
    rest = (await small.ask("GET", f"{BOATS}?limit=9&continue={first['metadata']['continue']}")).json
    assert names(rest) == ["b2", "b3", "b4"]
    assert rest["metadata"] == {"resourceVersion": first["metadata"]["resourceVersion"]}


async def test_selected_pages_do_not_tell_how_many_remain(small: World) -> None:
    await fleet(small)
    first = (await small.ask("GET", f"{BOATS}?limit=1&fieldSelector=spec.colour%3Dblue")).json
    assert (names(first), "remainingItemCount" in first["metadata"]) == (["b0"], False)
    token = first["metadata"]["continue"]
    rest = (await small.ask("GET", f"{BOATS}?limit=2&fieldSelector=spec.colour%3Dblue&continue={token}")).json
    assert names(rest) == ["b2", "b4"]


async def test_lists_longer_than_a_batch_are_whole(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "BATCH", 2)
    await fleet(small)
    assert names((await small.ask("GET", BOATS)).json) == ["b0", "b1", "b2", "b3", "b4"]
    page = (await small.ask("GET", f"{BOATS}?limit=3")).json
    assert (names(page), page["metadata"]["remainingItemCount"]) == (["b0", "b1", "b2"], 2)
    assert names((await small.ask("GET", f"{BOATS}?limit=2&fieldSelector=spec.colour%3Dred")).json) == ["b1", "b3"]


async def test_a_token_too_old_can_be_exchanged(small: World) -> None:
    await fleet(small)
    token = (await small.ask("GET", f"{BOATS}?limit=2")).json["metadata"]["continue"]
    await small.ask("DELETE", f"{BOATS}/b3")
    await small.store.compact(small.store.revision())
    answer = await small.ask("GET", f"{BOATS}?limit=2&continue={token}")
    assert (answer.code, answer.json["reason"]) == (410, "Expired")
    assert answer.message.startswith("The provided continue parameter is too old to display a consistent list result.")
    successor = answer.json["metadata"]["continue"]
    raw = orjson.loads(base64.urlsafe_b64decode(successor + "=="))
    assert raw == {"v": "meta.k8s.io/v1", "rv": -1, "start": "b1\0"}
    assert names((await small.ask("GET", f"{BOATS}?continue={successor}")).json) == ["b2", "b4"]


async def test_a_list_at_an_exact_version_looks_back(small: World) -> None:
    await fleet(small)
    await small.ask("DELETE", f"{BOATS}/b0")
    query = "resourceVersionMatch=Exact&resourceVersion"
    then = (await small.ask("GET", f"{BOATS}?{query}=2")).json
    assert (names(then), then["metadata"]["resourceVersion"]) == (["b0", "b1"], "2")
    await small.store.compact(small.store.revision())
    gone = await small.ask("GET", f"{BOATS}?{query}=2")
    assert (gone.code, gone.message) == (410, "The resourceVersion for the provided list is too old.")


async def test_a_version_from_the_future_is_waited_for(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await small.make("a")
    waiting = asyncio.create_task(small.ask("GET", f"{BOATS}?resourceVersion=2"))
    reading = asyncio.create_task(small.ask("GET", f"{BOATS}/a?resourceVersion=2"))
    await asyncio.sleep(0)
    await small.ask("PUT", f"{BOATS}/a", {**made, "spec": {"crew": 1}})
    assert ((await waiting).code, (await reading).json["spec"]["crew"]) == (200, 1)
    monkeypatch.setattr(listing, "FRESHNESS_SECONDS", 0.01)
    late = await small.ask("GET", f"{BOATS}?resourceVersion=9")
    assert (late.code, late.message) == (504, "Timeout: Too large resource version: 9, current: 2")
    assert late.json["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"
    assert (late.json["details"]["retryAfterSeconds"], late.header("Retry-After")) == (1, "1")


def forged(**fields: object) -> str:
    body = {"v": "meta.k8s.io/v1", "rv": 1, "start": "a\0", **fields}
    return base64.urlsafe_b64encode(orjson.dumps(body)).decode()


@pytest.mark.parametrize(
    "token",
    [
        "?",
        "x" * 5000,
        base64.urlsafe_b64encode(b"[]").decode(),
        forged(v="v2"),
        forged(rv="1"),
        forged(rv=0),
        forged(rv=-2),
        forged(rv=True),
        forged(rv=10**6),
        forged(start="a"),
        forged(start="other/a\0"),
        forged(start="\0"),
        forged(start=7),
    ],
)
async def test_a_token_that_is_not_ours_is_refused(small: World, token: str) -> None:
    answer = await small.ask("GET", f"{BOATS}?continue={token}")
    assert (answer.code, answer.message.partition(":")[0]) == (400, "invalid continue token")


@given(token=st.text(max_size=60), namespace=st.sampled_from([None, "", "north"]))
@settings(max_examples=100)
def test_any_text_is_a_token_or_refused(token: str, namespace: str | None) -> None:
    with suppress(StatusError):
        assert read_token(token, namespace).name


@given(
    revision=st.integers(1, 2**62), name=st.text("abc.-:@", min_size=1), namespace=st.text("abc-", min_size=1),
    scoped=st.booleans(),
)  # fmt: skip
@settings(max_examples=50)
def test_a_token_is_read_as_it_was_written(revision: int, name: str, namespace: str, scoped: bool) -> None:
    for rv in (revision, INCONSISTENT):
        token = Token(rv, namespace, name)
        assert read_token(token.text(scoped=scoped), namespace if scoped else None) == token


async def test_cluster_scoped_kinds_are_listed_and_paged_alike(small: World) -> None:
    for name in ("p", "q", "r"):
        await small.ask("POST", PIERS, {"metadata": {"name": name}})
    first = (await small.ask("GET", f"{PIERS}?limit=2")).json
    rest = (await small.ask("GET", f"{PIERS}?limit=2&continue={first['metadata']['continue']}")).json
    assert (names(first), names(rest)) == (["p", "q"], ["r"])
    assert names((await small.ask("GET", f"{PIERS}?fieldSelector=metadata.name%3Dq")).json) == ["q"]


async def test_a_view_is_selected_like_a_stored_kind(small: World) -> None:
    await fleet(small)
    answer = await small.ask("GET", f"{FLAGS}?fieldSelector=metadata.name%3Db3")
    assert (names(answer.json), answer.json["metadata"]) == (["b3"], {"resourceVersion": "6"})


async def test_what_is_kept_encoded_stays_within_its_bound(small: World) -> None:
    showcase = Showcase(small.boats.resource, lambda obj: obj, 4000)
    for number in range(50):
        value = b'{"metadata":{"name":"a"},"spec":"%b"}' % (b"x" * (2000 if number % 2 else 100))
        shown = showcase.at(small.boats.key("north", "a"), number, value)
        assert shown.object["metadata"] == {"name": "a", "resourceVersion": str(number)}
    assert showcase._bytes <= 4000
    assert showcase.at(small.boats.key("north", "a"), 48, b"").bare.endswith(b'x"}')
