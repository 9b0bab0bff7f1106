"""What is wrong with one field of an object, and how it reads in a Status; no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from roadstead.base.values import Json
from roadstead.kube.wording import quote, scalar


class Fault(Enum):
    """The kinds of field error: (cause reason, words a message opens with) (image-api contract, section 2)."""

    REQUIRED = ("FieldValueRequired", "Required value")
    INVALID = ("FieldValueInvalid", "Invalid value")
    NOT_SUPPORTED = ("FieldValueNotSupported", "Unsupported value")
    FORBIDDEN = ("FieldValueForbidden", "Forbidden")
    NOT_FOUND = ("FieldValueNotFound", "Not found")
    DUPLICATE = ("FieldValueDuplicate", "Duplicate value")
    TOO_LONG = ("FieldValueTooLong", "Too long")
    INTERNAL = ("InternalError", "Internal error")

    @property
    def reason(self) -> str:
        """The reason of the cause in a Status."""
        return self.value[0]

    @property
    def words(self) -> str:
        """What the message opens with."""
        return self.value[1]


SHOWN_VALUE = 1024
"""Characters of a value that a message repeats."""
_WITH_VALUE = frozenset({Fault.INVALID, Fault.NOT_SUPPORTED, Fault.NOT_FOUND, Fault.DUPLICATE})


@dataclass(frozen=True, slots=True)
class FieldError:
    """One broken rule. `field` is a path: `a.b`, `a[0]`, `a[key]`; `value` is shown where the kind shows values."""

    type: Fault
    field: str
    value: Any = None
    detail: str = ""

    @property
    def body(self) -> str:
        """The message without the path."""
        text = f"{self.type.words}: {_shown(self.value)}" if self.type in _WITH_VALUE else self.type.words
        return f"{text}: {self.detail}" if self.detail else text

    @property
    def cause(self) -> Json:
        """The entry in `details.causes`."""
        return {"reason": self.type.reason, "message": self.body, "field": self.field}

    def __str__(self) -> str:
        return f"{self.field}: {self.body}"


def required(field: str, detail: str = "") -> FieldError:
    """A value must be given."""
    return FieldError(Fault.REQUIRED, field, None, detail)


def invalid_value(field: str, value: Any, detail: str = "") -> FieldError:
    """The value breaks the rule told in `detail`."""
    return FieldError(Fault.INVALID, field, value, detail)


def not_supported(field: str, value: Any, supported: Iterable[str]) -> FieldError:
    """The value is none of those supported."""
    known = ", ".join(map(quote, supported))
    return FieldError(Fault.NOT_SUPPORTED, field, value, f"supported values: {known}" if known else "")


def forbidden_field(field: str, detail: str = "") -> FieldError:
    """The field may not be set so, here and now."""
    return FieldError(Fault.FORBIDDEN, field, None, detail)


def field_not_found(field: str, value: Any) -> FieldError:
    """The value names something that does not exist."""
    return FieldError(Fault.NOT_FOUND, field, value)


def duplicate(field: str, value: Any) -> FieldError:
    """The value is there twice."""
    return FieldError(Fault.DUPLICATE, field, value)


def too_long(field: str, limit: int) -> FieldError:
    """The value has more than `limit` bytes."""
    return FieldError(Fault.TOO_LONG, field, None, f"may not be more than {limit} bytes")


def internal_field(field: str, detail: str) -> FieldError:
    """An error of another kind, carried inside an Invalid."""
    return FieldError(Fault.INTERNAL, field, None, detail)


def _shown(value: Any) -> str:
    text = scalar(value)
    return text if len(text) <= SHOWN_VALUE else f"{text[:SHOWN_VALUE]}… ({len(text)} characters)"


def joined(errors: Iterable[FieldError]) -> str:
    """Several errors as one text: `[a, b]`, a single one bare, identical texts once."""
    texts = list(dict.fromkeys(str(error) for error in errors))
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
