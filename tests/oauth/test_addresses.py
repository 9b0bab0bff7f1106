"""Addresses: ours, those to be sent back to, and paths that stay here."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from roadstead.base.errors import Invalid
from roadstead.oauth.addresses import is_loopback, issuer, origin_of, redirect_for, stays_here

NAMES = ["localhost", "127.0.0.1", "::1", "registry.example.test"]
OWN = "https://127.0.0.1:6443"
URLISH = st.text(alphabet="ahtps:/\\.@#?&%0 \t\nevil", max_size=30)


@pytest.mark.parametrize("host", ["localhost:6443", "127.0.0.1", "[::1]:6443", "REGISTRY.example.test:1"])
def test_our_address_is_the_one_we_were_asked_by(host: str) -> None:
    assert issuer("https", host, NAMES) == f"https://{host.lower()}"


@pytest.mark.parametrize(
    "host", ["", "evil.test", "localhost:x", "a@localhost", "localhost/x", "localhost?x", "local host"]
)
def test_a_name_that_is_not_ours_makes_no_address(host: str) -> None:
    with pytest.raises(Invalid, match="does not know itself"):
        issuer("https", host, NAMES)


@given(URLISH)
@example("//evil.test")
@example("/\\evil.test")
@example("/%09/evil")
def test_a_path_that_stays_here_stays_here_for_every_browser(path: str) -> None:
    if stays_here(path):
        assert urlsplit(urljoin(OWN, path)).netloc == "127.0.0.1:6443"
        assert not path.startswith(("//", "/\\"))


@pytest.mark.parametrize(
    ("registered", "wanted", "expected"),
    [
        ("https://x.test/a", "https://x.test/a", True),
        ("https://x.test/a", "https://x.test/a/b?c=d", True),
        ("https://x.test/a/", "https://x.test/a/b", True),
        ("https://x.test/a", "https://X.TEST/a", True),
        ("https://x.test/a", "https://x.test/ab", False),
        ("https://x.test/a", "https://x.test/", False),
        ("https://x.test/a", "http://x.test/a", False),
        ("https://x.test/a", "https://x.test:444/a", False),
        ("https://x.test", "https://x.test.evil.test/", False),
        ("https://x.test/a", "https://x.test/a/../b", False),
        ("https://x.test/a", "https://x.test/a/%2e%2E/b", False),
        ("https://x.test/a", "https://x.test/a/.%2e/b", False),
        ("https://x.test/a", "https://u@x.test/a", False),
        ("http://127.0.0.1/callback", "http://127.0.0.1:9/callback", True),
        ("http://127.0.0.1/callback", "http://[::1]:9/callback", True),
        ("http://127.0.0.1/callback", "http://localhost:9/callback", False),
        ("http://127.0.0.1/callback", "http://10.0.0.1/callback", False),
        ("https://127.0.0.1/callback", "https://127.0.0.1:9/callback", False),
        ("http://127.0.0.1:5/callback", "http://127.0.0.1:9/callback", False),
        ("/oauth/token/implicit", f"{OWN}/oauth/token/implicit", True),
        ("/oauth/token/implicit", "https://evil.test/oauth/token/implicit", False),
        ("myapp:/done", "myapp:/done", True),
    ],
)
def test_a_client_is_sent_below_its_own_addresses_alone(registered: str, wanted: str, expected: bool) -> None:
    assert redirect_for(wanted, [registered], OWN) == (wanted if expected else None)


def test_without_a_wish_it_is_the_first_address_or_none() -> None:
    assert redirect_for("", ["/a", "https://x.test"], OWN) == f"{OWN}/a"
    assert redirect_for("", [], OWN) is None


@given(URLISH, URLISH)
def test_no_address_raises(registered: str, wanted: str) -> None:
    redirect_for(wanted, [registered], OWN)
    origin_of(wanted)
    is_loopback(wanted)


@given(st.text(max_size=40))
def test_an_origin_can_stand_in_a_policy(host: str) -> None:
    found = origin_of(f"https://{host}/x")
    assert not set(found) & set("; ,'\"\r\n")
