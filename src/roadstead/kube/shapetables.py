"""Tables of text -> shapes, for the many kinds whose fields need no words of Python; no I/O.

    kind Deployment: Keeps so many pods of one template running.
      spec DeploymentSpec
      status DeploymentStatus
    DeploymentSpec
      replicas int32                          # How many pods there should be.
      selector! LabelSelector                 # Which pods are meant.
      strategy DeploymentStrategy retain
    ContainerPort
      ports [ContainerPort] by:containerPort keys:containerPort,protocol

A struct starts at the margin: `kind` for whole objects, then its name, `open` or `atomic`, after a colon what it is.
Below it one field a line: the name (`!`: required), its type, what else is to know, and after `#` what it means.
A type is a word of `TYPES`, a struct of this table or of `known`, or one of those as `[list]` or `{map}`.
Booleans, numbers, lists and maps are kept as sent even where they are empty; texts only with `kept`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from roadstead.kube import scalars, schema
from roadstead.kube.objectmeta import kind_shape
from roadstead.kube.schema import Field, Shape

TYPES: dict[str, Callable[..., Field]] = {
    "text": schema.text,
    "int": schema.integer,
    "int32": lambda **options: schema.integer(bits=32, **options),
    "bool": schema.boolean,
    "number": schema.number,
    "time": schema.time,
    "microtime": scalars.micro_time,
    "bytes": schema.base64,
    "any": schema.anything,
    "amount": scalars.quantity,
    "port": scalars.int_or_string,
}
_HEAD = re.compile(r"(kind )?([A-Z]\w*)((?: open| atomic)*)(?:: (.+))?")
_LINE = re.compile(r"  ([A-Za-z$_]\w*)(!?) (\S+)((?: \S+)*?)(?: +# (.+))?")
_ALWAYS_KEPT = ("int", "int32", "bool", "number")
_SWITCHES = {
    "null": "null",
    "set": "as_set",
    "atomic": "atomic",
    "replace": "replace",
    "retain": "retain_keys",
    "kept": "keep",
}

_USUAL = {"Spec": "What is wanted.", "Status": "What there is.", "Condition": "What is so or not, and since when."}
"""What a struct of such a name is, where nothing better is said."""


class BadTable(ValueError):
    """A table that cannot be read: a mistake of ours."""


def read(package: str, table: str, known: Mapping[str, Shape] | None = None) -> dict[str, Shape]:
    """The shapes of a table by name; `package` is where the documentation files them. Raises BadTable."""
    return _Reader(package, table, known or {}).shapes()


class _Reader:
    def __init__(self, package: str, table: str, known: Mapping[str, Shape]) -> None:
        self._package, self._known = package, known
        self._made: dict[str, Shape] = {}
        self._open: list[str] = []
        self._told: dict[str, tuple[re.Match[str], list[re.Match[str]]]] = {}
        current: list[re.Match[str]] = []
        for line in filter(str.strip, table.splitlines()):
            if head := _HEAD.fullmatch(line):
                if head[2] in self._told:
                    raise BadTable(f"{head[2]} is told twice")
                current = []
                self._told[head[2]] = head, current
            elif self._told and (found := _LINE.fullmatch(line)):
                current.append(found)
            else:
                raise BadTable(f"not a line of a table: {line!r}")

    def shapes(self) -> dict[str, Shape]:
        """Every struct of the table."""
        return {name: self._shape(name) for name in self._told}

    def _shape(self, name: str) -> Shape:
        if name in self._made:
            return self._made[name]
        if name not in self._told:
            if name not in self._known:
                raise BadTable(f"{name} is nowhere described")
            return self._known[name]
        if name in self._open:
            raise BadTable(f"{name} holds itself")
        self._open.append(name)
        head, lines = self._told[name]
        fields = {line[1]: self._field(line) for line in lines}
        self._open.pop()
        self._made[name] = self._struct(head, fields)
        return self._made[name]

    def _struct(self, head: re.Match[str], fields: dict[str, Field]) -> Shape:
        is_kind, name, flags, description = head.groups()
        if is_kind:
            fields = {**kind_shape(name, {}).fields, **fields}
        description = description or next((text for end, text in _USUAL.items() if name.endswith(end)), "")
        is_open, atomic = " open" in flags, " atomic" in flags
        return Shape(name, fields, is_open, description, atomic, self._package)

    def _field(self, line: re.Match[str]) -> Field:
        name, required, kind, more, description = line.groups()
        options: dict[str, Any] = {"description": description} if description else {}
        if required:
            options["required"] = True
        if kind in _ALWAYS_KEPT or kind[0] in "[{":
            options["keep"] = True
        for word in more.split():
            options |= self._option(word, name)
        return self._of_type(kind, options)

    def _option(self, word: str, name: str) -> dict[str, Any]:
        if word in _SWITCHES:
            return {_SWITCHES[word]: True}
        key, colon, value = word.partition(":")
        if key == "by" and value:
            return {"merge_key": value}
        if key == "keys":
            return {"list_keys": tuple(value.split(","))}
        if key == "one":
            return {"one_of": tuple(value.split("|"))}
        if key == "default" and colon:
            return {"default": value}
        raise BadTable(f"{word!r} says nothing about {name}")

    def _of_type(self, kind: str, options: dict[str, Any]) -> Field:
        if kind[0] == "[":
            return schema.list_of(self._of_type(kind[1:-1], {}), **options)
        if kind[0] == "{":
            return schema.map_of(self._of_type(kind[1:-1], {}), **options)
        if kind in TYPES:
            return TYPES[kind](**options)
        return schema.object_of(self._shape(kind), **options)
