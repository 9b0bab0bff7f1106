"""Names and tags as they stand in a URL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.base.errors import Invalid
from roadstead.oci.digest import Digest, InvalidDigest
from roadstead.oci.reference import (
    NameInvalid,
    NotTwoComponents,
    RepositoryName,
    TagInvalid,
    parse_reference,
    parse_repository,
    parse_tag,
)

LONG_LABEL = "a" * 63


@pytest.mark.parametrize(
    "text",
    [
        "a/b",
        "team/app",
        "0/0",
        "my-team/my.app_x__y---z",
        f"{LONG_LABEL}/{'b' * (255 - 64)}",
    ],
)
def test_a_repository_is_a_namespace_and_a_name(text: str) -> None:
    name = parse_repository(text)
    assert str(name) == text
    assert name == RepositoryName(*text.split("/"))


@pytest.mark.parametrize(
    ("text", "kind", "rule"),
    [
        ("", NameInvalid, "is not valid"),
        ("/", NameInvalid, "is not valid"),
        ("a/", NameInvalid, "is not valid"),
        ("/b", NameInvalid, "is not valid"),
        ("a//b", NameInvalid, "is not valid"),
        ("A/b", NameInvalid, "is not valid"),
        ("a/B", NameInvalid, "is not valid"),
        ("a/b\n", NameInvalid, "is not valid"),
        ("a/-b", NameInvalid, "is not valid"),
        ("a/b-", NameInvalid, "is not valid"),
        ("a/b..c", NameInvalid, "is not valid"),
        ("a/b___c", NameInvalid, "is not valid"),
        ("a/b._c", NameInvalid, "is not valid"),
        ("a/../b", NameInvalid, "is not valid"),
        ("a/b%2fc", NameInvalid, "is not valid"),
        ("a/\N{CYRILLIC SMALL LETTER A}", NameInvalid, "is not valid"),
        ("a/\0", NameInvalid, "is not valid"),
        (f"a/{'b' * 254}", NameInvalid, "too long: 256 characters, at most 255"),
        ("a.b/c", NameInvalid, "must be a DNS label"),
        ("a_b/c", NameInvalid, "must be a DNS label"),
        (f"{LONG_LABEL}a/b", NameInvalid, "must be a DNS label"),
        ("a", NotTwoComponents, "must have two components"),
        ("a/b/c", NotTwoComponents, "must have two components"),
        ("library", NotTwoComponents, "must have two components"),
    ],
)
def test_what_is_no_repository_is_refused_by_kind_and_rule(text: str, kind: type[Invalid], rule: str) -> None:
    with pytest.raises(kind) as refusal:
        parse_repository(text)
    assert rule in refusal.value.message


@pytest.mark.parametrize("text", ["latest", "_", "0", "v1.2-rc_3", "A" * 128, f"sha256-{'0' * 64}.sig"])
def test_a_tag_is_kept_as_it_is(text: str) -> None:
    assert parse_tag(text) == text
    assert parse_reference(text) == text


@pytest.mark.parametrize("text", ["", ".", "-a", ".a", "a b", "a/b", "a+b", "a\n", "A" * 129, "ä", "a@b", "\0"])
def test_what_is_no_tag_is_refused(text: str) -> None:
    for parse in (parse_tag, parse_reference):
        with pytest.raises(TagInvalid, match="at most 128 of a-z"):
            parse(text)


def test_a_reference_with_a_colon_is_a_digest_and_never_a_tag() -> None:
    digest = Digest.of(b"x")
    assert parse_reference(str(digest)) == digest
    for text in ("sha256:ab", "a:b", ":"):
        with pytest.raises(InvalidDigest):
            parse_reference(text)


@given(st.text() | st.from_regex(r"[a-z0-9._/-]+"))
def test_any_text_is_a_name_or_refused(text: str) -> None:
    try:
        assert str(parse_repository(text)) == text
    except (NameInvalid, NotTwoComponents) as refusal:
        refusal.message.encode("ascii")
    try:
        assert str(parse_reference(text)) == text
    except (TagInvalid, InvalidDigest) as refusal:
        refusal.message.encode("ascii")
