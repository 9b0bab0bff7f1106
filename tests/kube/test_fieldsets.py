"""Sets of fields, in the form clients read and the form we reckon with."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.kube.fieldsets import UnreadableFields, key_step, paths_of, text_of, tree, value_step

STEPS = st.sampled_from(["f:a", "f:b", 'k:{"name":"a"}', 'v:"x"', "i:0", "f:."])
SETS = st.frozensets(st.lists(STEPS, min_size=1, max_size=4).map(tuple), max_size=8)


@given(SETS)
def test_a_set_comes_back_from_its_written_form(paths: frozenset[tuple[str, ...]]) -> None:
    assert paths_of(tree(paths)) == paths


def test_a_field_beside_those_below_it_is_marked() -> None:
    paths = frozenset({("f:labels",), ("f:labels", "f:app"), ("f:spec", "f:replicas")})
    assert tree(paths) == {"f:labels": {".": {}, "f:app": {}}, "f:spec": {"f:replicas": {}}}


@pytest.mark.parametrize("fields", [7, {"f:a": 1}, {"a": {}}, {"k:[1]": {}}, {"k:{": {}}, {"i:x": {}}, {"v:": {}}])
def test_what_is_no_set_is_refused(fields: Any) -> None:
    with pytest.raises(UnreadableFields):
        paths_of(fields)


def test_paths_are_told_as_kubectl_tells_them() -> None:
    port = key_step({"protocol": "TCP", "port": 80})
    path = ("f:spec", "f:ports", port, "f:name")
    assert text_of(path) == '.spec.ports[port=80,protocol="TCP"].name'
    assert text_of(("f:metadata", "f:finalizers", value_step("a/b"), "i:3")) == '.metadata.finalizers[="a/b"][3]'


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(max_size=4), inner)))
def test_any_value_is_a_set_or_refused(fields: Any) -> None:
    try:
        paths_of(fields)
    except UnreadableFields:
        pass
