"""A name and a password make a user, the same one at every door."""

from __future__ import annotations

import asyncio
from pathlib import Path

import orjson

from roadstead.base.values import Json
from roadstead.base.web import request_for
from tests.oauth.world import GROUPS, IDENTITIES, MAPPINGS, USERS, House, basic, house, htpasswd

ALICE = basic("alice", "alice-pw")


async def known(home: House, authorization: str = ALICE) -> Json:
    """The user, who must be let in."""
    user = await home.whoami(authorization)
    assert isinstance(user, dict)
    return user


async def group(home: House, name: str, *users: str) -> None:
    made = await home.as_admin("POST", GROUPS, {"metadata": {"name": name}, "users": list(users)})
    assert made.status == 201


async def test_whoever_logs_in_is_a_user_with_an_identity_from_then_on(home: House) -> None:
    assert await home.registry(ALICE) == 200
    user = (await home.as_admin("GET", f"{USERS}/alice")).json
    assert user["identities"] == ["htpasswd:alice"]
    identity = (await home.as_admin("GET", f"{IDENTITIES}/htpasswd:alice")).json
    assert identity["providerName"] == "htpasswd"
    assert identity["user"] == {"name": "alice", "uid": user["metadata"]["uid"]}
    assert (await home.as_admin("GET", f"{MAPPINGS}/htpasswd:alice")).json["user"]["name"] == "alice"


async def test_a_wrong_password_makes_nobody(home: House) -> None:
    assert await home.registry(basic("alice", "wrong")) == 401
    assert await home.registry(basic("nobody", "wrong")) == 401
    assert (await home.as_admin("GET", f"{USERS}/alice")).status == 404


async def test_both_doors_see_the_same_user_and_groups_count_at_once(home: House) -> None:
    first = await known(home)
    assert first["groups"] == ["system:authenticated", "system:authenticated:oauth"]
    await group(home, "devs", "alice", "carol")
    await group(home, "others", "carol")
    assert (await known(home))["groups"] == ["devs", "system:authenticated", "system:authenticated:oauth"]
    await home.as_admin("DELETE", f"{GROUPS}/devs")
    assert (await known(home))["groups"] == first["groups"]
    assert (await known(home))["metadata"]["uid"] == first["metadata"]["uid"]


async def test_a_group_gives_its_members_their_rights_at_the_registry(home: House) -> None:
    await group(home, "viewers", "alice")
    binding = {
        "metadata": {"name": "viewers-read"},
        "roleRef": {"kind": "ClusterRole", "name": "cluster-reader"},
        "subjects": [{"kind": "Group", "name": "viewers"}],
    }
    path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
    assert (await home.as_admin("POST", path, binding)).status == 201
    assert await home.registry(ALICE, "/v2/_catalog") == 200
    assert await home.registry(basic("bob", "bob-pw"), "/v2/_catalog") == 401


async def test_a_deleted_user_stays_out_until_their_identity_goes_too(home: House) -> None:
    before = await known(home)
    await home.as_admin("DELETE", f"{USERS}/alice")
    assert await home.registry(ALICE) == 401
    assert await home.whoami(ALICE) == 401
    await home.as_admin("POST", USERS, {"metadata": {"name": "alice"}})
    assert await home.registry(ALICE) == 401
    await home.as_admin("DELETE", f"{IDENTITIES}/htpasswd:alice")
    after = await known(home)
    assert after["metadata"]["uid"] != before["metadata"]["uid"]


async def test_a_registry_token_ends_with_its_user_and_has_their_groups_of_now(home: House) -> None:
    token = (await ask_token(home))["token"]
    assert await home.registry(f"Bearer {token}") == 200
    await home.as_admin("DELETE", f"{USERS}/alice")
    assert await home.registry(f"Bearer {token}") == 401


async def ask_token(home: House) -> Json:
    reply = await home.app.registry(request_for("GET", "/openshift/token", headers={"Authorization": ALICE}))
    assert reply.status == 200
    assert isinstance(reply.body, bytes)
    found: Json = orjson.loads(reply.body)
    return found


async def test_a_user_somebody_else_logs_in_as_cannot_be_claimed(home: House) -> None:
    taken = {"metadata": {"name": "alice"}, "identities": ["corporate:a.liddell"]}
    assert (await home.as_admin("POST", USERS, taken)).status == 201
    assert await home.registry(ALICE) == 401


async def test_a_user_made_in_advance_is_claimed_by_the_first_login_of_that_name(home: House) -> None:
    made = (await home.as_admin("POST", USERS, {"metadata": {"name": "alice"}, "fullName": "Alice L."})).json
    user = await known(home)
    assert user["metadata"]["uid"] == made["metadata"]["uid"]
    assert user["fullName"] == "Alice L."


async def test_two_first_logins_at_once_make_one_user(home: House) -> None:
    assert await asyncio.gather(*(home.registry(ALICE) for _ in range(8))) == [200] * 8
    assert len((await home.as_admin("GET", IDENTITIES)).json["items"]) == 1


async def test_password_logins_can_be_switched_off(tmp_path: Path) -> None:
    async with house(tmp_path, passwords=False) as home:
        assert await home.registry(ALICE) == 401
        assert await home.whoami(ALICE) == 401
        assert await home.registry(f"Bearer {home.admin}") == 200


async def test_who_leaves_the_file_leaves_at_once(home: House) -> None:
    token = (await ask_token(home))["token"]
    htpasswd(home.folder, "bob")
    assert await home.registry(ALICE) == 401
    assert await home.registry(f"Bearer {token}") == 401


async def test_a_file_in_the_data_folder_is_followed_from_its_first_line_on(tmp_path: Path) -> None:
    async with house(tmp_path, htpasswd="") as home:
        assert "no identity provider" in (await home.api("GET", "/login")).text
        assert await home.registry(ALICE) == 401
        htpasswd(tmp_path, "alice").rename(tmp_path / "htpasswd")
        assert await home.registry(ALICE) == 200
        assert "Password" in (await home.api("GET", "/login")).text


async def test_two_files_are_two_providers_and_the_one_that_has_the_name_is_asked(tmp_path: Path) -> None:
    more = tmp_path / "more"
    more.mkdir()
    provider = {"name": "guests", "type": "htpasswd", "file": str(htpasswd(more, "bob"))}
    file = htpasswd(tmp_path, "alice")
    async with house(tmp_path, htpasswd=str(file), identity_providers=(provider,)) as home:
        htpasswd(tmp_path, "alice")
        assert await home.registry(ALICE) == 200
        assert await home.registry(basic("bob", "bob-pw")) == 200
        names = {each["metadata"]["name"] for each in (await home.as_admin("GET", IDENTITIES)).json["items"]}
        assert names == {"htpasswd:alice", "guests:bob"}
