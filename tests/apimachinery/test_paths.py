"""What a path and a method are about."""

from __future__ import annotations

import pytest

from roadstead.apimachinery.paths import Unreadable, parse


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/api/v1/namespaces", ("list", "", "namespaces", "", "", "")),
        ("GET", "/api/v1/namespaces/a", ("get", "", "namespaces", "", "a", "a")),
        ("PUT", "/api/v1/namespaces/a/finalize", ("update", "", "namespaces", "finalize", "a", "a")),
        ("GET", "/api/v1/namespaces/a/pods", ("list", "", "pods", "", "a", "")),
        ("DELETE", "/api/v1/namespaces/a/pods", ("deletecollection", "", "pods", "", "a", "")),
        ("GET", "/apis/g/v1/namespaces/a/xs/y%3Az", ("get", "g", "xs", "", "a", "y:z")),
        ("PATCH", "/apis/g/v1/xs/y/status", ("patch", "g", "xs", "status", "", "y")),
        ("GET", "/apis/g/v1/xs/y%2Fz", ("get", "g", "xs", "", "", "y/z")),
        ("GET", "/apis/g/v1/", ("get", "", "", "", "", "")),
        ("POST", "/healthz", ("post", "", "", "", "", "")),
    ],
)
def test_a_path_says_what_the_request_is_about(method: str, path: str, expected: tuple[str, ...]) -> None:
    found = parse(method, path)
    assert (found.verb, found.group, found.resource, found.subresource, found.namespace, found.name) == expected


def test_a_path_that_is_no_text_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        parse("GET", "/apis/g/v1/%ff")
