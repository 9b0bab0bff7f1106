"""Structural schemas as shapes, for bodies, patches and appliers, and as OpenAPI; no I/O."""

from __future__ import annotations

from typing import Any

from roadstead.base.values import Json
from roadstead.kube.objectmeta import OBJECT_META, kind_shape
from roadstead.kube.openapi import PRESERVE, Definitions
from roadstead.kube.schema import Field, Shape, TypeMismatch, list_of, map_of, object_of
from roadstead.kube.structural import Node
from roadstead.kube.structural_values import ROOT, shaped
from roadstead.kube.wording import kind_of

_NOT_IN_VERSION_2 = frozenset(("nullable", "oneOf", "anyOf", "allOf", "not", "example", "title"))


def shape_of(kind: str, node: Node) -> Shape:
    """The shape of whole objects of a custom kind: it drops unknown fields and fills defaults.

    Types and limits are not its business: a body that breaks them is refused by name later.
    """
    own = {name: _field(each) for name, each in node.properties.items() if name not in ROOT}
    shape = Shape(kind, {**kind_shape(kind, {}).fields, **own}, open=node.preserve, description=node.description)

    def check(value: Any, strays: list[str]) -> Json:
        if not isinstance(value, dict):
            raise TypeMismatch(
                f"json: cannot unmarshal {kind_of(value)} into Go value of type map[string]interface {{}}"
            )
        kept: Json = shaped(node, value, strays, root=True)
        kept.setdefault("metadata", {})
        return kept

    object.__setattr__(shape, "check", check)
    return shape


def _field(node: Node) -> Field:
    told: dict[str, Any] = {"description": node.description, "keep": True}
    if node.type == "array" and node.items is not None:
        atomic = node.list_type not in ("map", "set")
        return list_of(
            _field(node.items), atomic=atomic, as_set=node.list_type == "set", list_keys=node.list_keys, **told
        )
    if node.type == "object" and node.additional is not None:
        return map_of(_field(node.additional), atomic=node.map_type == "atomic", **told)
    if node.type == "object" or node.properties or node.embedded:
        fields = {name: _field(each) for name, each in node.properties.items()}
        if node.embedded:
            fields |= kind_shape("", {}).fields
        inner = Shape("", fields, open=node.preserve, atomic=node.map_type == "atomic")
        return object_of(inner, **told)
    return Field("anything", "interface {}", lambda value, strays: value, **told)


def documented(schema: Json, kind: str, definitions: Definitions) -> Json:
    """What clients read about whole objects of a custom kind."""
    told = {**schema} if definitions.version == 3 else _version2(schema)
    own = told.get("properties") or {}
    fixed = {
        "apiVersion": {"type": "string", "description": "The group and version the object is written in."},
        "kind": {"type": "string", "description": f"Always {kind}."},
        "metadata": definitions.shape(OBJECT_META),
    }
    return {**told, "type": "object", "properties": {**fixed, **{k: v for k, v in own.items() if k not in fixed}}}


def _version2(schema: Any) -> Any:
    """A schema in the words of version 2, which has no alternatives."""
    if not isinstance(schema, dict):
        return schema
    told = {name: value for name, value in schema.items() if name not in _NOT_IN_VERSION_2}
    if told.get("x-kubernetes-int-or-string"):
        return {**told, "type": "string"}
    if told.get(PRESERVE):
        told = {name: value for name, value in told.items() if name not in ("properties", "items")}
    told.setdefault("type", "object")
    if isinstance(told.get("properties"), dict):
        told["properties"] = {name: _version2(each) for name, each in told["properties"].items()}
    for name in ("items", "additionalProperties"):
        if isinstance(told.get(name), dict):
            told[name] = _version2(told[name])
        elif name in told:
            del told[name]
    return told
