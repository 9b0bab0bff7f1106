"""Request bodies -> objects of the expected shape, patches and delete options."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from roadstead.apimachinery.options import META_GROUP, boolean, check_dry_run, number
from roadstead.apimachinery.served import Patch, PatchType
from roadstead.base.values import Json
from roadstead.base.web import Request
from roadstead.kube import bodies, patches, protobuf, schema, status
from roadstead.kube.bodies import Expected
from roadstead.kube.decoding import Decoded, DecodeError, Limits, decode
from roadstead.kube.schema import Shape, TypeMismatch
from roadstead.kube.wording import kind_of
from roadstead.kube.yamlbodies import decode_yaml

JSON_TYPE, YAML_TYPE = "application/json", "application/yaml"
NAMED_AS_READABLE = (JSON_TYPE, YAML_TYPE, protobuf.MEDIA_TYPE)
"""What the refusal of a format lists: the text clients know (image-api contract, section 2)."""
POLICIES = ("Foreground", "Background", "Orphan")

DELETE_OPTIONS = Shape(
    "DeleteOptions",
    {
        "kind": schema.text(),
        "apiVersion": schema.text(),
        "gracePeriodSeconds": schema.integer(keep=True),
        "preconditions": schema.object_of(
            Shape("Preconditions", {"uid": schema.text(), "resourceVersion": schema.text()})
        ),
        "orphanDependents": schema.boolean(keep=True),
        "propagationPolicy": schema.text(),
        "dryRun": schema.list_of(schema.text()),
    },
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a path takes: the kind, its shape, and the (apiVersion, kind) pairs that are served elsewhere."""

    expected: Expected
    shape: Shape
    others: Collection[tuple[str, str]] = ()


async def read_object(request: Request, wanted: Wanted, limit: int, validation: str, warnings: list[str]) -> Json:
    """The object in the body, in shape; complaints go into `warnings` or, if Strict, refuse it. Raises StatusError."""
    raw = await request.read(limit)
    decoded = _decode(request, raw, wanted.expected.kind, limit, find_duplicates=validation != "Ignore")
    typed = bodies.typed({} if decoded.value is None else decoded.value, wanted.expected, raw, wanted.others)
    found = _conform(typed, wanted)
    if validation != "Ignore" and (complaints := bodies.complaints(found.unknown, decoded.duplicates)):
        if validation == "Strict":
            raise bodies.strict_failure(wanted.expected, complaints)
        warnings.extend(complaints)
    return found.value


def _conform(typed: Json, wanted: Wanted) -> schema.Conformed:
    try:
        return schema.conform(wanted.shape, typed)
    except TypeMismatch as wrong:
        expected = wanted.expected
        raise bodies.unhandled(expected.kind, expected.version, expected.kind, wrong.message) from None


def _decode(request: Request, raw: bytes, kind: str, limit: int, *, find_duplicates: bool) -> Decoded:
    media_type = content_type(request)
    limits = Limits(size=limit)
    try:
        if media_type in ("", JSON_TYPE):
            return decode(raw, limits, find_duplicates=find_duplicates)
        if media_type == YAML_TYPE:
            return decode_yaml(raw, limits)
        if media_type == protobuf.MEDIA_TYPE:
            return Decoded(protobuf.decode(raw), [])
    except (DecodeError, protobuf.Unreadable) as wrong:
        raise bodies.unrecognised(kind, raw, wrong.message) from None
    raise status.unsupported_media_type(NAMED_AS_READABLE)


def content_type(request: Request) -> str:
    """The media type of the body, without parameters; "" when none is given."""
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


async def read_patch(request: Request, limit: int) -> Patch:
    """The patch in the body; raises StatusError (400, 413, 415)."""
    media_type = content_type(request)
    kind = next((each for each in PatchType if each.value == media_type), None)
    if kind is None:
        raise status.unsupported_media_type(None)
    raw = await request.read(limit)
    try:
        read = decode_yaml if kind is PatchType.APPLY else decode
        decoded = read(raw, Limits(size=limit))
    except DecodeError as wrong:
        raise status.bad_request(_UNREADABLE[kind] + wrong.message) from None
    force = kind is PatchType.APPLY and bool(boolean(request, "force"))
    return Patch(kind, _patch(kind, decoded.value), tuple(decoded.duplicates), force)


_UNREADABLE = {
    PatchType.JSON: "error decoding patch: ",
    PatchType.MERGE: "error decoding patch: ",
    PatchType.STRATEGIC: "",
    PatchType.APPLY: "error decoding YAML: error converting YAML to JSON: ",
}
"""What refusals of a patch that is no text of its language begin with."""


def _patch(kind: PatchType, value: Any) -> Any:
    if kind is PatchType.JSON:
        return patches.operations(value)
    if value is None and kind is PatchType.MERGE:
        raise status.bad_request("Invalid JSON Patch")
    if kind is PatchType.MERGE:
        return patches.object_patch(value)
    if not isinstance(value, (dict, type(None))):
        why = f"json: cannot unmarshal {kind_of(value)} into Go value of type map[string]interface {{}}"
        start = "error decoding YAML: error unmarshaling JSON: while decoding JSON: "
        raise status.bad_request(f"{start if kind is PatchType.APPLY else ''}{why}")
    return value or {}


async def read_delete_options(request: Request, limit: int) -> Json:
    """DeleteOptions from the body and, where it is silent, from the query; raises StatusError (400, 415, 422)."""
    raw = await request.read(limit)
    options: Json = _query_options(request)
    if raw:
        decoded = _decode(request, raw, "DeleteOptions", limit, find_duplicates=False)
        options |= _of_shape({} if decoded.value is None else decoded.value, raw)
    _check(options)
    return options


def _of_shape(value: Any, raw: bytes) -> Json:
    if not isinstance(value, dict):
        raise bodies.no_object("DeleteOptions", raw, value)
    # `oc tag -d` sends its own group's apiVersion: any is taken (image-api contract, 16.6).
    kind = value.get("kind")
    if kind and kind != "DeleteOptions":
        raise bodies.unhandled(str(kind), str(value.get("apiVersion", "")), "DeleteOptions", "it is another kind")
    try:
        return schema.conform(DELETE_OPTIONS, value).value
    except TypeMismatch as wrong:
        raise bodies.unhandled("DeleteOptions", "v1", "DeleteOptions", wrong.message) from None


def _query_options(request: Request) -> Json:
    options: Json = {}
    if dry_run := [each for each in request.query_values("dryRun") if each]:
        options["dryRun"] = dry_run
    if policy := request.query_value("propagationPolicy"):
        options["propagationPolicy"] = policy
    if (orphan := boolean(request, "orphanDependents")) is not None:
        options["orphanDependents"] = orphan
    if (seconds := number(request, "gracePeriodSeconds")) is not None:
        options["gracePeriodSeconds"] = seconds
    return options


def _check(options: Json) -> None:
    errors = []
    policy = options.get("propagationPolicy")
    if policy and options.get("orphanDependents") is not None:
        text = "orphanDependents and deletionPropagation cannot be both set"
        errors.append(status.invalid_value("propagationPolicy", policy, text))
    if policy and policy not in POLICIES:
        errors.append(status.not_supported("propagationPolicy", policy, (*POLICIES, "nil")))
    errors += check_dry_run(options.get("dryRun") or [])
    if errors:
        raise status.invalid("DeleteOptions", META_GROUP, "", errors)
