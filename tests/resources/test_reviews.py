"""Reviews: the gate's answers, asked through the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from roadstead.app.build import App, build
from roadstead.base.settings import Settings
from roadstead.base.values import Json
from roadstead.base.web import request_for

AUTHORIZATION, AUTHENTICATION = "/apis/authorization.k8s.io/v1", "/apis/authentication.k8s.io/v1"
SELF = f"{AUTHORIZATION}/selfsubjectaccessreviews"
OTHERS = f"{AUTHORIZATION}/subjectaccessreviews"
PULL = {"verb": "get", "group": "image.openshift.io", "resource": "imagestreams", "subresource": "layers"}


class Asker:
    """The administrator, or whom they impersonate."""

    def __init__(self, app: App, token: str) -> None:
        self.app, self._token = app, token

    async def post(self, path: str, body: Json, user: str = "") -> tuple[int, Json]:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        if user:
            headers |= {"Impersonate-User": user, "Impersonate-Group": "system:authenticated"}
        reply = await self.app.api(request_for("POST", path, headers=headers, body=orjson.dumps(body)))
        assert isinstance(reply.body, bytes)
        found: Json = orjson.loads(reply.body)
        return reply.status, found

    async def status(self, path: str, spec: Json, user: str = "") -> Any:
        code, reply = await self.post(path, {"spec": spec}, user)
        assert code == 201, reply
        return reply["status"]


@pytest.fixture
async def asker(tmp_path: Path) -> AsyncIterator[Asker]:
    app = build(Settings(), tmp_path, "127.0.0.1:5000")
    await app.recover()
    yield Asker(app, (tmp_path / "admin.token").read_text().strip())
    await app.close()


async def bind(asker: Asker, role: str, user: str) -> None:
    body = {
        "metadata": {"name": f"{role}-{user}".replace(":", "-")},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    }
    code, _ = await asker.post("/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", body)
    assert code == 201


async def test_a_no_names_the_missing_right_and_a_command_that_grants_it(asker: Asker) -> None:
    found = await asker.status(SELF, {"resourceAttributes": {**PULL, "namespace": "default"}}, "bob")
    assert not found["allowed"]
    assert "--clusterrole=system:image-puller --user=bob -n default" in found["reason"]


async def test_a_yes_names_the_binding(asker: Asker) -> None:
    await bind(asker, "system:image-puller", "bob")
    found = await asker.status(SELF, {"resourceAttributes": {**PULL, "namespace": "default"}}, "bob")
    assert found["allowed"]
    assert "system-image-puller-bob" in found["reason"]


async def test_whoever_may_review_others_learns_what_they_may(asker: Asker) -> None:
    spec = {
        "user": "system:admin",
        "groups": ["system:masters"],
        "nonResourceAttributes": {"path": "/x", "verb": "get"},
    }
    assert (await asker.status(OTHERS, spec))["allowed"]


async def test_whoever_may_not_review_others_is_refused(asker: Asker) -> None:
    code, reply = await asker.post(OTHERS, {"spec": {"user": "x", "resourceAttributes": PULL}}, "bob")
    assert (code, reply["reason"]) == (403, "Forbidden")


async def test_a_review_in_a_namespace_is_about_that_namespace(asker: Asker) -> None:
    path = f"{AUTHORIZATION}/namespaces/default/localsubjectaccessreviews"
    code, reply = await asker.post(
        path, {"spec": {"user": "bob", "resourceAttributes": {**PULL, "namespace": "other"}}}
    )
    assert (code, reply["reason"]) == (422, "Invalid")
    assert not (await asker.status(path, {"user": "bob", "resourceAttributes": {**PULL, "namespace": "default"}}))[
        "allowed"
    ]


async def test_the_rules_of_a_user_are_listed(asker: Asker) -> None:
    await bind(asker, "system:image-puller", "bob")
    found = await asker.status(f"{AUTHORIZATION}/selfsubjectrulesreviews", {"namespace": "default"}, "bob")
    assert any("imagestreams/layers" in rule.get("resources", ()) for rule in found["resourceRules"])
    assert found["nonResourceRules"]


async def test_everybody_may_ask_who_they_are(asker: Asker) -> None:
    found = await asker.status(f"{AUTHENTICATION}/selfsubjectreviews", {}, "bob")
    assert found["userInfo"] == {"username": "bob", "groups": ["system:authenticated"]}


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({}, 422),
        ({"resourceAttributes": PULL, "nonResourceAttributes": {"path": "/"}}, 422),
        ({"resourceAttributes": {"verb": 1}}, 400),
        ([], 400),
        ("text", 400),
    ],
)
async def test_a_review_that_asks_nothing_clear_is_refused(asker: Asker, spec: Any, code: int) -> None:
    found, reply = await asker.post(SELF, {"spec": spec})
    assert (found, reply["kind"]) == (code, "Status")


async def test_a_review_is_not_stored(asker: Asker) -> None:
    before = asker.app.store.revision()
    await asker.status(SELF, {"resourceAttributes": PULL})
    assert asker.app.store.revision() == before
