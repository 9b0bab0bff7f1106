"""The gate stands before everything: who may not, learns nothing."""

from __future__ import annotations

import itertools

import pytest

from roadstead.apimachinery.nonresource import PUBLIC_PATHS
from roadstead.base.web import request_for
from tests.apimachinery.world import BOATS, PIERS, Answer, World

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FROB")
PREFIX = "/apis/harbour.test/v1"
PATHS_OUTSIDE = (
    "/", "/api", "/apis", "/api/v1", "/api/v9", "/apis/harbour.test", "/apis/nobody.test", PREFIX,
    "/apis/nobody.test/v1", "/metrics", "/openapi/v2", "/openapi/v3", "/logs",
    "/version/", "/healthz/ping", "/%2e%2e/version", "//version",
)  # fmt: skip


def _paths(small: World) -> list[str]:
    paths = [f"{PREFIX}/boatz", f"{PREFIX}/namespaces/north/boatz", "/apis/nobody.test/v1/things", "/api/v1/pods/x"]
    for served in (small.boats.resource, small.piers.resource):
        names = ["", "/a", "/none", "/a/nothing", *(f"/a/{sub.name}" for sub in served.subresources)]
        scopes = ("", "/namespaces/north", "/namespaces/nowhere")
        paths += [f"{PREFIX}{scope}/{served.plural}{name}" for scope, name in itertools.product(scopes, names)]
    for plural in ("flags", "signals"):
        paths += [f"{PREFIX}/namespaces/north/{plural}{name}" for name in ("", "/a", "/a/status")]
    return paths + list(PATHS_OUTSIDE)


async def test_no_route_answers_before_the_gate_has_allowed_it(small: World) -> None:
    await small.make("a")
    await small.ask("POST", PIERS, {"metadata": {"name": "a"}})
    revision = small.store.revision()
    small.gate.allow = lambda _: False
    walked = 0
    for method, path, query in itertools.product(METHODS, _paths(small), ("", "?watch=true")):
        small.gate.asked.clear()
        answer = await small.ask(method, path + query, {"metadata": {"name": "new"}})
        assert small.gate.asked, f"{method} {path} did not ask"
        assert answer.code == 403, f"{method} {path} answered {answer.code}"
        assert answer.json["reason"] == "Forbidden"
        assert answer.header("Cache-Control") == "no-cache, private"
        walked += 1
    assert walked > 800
    assert small.store.revision() == revision


async def test_without_credentials_that_hold_every_route_says_unauthorized(small: World) -> None:
    for path in _paths(small):
        answer = Answer(await small.door(request_for("GET", path, headers={"Authorization": "Bearer wrong"})))
        assert (answer.code, answer.message, answer.json["reason"]) == (401, "Unauthorized", "Unauthorized")


@pytest.mark.parametrize("path", sorted(PUBLIC_PATHS))
async def test_only_version_and_health_are_told_to_anybody(small: World, path: str) -> None:
    small.gate.allow = lambda _: False
    answer = await small.ask("GET", path, headers={"Authorization": "Bearer wrong"})
    assert answer.code == 200
    assert (await small.ask("POST", path)).code == 405


async def test_what_exists_and_what_does_not_are_refused_in_the_same_words(small: World) -> None:
    await small.make("a")
    small.gate.allow = lambda _: False
    texts = {(await small.ask("GET", f"{BOATS}/{name}")).message.replace(f'"{name}"', '"_"') for name in ("a", "none")}
    assert len(texts) == 1


@pytest.mark.parametrize(
    ("method", "path", "message"),
    [
        (
            "GET",
            f"{BOATS}/a",
            'boats.harbour.test "a" is forbidden: User "alice" cannot get resource "boats" in API group "harbour.test" '
            'in the namespace "north"',
        ),
        (
            "PUT",
            f"{BOATS}/a/status",
            'boats.harbour.test "a" is forbidden: User "alice" cannot update resource "boats/status" in API group '
            '"harbour.test" in the namespace "north"',
        ),
        (
            "GET",
            f"{PIERS}?watch=1",
            'piers.harbour.test is forbidden: User "alice" cannot watch resource "piers" in API group "harbour.test" '
            "at the cluster scope",
        ),
        (
            "DELETE",
            "/api/v1/namespaces/x",
            'namespaces "x" is forbidden: User "alice" cannot delete resource "namespaces" in API group "" in the '
            'namespace "x"',
        ),
        ("GET", "/metrics", 'forbidden: User "alice" cannot get path "/metrics"'),
    ],
)
async def test_a_refusal_says_who_cannot_do_what_where(small: World, method: str, path: str, message: str) -> None:
    small.gate.allow = lambda _: False
    assert (await small.ask(method, path)).message == message


async def test_a_list_of_one_name_can_be_granted_by_that_name(small: World) -> None:
    await small.ask("GET", f"{BOATS}?fieldSelector=metadata.name%3Da")
    await small.ask("GET", f"{BOATS}?fieldSelector=%3D%3D%3D")
    assert [each.name for each in small.gate.asked] == ["a", ""]


async def test_acting_as_somebody_else_needs_the_right_to(small: World) -> None:
    acting = {"Impersonate-User": "bob"}
    assert (await small.ask("GET", BOATS, headers=acting)).code == 200
    assert small.gate.asked[-1].user.name == "bob"
    small.gate.allow = lambda attributes: attributes.verb != "impersonate"
    answer = await small.ask("GET", BOATS, headers=acting)
    assert (answer.code, answer.message) == (
        403,
        'users "bob" is forbidden: User "alice" cannot impersonate resource "users" in API group "" '
        "at the cluster scope",
    )
