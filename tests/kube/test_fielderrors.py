"""What is wrong with a field, in words."""

import pytest

from roadstead.kube import fielderrors, status
from roadstead.kube.fielderrors import FieldError

FIELDS: list[tuple[FieldError, str, str]] = [
    (fielderrors.required("a"), "FieldValueRequired", "Required value"),
    (fielderrors.required("a", "why"), "FieldValueRequired", "Required value: why"),
    (fielderrors.invalid_value("a", "x", "why"), "FieldValueInvalid", 'Invalid value: "x": why'),
    (fielderrors.invalid_value("a", 0, "why"), "FieldValueInvalid", "Invalid value: 0: why"),
    (
        fielderrors.not_supported("a", ["x"], ["All"]),
        "FieldValueNotSupported",
        'Unsupported value: ["x"]: supported values: "All"',
    ),
    (fielderrors.not_supported("a", "x", []), "FieldValueNotSupported", 'Unsupported value: "x"'),
    (fielderrors.forbidden_field("a", "why"), "FieldValueForbidden", "Forbidden: why"),
    (fielderrors.field_not_found("a", "x"), "FieldValueNotFound", 'Not found: "x"'),
    (fielderrors.duplicate("a", "x"), "FieldValueDuplicate", 'Duplicate value: "x"'),
    (fielderrors.too_long("a", 63), "FieldValueTooLong", "Too long: may not be more than 63 bytes"),
    (fielderrors.internal_field("[]", "why"), "InternalError", "Internal error: why"),
]


@pytest.mark.parametrize(("error", "reason", "body"), FIELDS)
def test_every_kind_of_field_error_has_its_words(error: FieldError, reason: str, body: str) -> None:
    assert error.cause == {"reason": reason, "message": body, "field": error.field}
    assert str(error) == f"{error.field}: {body}"


def test_the_words_for_fields_can_be_taken_from_status_too() -> None:
    for name in ("FieldError", "required", "invalid_value", "not_supported", "forbidden_field", "duplicate"):
        assert getattr(status, name) is getattr(fielderrors, name)
