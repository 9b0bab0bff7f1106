"""The shape language: a kind is described once; the description checks, prunes, fills and later documents it; no I/O.

Bytes become values in `decoding.py`; the merge keys told here are read by `strategic.py`.

What `conform` makes of a field (image-api contract, section 6.1): null counts as absent. Absent, it becomes its
`default`, or null with `null=True`, or stays away. An empty value ("" 0 false [] {}) says nothing and goes away too,
except where it differs from absent: `keep=True`, `null=True`, a boolean or number with a default, objects, `anything`.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from roadstead.base.errors import Invalid
from roadstead.base.values import Json
from roadstead.kube.time import canonical
from roadstead.kube.wording import bad_base64, kind_of

Kind = Literal[
    "string", "integer", "number", "boolean", "time", "micro_time", "base64", "quantity", "int_or_string", "anything",
    "object", "list", "map",
]  # fmt: skip
ListType = Literal["atomic", "set", "map"]
Check = Callable[[Any, list[str]], Any]

NOTHING: Any = type("Nothing", (), {"__repr__": lambda self: "NOTHING"})()
"""The default of a field that has none."""


class TypeMismatch(Invalid):
    """A value does not fit its field; the message is the one Go's decoder gives, without the words around it."""


class WrongKind(TypeMismatch):
    """A wrong JSON type; `found` and `wanted` as Go calls them.

    Named after the innermost struct and the whole path, without list indexes, as Go does.
    """

    def __init__(self, found: str, wanted: str, struct: str = "", path: str = "") -> None:
        where = f"struct field {struct}.{path}" if path else "value"
        super().__init__(f"json: cannot unmarshal {found} into Go {where} of type {wanted}")
        self.found, self.wanted, self.struct, self.path = found, wanted, struct, path

    def inside(self, struct: str, name: str) -> WrongKind:
        """The same, seen from one object further out."""
        path = f"{name}.{self.path}" if self.path else name
        return WrongKind(self.found, self.wanted, self.struct if self.path else struct, path)


@dataclass(frozen=True, eq=False)
class Field:
    """One field, or the items of a list or map. Made by the constructors below, not by hand."""

    kind: Kind
    wanted: str
    """The Go type, for messages."""
    check: Check
    """(a value that is not null, where to note stray names) -> the value to keep; raises TypeMismatch."""
    shape: Shape | None = None
    item: Field | None = None
    default: Any = NOTHING
    null: bool = False
    keep: bool = False
    required: bool = False
    """For the documentation only."""
    replace: bool = False
    """A strategic merge patch replaces this value as a whole."""
    merge_key: str = ""
    """A strategic merge patch finds list items by this field of theirs; may be a path: `metadata.name`."""
    as_set: bool = False
    """A strategic merge patch adds to this list of plain values; appliers own them one by one."""
    list_keys: tuple[str, ...] = ()
    """The fields that tell list items apart for server-side apply, where the merge key alone is not it."""
    atomic: bool = False
    """Appliers own this list, map or object as a whole."""
    retain_keys: bool = False
    """Clients send `$retainKeys` in strategic merge patches: what is not named goes."""
    one_of: tuple[str, ...] = ()
    """The values it may have; for the documentation only."""
    description: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """The fields that together tell the items of this list apart; () where `list_type` is not "map"."""
        if self.kind != "list" or self.atomic or self.as_set:
            return ()
        # A key inside a nested object names no item for appliers: such a list is theirs as a whole.
        return self.list_keys or ((self.merge_key,) if self.merge_key and "." not in self.merge_key else ())

    @property
    def list_type(self) -> ListType:
        """Who may own what of a list: all of it, single values, or single fields of single items."""
        return "map" if self.keys else "set" if self.as_set and not self.atomic else "atomic"

    @property
    def whole(self) -> bool:
        """Whether appliers own the value as one, plain values included."""
        if self.kind == "list":
            return self.list_type == "atomic"
        if self.kind in ("object", "map"):
            return self.atomic or (self.shape is not None and self.shape.atomic)
        return True

    def zero(self) -> Any:
        """What a null item of a list or map counts as."""
        return self.check({}, []) if self.kind == "object" else _ZERO.get(self.kind)

    def filled(self) -> Any:
        """A fresh value for the field where it is absent, or NOTHING."""
        if self.default is NOTHING:
            return None if self.null else NOTHING
        return self.check(copied(self.default), [])


