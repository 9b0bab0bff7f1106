"""Structural schemas of custom resources, read and checked: OpenAPI 3 text -> a tree of nodes; no I/O.

Kubernetes documentation, "Extend the Kubernetes API with CustomResourceDefinitions", "Specifying a structural schema".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from roadstead.base.values import Json
from roadstead.kube.fielderrors import FieldError, forbidden_field, invalid_value, not_supported, required
from roadstead.kube.patterns import BadPattern, Pattern
from roadstead.kube.schema import NOTHING

MOST_NODES = 20_000
MOST_PATTERNS = 500
LARGEST_PATTERNS = 1_000_000
"""Steps of all compiled patterns of a schema together; 16 bytes each."""
DEEPEST = 60
MOST_ERRORS = 20
TYPES = ("array", "boolean", "integer", "number", "object", "string")
LIST_TYPES, MAP_TYPES = ("atomic", "map", "set"), ("atomic", "granular")
X = "x-kubernetes-"
_JUNCTORS = ("allOf", "anyOf", "oneOf")
_COUNTS = ("maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties")
_NUMBERS = ("maximum", "minimum", "multipleOf")
_FLAGS = ("exclusiveMaximum", "exclusiveMinimum", "nullable", "uniqueItems")
_SPOKEN = ("description", "title", "example", "externalDocs", "format")
_EXTENSIONS = (
    "preserve-unknown-fields", "int-or-string", "embedded-resource", "list-type", "list-map-keys", "map-type",
    "validations",
)  # fmt: skip
_KNOWN = frozenset(
    (
        "type", "properties", "additionalProperties", "items", "required", "enum", "pattern", "default", "not",
        *_JUNCTORS, *_COUNTS, *_NUMBERS, *_FLAGS, *_SPOKEN, *(X + each for each in _EXTENSIONS),
    )
)  # fmt: skip
_NOT_IN_JUNCTORS = ("default", "additionalProperties", "nullable", "description", "title", "type")


@dataclass(frozen=True, slots=True)
class Node:
    """One schema. `bounds` are the plain limits by their keyword; `additional` describes values under any other key."""

    type: str = ""
    properties: Mapping[str, Node] = field(default_factory=dict)
    additional: Node | None = None
    items: Node | None = None
    required: tuple[str, ...] = ()
    enum: tuple[Any, ...] | None = None
    pattern: Pattern | None = None
    format: str = ""
    bounds: Mapping[str, Any] = field(default_factory=dict)
    junctors: Mapping[str, tuple[Node, ...]] = field(default_factory=dict)
    nullable: bool = False
    preserve: bool = False
    int_or_string: bool = False
    embedded: bool = False
    default: Any = NOTHING
    list_type: str = ""
    list_keys: tuple[str, ...] = ()
    map_type: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """A schema as read. `rules` are the paths of CEL rules, which nobody here evaluates."""

    node: Node
    errors: list[FieldError]
    rules: list[str]


def read(schema: Any, path: str) -> Read:
    """The tree of a schema and everything that is wrong with it, at most MOST_ERRORS."""
    reader = _Reader()
    node = reader.node(schema, path, depth=0)
    if not reader.errors and node.type != "object":
        reader.errors.append(invalid_value(f"{path}.type", node.type, "must be object at the root"))
    return Read(node, reader.errors[:MOST_ERRORS], reader.rules)


class _Reader:
    def __init__(self) -> None:
        self.errors: list[FieldError] = []
        self.rules: list[str] = []
        self._nodes = self._patterns = self._steps = 0

    def node(self, told: Any, path: str, *, depth: int, inside: bool = False) -> Node:
        """One schema; `inside` a junctor, where only limits may stand."""
        self._nodes += 1
        if not isinstance(told, dict):
            self._wrong(path, told, "must be a schema object")
            return Node()
        if self._nodes > MOST_NODES or depth > DEEPEST:
            if self._nodes == MOST_NODES + 1 or depth == DEEPEST + 1:
                self.errors.append(forbidden_field(path, f"a schema has at most {MOST_NODES} parts, {DEEPEST} deep"))
            return Node()
        if len(self.errors) > MOST_ERRORS:
            return Node()
        self._keywords(told, path, inside=inside)
        deeper = depth + 1
        additional = told.get("additionalProperties")
        return Node(
            type=self._type(told, path, inside=inside),
            properties=self._children(told, path, depth=deeper, inside=inside),
            additional=self._additional(additional, path, depth=deeper, inside=inside),
            items=self._items(told, path, depth=deeper, inside=inside),
            required=self._texts(told, "required", path),
            enum=self._enum(told, path),
            pattern=self._pattern(told, path),
            format=self._text(told, "format", path),
            bounds=self._bounds(told, path),
            junctors=dict(self._junctors(told, path, depth)),
            nullable=told.get("nullable") is True,
            preserve=told.get(f"{X}preserve-unknown-fields") is True or additional is True,
            int_or_string=told.get(f"{X}int-or-string") is True,
            embedded=told.get(f"{X}embedded-resource") is True,
            default=told.get("default", NOTHING),
            list_type=self._one_of(told, f"{X}list-type", LIST_TYPES, path),
            list_keys=self._list_keys(told, path),
            map_type=self._one_of(told, f"{X}map-type", MAP_TYPES, path),
            description=self._text(told, "description", path),
        )

    def _keywords(self, told: Json, path: str, *, inside: bool) -> None:
        for name in told:
            if name not in _KNOWN:
                why = "is not a keyword of structural schemas"
                self.errors.append(forbidden_field(f"{path}.{name}"[:500], why))
            elif inside and name in _NOT_IN_JUNCTORS and not self._either_type(told):
                self.errors.append(forbidden_field(f"{path}.{name}", "must stand outside allOf, anyOf, oneOf and not"))
        if told.get("uniqueItems") is True:
            why = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
            self.errors.append(forbidden_field(f"{path}.uniqueItems", why))
        if told.get("properties") and told.get("additionalProperties") is not None:
            why = "additionalProperties and properties are mutual exclusive"
            self.errors.append(forbidden_field(f"{path}.additionalProperties", why))
        if told.get(f"{X}validations"):
            self.rules.append(path)

    @staticmethod
    def _either_type(told: Json) -> bool:
        """`{type: integer}` and `{type: string}` may stand in the anyOf that spells out int-or-string."""
        return set(told) == {"type"} and told["type"] in ("integer", "string")

    def _type(self, told: Json, path: str, *, inside: bool) -> str:
        kind = told.get("type") or ""
        free = inside or told.get(f"{X}int-or-string") or told.get(f"{X}preserve-unknown-fields")
        if not kind and not free:
            self.errors.append(required(f"{path}.type", "must not be empty for specified object fields"))
        elif kind and kind not in TYPES:
            self.errors.append(not_supported(f"{path}.type", str(kind)[:100], TYPES))
        return kind if isinstance(kind, str) else ""

    def _children(self, told: Json, path: str, *, depth: int, inside: bool) -> dict[str, Node]:
        children = told.get("properties") or {}
        if not isinstance(children, dict):
            self._wrong(f"{path}.properties", children, "must be an object of schemas")
            return {}
        return {
            name: self.node(each, f"{path}.properties[{name}]", depth=depth, inside=inside)
            for name, each in children.items()
        }

    def _items(self, told: Json, path: str, *, depth: int, inside: bool) -> Node | None:
        items = told.get("items")
        return None if items is None else self.node(items, f"{path}.items", depth=depth, inside=inside)

    def _additional(self, told: Any, path: str, *, depth: int, inside: bool) -> Node | None:
        if told is None or told is True:
            return None
        if told is False:
            self.errors.append(forbidden_field(f"{path}.additionalProperties", "must not be set to false"))
            return None
        return self.node(told, f"{path}.additionalProperties", depth=depth, inside=inside)

    def _junctors(self, told: Json, path: str, depth: int) -> Iterator[tuple[str, tuple[Node, ...]]]:
        for name in _JUNCTORS:
            listed = told.get(name)
            if listed is not None and not isinstance(listed, list):
                self._wrong(f"{path}.{name}", listed, "must be a list of schemas")
            elif listed:
                at = enumerate(listed)
                yield (
                    name,
                    tuple(self.node(each, f"{path}.{name}[{n}]", depth=depth + 1, inside=True) for n, each in at),
                )
        if told.get("not") is not None:
            yield "not", (self.node(told["not"], f"{path}.not", depth=depth + 1, inside=True),)

    def _bounds(self, told: Json, path: str) -> Json:
        found: Json = {}
        for name in (*_COUNTS, *_NUMBERS, *_FLAGS):
            value = told.get(name)
            if value is None:
                continue
            flag = isinstance(value, bool)
            count = isinstance(value, int) and not flag and value >= 0
            number = isinstance(value, int | float) and not flag and (name != "multipleOf" or value > 0)
            if not (flag if name in _FLAGS else count if name in _COUNTS else number):
                self._wrong(f"{path}.{name}", value, "must be true or false" if name in _FLAGS else "must be a number")
            else:
                found[name] = value
        return found

    def _pattern(self, told: Json, path: str) -> Pattern | None:
        text = self._text(told, "pattern", path)
        if not text:
            return None
        self._patterns += 1
        if self._patterns > MOST_PATTERNS:
            self.errors.append(forbidden_field(f"{path}.pattern", f"a schema has at most {MOST_PATTERNS} patterns"))
            return None
        try:
            pattern = Pattern(text)
            self._steps += pattern.size
            if self._steps > LARGEST_PATTERNS:
                raise BadPattern("the patterns of this schema are too large together")
            return pattern
        except BadPattern as wrong:
            why = f"must be a valid regular expression, but isn't: {wrong.message}"
            self.errors.append(invalid_value(f"{path}.pattern", text[:200], why))
            return None

    def _enum(self, told: Json, path: str) -> tuple[Any, ...] | None:
        values = told.get("enum")
        if values is None:
            return None
        if not isinstance(values, list) or not values:
            self._wrong(f"{path}.enum", values, "must be a list with at least one value")
            return None
        return tuple(values)

    def _list_keys(self, told: Json, path: str) -> tuple[str, ...]:
        keys, is_map = self._texts(told, f"{X}list-map-keys", path), told.get(f"{X}list-type") == "map"
        place = f"{path}.{X}list-map-keys"
        if is_map != bool(keys):
            self.errors.append(required(place, "exactly lists of type map have keys"))
        items = told.get("items")
        known = items.get("properties") if isinstance(items, dict) else None
        for key in keys:
            if isinstance(known, dict) and key not in known:
                self.errors.append(invalid_value(place, key, "must be a property of the items"))
        return keys

    def _one_of(self, told: Json, name: str, known: tuple[str, ...], path: str) -> str:
        value = self._text(told, name, path)
        if value and value not in known:
            self.errors.append(not_supported(f"{path}.{name}", value[:100], known))
        return value

    def _texts(self, told: Json, name: str, path: str) -> tuple[str, ...]:
        values = told.get(name) or []
        if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
            self._wrong(f"{path}.{name}", values, "must be a list of texts")
            return ()
        return tuple(values)

    def _text(self, told: Json, name: str, path: str) -> str:
        value = told.get(name) or ""
        if not isinstance(value, str):
            self._wrong(f"{path}.{name}", value, "must be text")
            return ""
        return value

    def _wrong(self, path: str, value: Any, why: str) -> None:
        shown = value if isinstance(value, bool | int | float | str) else type(value).__name__
        self.errors.append(invalid_value(path[:500], shown if not isinstance(shown, str) else shown[:100], why))
