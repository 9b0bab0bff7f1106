"""Where a request came in, and what a 401 says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.auth.challenges import base_url, basic, bearer, challenge, configured_base, quoted
from roadstead.auth.credentials import Fault
from roadstead.base.errors import Invalid
from roadstead.base.web import request_for


def base(headers: dict[str, str], scheme: str = "http") -> str:
    return base_url(request_for("GET", "/v2/", headers=headers, scheme=scheme), trust_forwarded=True)


@pytest.mark.parametrize(
    ("fault", "header"),
    [
        (Fault.MISSING, 'Bearer realm="https://r.test/openshift/token"'),
        (Fault.EXPIRED, 'Bearer realm="https://r.test/openshift/token",error="invalid_token"'),
        (Fault.UNREADABLE, 'Basic realm="openshift",error="failed to decode credentials"'),
        (Fault.REFUSED, 'Basic realm="openshift",error="access denied"'),
    ],
)
def test_each_fault_has_its_challenge(fault: Fault, header: str) -> None:
    assert challenge(fault, "https://r.test") == header


def test_a_bearer_challenge_may_name_scopes() -> None:
    header = bearer("https://r.test", ["repository:a/b:pull", "repository:c/d:pull"])
    assert header.endswith(',scope="repository:a/b:pull repository:c/d:pull"')


def test_quotes_are_escaped_and_line_ends_cannot_leave_the_header() -> None:
    assert quoted('a"b\\c\r\nSet-Cookie: x\x00é') == '"a\\"b\\\\cSet-Cookie: x"'
    assert basic("no", 'my "own" realm') == 'Basic realm="my \\"own\\" realm",error="no"'


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Host": "r.test"}, "http://r.test"),
        ({"Host": "r.test:5000"}, "http://r.test:5000"),
        ({"Host": "[::1]:5000"}, "http://[::1]:5000"),
        ({"Host": "r.test", "X-Forwarded-Proto": "https"}, "https://r.test"),
        ({"Host": "svc:5000", "X-Forwarded-Host": "r.test", "X-Forwarded-Proto": "https"}, "https://r.test"),
        ({"Host": "svc", "X-Forwarded-Host": "a.test, b.test"}, "http://a.test"),
        ({"Host": "r.test", "X-Forwarded-Port": "8443", "X-Forwarded-Proto": "https"}, "https://r.test:8443"),
        ({"Host": "r.test", "X-Forwarded-Port": "443", "X-Forwarded-Proto": "https"}, "https://r.test"),
        ({"Host": "r.test", "X-Forwarded-Port": "80"}, "http://r.test"),
        ({"Host": "r.test:5000", "X-Forwarded-Port": "8443"}, "http://r.test:5000"),
        ({"Host": "svc", "Forwarded": "for=1.2.3.4;host=r.test;proto=https"}, "https://r.test"),
        ({"Host": "svc", "Forwarded": 'Host="r.test:8443"; Proto=HTTPS, host=other'}, "https://r.test:8443"),
        ({"Host": "svc", "Forwarded": "proto=https", "X-Forwarded-Host": "r.test"}, "https://r.test"),
        ({"Host": "svc", "Forwarded": "host=f.test", "X-Forwarded-Host": "x.test"}, "http://f.test"),
    ],
)
def test_the_address_is_the_one_the_client_used(headers: dict[str, str], expected: str) -> None:
    assert base(headers) == expected


@pytest.mark.parametrize(
    "hostile",
    [
        {"X-Forwarded-Host": "evil.test/path"},
        {"X-Forwarded-Host": 'evil.test"'},
        {"X-Forwarded-Host": "evil test"},
        {"X-Forwarded-Host": "evil.test\r\nX: y"},
        {"X-Forwarded-Host": "user@evil.test"},
        {"X-Forwarded-Host": "evil.test:99999"},
        {"X-Forwarded-Host": "evil.test:"},
        {"X-Forwarded-Host": "é.test"},
        {"X-Forwarded-Host": "e" * 300},
        {"X-Forwarded-Proto": "javascript"},
        {"X-Forwarded-Proto": "https://evil"},
        {"X-Forwarded-Port": "80/evil"},
        {"X-Forwarded-Port": "0"},
        {"X-Forwarded-Port": "٣"},
        {"Forwarded": "host=evil.test/x"},
        {"Forwarded": 'host="evil.test'},
        {"Forwarded": "host=evil.test evil"},
        {"Forwarded": ";;;"},
    ],
)
def test_hostile_values_are_passed_over(hostile: dict[str, str]) -> None:
    assert base({"Host": "r.test", **hostile}) == "http://r.test"


def test_a_hostile_host_header_is_not_repeated() -> None:
    assert base({"Host": "r.test/evil"}) == "http://localhost"


def test_forwarded_headers_count_only_where_a_proxy_is_trusted() -> None:
    request = request_for("GET", "/v2/", headers={"Host": "r.test", "X-Forwarded-Host": "evil.test"}, scheme="https")
    assert base_url(request) == "https://r.test"


def test_a_configured_address_wins() -> None:
    request = request_for("GET", "/v2/", headers={"Host": "svc", "X-Forwarded-Host": "x.test"})
    assert base_url(request, configured_base("https://r.test/"), trust_forwarded=True) == "https://r.test"


@pytest.mark.parametrize(
    "text",
    [
        "r.test",
        "ftp://r.test",
        "https://",
        "https://r.test/path",
        "https://r.test?x",
        "https://r.test#x",
        "https://a@r.test",
        "https://[::1",
    ],
)
def test_a_configured_address_is_scheme_and_host_only(text: str) -> None:
    with pytest.raises(Invalid):
        configured_base(text)


def test_no_configured_address_is_fine() -> None:
    assert configured_base("") == ""


@given(*[st.text(max_size=40)] * 5)
def test_whatever_is_sent_the_address_is_a_scheme_and_a_host(
    forwarded: str, proto: str, host: str, port: str, own: str
) -> None:
    headers = {"Forwarded": forwarded, "X-Forwarded-Proto": proto, "X-Forwarded-Host": host, "X-Forwarded-Port": port}
    request = replace(request_for("GET", "/", headers=headers), host=own)
    assert configured_base(base_url(request, trust_forwarded=True))