_ZERO: dict[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False, "base64": ""}


@dataclass(frozen=True, eq=False)
class Shape:
    """One struct: its Go name and its fields, in the order in which they are emitted.

    `open`: fields not described are kept as sent instead of being dropped and reported. `atomic`: appliers own it as a
    whole. `go_type` is what Go calls it where that is not its name in `v1`. `package` is where the documentation files
    it, when that is not the group of the kind it is found in.
    """

    name: str
    fields: Mapping[str, Field]
    open: bool = False
    description: str = ""
    atomic: bool = False
    package: str = ""
    go_type: str = ""
    check: Callable[[Any, list[str]], Json] = field(init=False, repr=False)

    @property
    def called(self) -> str:
        """Its Go type, for messages."""
        return self.go_type or f"v1.{self.name}"

    def __post_init__(self) -> None:
        object.__setattr__(self, "check", _object_check(self))


@dataclass(frozen=True, slots=True)
class Conformed:
    """A value in shape. `unknown` names the fields left out, as paths in the order sent: `spec.tags[0].foo`."""

    value: Json
    unknown: list[str]


def conform(shape: Shape, value: Any) -> Conformed:
    """The value as the shape has it, the argument untouched; raises TypeMismatch. Conforming twice changes nothing."""
    strays: list[str] = []
    kept = shape.check(value, strays)
    # Paths cost time, strays are rare: only a value known to have some is walked again.
    return Conformed(kept, list(_unknown_in(shape, value, "")) if strays else [])


def text(*, called: str = "string", **options: Any) -> Field:
    """A string; with a default, the empty string counts as absent. `called`: its Go type, where it has its own."""
    return Field("string", called, _checked(str, called), **options)


def boolean(**options: Any) -> Field:
    """true or false."""
    return Field("boolean", "bool", _checked(bool, "bool"), **_valued(options))


def integer(*, bits: int = 64, **options: Any) -> Field:
    """A signed whole number of so many bits."""
    limit, wanted = 1 << (bits - 1), f"int{bits}"

    def check(value: Any, strays: list[str]) -> int:
        if type(value) is int and -limit <= value < limit:
            return value
        number = isinstance(value, int | float) and not isinstance(value, bool)
        raise WrongKind(f"number {value}" if number else kind_of(value), wanted)

    return Field("integer", wanted, check, **_valued(options))


def number(**options: Any) -> Field:
    """Any number."""

    def check(value: Any, strays: list[str]) -> float:
        if type(value) is int or type(value) is float:
            return value
        raise WrongKind(kind_of(value), "float64")

    return Field("number", "float64", check, **_valued(options))


def time(**options: Any) -> Field:
    """An RFC 3339 time, kept as `2026-11-23T18:49:39Z`."""

    def check(value: Any, strays: list[str]) -> str:
        if type(value) is not str:
            raise WrongKind(kind_of(value), "string")
        try:
            return canonical(value)
        except Invalid as wrong:
            raise TypeMismatch(wrong.message) from None

    return Field("time", "v1.Time", check, **options)


def base64(**options: Any) -> Field:
    """Bytes, kept as the base64 text they came as."""

    def check(value: Any, strays: list[str]) -> str:
        if type(value) is not str:
            raise WrongKind(kind_of(value), "[]uint8")
        try:
            binascii.a2b_base64(value.replace("\n", "").replace("\r", ""), strict_mode=True)
        except ValueError:
            raise TypeMismatch(bad_base64(value)) from None
        return value

    return Field("base64", "[]uint8", check, **options)


def anything(**options: Any) -> Field:
    """Any JSON value, kept verbatim."""
    return Field("anything", "interface {}", lambda value, strays: value, **{"keep": True, **options})


