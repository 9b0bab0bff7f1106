"""What an Image says about the inside of an image (`dockerImageMetadata`): its shape and where it comes from; no I/O.

image-api contract, 4.2. Everything a config document tells beyond these fields (health check, history, os) is dropped.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from roadstead.base.values import Json
from roadstead.kube.bodies import wrong_head
from roadstead.kube.schema import (
    Field,
    Shape,
    TypeMismatch,
    WrongKind,
    anything,
    boolean,
    conform,
    integer,
    list_of,
    map_of,
    object_of,
    text,
    time,
)

KIND, API_VERSION, VERSION = "DockerImage", "image.openshift.io/1.0", "1.0"
_ZERO_TIME = "0001-01-01T00:00:00Z"
_SCHEME = "pkg/image/apis/image/v1/conversion.go:22"
"""What upstream's refusals call the place the kinds of metadata are listed in."""
_LARGEST = 2**63 - 1
_OLD_VERSIONS = ("image.openshift.io/pre012", "pre012")


def _texts() -> Field:
    return list_of(text())


def _marks() -> Field:
    return map_of(object_of(Shape("Empty", {}, go_type="struct {}")))


_CONFIG_FIELDS: dict[Callable[[], Field], str] = {
    text: "Hostname Domainname User Cpuset Image VolumesFrom WorkingDir",
    integer: "Memory MemorySwap CpuShares",
    boolean: "AttachStdin AttachStdout AttachStderr Tty OpenStdin StdinOnce NetworkDisabled",
    _texts: "PortSpecs Env Cmd Dns Entrypoint SecurityOpts OnBuild",
    _marks: "ExposedPorts Volumes",
}

CONFIG = Shape(
    "DockerConfig",
    {name: make() for make, names in _CONFIG_FIELDS.items() for name in names.split()} | {"Labels": map_of(text())},
    description="How a container of the image is run.",
    go_type="docker10.DockerConfig",
)

METADATA = Shape(
    "DockerImage",
    {
        "kind": text(default=KIND),
        "apiVersion": text(default=API_VERSION),
        "Id": text(default=""),
        "Parent": text(),
        "Comment": text(),
        "Created": time(null=True),
        "Container": text(),
        "ContainerConfig": object_of(CONFIG, default={}),
        "DockerVersion": text(),
        "Author": text(),
        "Config": object_of(CONFIG),
        "Architecture": text(),
        "Size": integer(),
    },
    description="The facts of an image's config document.",
)

_OLD_NAMES = {
    "id": "Id",
    "parent": "Parent",
    "comment": "Comment",
    "created": "Created",
    "container": "Container",
    "container_config": "ContainerConfig",
    "docker_version": "DockerVersion",
    "author": "Author",
    "config": "Config",
    "architecture": "Architecture",
    "size": "Size",
}
"""Names in version `pre012`, which are those of config documents too -> names here."""

EMPTY: Json = conform(METADATA, {}).value
"""What is shown when nothing is known."""


def metadata_field() -> Field:
    """`dockerImageMetadata` of an Image: never absent, and in version 1.0 whatever version came in."""
    return replace(anything(default={}, replace=True, description=METADATA.description), check=_check)


def from_config(document: Any, image_id: str, size: int) -> Json:
    """Metadata from a config document, or from the v1Compatibility text of a schema 1 manifest.

    Whoever pushes chooses what the document holds: a field of the wrong type, or a document that is no object at all
    (an artifact's config), leaves its facts unknown instead of failing.
    """
    known = document if isinstance(document, dict) else {}
    facts: Json = {}
    for old_name, name in _OLD_NAMES.items():
        if name not in ("Id", "Size") and known.get(old_name) is not None:
            facts |= _lenient(METADATA.fields[name], name, known[old_name])
    return _with_honest_time(conform(METADATA, {**facts, "Id": image_id, "Size": min(size, _LARGEST)}).value)


def from_index(image_id: str, now: str) -> Json:
    """Metadata of an index, about which little can be said: its own digest, and when it was first seen."""
    return {**EMPTY, "Id": image_id, "Created": now}


def _check(value: Any, strays: list[str]) -> Json:
    if isinstance(value, dict):
        version = value.get("apiVersion") or ""
        if version in _OLD_VERSIONS or (not version and _OLD_NAMES.keys() & value.keys()):
            value = {new: value[old] for old, new in _OLD_NAMES.items() if old in value}
        elif version not in ("", VERSION, API_VERSION):
            raise _unregistered(KIND, version)
        elif (value.get("kind") or KIND) != KIND:
            raise _unregistered(value["kind"], version or API_VERSION)
        value = {**value, "kind": KIND, "apiVersion": API_VERSION}
    else:
        raise TypeMismatch(f"couldn't get version/kind; json parse error: {wrong_head(value)}")
    try:
        # What is unknown in here is dropped without a word.
        return _with_honest_time(METADATA.check(value, []))
    except WrongKind as wrong:
        # Decoded on its own: what is around it is not told.
        raise TypeMismatch(wrong.message) from None


def _unregistered(kind: str, version: str) -> TypeMismatch:
    return TypeMismatch(f'no kind "{kind}" is registered for version "{version}" in scheme "{_SCHEME}"')


def _with_honest_time(metadata: Json) -> Json:
    # Builders that want reproducible images write Go's zero time for "no time".
    return {**metadata, "Created": None} if metadata.get("Created") == _ZERO_TIME else metadata


def _lenient(field: Field, name: str, value: Any) -> Json:
    try:
        return {name: field.check(value, [])}
    except TypeMismatch:
        pass
    if field.shape is None or not isinstance(value, dict):
        return {}
    inner: Json = {}
    for key, inner_field in field.shape.fields.items():
        if value.get(key) is not None:
            inner |= _lenient(inner_field, key, value[key])
    return {name: inner}
