"""Served resources -> OpenAPI documents: version 2 in one, version 3 per group and version; no I/O.

Generated from the shapes that check the bodies (image-api contract, section 16.3).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import orjson

from roadstead import __version__
from roadstead.apimachinery.operations import operations, path_parameters
from roadstead.apimachinery.resource import Resource, Subresource
from roadstead.base.values import Json
from roadstead.kube import gnostic
from roadstead.kube.objectmeta import plain_shape
from roadstead.kube.openapi import Definitions, package_of
from roadstead.kube.schema import Shape, integer, text

LIST_META = Shape(
    "ListMeta",
    {
        "resourceVersion": text(description="The state the list shows."),
        "continue": text(description="Where the next page starts; absent on the last."),
        "remainingItemCount": integer(description="How many objects are left."),
        "selfLink": text(description="Unused."),
    },
    description="What a list says about itself.",
    package="io.k8s.apimachinery.pkg.apis.meta.v1",
)


@dataclass(frozen=True, slots=True)
class Document:
    """One document and the hash of its bytes."""

    body: bytes
    hash: str


def _document(body: bytes) -> Document:
    return Document(body, hashlib.sha512(body).hexdigest().upper())


class GroupDocument:
    """The resources of one group and version; their document of version 3 is made when it is first asked for."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self.resources = tuple(resources)
        first = resources[0]
        self.path = f"apis/{first.api_version}" if first.group else f"api/{first.version}"

    @cached_property
    def document(self) -> Document:
        """The document of version 3."""
        definitions = Definitions(3)
        paths = _paths(self.resources, definitions)
        return _document(
            orjson.dumps(
                {
                    "openapi": "3.0.0",
                    "info": {"title": "Roadstead", "version": __version__},
                    "paths": paths,
                    "components": {"schemas": definitions.schemas},
                }
            )
        )


class OpenApi:
    """The documents of everything served at one moment. Groups in which nothing changed are taken from `earlier`."""

    def __init__(self, resources: Iterable[Resource], earlier: OpenApi | None = None) -> None:
        grouped: dict[tuple[str, str], list[Resource]] = {}
        for each in sorted(resources, key=lambda each: (each.group, each.version, each.plural)):
            grouped.setdefault((each.group, each.version), []).append(each)
        known = earlier.groups if earlier else {}
        made = [GroupDocument(each) for each in grouped.values()]
        self.groups: dict[str, GroupDocument] = {
            each.path: before if (before := known.get(each.path)) and before.resources == each.resources else each
            for each in made
        }

    @cached_property
    def index(self) -> bytes:
        """`/openapi/v3`: every document with its hash, so that clients keep what has not changed."""
        paths = {
            path: {"serverRelativeURL": f"/openapi/v3/{path}?hash={each.document.hash}"}
            for path, each in self.groups.items()
        }
        return orjson.dumps({"paths": paths})

    @cached_property
    def _swagger(self) -> Json:
        definitions = Definitions(2)
        paths: Json = {}
        for each in self.groups.values():
            paths |= _paths(each.resources, definitions)
        return {
            "swagger": "2.0",
            "info": {"title": "Roadstead", "version": __version__},
            "paths": paths,
            "definitions": definitions.schemas,
        }

    @cached_property
    def version2(self) -> Document:
        """`/openapi/v2` as JSON."""
        return _document(orjson.dumps(self._swagger))

    @cached_property
    def version2_protobuf(self) -> Document:
        """`/openapi/v2` as protobuf."""
        return _document(gnostic.document(self._swagger))


def _paths(resources: Sequence[Resource], definitions: Definitions) -> Json:
    paths: dict[str, Json] = {}
    for resource in resources:
        schema = _schema_of(resource, definitions)
        lists = "list" in resource.verbs and resource.list_kind != "Status"
        listed = _list_of(resource, schema, definitions) if lists else ""
        parts = {sub.name: _part(resource, sub, schema, definitions) for sub in resource.subresources}
        for each in operations(resource, schema, listed, parts):
            at = paths.setdefault(each.path, {})
            if not at and (fixed := path_parameters(each.path, version=definitions.version)):
                at["parameters"] = fixed
            at[each.method] = each.version3() if definitions.version == 3 else each.version2()
    return paths


def _kind(resource: Resource, kind: str) -> Json:
    return {"group": resource.group, "version": resource.version, "kind": kind}


def _schema_of(resource: Resource, definitions: Definitions) -> str:
    package, kind = package_of(resource.group, resource.version), _kind(resource, resource.kind)
    shape = resource.shape or plain_shape(resource.kind)
    if resource.documented is None:
        return definitions.add_kind(shape, package, kind)
    name = f"{package}.{resource.kind}"
    told = resource.documented(definitions)
    return definitions.add(name, told, kind)


def _list_of(resource: Resource, schema: str, definitions: Definitions) -> str:
    items: Json = {"type": "array", "items": definitions.reference(schema), "description": "The objects."}
    told: Json = {
        "type": "object",
        "description": f"A list of {resource.plural}.",
        "required": ["items"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": definitions.shape(LIST_META),
            "items": items,
        },
    }
    name = f"{package_of(resource.group, resource.version)}.{resource.list_kind}"
    return definitions.add(name, told, _kind(resource, resource.list_kind))


def _part(resource: Resource, sub: Subresource, schema: str, definitions: Definitions) -> str:
    if sub.kind == resource.kind:
        return schema
    group = resource.group if sub.group is None else sub.group
    version = resource.version if sub.version is None else sub.version
    package = package_of(group, version)
    kind = {"group": group, "version": version, "kind": sub.kind}
    if sub.shape is None and (known := definitions.known(f"{package}.{sub.kind}")):
        return known
    return definitions.add_kind(sub.shape or plain_shape(sub.kind), package, kind)
