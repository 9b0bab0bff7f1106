"""Reviews as `oc policy who-can` and older tools ask for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roadstead.base.values import Json
from tests.whole.world import World, opened

REVIEWS = "/apis/authorization.openshift.io/v1"
IN_SHOP = f"{REVIEWS}/namespaces/shop"
PULL = {"verb": "get", "resourceAPIGroup": "image.openshift.io", "resource": "imagestreams/layers"}
REGISTRY = "system:serviceaccount:openshift-image-registry:registry"
ALICE = {"kind": "User", "name": "alice"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = await opened(tmp_path)
    await made.namespace("shop")
    await made.grant("shop", "system:image-puller", ALICE)
    robots = {"kind": "ServiceAccount", "namespace": "lab", "name": "robot"}
    everyone = {"kind": "Group", "name": "system:unauthenticated"}
    await made.grant("shop", "system:image-builder", robots)
    await made.grant("shop", "registry-viewer", everyone)
    yield made
    await made.app.close()


async def test_who_can_names_users_accounts_and_groups(world: World) -> None:
    found = await world.must("POST", f"{IN_SHOP}/localresourceaccessreviews", PULL)
    assert found["kind"] == "ResourceAccessReviewResponse"
    assert found["namespace"] == "shop"
    assert found["users"] == ["alice", "system:serviceaccount:lab:robot", REGISTRY]
    assert found["groups"] == [
        "system:cluster-admins",
        "system:cluster-readers",
        "system:masters",
        "system:unauthenticated",
    ]


async def test_who_can_everywhere_counts_cluster_bindings_alone(world: World) -> None:
    found = await world.must("POST", f"{REVIEWS}/resourceaccessreviews", PULL)
    assert found["users"] == [REGISTRY]
    assert "system:unauthenticated" not in found["groups"]


async def test_who_can_get_a_path(world: World) -> None:
    question = {"verb": "get", "path": "/version", "isNonResourceURL": True}
    found = await world.must("POST", f"{REVIEWS}/resourceaccessreviews", question)
    assert {"system:authenticated", "system:unauthenticated"} <= set(found["groups"])


@pytest.mark.parametrize(
    ("kind", "question", "allowed"),
    [
        ("localsubjectaccessreviews", {**PULL, "user": "alice"}, True),
        ("localsubjectaccessreviews", {**PULL, "user": "alice", "verb": "update"}, False),
        ("localsubjectaccessreviews", {**PULL, "groups": ["system:unauthenticated"]}, True),
        ("localsubjectaccessreviews", PULL, True),
    ],
)
async def test_whether_somebody_may(world: World, kind: str, question: Json, allowed: bool) -> None:
    found = await world.must("POST", f"{IN_SHOP}/{kind}", question)
    assert found["kind"] == "SubjectAccessReviewResponse"
    assert found["allowed"] is allowed
    assert found["reason"]


async def test_a_review_for_the_cluster_may_be_about_a_namespace(world: World) -> None:
    found = await world.must("POST", f"{REVIEWS}/subjectaccessreviews", {**PULL, "user": "alice", "namespace": "shop"})
    assert found["allowed"] is True


async def test_what_somebody_may(world: World) -> None:
    found = await world.must("POST", f"{IN_SHOP}/subjectrulesreviews", {"spec": {"user": "alice"}})
    rules = found["status"]["rules"]
    assert any(rule["resources"] == ["imagestreams/layers"] and rule["verbs"] == ["get"] for rule in rules)
    found = await world.must("POST", f"{IN_SHOP}/selfsubjectrulesreviews", {"spec": {}})
    assert any(rule["resources"] == ["*"] for rule in found["status"]["rules"])


@pytest.mark.parametrize(
    ("path", "question"),
    [
        (f"{IN_SHOP}/localresourceaccessreviews", {}),
        (f"{IN_SHOP}/localresourceaccessreviews", {"verb": "get"}),
        (f"{IN_SHOP}/localresourceaccessreviews", {**PULL, "namespace": "lab"}),
        (f"{IN_SHOP}/localresourceaccessreviews", {**PULL, "verb": 7}),
        (f"{IN_SHOP}/subjectrulesreviews", {"spec": {}}),
        (f"{REVIEWS}/resourceaccessreviews", {"verb": "get", "isNonResourceURL": True}),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(world: World, path: str, question: Json) -> None:
    assert (await world.api("POST", path, question))[0] == 400


async def test_nobody_without_the_right_learns_who_can(world: World) -> None:
    found = await world.api("POST", f"{IN_SHOP}/localresourceaccessreviews", PULL, Impersonate_User="alice")
    assert found[0] == 403


async def test_everybody_may_ask_about_themselves_and_nobody_else(world: World) -> None:
    for path in (f"{REVIEWS}/subjectaccessreviews", f"{IN_SHOP}/localsubjectaccessreviews"):
        status, found = await world.api("POST", path, PULL, Impersonate_User="bob")
        assert (status, found["allowed"]) == (201, False)
        for other in ({"user": "alice"}, {"groups": ["system:masters"]}):
            status, refused = await world.api("POST", path, {**PULL, **other}, Impersonate_User="bob")
            assert (status, refused["reason"]) == (403, "Forbidden")
