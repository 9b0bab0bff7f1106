"""What is taken away is gone at both doors with the next request, tokens handed out before included."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from roadstead.base.web import request_for
from tests.oauth.world import htpasswd
from tests.whole.credentials import KINDS, OF_ALICE, OF_ROBOT, Credential, peopled, shown
from tests.whole.test_pull_only import answered
from tests.whole.world import World, basic, bearer

SHOP, RBAC = "/api/v1/namespaces/shop", "/apis/rbac.authorization.k8s.io/v1"
LAYERS = "/apis/image.openshift.io/v1/namespaces/shop/imagestreams/web/layers"
PULL = "/v2/shop/web/tags/list"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = await peopled(tmp_path)
    yield made
    await made.app.close()


async def let_in(world: World, credential: Credential) -> bool:
    """Whether the credential may still pull, at every door it is good for (404: it may, and there is nothing)."""
    answers = []
    if credential.api:
        answers.append(await answered(world, credential, "GET", LAYERS) == 404)
    if credential.registry:
        answers.append(await answered(world, credential, "GET", PULL, registry=True) == 404)
    assert len(set(answers)) == 1, answers
    return answers[0]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_binding_that_is_deleted_stops_everybody_in_it(world: World, kind: str) -> None:
    credential = await shown(world, kind)
    assert await let_in(world, credential)
    for name in ("alice", "robot", "everybody"):
        await world.must("DELETE", f"{RBAC}/namespaces/shop/rolebindings/{name}-pulls")
    assert not await let_in(world, credential)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_role_that_loses_its_rules_stops_everybody_who_has_it(world: World, kind: str) -> None:
    credential = await shown(world, kind)
    path = f"{RBAC}/clusterroles/system:image-puller"
    role = await world.must("GET", path)
    await world.must("PUT", path, {**role, "rules": []})
    assert not await let_in(world, credential)


@pytest.mark.parametrize("kind", OF_ROBOT)
async def test_a_service_account_that_is_deleted_is_out_whatever_it_holds(world: World, kind: str) -> None:
    credential = await shown(world, kind)
    assert await let_in(world, credential)
    await world.must("DELETE", f"{SHOP}/serviceaccounts/robot")
    assert not await let_in(world, credential)
    await world.account("shop", "robot")
    assert not await let_in(world, credential)


@pytest.mark.parametrize("kind", [*OF_ROBOT, *OF_ALICE])
async def test_a_namespace_made_again_knows_nobody_of_the_old_one(world: World, kind: str) -> None:
    credential = await shown(world, kind)
    await world.must("DELETE", SHOP)
    await world.namespace("shop")
    await world.account("shop", "robot")
    assert not await let_in(world, credential)


@pytest.mark.parametrize("kind", ["password", "registry token of a password"])
async def test_a_line_taken_out_of_the_htpasswd_file_is_out(world: World, kind: str) -> None:
    credential = await shown(world, kind)
    assert await let_in(world, credential)
    htpasswd(world.folder, "bob")
    assert not await let_in(world, credential)


@pytest.mark.parametrize("kind", ["OAuth token", "registry token of an OAuth token"])
async def test_a_user_who_is_deleted_is_out(world: World, kind: str) -> None:
    credential = await shown(world, "OAuth token")
    if kind.startswith("registry"):
        token = credential.authorization.partition(" ")[2]
        _, found = await world.registry("GET", "/openshift/token", basic("x", token))
        credential = Credential(bearer(found["token"]), api=False)
    assert await let_in(world, credential)
    await world.must("DELETE", "/apis/user.openshift.io/v1/users/alice")
    assert not await let_in(world, credential)


async def test_a_token_that_is_deleted_is_out_and_so_is_what_it_was_exchanged_for(world: World) -> None:
    credential = await shown(world, "OAuth token")
    token = credential.authorization.partition(" ")[2]
    _, found = await world.registry("GET", "/openshift/token", basic("x", token))
    exchanged = Credential(bearer(found["token"]), api=False)
    assert await let_in(world, credential)
    assert await let_in(world, exchanged)
    listed = await world.must("GET", "/apis/oauth.openshift.io/v1/oauthaccesstokens")
    for each in listed["items"]:
        await world.must("DELETE", f"/apis/oauth.openshift.io/v1/oauthaccesstokens/{each['metadata']['name']}")
    assert not await let_in(world, credential)
    assert not await let_in(world, exchanged)


async def test_the_administrators_token_is_replaced_at_once_with_what_it_was_exchanged_for(world: World) -> None:
    _, found = await world.registry("GET", "/openshift/token", basic("x", world.admin))
    old = (bearer(world.admin), bearer(found["token"]))
    (world.folder / "admin.token").write_text("sha256~another-long-token-of-the-administrator\n")
    for authorization in old:
        assert (await world.registry("GET", "/v2/", authorization))[0] == 401
    assert (await world.api("GET", "/api/v1/namespaces", Authorization=old[0]))[0] == 401


async def test_nobody_binds_what_they_do_not_hold(world: World) -> None:
    """An administrator of one namespace hands out neither more than that, nor anything elsewhere."""
    await world.grant("shop", "admin", {"kind": "User", "name": "alice"}, "alice-administers")
    credential = await shown(world, "password")
    subject = {"kind": "User", "name": "alice", "apiGroup": "rbac.authorization.k8s.io"}

    async def tried(path: str, body: object) -> int:
        headers = {"Authorization": credential.authorization, "Content-Type": "application/json"}
        return (await world.app.api(request_for("POST", path, headers=headers, body=orjson.dumps(body)))).status

    def binding(role: str, kind: str = "ClusterRole") -> dict[str, object]:
        return {
            "metadata": {"name": f"b-{role}".replace(":", "-")},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
            "subjects": [subject],
        }

    here, lab = f"{RBAC}/namespaces/shop/rolebindings", f"{RBAC}/namespaces/lab/rolebindings"
    assert await tried(here, binding("system:image-pusher")) == 201
    assert await tried(here, binding("cluster-admin")) == 403
    assert await tried(here, binding("system:image-signer")) == 403
    assert await tried(here, binding("nobody-knows")) == 403
    assert await tried(lab, binding("view")) == 403
    assert await tried(f"{RBAC}/clusterrolebindings", binding("view")) == 403
    everything = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    assert await tried(f"{RBAC}/namespaces/shop/roles", {"metadata": {"name": "all"}, "rules": everything}) == 403
    escalating = [{"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"], "verbs": ["escalate", "bind"]}]
    assert await tried(f"{RBAC}/namespaces/shop/roles", {"metadata": {"name": "up"}, "rules": escalating}) == 403
