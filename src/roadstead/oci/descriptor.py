"""Descriptors: what one document says of another, or of a blob; no I/O."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

from roadstead.base.values import Json
from roadstead.oci.digest import Digest, InvalidDigest
from roadstead.oci.mediatypes import lives_elsewhere

MAX_SIZE = 2**63 - 1
MAX_MEDIA_TYPE = 255

_MEDIA_TYPE = re.compile(rf"[ -~]{{1,{MAX_MEDIA_TYPE}}}")
_SHOWN = 160


class BrokenRule(Exception):
    """A rule a document breaks, and the path of the field at fault."""

    def __init__(self, path: str, rule: str) -> None:
        super().__init__(path, rule)
        self.path, self.rule = path, rule

    def inside(self, outer: str) -> BrokenRule:
        """The same, seen from the document around."""
        dot = "." if self.path and not self.path.startswith("[") else ""
        return BrokenRule(f"{outer}{dot}{self.path}", self.rule)


@final
@dataclass(frozen=True, slots=True)
class Descriptor:
    """Names content by digest, and says its type and size in bytes (image-spec 1.1, Content Descriptors)."""

    media_type: str
    digest: Digest
    size: int
    urls: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)
    artifact_type: str | None = None
    platform: Json | None = None
    data: bytes | None = None


def distributable(descriptor: Descriptor) -> bool:
    """Whether the blob must be here; foreign and non-distributable layers may stay elsewhere (contract, 6.2)."""
    return not lives_elsewhere(descriptor.media_type)


_FIELDS = frozenset({"mediaType", "digest", "size", "urls", "annotations", "artifactType", "platform", "data"})
_PLATFORM_TEXTS = ("architecture", "os", "os.version", "variant")
_PLATFORM = frozenset({*_PLATFORM_TEXTS, "os.features", "features"})


def read_descriptor(value: object, max_entries: int) -> Descriptor:
    """A descriptor from decoded JSON; raises BrokenRule."""
    if type(value) is not dict:
        raise BrokenRule("", f"must be an object, not {_kind(value)}")
    media_type = read_media_type(value, "mediaType")
    if media_type is None:
        raise BrokenRule("mediaType", "must be given")
    digest, size = _digest(value), _size(value)
    if len(value) == 3:
        return Descriptor(media_type, digest, size)
    refuse_lookalikes(value, _FIELDS)
    return Descriptor(
        media_type,
        digest,
        size,
        tuple(read_texts(value, "urls", max_entries)),
        read_annotations(value, max_entries),
        read_media_type(value, "artifactType"),
        _platform(value, max_entries),
        _data(value, digest, size),
    )


def read_descriptors(fields: Json, name: str, max_entries: int) -> tuple[Descriptor, ...]:
    """The descriptors listed in a field, none when it is absent or null; raises BrokenRule."""
    read = []
    for index, item in enumerate(_entries(fields, name, max_entries)):
        try:
            read.append(read_descriptor(item, max_entries))
        except BrokenRule as broken:
            raise broken.inside(f"{name}[{index}]") from None
    return tuple(read)


def read_one(fields: Json, name: str, max_entries: int) -> Descriptor | None:
    """The descriptor in a field, None when it is absent or null; raises BrokenRule."""
    value = fields.get(name)
    if value is None:
        return None
    try:
        return read_descriptor(value, max_entries)
    except BrokenRule as broken:
        raise broken.inside(name) from None


def read_media_type(fields: Json, name: str) -> str | None:
    """A media type, None when it is absent, null or empty; raises BrokenRule.

    Any printable text will do: artifacts carry types that no grammar foresaw, and clients compare them as they are.
    """
    value = fields.get(name)
    if value is None or value == "":
        return None
    if type(value) is str and _MEDIA_TYPE.fullmatch(value):
        return value
    raise BrokenRule(name, f"must be a media type of at most {MAX_MEDIA_TYPE} printable characters, not {_kind(value)}")


def read_annotations(fields: Json, max_entries: int) -> Mapping[str, str]:
    """Annotations, empty when absent or null; raises BrokenRule."""
    value = fields.get("annotations")
    if value is None:
        return {}
    if type(value) is not dict:
        raise BrokenRule("annotations", f"must be an object, not {_kind(value)}")
    if len(value) > max_entries:
        raise BrokenRule("annotations", f"has {len(value)} entries; at most {max_entries} are accepted")
    for name, text in value.items():
        if type(text) is not str:
            raise BrokenRule(f"annotations[{ascii(name[:_SHOWN])}]", f"must be a text, not {_kind(text)}")
    return value


def read_texts(fields: Json, name: str, max_entries: int) -> list[str]:
    """A list of texts, empty when absent or null; raises BrokenRule."""
    texts: list[str] = []
    for index, text in enumerate(_entries(fields, name, max_entries)):
        if type(text) is not str:
            raise BrokenRule(f"{name}[{index}]", f"must be a text, not {_kind(text)}")
        texts.append(text)
    return texts


def refuse_lookalikes(fields: Json, known: frozenset[str]) -> None:
    """Refuse names that differ from a known one in case only, which some readers take for the known one."""
    if fields.keys() <= known:
        return
    folded = {name.casefold(): name for name in known}
    for name in fields.keys() - known:
        meant = folded.get(name.casefold())
        if meant is not None:
            raise BrokenRule(ascii(name), f"differs from {meant!r} in case only; use that name")


def _digest(fields: Json) -> Digest:
    value = fields.get("digest")
    if type(value) is not str:
        raise BrokenRule("digest", f"must be a text, not {_kind(value)}")
    try:
        return Digest.parse(value)
    except InvalidDigest as wrong:
        raise BrokenRule("digest", wrong.message) from None


def _size(fields: Json) -> int:
    value = fields.get("size")
    if type(value) is int and 0 <= value <= MAX_SIZE:
        return value
    raise BrokenRule("size", f"must be a whole number of bytes from 0 to {MAX_SIZE}, not {_kind(value)}")


def _platform(fields: Json, max_entries: int) -> Json | None:
    value = fields.get("platform")
    if value is None:
        return None
    if type(value) is not dict:
        raise BrokenRule("platform", f"must be an object, not {_kind(value)}")
    try:
        refuse_lookalikes(value, _PLATFORM)
        for name in _PLATFORM_TEXTS:
            if type(value.get(name, "")) not in (str, type(None)):
                raise BrokenRule(name, f"must be a text, not {_kind(value[name])}")
        read_texts(value, "os.features", max_entries)
    except BrokenRule as broken:
        raise broken.inside("platform") from None
    return value


def _data(fields: Json, digest: Digest, size: int) -> bytes | None:
    value = fields.get("data")
    if value is None:
        return None
    if type(value) is not str:
        raise BrokenRule("data", f"must be a base64 text, not {_kind(value)}")
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise BrokenRule("data", "must be base64 with padding") from None
    if len(data) != size or Digest.of(data, digest.algorithm) != digest:
        raise BrokenRule("data", "is not the content that digest and size describe; embed that content or leave it out")
    return data


def _entries(fields: Json, name: str, max_entries: int) -> list[object]:
    value = fields.get(name)
    if value is None:
        return []
    if type(value) is not list:
        raise BrokenRule(name, f"must be a list, not {_kind(value)}")
    if len(value) > max_entries:
        raise BrokenRule(name, f"has {len(value)} entries; at most {max_entries} are accepted")
    return value


def _kind(value: object) -> str:
    """What a JSON value is, in words that fit a message however large the value is."""
    if value is None:
        return "null or absent"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {ascii(value[:_SHOWN])}"
    return "a list" if isinstance(value, list) else "an object"
