"""Fields of the shape language with more than one form: amounts, counts or names, exact times; no I/O."""

from __future__ import annotations

import re
from typing import Any

from roadstead.base.errors import Invalid
from roadstead.kube.schema import Field, TypeMismatch, WrongKind
from roadstead.kube.time import parse_time
from roadstead.kube.wording import kind_of

_QUANTITY = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d{1,3})?", re.ASCII)
_PATTERN = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"


def quantity(**options: Any) -> Field:
    """An amount such as `500m` or `2Gi`; a plain number counts as its text."""
    return Field("quantity", "resource.Quantity", _quantity, **options)


def _quantity(value: Any, strays: list[str]) -> str:
    text = str(value) if type(value) in (int, float) else value
    if type(text) is not str or not _QUANTITY.fullmatch(text):
        raise TypeMismatch(f"quantities must match the regular expression '{_PATTERN}'")
    return text


def int_or_string(**options: Any) -> Field:
    """A number, or a text such as `25%` or the name of a port."""
    return Field("int_or_string", "intstr.IntOrString", _int_or_string, **{"keep": True, **options})


def _int_or_string(value: Any, strays: list[str]) -> Any:
    if type(value) is str or (type(value) is int and -(1 << 31) <= value < 1 << 31):
        return value
    number = isinstance(value, int | float) and not isinstance(value, bool)
    raise WrongKind(f"number {value}" if number else kind_of(value), "int32")


def micro_time(**options: Any) -> Field:
    """An RFC 3339 time to the microsecond: `2026-11-23T18:49:39.000000Z`."""
    return Field("micro_time", "v1.MicroTime", _micro_time, **options)


def _micro_time(value: Any, strays: list[str]) -> str:
    if type(value) is not str:
        raise WrongKind(kind_of(value), "string")
    try:
        moment = parse_time(value)
    except Invalid as wrong:
        raise TypeMismatch(wrong.message) from None
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
