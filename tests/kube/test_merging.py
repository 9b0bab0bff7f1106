"""What an apply makes of lists, maps and sets."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from roadstead.kube.fieldsets import Paths
from roadstead.kube.merging import merge, without
from roadstead.kube.typed import declared_too, fields_in
from tests.kube.typedshapes import KIND, configs


def boxes(*names: str) -> dict[str, Any]:
    return {"spec": {"boxes": [{"name": name} for name in names]}}


def merged_names(live: str, config: str) -> str:
    merged = merge(boxes(*live), boxes(*config), KIND)
    return "".join(each["name"] for each in merged["spec"]["boxes"])


def test_configured_items_come_in_their_order_and_the_others_stay_where_they_were() -> None:
    assert merged_names("axb", "ba") == "xba"
    assert merged_names("abc", "d") == "dabc"
    assert merged_names("abc", "cd") == "abcd"
    assert merged_names("", "ab") == "ab"


def test_items_are_merged_and_atomic_values_are_replaced() -> None:
    live = {"spec": {"boxes": [{"name": "a", "image": "old"}], "args": ["1", "2"], "chooses": {"a": "x"}}}
    config = {"spec": {"boxes": [{"name": "a", "env": []}], "args": ["3"], "chooses": {"b": "y"}}}
    assert merge(live, config, KIND) == {
        "spec": {"boxes": [{"name": "a", "image": "old", "env": []}], "args": ["3"], "chooses": {"b": "y"}}
    }


@given(configs(), configs())
def test_merging_twice_is_merging_once(live: dict[str, Any], config: dict[str, Any]) -> None:
    once = merge(live, config, KIND)
    assert merge(once, config, KIND) == once


@given(configs(), configs())
def test_everything_configured_is_in_the_result_and_nothing_is_lost(
    live: dict[str, Any], config: dict[str, Any]
) -> None:
    # An empty holder counts as a field as long as nothing is in it.
    result = declared_too(frozenset(fields_in(merge(live, config, KIND), KIND)), KIND)
    assert set(fields_in(config, KIND)) <= result
    assert set(fields_in(live, KIND)) <= result


@given(configs(), configs())
def test_removed_fields_are_gone_and_the_others_stay(value: dict[str, Any], other: dict[str, Any]) -> None:
    paths: Paths = frozenset(path for path in fields_in(other, KIND) if len(path) > 2)
    left = set(fields_in(without(value, paths, KIND), KIND))
    assert not left & paths
    stays = {path for path in fields_in(value, KIND) if not any(path[: len(gone)] == gone for gone in paths)}
    assert stays <= left
