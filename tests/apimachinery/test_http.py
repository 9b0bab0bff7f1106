"""The door: the texts, codes and headers of image-api contract, sections 1, 2 and 16.1."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

import orjson
import pytest

from roadstead.apimachinery.faults import TABLE
from roadstead.base import errors
from roadstead.base.errors import Failure
from roadstead.base.values import Json
from roadstead.objects.store import Store
from tests.apimachinery.world import BOATS, PIERS, World, world

GROUP = "/apis/harbour.test/v1"
NOT_SERVED = "the server could not find the requested resource"
NOT_ALLOWED = "the server does not allow this method on the requested resource"
PARSE_ERROR = (
    "the object provided is unrecognized (must be of type Boat): couldn't get version/kind; json parse error: "
    "invalid character 'n' looking for beginning of object key string ({not json)"
)


@pytest.mark.parametrize(
    ("method", "path", "code", "message"),
    [
        ("GET", f"{GROUP}/namespaces/north/boatz", 404, NOT_SERVED),
        ("GET", f"{BOATS}/a/nothing", 404, NOT_SERVED),
        ("GET", f"{BOATS}/a/status/more", 404, NOT_SERVED),
        ("GET", f"{BOATS}//status", 404, NOT_SERVED),
        ("GET", f"{GROUP}/boats/a", 404, NOT_SERVED),
        ("GET", f"{GROUP}/namespaces/north/piers", 404, NOT_SERVED),
        ("GET", f"{GROUP}/namespaces/north/signals/x", 404, NOT_SERVED),
        ("POST", f"{GROUP}/flags", 405, NOT_ALLOWED),
        ("GET", f"{GROUP}/namespaces/north/signals", 405, NOT_ALLOWED),
        ("DELETE", f"{GROUP}/namespaces/north/flags", 405, NOT_ALLOWED),
        ("POST", f"{BOATS}/a", 405, NOT_ALLOWED),
        ("PUT", BOATS, 405, NOT_ALLOWED),
        ("HEAD", f"{BOATS}/a", 405, NOT_ALLOWED),
        ("OPTIONS", BOATS, 405, NOT_ALLOWED),
        ("DELETE", f"{BOATS}/a/status", 405, NOT_ALLOWED),
        ("POST", "/apis", 405, NOT_ALLOWED),
        (
            "GET",
            f"{GROUP}/namespaces/north/flags?watch=true",
            405,
            'watch is not supported on resources of kind "flags.harbour.test"',
        ),
        ("GET", f"{BOATS}/none", 404, 'boats.harbour.test "none" not found'),
        ("DELETE", f"{BOATS}/none", 404, 'boats.harbour.test "none" not found'),
    ],
)
async def test_what_is_not_served_is_refused_alike(
    small: World, method: str, path: str, code: int, message: str
) -> None:
    answer = await small.ask(method, path)
    assert (answer.code, answer.json["code"], answer.message) == (code, code, message)
    assert answer.header("Content-Type") == "application/json"
    if message in (NOT_SERVED, NOT_ALLOWED):
        assert answer.json["details"] == {}


@pytest.mark.parametrize("path", ["/apis/harbour.test/v2/boats", "/apis/x/v1/y", "/apis/x", "/api/v9", "/nowhere"])
async def test_an_unknown_group_version_is_not_found_in_plain_text(small: World, path: str) -> None:
    answer = await small.ask("GET", path)
    assert (answer.code, answer.body.strip()) == (404, b"404 page not found")
    assert answer.header("Content-Type").startswith("text/plain")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{not json", PARSE_ERROR),
        (
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}},
            'Pod in version "v1" cannot be handled as a Boat: '
            "converting (v1.Pod) to (harbour.Boat): unknown conversion",
        ),
        (
            {"apiVersion": "harbour.test/v1", "kind": "Pier", "metadata": {"name": "x"}},
            'Pier in version "v1" cannot be handled as a Boat: '
            "converting (v1.Pier) to (harbour.Boat): unknown conversion",
        ),
        (
            {"apiVersion": "v1", "kind": "Boat"},
            "the API version in the data (v1) does not match the expected API version (harbour.test/v1)",
        ),
        (
            {"metadata": {"name": "x", "namespace": "elsewhere"}},
            "the namespace of the provided object does not match the namespace sent on the request",
        ),
        (
            {"metadata": {"name": "x"}, "spec": {"crew": "many"}},
            'Boat in version "v1" cannot be handled as a Boat: json: cannot unmarshal string into Go struct field '
            "BoatSpec.spec.crew of type int64",
        ),
    ],
)
async def test_a_body_that_is_not_the_kind_is_told_so(small: World, body: object, message: str) -> None:
    answer = await small.ask("POST", BOATS, body)
    assert (answer.code, answer.json["reason"]) == (400, "BadRequest")
    assert answer.message == message


async def test_a_name_in_the_body_must_be_the_one_in_the_url(small: World) -> None:
    answer = await small.ask("PUT", f"{BOATS}/x", {"metadata": {"name": "y"}})
    assert (answer.code, answer.message) == (400, "the name of the object (y) does not match the name on the URL (x)")


async def test_a_body_in_another_format_is_refused(small: World) -> None:
    answer = await small.ask("POST", BOATS, b"{}", headers={"Content-Type": "text/plain"})
    assert (answer.code, answer.message) == (
        415,
        "the body of the request was in an unknown format - accepted media types include: application/json, "
        "application/yaml, application/vnd.kubernetes.protobuf",
    )


@pytest.mark.parametrize("kind", ["text/plain", "application/apply-patch+cbor", ""])
async def test_a_patch_in_another_format_is_refused(small: World, kind: str) -> None:
    answer = await small.ask("PATCH", f"{BOATS}/x", {"x": 1}, headers={"Content-Type": kind})
    assert (answer.code, answer.message, answer.json["details"]) == (415, "415: Unsupported Media Type", {})


async def test_yaml_bodies_are_read(small: World) -> None:
    text = b"metadata:\n  name: a\nspec:\n  colour: red\n"
    answer = await small.ask("POST", BOATS, text, headers={"Content-Type": "application/yaml; charset=utf-8"})
    assert (answer.code, answer.json["spec"]["colour"]) == (201, "red")


async def test_a_body_over_the_limit_is_refused(store: Store) -> None:
    small = world(store, body_bytes=1000)
    answer = await small.ask("POST", BOATS, {"metadata": {"name": "a", "annotations": {"a": "x" * 1000}}})
    assert (answer.code, answer.json["reason"]) == (413, "RequestEntityTooLarge")


@pytest.mark.parametrize(
    ("validation", "code", "warnings"),
    [
        ("Ignore", 201, []),
        ("Warn", 201, ['299 - "unknown field \\"spec.sail\\""']),
        ("Strict", 400, []),
        ("", 201, [1]),
    ],
)
async def test_unknown_fields_are_dropped_told_or_refused(
    small: World, validation: str, code: int, warnings: list[Any]
) -> None:
    body = {"metadata": {"name": "a"}, "spec": {"sail": 3}}
    answer = await small.ask("POST", f"{BOATS}?fieldValidation={validation}", body)
    told = [value for name, value in answer.headers if name == "Warning"]
    assert (answer.code, len(told)) == (code, len(warnings))
    if code == 400:
        assert answer.message == (
            'Boat in version "v1" cannot be handled as a Boat: strict decoding error: unknown field "spec.sail"'
        )
    else:
        assert "sail" not in answer.json["spec"]
    if validation == "Warn":
        assert told == warnings


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "dryRun=x",
            'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["x"]: supported values: "All"',
        ),
        (
            "fieldValidation=x",
            'CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "x": '
            'supported values: "", "Ignore", "Strict", "Warn"',
        ),
        (
            "fieldManager=" + "x" * 129,
            'CreateOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 bytes',
        ),
        (
            "fieldManager=%C3%A9%01",
            'CreateOptions.meta.k8s.io "" is invalid: fieldManager: Invalid value: "é\\x01": '
            "invalid character U+0001 (at position 2)",
        ),
    ],
)
async def test_options_of_writes_are_checked(small: World, query: str, message: str) -> None:
    answer = await small.ask("POST", f"{BOATS}?{query}", {"metadata": {"name": "a"}})
    assert (answer.code, answer.message) == (422, message)


@pytest.mark.parametrize("accept", ["application/vnd.kubernetes.protobuf", "text/html"])
async def test_an_accept_without_a_usable_type_is_refused(small: World, accept: str) -> None:
    answer = await small.ask("GET", BOATS, headers={"Accept": accept})
    assert (answer.code, answer.json["details"]) == (406, {})
    assert answer.message == "406: Not Acceptable\n\nAvailable representations: application/json"


async def test_a_table_nobody_can_make_is_refused_unless_json_will_do(small: World) -> None:
    table = "application/json;as=Table;v=v1;g=meta.k8s.io"
    only = await small.ask("GET", PIERS, headers={"Accept": table})
    assert (only.code, only.message) == (406, "only the following media types are accepted: application/json")
    either = await small.ask("GET", PIERS, headers={"Accept": f"{table},application/json"})
    assert (either.code, either.json["kind"]) == (200, "PierList")


async def test_protobuf_before_json_is_answered_with_json(small: World) -> None:
    accept = "application/vnd.kubernetes.protobuf;q=1.0, application/json;q=0.5"
    answer = await small.ask("GET", BOATS, headers={"Accept": accept})
    assert (answer.code, answer.header("Content-Type")) == (200, "application/json")


async def test_answers_are_not_stored_by_anyone(small: World) -> None:
    assert (await small.ask("GET", BOATS)).header("Cache-Control") == "no-store"
    assert (await small.ask("GET", f"{BOATS}/none")).header("Cache-Control") == "no-store"
    assert (await small.ask("GET", "/apis")).header("Cache-Control") == "no-cache, private"


@pytest.mark.parametrize("size", [200_000, 1_500_000])
async def test_large_answers_are_compressed_for_those_who_read_it(small: World, size: int) -> None:
    for number in range(size // 100_000):
        await small.make(f"a{number}", metadata={"annotations": {"a": "x" * 100_000}})
    plain = await small.ask("GET", BOATS)
    packed = await small.ask("GET", BOATS, headers={"Accept-Encoding": "deflate, gzip;q=0.5"})
    refused = await small.ask("GET", BOATS, headers={"Accept-Encoding": "gzip;q=0"})
    assert packed.header("Content-Encoding") == "gzip"
    assert gzip.decompress(packed.body) == plain.body == refused.body


async def test_a_small_answer_is_never_compressed(small: World) -> None:
    answer = await small.ask("GET", BOATS, headers={"Accept-Encoding": "gzip"})
    assert answer.header("Content-Encoding") == ""


async def test_a_fault_is_reported_and_told_by_its_reference_only(small: World) -> None:
    answer = await small.ask("POST", f"{GROUP}/namespaces/north/signals", {"text": "break"})
    [(fault, reference)] = small.faults
    assert (answer.code, answer.json["reason"], str(fault)) == (500, "InternalError", "the mast is broken")
    assert reference in answer.message
    assert "mast" not in answer.body.decode()


async def test_a_slow_write_ends_with_a_timeout(store: Store) -> None:
    small = world(store, write_seconds=0.01)
    held = small.boats.rules.on_create

    async def linger(obj: Any, ask: Any) -> Any:
        await asyncio.sleep(0.1)
        return await held(obj, ask)

    small.boats.rules.on_create = linger  # type: ignore[method-assign]
    answer = await small.ask("POST", BOATS, {"metadata": {"name": "a"}})
    assert (answer.code, answer.json["reason"]) == (504, "Timeout")
    assert answer.message.startswith("Timeout: request did not complete within requested timeout - context deadline")
    assert small.boats.peek("north", "a") is None


SIGNALS = f"{GROUP}/namespaces/north/signals"


async def test_what_waits_for_other_servers_is_given_the_time_it_asks_for(store: Store) -> None:
    small = world(store, write_seconds=0.01)
    assert (await small.ask("POST", SIGNALS, {"text": "linger"})).code == 504
    assert (await small.ask("POST", f"{SIGNALS}?timeout=1h", {"text": "linger"})).code == 201


async def test_who_set_the_time_is_told_in_plain_text_that_it_is_over(store: Store) -> None:
    answer = await world(store).ask("POST", f"{SIGNALS}?timeout=0.01s", {"text": "linger"})
    assert (answer.code, answer.header("Content-Type")) == (504, "text/plain; charset=utf-8")
    assert answer.json["message"] == "Timeout: request did not complete within the allotted timeout"
    assert "kind" not in answer.json


async def test_the_client_may_shorten_the_time(small: World) -> None:
    assert (await small.ask("GET", f"{BOATS}?timeout=32s")).code == 200
    assert (await small.ask("GET", f"{BOATS}?timeout=5")).code == 200
    assert (await small.ask("GET", f"{BOATS}?timeout=soon")).code == 400


def _a_failure_of(kind: type[Failure]) -> Failure:
    if kind in (errors.NotFound, errors.AlreadyExists):
        return kind("boats.harbour.test", "a")
    if kind is errors.Conflict:
        return errors.Conflict("boats.harbour.test", "a", "someone was faster")
    return kind("so it is")


CODES = {
    errors.NotFound: 404, errors.AlreadyExists: 409, errors.Conflict: 409, errors.Unavailable: 503,
    errors.Unauthenticated: 401, errors.Denied: 403, errors.Expired: 410, errors.TooLarge: 413,
    errors.Unsupported: 405, errors.OutOfRange: 400, errors.Invalid: 400, errors.TooManyRequests: 429,
}  # fmt: skip


@pytest.mark.parametrize("kind", [*TABLE, errors.StorageFull, errors.StorageReadOnly])
async def test_every_kind_of_failure_has_its_status(small: World, kind: type[Failure]) -> None:
    def fail(*_: object) -> Any:
        raise _a_failure_of(kind)

    small.boats.entry = fail  # type: ignore[method-assign, assignment]
    answer = await small.ask("GET", f"{BOATS}/a")
    expected = CODES.get(kind, 503)
    assert (answer.code, answer.json["code"], answer.json["kind"]) == (expected, expected, "Status")
    if expected == 503:
        assert (answer.json["reason"], answer.header("Retry-After")) == ("ServiceUnavailable", "1")
    assert small.faults == []


def test_every_failure_kind_has_a_row() -> None:
    bases = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Failure)}
    assert {kind for kind in bases if kind.__mro__[1] is Failure} <= set(TABLE)


async def test_too_many_query_fields_are_refused(small: World) -> None:
    answer = await small.ask("GET", f"{BOATS}?" + "&".join(f"a{number}=1" for number in range(300)))
    assert (answer.code, answer.json["reason"]) == (400, "BadRequest")


async def test_a_status_is_never_made_a_table(small: World) -> None:
    await small.make("a")
    answer = await small.ask("DELETE", f"{BOATS}/a", headers={"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"})
    assert (answer.code, answer.json["kind"], "code" in answer.json) == (200, "Status", False)
    assert orjson.dumps(answer.json["details"], option=orjson.OPT_SORT_KEYS) == (
        b'{"group":"harbour.test","kind":"boats","name":"a","uid":"uid-1"}'
    )


async def test_warnings_without_end_are_counted_rather_than_sent(small: World) -> None:
    fields = {f"odd{number:05}": 1 for number in range(20_000)}
    answer = await small.ask("POST", BOATS, {"metadata": {"name": "a"}, **fields})
    told = [value for name, value in answer.headers if name == "Warning"]
    assert answer.code == 201
    assert sum(map(len, told)) < 8192
    assert told[-1] == f'299 - "{20_000 - len(told) + 1} more warnings"'


@pytest.mark.parametrize(
    "body",
    [
        {"metadata": {"name": "a", "finalizers": [f"{'x' * 9} {number}" for number in range(10_000)]}},
        {"metadata": {"name": "a", "labels": {"x": "y" * 300_000}}},
        {"metadata": {"name": "a", "labels": {f"a b{number}": "" for number in range(10_000)}}},
        {"metadata": {"name": "a"}, "kind": "x" * 300_000},
        {"metadata": {"name": "a"}, "y" * 300_000: 1},
    ],
)
async def test_a_refusal_does_not_send_back_all_that_was_sent(small: World, body: Json) -> None:
    answer = await small.ask("POST", f"{BOATS}?fieldValidation=Strict", body)
    assert answer.code in (400, 422)
    assert len(orjson.dumps(answer.json)) < 128 * 1024
    assert len(answer.message) < 17_000
