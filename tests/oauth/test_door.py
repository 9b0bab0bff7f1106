"""The pages before the gate are these and no others, and they tell nothing of what is behind it."""

from __future__ import annotations

import itertools

import pytest

from roadstead.apimachinery.http import ApiDoor
from roadstead.apimachinery.nonresource import OPEN_PATHS, PUBLIC_PATHS
from roadstead.base.web import Reply, Request
from tests.oauth.world import House

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "FROB")


async def nothing(_: Request) -> Reply:
    return Reply()


def test_the_pages_of_the_server_are_the_paths_that_may_be_open(home: House) -> None:
    assert set(home.app.persons.pages) == OPEN_PATHS


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/apis/x",
        "/oauth",
        "/oauth/tokens",
        "/login/x",
        "/oauth2callback/",
        "/oauth2callback/a/b",
        "/metrics",
        "",
    ],
)
def test_nothing_else_can_be_put_before_the_gate(home: House, path: str) -> None:
    with pytest.raises(ValueError, match="behind the gate"):
        ApiDoor(home.app.kinds.served, home.app.gate, open_pages={path: nothing})


async def test_walking_them_without_credentials_changes_nothing_and_tells_no_object(home: House) -> None:
    revision = home.app.store.revision()
    for method, path in itertools.product(METHODS, sorted(OPEN_PATHS)):
        answer = await home.api(method, path, b"" if method in ("GET", "HEAD") else b"a=b")
        assert answer.status in (200, 302, 400, 401, 403, 405), (method, path, answer.status)
        assert b"resourceVersion" not in answer.body
    assert home.app.store.revision() == revision


async def test_the_paths_around_them_are_behind_the_gate(home: House) -> None:
    around = [f"{path}/x" for path in OPEN_PATHS - {"/oauth/authorize", "/oauth/token"}]
    around += ["/oauth", "/oauth/", "/oauth/authorized", "/oauth2callback/none", "//login", "/logins", "/oauth/info"]
    for path in around:
        # A role gives everybody what is below /.well-known, where nothing is.
        assert (await home.api("GET", path)).status == (404 if path.startswith("/.well-known/") else 403), path
        assert (await home.api("GET", path, Authorization="Bearer wrong")).status == 401, path
    assert not OPEN_PATHS & PUBLIC_PATHS


async def test_a_failure_is_a_page_for_people_and_json_for_programs(home: House) -> None:
    page = await home.api("GET", "/oauth/authorize", Accept="text/html,*/*")
    assert (page.status, page.header("Content-Type")) == (400, "text/html; charset=utf-8")
    assert "there is no OAuth client" in page.text
    assert (await home.api("GET", "/oauth/authorize")).json["error"] == "invalid_request"
