"""What may be done at each path of a resource, as OpenAPI operations of version 2 and 3; no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from roadstead.apimachinery.resource import Resource, Subresource
from roadstead.base.values import Json

JSON = "application/json"
Method = Literal["get", "put", "post", "delete", "patch"]
PATCH_TYPES = (
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
)
STRATEGIC = PATCH_TYPES[2]
_METHODS: dict[str, Method] = {
    "create": "post", "delete": "delete", "deletecollection": "delete", "get": "get", "list": "get", "patch": "patch",
    "update": "put",
}  # fmt: skip
_ACTIONS = {"create": "post", "update": "put"}
_WRITE = {
    "dryRun": "All: answer as if done, and change nothing.",
    "fieldManager": "Who makes the change, for the record of who owns which field.",
    "fieldValidation": "What to do about unknown and doubled fields: Ignore, Warn or Strict.",
}
_SELECT = {
    "labelSelector": "Only objects with such labels.",
    "fieldSelector": "Only objects with such fields.",
    "limit": "At most so many objects; the answer says how to go on.",
    "continue": "Where the last answer ended.",
    "resourceVersion": "Which state is meant.",
    "watch": "Stay and tell of changes.",
}
_PARAMETERS: dict[str, dict[str, str]] = {
    "create": _WRITE,
    "update": _WRITE,
    "patch": {**_WRITE, "force": "Take fields away from their owners; for server-side apply."},
    "list": _SELECT,
    "deletecollection": _SELECT,
    "delete": {"dryRun": _WRITE["dryRun"], "propagationPolicy": "What happens to dependents."},
}
_TYPES = {"limit": "integer", "watch": "boolean", "force": "boolean"}


@dataclass(frozen=True, slots=True)
class Operation:
    """One verb at one path. `body` and `answer` are names of schemas, "" where there is none."""

    path: str
    verb: str
    resource: Resource
    kind: Json
    """The group, version and kind it is about."""
    body: str
    answer: str
    patch_types: tuple[str, ...] = PATCH_TYPES

    @property
    def method(self) -> Method:
        """The HTTP method, in small letters."""
        return _METHODS[self.verb]

    def version3(self) -> Json:
        """The operation as a document of version 3 has it."""
        told = self._head()
        told["parameters"] = [self._parameter(name, version=3) for name in _PARAMETERS.get(self.verb, {})]
        if self.verb == "patch":
            told["requestBody"] = {"content": {kind: {"schema": {"type": "object"}} for kind in self.patch_types}}
        elif self.body:
            told["requestBody"] = {"content": {JSON: {"schema": {"$ref": f"#/components/schemas/{self.body}"}}}}
        answer: Json = {"description": "OK"}
        if self.answer:
            answer["content"] = {JSON: {"schema": {"$ref": f"#/components/schemas/{self.answer}"}}}
        return {**told, "responses": {"200": answer}}

    def version2(self) -> Json:
        """The operation as a document of version 2 has it."""
        told = self._head()
        told["parameters"] = [self._parameter(name, version=2) for name in _PARAMETERS.get(self.verb, {})]
        told["produces"], told["consumes"] = [JSON], [JSON]
        if self.verb == "patch":
            told["consumes"] = list(self.patch_types)
            told["parameters"].append({"name": "body", "in": "body", "required": True, "schema": {"type": "object"}})
        elif self.body:
            wanted = {"$ref": f"#/definitions/{self.body}"}
            told["parameters"].append({"name": "body", "in": "body", "required": True, "schema": wanted})
        answer: Json = {"description": "OK"}
        if self.answer:
            answer["schema"] = {"$ref": f"#/definitions/{self.answer}"}
        return {**told, "responses": {"200": answer}}

    def _head(self) -> Json:
        place = self.path.replace("/", " ").replace("{", " ").replace("}", " ").title().replace(" ", "")
        return {
            "operationId": f"{self.verb}{place}",
            "x-kubernetes-action": _ACTIONS.get(self.verb, self.verb),
            # One object here; on schemas it is a list.
            "x-kubernetes-group-version-kind": self.kind,
        }

    def _parameter(self, name: str, *, version: int) -> Json:
        kind = _TYPES.get(name, "string")
        told: Json = {"name": name, "in": "query", "description": _PARAMETERS[self.verb][name]}
        return told | ({"schema": {"type": kind}} if version == 3 else {"type": kind})


def path_parameters(path: str, *, version: int) -> list[Json]:
    """The parameters that stand in the path itself."""
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    kind: Json = {"schema": {"type": "string"}} if version == 3 else {"type": "string"}
    return [{"name": name, "in": "path", "required": True, **kind} for name in names]


def operations(resource: Resource, schema: str, list_schema: str, parts: dict[str, str]) -> Iterator[Operation]:
    """Everything that may be done with a resource. `parts` names the schema of each subresource."""
    root = f"/apis/{resource.api_version}" if resource.group else f"/api/{resource.version}"
    place = f"{root}/namespaces/{{namespace}}" if resource.namespaced else root
    collection, item = f"{place}/{resource.plural}", f"{place}/{resource.plural}/{{name}}"
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    types = PATCH_TYPES if resource.strategic else tuple(each for each in PATCH_TYPES if each != STRATEGIC)
    for verb in resource.verbs:
        if verb == "watch":
            continue
        path = collection if verb in ("create", "list", "deletecollection") else item
        body = schema if verb in ("create", "update") else ""
        answer = list_schema if verb == "list" else "" if verb.startswith("delete") else schema
        yield Operation(path, verb, resource, kind, body, answer, types)
        if verb == "list" and resource.namespaced:
            yield Operation(f"{root}/{resource.plural}", verb, resource, kind, "", list_schema)
    for sub in resource.subresources:
        own = _kind_of(resource, sub)
        for verb in sub.verbs:
            if verb in _METHODS:
                body = parts[sub.name] if verb in ("create", "update") else ""
                yield Operation(f"{item}/{sub.name}", verb, resource, own, body, parts[sub.name], types)


def _kind_of(resource: Resource, sub: Subresource) -> Json:
    group = resource.group if sub.group is None else sub.group
    version = resource.version if sub.version is None else sub.version
    return {"group": group, "version": version, "kind": sub.kind}
