"""Any definition is refused with reasons, or taken and served."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import orjson
from hypothesis import given, settings, strategies

from roadstead.base.values import Json
from roadstead.kube.schema import TypeMismatch, conform
from roadstead.resources import customnames
from roadstead.resources.customresources import served_versions
from roadstead.resources.shapes import shape_of

NOW = datetime(2026, 11, 23, tzinfo=UTC)
WHOLE: Json = {
    "metadata": {"name": "boats.harbour.example.com"},
    "spec": {
        "group": "harbour.example.com",
        "scope": "Namespaced",
        "names": {"plural": "boats", "kind": "Boat", "shortNames": ["bt"], "categories": ["all"]},
        "conversion": {"strategy": "None"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "properties": {
                                    "a": {"type": "string", "pattern": "^a", "default": "a"},
                                    "b": {"type": "array", "items": {"type": "integer", "maximum": 3}},
                                },
                            }
                        },
                    }
                },
                "subresources": {
                    "status": {},
                    "scale": {"specReplicasPath": ".spec.n", "statusReplicasPath": ".status.n"},
                },
                "additionalPrinterColumns": [{"name": "A", "type": "string", "jsonPath": ".spec.a"}],
                "selectableFields": [{"jsonPath": ".spec.a"}],
            }
        ],
    },
}
JUNK = strategies.recursive(
    strategies.none()
    | strategies.booleans()
    | strategies.integers(-2, 2)
    | strategies.text(max_size=3)
    | strategies.sampled_from(["object", "array", ".spec.a", "(", "v2", "Cluster"]),
    lambda inner: (
        strategies.lists(inner, max_size=2) | strategies.dictionaries(strategies.text(max_size=4), inner, max_size=2)
    ),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything inside a value."""
    steps = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    below = [each for step in steps for each in places(value[step], (*path, step))]
    return [path, *below] if path else below


PLACES = places(WHOLE)


def tampered(crd: Json, path: tuple[Any, ...], junk: Any) -> Json:
    found = copy.deepcopy(crd)
    at: Any = found
    try:
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = junk
    except (KeyError, IndexError, TypeError):  # an earlier change took the place away
        pass
    return found


@settings(max_examples=300)
@given(strategies.lists(strategies.tuples(strategies.sampled_from(PLACES), JUNK), max_size=2))
def test_a_definition_somebody_tampered_with_is_refused_or_served(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    crd = WHOLE
    for path, junk in changes:
        crd = tampered(crd, path, junk)
    shape = shape_of("apiextensions.k8s.io", "CustomResourceDefinition")
    assert shape is not None
    try:
        crd = conform(shape, {"kind": "CustomResourceDefinition", "apiVersion": "apiextensions.k8s.io/v1", **crd}).value
    except TypeMismatch:
        return
    crd = customnames.with_defaults(crd)
    if customnames.examine(crd).errors:
        return
    crd["status"] = customnames.status_of(crd, *customnames.conflict(crd, [], []), NOW)
    assert customnames.established(crd)
    orjson.dumps(crd)
    for resource, _ in served_versions(crd):
        assert resource.shape is not None
        made = conform(resource.shape, {"metadata": {"name": "b"}, "spec": {"a": 1, "b": [5], "c": None}}).value
        for column in resource.columns or ():
            column.value(made, NOW)
        for text in resource.selectable.values():
            text(made)
