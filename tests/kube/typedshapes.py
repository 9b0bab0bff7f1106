"""A shape with every way of merging, and configurations of it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from roadstead.kube import typed
from roadstead.kube.objectmeta import kind_shape
from roadstead.kube.schema import Shape, anything, integer, list_of, map_of, object_of, text

PORT = Shape("Port", {"port": integer(keep=True), "protocol": text(default="TCP"), "name": text()})
ENTRY = Shape("Entry", {"name": text(), "value": text()})
BOX = Shape("Box", {"name": text(), "image": text(), "env": list_of(object_of(ENTRY), merge_key="name")})
SPEC = Shape(
    "ShipSpec",
    {
        "replicas": integer(),
        "boxes": list_of(object_of(BOX), merge_key="name"),
        "ports": list_of(object_of(PORT), merge_key="port", list_keys=("port", "protocol")),
        "flags": list_of(text(), as_set=True),
        "args": list_of(text()),
        "chooses": map_of(text(), atomic=True),
        "extra": anything(),
    },
)
STATUS = Shape("ShipStatus", {"berth": text()})
SHIP = kind_shape("Ship", {"spec": object_of(SPEC, default={}), "status": object_of(STATUS)})
KIND = typed.root(SHIP)

NAMES = st.sampled_from("abcd")
TEXTS = st.sampled_from(["", "x", "y"])


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object with any of the fields."""
    return st.fixed_dictionaries({}, optional=fields)


def keyed(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Items with a name each, none twice."""
    item = st.fixed_dictionaries({"name": NAMES}, optional=fields)
    return st.lists(item, max_size=4, unique_by=lambda each: each["name"])


def specs() -> st.SearchStrategy[dict[str, Any]]:
    """Specs as somebody might apply them."""
    env = keyed(value=TEXTS)
    return some(
        replicas=st.integers(1, 3),
        boxes=keyed(image=TEXTS, env=env),
        ports=st.lists(
            st.fixed_dictionaries({"port": st.integers(1, 3)}, optional={"protocol": st.sampled_from(["TCP", "UDP"])}),
            max_size=3,
            unique_by=lambda each: (each["port"], each.get("protocol", "TCP")),
        ),
        flags=st.lists(NAMES, max_size=3, unique=True),
        args=st.lists(TEXTS, max_size=2),
        chooses=st.dictionaries(NAMES, TEXTS, max_size=2),
        extra=st.dictionaries(NAMES, TEXTS, max_size=2),
    )


def configs() -> st.SearchStrategy[dict[str, Any]]:
    """Whole objects of one name."""
    labels = st.dictionaries(NAMES, TEXTS, max_size=3)
    metadata = st.fixed_dictionaries({"name": st.just("s")}, optional={"labels": labels})
    return st.fixed_dictionaries(
        {"apiVersion": st.just("v1"), "kind": st.just("Ship"), "metadata": metadata}, optional={"spec": specs()}
    )
