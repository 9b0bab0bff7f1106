"""OpenAPI version 2 as protobuf."""

from collections.abc import Iterator

from roadstead.base.values import Json
from roadstead.kube import gnostic


def fields(message: bytes) -> Iterator[tuple[int, bytes | int]]:
    """The fields of a message, read as the wire format says."""
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        value, at = varint(message, at)
        if tag & 7 == 2:
            yield tag >> 3, message[at : at + value]
            at += value
        else:
            yield tag >> 3, value


def varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value, shift, at = value | (byte & 0x7F) << shift, shift + 7, at + 1
        if byte < 0x80:
            return value, at


def within(message: bytes, *path: int) -> bytes:
    """The message at the end of a path of field numbers; the first where one repeats."""
    for number in path:
        message = next(value for tag, value in fields(message) if tag == number and isinstance(value, bytes))
    return message


def document(**schema: object) -> bytes:
    operation: Json = {
        "operationId": "patchIt",
        "consumes": ["application/json"],
        "parameters": [{"name": "fieldValidation", "in": "query", "type": "string"}],
        "responses": {"200": {"description": "OK", "schema": {"$ref": "#/definitions/it"}}},
        "x-kubernetes-group-version-kind": {"kind": "It"},
    }
    return gnostic.document(
        {
            "swagger": "2.0",
            "info": {"title": "Roadstead", "version": "1"},
            "paths": {
                "/it": {"patch": operation, "parameters": [{"name": "n", "in": "path", "required": True, "type": "x"}]}
            },
            "definitions": {"it": schema},
        }
    )


def test_the_document_says_what_it_is() -> None:
    message = document(type="object")
    assert within(message, 1) == b"2.0"
    assert within(message, 2, 1) == b"Roadstead"


def test_a_definition_has_its_name_type_and_text() -> None:
    named = within(document(type="object", description="It."), 9, 1)
    assert within(named, 1) == b"it"
    assert within(named, 2, 22, 1) == b"object"
    assert within(named, 2, 4) == b"It."


def test_properties_items_and_values_nest() -> None:
    items = {"type": "array", "items": {"$ref": "#/definitions/it"}}
    schema = within(document(type="object", properties={"them": items}), 9, 1, 2)
    assert within(schema, 25, 1, 1) == b"them"
    assert within(schema, 25, 1, 2, 23, 1, 1) == b"#/definitions/it"
    values = within(document(additionalProperties={"type": "string"}), 9, 1, 2)
    assert within(values, 21, 1, 22, 1) == b"string"


def test_extensions_carry_their_json() -> None:
    schema = within(document(**{"x-kubernetes-group-version-kind": [{"kind": "It"}]}), 9, 1, 2)
    assert within(schema, 31, 1) == b"x-kubernetes-group-version-kind"
    assert within(schema, 31, 2, 2) == b'[{"kind":"It"}]\n'


def test_an_operation_names_its_parameters_and_what_it_takes() -> None:
    operation = within(document(), 8, 2, 2, 8)
    assert within(operation, 5) == b"patchIt"
    assert within(operation, 7) == b"application/json"
    assert within(operation, 8, 1, 2, 3, 4) == b"fieldValidation"
    assert within(operation, 9, 1, 2, 1, 2, 1, 1) == b"#/definitions/it"


def test_long_texts_keep_their_length() -> None:
    text = "a" * 300
    assert within(document(description=text), 9, 1, 2, 4) == text.encode()
