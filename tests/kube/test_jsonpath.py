"""Paths into objects, as columns of custom kinds name them."""

from typing import Any

import pytest
from hypothesis import given, strategies

from roadstead.kube.jsonpath import BadPath, parse

OBJECT = {
    "metadata": {"name": "a", "annotations": {"example.com/x": "1"}},
    "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Good", "status": "False", "on": True}]},
    "list": [1, 2, 3],
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".metadata.name", ["a"]),
        ("{.metadata.name}", ["a"]),
        ("$.metadata['name']", ["a"]),
        (r".metadata.annotations.example\.com/x", ["1"]),
        ('.metadata.annotations["example.com/x"]', ["1"]),
        (".list[0]", [1]),
        (".list[-1]", [3]),
        (".list[*]", [1, 2, 3]),
        (".list[7]", []),
        ('.status.conditions[?(@.type=="Ready")].status', ["True"]),
        (".status.conditions[?(@.type!='Ready')].type", ["Good"]),
        (".status.conditions[?(@.on==true)].type", ["Good"]),
        (".nothing.at.all", []),
        (".metadata.name.deeper", []),
    ],
)
def test_a_path_leads_to_values(path: str, found: list[Any]) -> None:
    assert parse(path).find(OBJECT) == found


@pytest.mark.parametrize("path", ["", "name", ".", ".a[", ".a[x]", ".a[?(@.b)]", "..a", ".a]", "." + "a" * 1000])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(BadPath):
        parse(path)


def test_a_path_of_names_tells_them() -> None:
    assert parse(".spec.replicas").names == ("spec", "replicas")
    assert parse(".spec.list[0]").names is None


def test_a_path_that_fans_out_finds_only_so_much() -> None:
    grid = [[0] * 100 for _ in range(100)]
    assert len(parse(".a[*][*]").find({"a": grid})) == 1000


@given(strategies.text(alphabet=".a[]*?(@='\"\\)0-", max_size=30))
def test_any_text_is_a_path_or_not(text: str) -> None:
    try:
        parse(text).find(OBJECT)
    except BadPath:
        pass
