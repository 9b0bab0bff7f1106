"""What a body must say about itself; the texts are those a real control plane gave."""

from typing import Any

import pytest

from roadstead.kube import bodies
from roadstead.kube.bodies import Expected, typed
from roadstead.kube.decoding import DecodeError, decode
from roadstead.kube.status import StatusError

STREAM = Expected("image.openshift.io", "v1", "ImageStream")
OTHERS = {("v1", "Pod"), ("image.openshift.io/v1", "Image")}


def refusal(value: Any, raw: bytes = b"") -> str:
    with pytest.raises(StatusError) as wrong:
        typed(value, STREAM, raw, OTHERS)
    assert wrong.value.code == 400
    return wrong.value.message


def test_a_body_of_the_expected_kind_is_taken_as_it_is() -> None:
    body = {"apiVersion": "image.openshift.io/v1", "kind": "ImageStream", "spec": {}}
    assert typed(body, STREAM, b"") == body


@pytest.mark.parametrize("body", [{}, {"kind": "", "apiVersion": None}, {"kind": "ImageStream"}])
def test_what_a_body_leaves_out_about_its_type_is_filled_in(body: Any) -> None:
    assert typed(body, STREAM, b"") == {"kind": "ImageStream", "apiVersion": "image.openshift.io/v1"}


def test_malformed_json_is_quoted_in_the_refusal() -> None:
    raw = b"{not json"
    with pytest.raises(DecodeError) as wrong:
        decode(raw)
    assert bodies.unrecognised("ImageStream", raw, wrong.value.message).message == (
        "the object provided is unrecognized (must be of type ImageStream): couldn't get version/kind; json parse "
        "error: invalid character 'n' looking for beginning of object key string ({not json)"
    )


@pytest.mark.parametrize(
    ("raw", "summary"),
    [
        (b"", "(<empty>)"),
        (b"{" + b"a" * 40, "({" + "a" * 29 + " ...)"),
        (b"ab", "(6162)"),
        (b"a" * 31, "(" + "61" * 30 + " ...)"),
    ],
)
def test_only_the_beginning_of_a_body_is_shown(raw: bytes, summary: str) -> None:
    assert bodies.unrecognised("K", raw, "why").message.endswith(f"error: why {summary}")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"apiVersion": "v1", "kind": "Pod"},
            'Pod in version "v1" cannot be handled as a ImageStream: '
            "converting (v1.Pod) to (image.ImageStream): unknown conversion",
        ),
        (
            {"apiVersion": "image.openshift.io/v1", "kind": "Image"},
            'Image in version "v1" cannot be handled as a ImageStream: '
            "converting (v1.Image) to (image.ImageStream): unknown conversion",
        ),
        (
            {"apiVersion": "v1", "kind": "ImageStream"},
            "the API version in the data (v1) does not match the expected API version (image.openshift.io/v1)",
        ),
    ],
)
def test_another_known_kind_is_refused_as_unconvertible(body: Any, message: str) -> None:
    assert refusal(body) == message


def test_an_unknown_kind_is_refused_as_unregistered() -> None:
    assert refusal({"apiVersion": "x/v2", "kind": "Y"}).startswith(
        'Y in version "v2" cannot be handled as a ImageStream: no kind "Y" is registered for version "x/v2" in scheme '
    )


@pytest.mark.parametrize("value", [[], None, 1, {"kind": 5}, {"apiVersion": ["v1"]}])
def test_what_is_no_object_with_a_type_is_unrecognised(value: Any) -> None:
    text = refusal(value, b"[]")
    assert text.startswith("the object provided is unrecognized (must be of type ImageStream): ")
    assert "json: cannot unmarshal" in text


def test_mismatches_with_the_url_have_their_texts() -> None:
    assert bodies.namespace_mismatch().message == (
        "the namespace of the provided object does not match the namespace sent on the request"
    )
    assert bodies.name_mismatch("y", "x").message == "the name of the object (y) does not match the name on the URL (x)"


def test_unknown_and_doubled_fields_are_warnings_or_one_refusal() -> None:
    found = bodies.complaints(["spec.foo"], ["kind"])
    assert found == ['unknown field "spec.foo"', 'duplicate field "kind"']
    assert bodies.strict_failure(STREAM, found).message == (
        'ImageStream in version "v1" cannot be handled as a ImageStream: '
        'strict decoding error: unknown field "spec.foo", duplicate field "kind"'
    )
    error = bodies.strict_patch_failure({"spec": {"foo": 1}}, found[:1])
    assert (error.code, error.message) == (
        422,
        ' "" is invalid: patch: Invalid value: {"spec":{"foo":1}}: strict decoding error: unknown field "spec.foo"',
    )


def test_what_is_given_twice_in_an_unknown_field_is_told_once() -> None:
    told = bodies.complaints(["a", "b"], ["a", "a.x", "b[0].y", "ab"])
    assert told == ['unknown field "a"', 'unknown field "b"', 'duplicate field "ab"']
