"""The grammar of names."""

import pytest
from hypothesis import given, strategies

from roadstead.kube.names import dns_label, dns_subdomain, label_value, path_segment, qualified_name

LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
QUALIFIED = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
    "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


@pytest.mark.parametrize("name", ["a", "my-name", "123-abc", "a" * 63])
def test_dns_labels_are_accepted(name: str) -> None:
    assert dns_label(name) == []


@pytest.mark.parametrize("name", ["", "A", "a_b", "-a", "a-", "a.b", "a\n"])
def test_what_is_no_dns_label_is_told_the_rule(name: str) -> None:
    assert dns_label(name) == [LABEL]


def test_length_is_a_rule_of_its_own() -> None:
    assert dns_label("a" * 64) == ["must be no more than 63 characters"]
    assert dns_subdomain("A" * 254) == ["must be no more than 253 characters", SUBDOMAIN]
    assert label_value("ä" * 32) == ["must be no more than 63 characters", VALUE]


@pytest.mark.parametrize(("name", "wrong"), [("a.b-c.d", []), ("a..b", [SUBDOMAIN]), ("Bad_Name", [SUBDOMAIN])])
def test_subdomains_are_labels_with_dots(name: str, wrong: list[str]) -> None:
    assert dns_subdomain(name) == wrong


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("sha256:abc", []),
        (".", ["may not be '.'"]),
        ("..", ["may not be '..'"]),
        ("a/b%c", ["may not contain '/'", "may not contain '%'"]),
    ],
)
def test_path_segments_may_hold_anything_but_what_paths_use(name: str, wrong: list[str]) -> None:
    assert path_segment(name) == wrong


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("a", []),
        ("A_b.c-d", []),
        ("example.com/MyName", []),
        ("", ["name part must be non-empty", f"name part {QUALIFIED}"]),
        ("/a", ["prefix part must be non-empty"]),
        ("a/", ["name part must be non-empty", f"name part {QUALIFIED}"]),
        ("a b", [f"name part {QUALIFIED}"]),
        ("Upper/a", [f"prefix part {SUBDOMAIN}"]),
        ("a" * 64, ["name part must be no more than 63 characters"]),
        (
            "a/b/c",
            [f"a qualified name {QUALIFIED} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"],
        ),
    ],
)
def test_qualified_names_have_a_name_and_perhaps_a_prefix(key: str, wrong: list[str]) -> None:
    assert qualified_name(key) == wrong


@pytest.mark.parametrize(("value", "wrong"), [("", []), ("my_value", []), ("a b", [VALUE]), ("-a", [VALUE])])
def test_label_values_may_be_empty(value: str, wrong: list[str]) -> None:
    assert label_value(value) == wrong


@given(strategies.text())
def test_a_dns_label_is_a_subdomain_and_a_subdomain_is_a_path_segment(text: str) -> None:
    assert dns_label(text) or not dns_subdomain(text)
    assert dns_subdomain(text) or not path_segment(text)
