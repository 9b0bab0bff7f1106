"""Shapes -> OpenAPI schemas, in the dialects of version 2 and 3 that Kubernetes clients read; no I/O.

What clients need of them: image-api contract, section 16.3; the `x-kubernetes-…` keys: Kubernetes API concepts,
"Server-Side Apply", "Merge strategy".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from roadstead.base.values import Json
from roadstead.kube.schema import NOTHING, Field, Shape

GVK = "x-kubernetes-group-version-kind"
PRESERVE = "x-kubernetes-preserve-unknown-fields"
QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
_PREFIX = {2: "#/definitions/", 3: "#/components/schemas/"}
_PLAIN: dict[str, Json] = {
    "string": {"type": "string"},
    "boolean": {"type": "boolean"},
    "number": {"type": "number", "format": "double"},
    "time": {"type": "string", "format": "date-time"},
    "micro_time": {"type": "string", "format": "date-time"},
    "base64": {"type": "string", "format": "byte"},
}
_SCALARS = {
    QUANTITY: ("An amount: a number with an optional suffix, such as 500m, 2Gi or 1e3.", "number"),
    INT_OR_STRING: ("A whole number or a text: 8080, http, 25%.", "integer"),
}
_PACKAGES = {
    "": "io.k8s.api.core",
    "apiextensions.k8s.io": "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions",
    "apiregistration.k8s.io": "io.k8s.kube-aggregator.pkg.apis.apiregistration",
}


def package_of(group: str, version: str) -> str:
    """Where the documentation files the kinds of a group: `io.k8s.api.apps.v1`, `com.example.stable.v1`."""
    first, _, rest = group.partition(".")
    if group in _PACKAGES:
        base = _PACKAGES[group]
    elif not rest or rest.endswith("k8s.io"):
        base = f"io.k8s.api.{first}"
    elif rest == "openshift.io":
        base = f"com.github.openshift.api.{first}"
    else:
        base = ".".join(reversed(group.split(".")))
    return f"{base}.{version}"


@dataclass
class Definitions:
    """The named schemas of one document; they grow as kinds are added."""

    version: Literal[2, 3] = 3
    schemas: dict[str, Json] = field(default_factory=dict)
    _names: dict[Shape, str] = field(default_factory=dict)

    def reference(self, name: str) -> Json:
        """A reference to a named schema."""
        return {"$ref": _PREFIX[self.version] + name}

    def add_kind(self, shape: Shape, package: str, *kinds: Json) -> str:
        """The name under which the shape of whole objects is filed; `kinds` are the {group, version, kind} it is of."""
        name = self._named(shape, package)
        listed = self.schemas[name].setdefault(GVK, [])
        listed.extend(each for each in kinds if each not in listed)
        return name

    def add(self, name: str, schema: Json, *kinds: Json) -> str:
        """Files a ready schema, of a list for example."""
        self.schemas[name] = {**schema, GVK: list(kinds)} if kinds else schema
        return name

    def shape(self, shape: Shape, package: str = "") -> Json:
        """A reference to a shape of its own, filed when it is new."""
        return self.reference(self._named(shape, package))

    def known(self, name: str) -> str:
        """The name, if a schema is filed under it, else ""."""
        return name if name in self.schemas else ""

    def _named(self, shape: Shape, package: str) -> str:
        if shape in self._names:
            return self._names[shape]
        base = f"{shape.package or package}.{shape.name}"
        name, number = base, 1
        while name in self.schemas:
            number += 1
            name = f"{base}{number}"
        self._names[shape] = name
        self.schemas[name] = {}
        self.schemas[name] |= self._object(shape, shape.package or package)
        if name != base and (twin := self._twin(base, number)):
            del self.schemas[name]
            self._names[shape] = twin
        return self._names[shape]

    def _twin(self, base: str, number: int) -> str:
        """An earlier schema of the same name that says the same as the one just made."""
        earlier = [base, *(f"{base}{each}" for each in range(2, number))]
        made = self.schemas[f"{base}{number}"]
        return next((name for name in earlier if self._said(name) == made), "")

    def _said(self, name: str) -> Json:
        return {key: value for key, value in self.schemas.get(name, {}).items() if key != GVK}

    def _object(self, shape: Shape, package: str) -> Json:
        schema: Json = {"type": "object"}
        if shape.description:
            schema["description"] = shape.description
        if shape.fields:
            schema["properties"] = {name: self._field(each, package) for name, each in shape.fields.items()}
        if required := [name for name, each in shape.fields.items() if each.required]:
            schema["required"] = required
        if shape.open:
            schema[PRESERVE] = True
        if shape.atomic:
            schema["x-kubernetes-map-type"] = "atomic"
        return schema

    def _field(self, told: Field, package: str) -> Json:
        schema = self._type(told, package)
        # Clients show what is said of the field and of its type, one below the other: once is enough.
        description = told.description if told.shape is None or told.description != told.shape.description else ""
        if "$ref" in schema and self.version == 3 and (description or told.default is not NOTHING):
            # Beside a $ref nothing else counts in version 3.
            schema = {"allOf": [schema]}
        if description:
            schema["description"] = description
        if told.default is not NOTHING and (told.default or told.kind in ("boolean", "integer", "number")):
            schema["default"] = told.default
        if told.one_of:
            schema["enum"] = list(told.one_of)
        return schema | _merging(told)

    def _type(self, told: Field, package: str) -> Json:
        if told.shape is not None:
            return self.reference(self._named(told.shape, package))
        if told.kind in ("list", "map") and told.item is not None:
            item = self._field(told.item, package)
            if told.kind == "list":
                return {"type": "array", "items": item}
            return {"type": "object", "additionalProperties": item}
        if told.kind == "integer":
            return {"type": "integer", "format": told.wanted}
        if told.kind in ("quantity", "int_or_string"):
            return self.reference(self._scalar(QUANTITY if told.kind == "quantity" else INT_OR_STRING))
        if told.kind in _PLAIN:
            return dict(_PLAIN[told.kind])
        # In version 2 a schema without a type, in 3 one that says nothing at all, would be none to kubectl.
        return {"type": "object"} if self.version == 2 else {PRESERVE: True}

    def _scalar(self, name: str) -> str:
        if name not in self.schemas:
            description, other = _SCALARS[name]
            both: Json = {"oneOf": [{"type": other}, {"type": "string"}]} if self.version == 3 else {"type": "string"}
            form = {"format": "int-or-string"} if name == INT_OR_STRING else {}
            self.schemas[name] = {"description": description, **both, **form}
        return name


def _merging(told: Field) -> Json:
    """What clients must know to merge, and appliers to share, a list, map or object."""
    keys: Json = {}
    strategy = ["merge"] if told.as_set or (told.merge_key and "." not in told.merge_key) else []
    strategy += ["retainKeys"] if told.retain_keys else []
    strategy = ["replace"] if told.replace else strategy
    if strategy:
        keys["x-kubernetes-patch-strategy"] = ",".join(strategy)
    if "merge" in strategy and told.merge_key:
        keys["x-kubernetes-patch-merge-key"] = told.merge_key
    if told.kind == "list":
        keys["x-kubernetes-list-type"] = told.list_type
        if told.keys:
            keys["x-kubernetes-list-map-keys"] = list(told.keys)
    elif told.kind in ("map", "object") and told.atomic:
        keys["x-kubernetes-map-type"] = "atomic"
    return keys