def object_of(shape: Shape, **options: Any) -> Field:
    """A nested object; `default={}` for one that is always there."""
    return Field("object", shape.called, shape.check, shape, **{"keep": True, **options})


def list_of(item: Field, **options: Any) -> Field:
    """A list; `merge_key` or `as_set` tell strategic merge patches how to merge it, else it is replaced."""
    wanted, check = f"[]{item.wanted}", item.check

    def check_all(value: Any, strays: list[str]) -> list[Any]:
        if type(value) is not list:
            raise WrongKind(kind_of(value), wanted)
        return [item.zero() if entry is None else check(entry, strays) for entry in value]

    return Field("list", wanted, check_all, None, item, **options)


def map_of(item: Field, **options: Any) -> Field:
    """An object whose keys are data: labels, annotations."""
    wanted, check = f"map[string]{item.wanted}", item.check

    def check_all(value: Any, strays: list[str]) -> Json:
        if type(value) is not dict:
            raise WrongKind(kind_of(value), wanted)
        return {key: item.zero() if entry is None else check(entry, strays) for key, entry in value.items()}

    return Field("map", wanted, check_all, None, item, **options)


def copied(value: Any) -> Any:
    """A JSON value that shares nothing with the original."""
    if type(value) is dict:
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if type(value) is list else value


def _checked(wanted: type, name: str) -> Check:
    def check(value: Any, strays: list[str]) -> Any:
        if type(value) is wanted:
            return value
        raise WrongKind(kind_of(value), name)

    return check


def _valued(options: dict[str, Any]) -> dict[str, Any]:
    """With a default, false and 0 are values like any other."""
    return {"keep": "default" in options, **options}


def _object_check(shape: Shape) -> Callable[[Any, list[str]], Json]:
    # This runs for every object of every request: the rows are laid out once, and plain types skip the call.
    plain = {"string": str, "boolean": bool}
    rows = [
        (name, plain.get(field.kind), field.check, field.keep or field.null, _filler(field))
        for name, field in shape.fields.items()
    ]
    known, struct, called, is_open = frozenset(shape.fields), shape.name, shape.called, shape.open

    def check_object(value: Any, strays: list[str]) -> Json:
        if type(value) is not dict:
            raise WrongKind(kind_of(value), called)
        kept: Json = {}
        for name, plain_type, check, keep, fill in rows:
            entry = value.get(name)
            if entry is not None:
                if type(entry) is not plain_type:
                    try:
                        entry = check(entry, strays)
                    except WrongKind as wrong:
                        raise wrong.inside(struct, name) from None
                if entry or keep:
                    kept[name] = entry
                    continue
            if fill is not None:
                kept[name] = fill()
        if not known.issuperset(value):
            others = [name for name in value if name not in known]
            if is_open:
                kept.update((name, value[name]) for name in others)
            else:
                strays.extend(others)
        return kept

    return check_object


def _filler(field: Field) -> Callable[[], Any] | None:
    filled = field.filled()
    if filled is NOTHING:
        return None
    return field.filled if isinstance(filled, dict | list) else lambda: filled


def _unknown_in(shape: Shape, value: Any, path: str) -> Iterator[str]:
    for name, entry in value.items():
        known = shape.fields.get(name)
        if known is None and not shape.open:
            yield f"{path}{name}"
        elif known is not None and entry is not None and _holds_objects(known):
            yield from _unknown_under(known, entry, f"{path}{name}")


def _unknown_under(field: Field, value: Any, path: str) -> Iterator[str]:
    # Custom kinds let a wrong type through to where it is refused by name, so nothing is taken for granted here.
    if field.shape is not None:
        if isinstance(value, dict):
            yield from _unknown_in(field.shape, value, f"{path}.")
    elif field.item is not None and _holds_objects(field.item) and isinstance(value, dict | list):
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        for key, entry in entries:
            step = f".{key}" if isinstance(key, str) else f"[{key}]"
            yield from _unknown_under(field.item, entry, path + step)


def _holds_objects(field: Field) -> bool:
    return field.shape is not None or (field.item is not None and _holds_objects(field.item))
