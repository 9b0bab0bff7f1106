"""How values read inside messages."""

import pytest

from roadstead.kube.wording import bad_base64, kind_of, plain, quote, scalar


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("web", '"web"'),
        ('say "hi"', r'"say \"hi\""'),
        ("a\\b", r'"a\\b"'),
        ("tab\there\n", r'"tab\there\n"'),
        ("\x00\x1f", r'"\x00\x1f"'),
        ("grüße", '"grüße"'),
        ("zero\u200bwidth", r'"zero\u200bwidth"'),
        ("\U000e0001", r'"\U000e0001"'),
        ("", '""'),
    ],
)
def test_texts_are_quoted_as_go_quotes_them(text: str, quoted: str) -> None:
    assert quote(text) == quoted


def test_plain_values_print_as_go_prints_maps_and_slices() -> None:
    value = {"name": "x", "from": {"kind": "K", "n": None}, "list": [1, True, "a"]}
    assert plain(value) == "map[from:map[kind:K n:<nil>] list:[1 true a] name:x]"


@pytest.mark.parametrize(
    ("value", "shown"),
    [("a", '"a"'), (True, "true"), (0, "0"), (1.5, "1.5"), (None, "null"), (["x"], '["x"]'), ({"a": 1}, '{"a":1}')],
)
def test_values_in_field_errors_are_bare_quoted_or_json(value: object, shown: str) -> None:
    assert scalar(value) == shown


def test_every_json_type_has_its_name() -> None:
    values: list[object] = [{}, [], "", True, None, 1, 1.5]
    assert [kind_of(value) for value in values] == ["object", "array", "string", "bool", "null", "number", "number"]


@pytest.mark.parametrize(("text", "place"), [("!!", 0), ("YW\n!=", 3), ("YQ", 0), ("YWJjYQ", 4)])
def test_what_is_not_base64_is_told_where(text: str, place: int) -> None:
    assert bad_base64(text) == f"illegal base64 data at input byte {place}"
