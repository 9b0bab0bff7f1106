"""JSON that other registries answer with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.remote.documents import descriptors_of, list_of, next_page, object_of, says_media_type
from roadstead.remote.errors import Kind, RemoteFailure

ADDRESS = "https://registry.test:5000"
PATH = "/v2/a/b/tags/list?n=100"


@pytest.mark.parametrize(
    ("link", "path"),
    [
        ("", ""),
        ('</v2/a/b/tags/list?last=x&n=100>; rel="next"', "/v2/a/b/tags/list?last=x&n=100"),
        ("<https://registry.test:5000/v2/a/b/tags/list?last=x>; rel=next", "/v2/a/b/tags/list?last=x"),
        ("<list?last=x>; rel=next", "/v2/a/b/tags/list?last=x"),
        ('</a>; rel="prev", </v2/x>; title=y; rel="next"', "/v2/x"),
        ('</v2/x>; rel="prev"', ""),
        ("nonsense", ""),
    ],
)
def test_the_next_page_is_read_from_the_link(link: str, path: str) -> None:
    assert next_page(link, PATH, ADDRESS, "h") == path


@pytest.mark.parametrize("link", ["<https://evil.test/v2/x>; rel=next", "</token>; rel=next", "<//[>; rel=next"])
def test_a_next_page_elsewhere_is_refused(link: str) -> None:
    with pytest.raises(RemoteFailure) as refused:
        next_page(link, PATH, ADDRESS, "h")
    assert refused.value.kind is Kind.MALFORMED


@given(st.text(max_size=200))
def test_no_link_breaks_it(link: str) -> None:
    try:
        assert next_page(link, PATH, ADDRESS, "h").startswith(("", "/v2/"))
    except RemoteFailure:
        pass


@pytest.mark.parametrize("body", [b"", b"[]", b'{"a":1,"a":2}', b"\xff", b'{"a":' + b"[" * 100 + b"]" * 100 + b"}"])
def test_what_is_no_plain_object_is_malformed(body: bytes) -> None:
    with pytest.raises(RemoteFailure) as wrong:
        object_of(body, "h")
    assert wrong.value.kind is Kind.MALFORMED


def test_a_list_may_be_null_but_nothing_else() -> None:
    assert list_of({"tags": None}, "tags", "h") == list_of({}, "tags", "h") == []
    with pytest.raises(RemoteFailure):
        list_of({"tags": "x"}, "tags", "h")


def test_entries_that_name_no_content_are_left_out() -> None:
    good = {"digest": "sha256:" + "a" * 64}
    assert descriptors_of({"manifests": [good, {}, 7, None, {"digest": 7}, {"digest": "sha256:x"}]}, "h") == [good]


@pytest.mark.parametrize(
    ("header", "body", "media_type"),
    [
        ("application/vnd.oci.image.index.v1+json", b"{}", "application/vnd.oci.image.index.v1+json"),
        ("application/json; charset=utf-8", b'{"mediaType":"a/b"}', "a/b"),
        (None, b'{"mediaType":7}', ""),
        (None, b"nonsense", ""),
    ],
)
def test_the_type_of_a_manifest_is_the_headers_or_its_own(header: str | None, body: bytes, media_type: str) -> None:
    assert says_media_type(header, body) == media_type
