"""Users, identities, groups, and the links between them."""

from __future__ import annotations

import pytest

from roadstead.auth.users import ANONYMOUS, User
from roadstead.base.values import Json
from roadstead.kube.status import StatusError
from roadstead.resources.users import group_name, identity_name, user_name
from tests.resources.world import World

REF = {"providerName": "ldap", "providerUserName": "al"}


async def linked(world: World) -> Json:
    """User alice with identity ldap:al; the user."""
    user = (await world.create("users", "alice", namespace="", identities=["ldap:al"])).object
    named = {"name": "alice", "uid": user["metadata"]["uid"]}
    await world.create("identities", "ldap:al", namespace="", **REF, user=named)
    return user


@pytest.mark.parametrize("name", ["system:admin", "~", "a/b", "a%b", ".", ".."])
async def test_no_user_is_named_like_one_of_the_systems_own(world: World, name: str) -> None:
    with pytest.raises(StatusError) as refused:
        await world.create("users", name, namespace="")
    assert refused.value.code == 422
    assert user_name(name)


@pytest.mark.parametrize("name", ["alice", "alice@example.com", "Älice", "b64:c3lzdGVtOmFkbWlu"])
def test_the_names_of_people_are_good_names(name: str) -> None:
    assert not user_name(name)


@pytest.mark.parametrize("name", ["system:masters", "a:b", "~", "a/b"])
async def test_no_group_is_named_like_one_of_the_systems_own(world: World, name: str) -> None:
    with pytest.raises(StatusError) as refused:
        await world.create("groups", name, namespace="", users=["alice"])
    assert refused.value.code == 422
    assert group_name(name)


@pytest.mark.parametrize("name", ["ldap", "ldap:", ":al", "ldap:a:b", "ldap:b64:", "a/b:c"])
def test_an_identity_is_named_by_provider_and_name(name: str) -> None:
    assert identity_name(name)
    assert not identity_name("ldap:al")
    assert not identity_name("ldap:b64:YWw")


async def test_a_group_lists_users_and_nobody_else(world: World) -> None:
    for users in ([""], ["system:admin"]):
        with pytest.raises(StatusError, match=r"user\[0\]"):
            await world.create("groups", "devs", namespace="", users=users)


@pytest.mark.parametrize(
    "wrong",
    [
        {"providerName": "", "providerUserName": "al"},
        {"providerName": "ldap", "providerUserName": "bo"},
        {**REF, "user": {"name": "alice"}},
        {**REF, "user": {"uid": "1"}},
    ],
)
async def test_an_identity_says_whole_who_it_is(world: World, wrong: Json) -> None:
    with pytest.raises(StatusError):
        await world.create("identities", "ldap:al", namespace="", **wrong)


async def test_an_identity_without_a_name_gets_the_one_it_must_have(world: World) -> None:
    made = await world.kind("identities").create("", {"metadata": {}, **REF}, world.ask())
    assert made.object["metadata"]["name"] == "ldap:al"


async def test_an_identity_never_becomes_another(world: World) -> None:
    await linked(world)
    with pytest.raises(StatusError, match="may not change providerUserName"):
        await world.patch("identities", "ldap:al", {"providerUserName": "bo"}, namespace="")


async def test_groups_of_a_user_are_told_and_never_kept(world: World) -> None:
    made = await world.create("users", "alice", namespace="", groups=["system:masters"])
    assert "groups" not in made.object


async def test_tilde_is_whoever_asks_with_the_groups_of_the_request(world: World) -> None:
    user = await linked(world)
    alice = User("alice", user["metadata"]["uid"], ("devs", "system:authenticated"))
    seen = await world.kind("users").look("", "~", world.ask(alice))
    assert seen.object["identities"] == ["ldap:al"]
    assert seen.object["groups"] == ["devs", "system:authenticated"]
    admin = (await world.kind("users").look("", "~", world.ask())).object
    assert (admin["metadata"]["name"], admin["kind"]) == ("system:admin", "User")
    with pytest.raises(StatusError, match="must be authenticated"):
        await world.kind("users").look("", "~", world.ask(ANONYMOUS))


async def test_a_mapping_moves_an_identity_from_one_user_to_another(world: World) -> None:
    await linked(world)
    await world.create("users", "bob", namespace="")
    mappings = world.kind("useridentitymappings")
    moved = {"metadata": {"name": "ldap:al"}, "identity": {"name": "ldap:al"}, "user": {"name": "bob"}}
    await mappings.update("", "ldap:al", moved, world.ask())
    assert (await mappings.look("", "ldap:al", world.ask())).object["user"]["name"] == "bob"
    people = world.kinds.people
    assert (people.users.peek("", "alice") or {})["identities"] == []
    assert (people.users.peek("", "bob") or {})["identities"] == ["ldap:al"]
    await mappings.delete("", "ldap:al", world.ask())
    assert not (people.identities.peek("", "ldap:al") or {})["user"]
    with pytest.raises(StatusError, match="not found"):
        await mappings.look("", "ldap:al", world.ask())


async def test_a_mapping_needs_an_identity_and_a_user_that_exist(world: World) -> None:
    await linked(world)
    mappings = world.kind("useridentitymappings")
    for identity, user, complaint in (
        ("ldap:none", "alice", "referenced identity does not exist"),
        ("ldap:al", "none", "referenced user does not exist"),
        ("ldap:al", "", "user.name"),
    ):
        body = {"metadata": {"name": identity}, "identity": {"name": identity}, "user": {"name": user}}
        with pytest.raises(StatusError, match=complaint):
            await mappings.update("", identity, body, world.ask())
    body = {"metadata": {"name": "ldap:al"}, "identity": {"name": "ldap:al"}, "user": {"name": "alice"}}
    with pytest.raises(StatusError, match="already exists"):
        await mappings.create("", body, world.ask())


async def test_a_user_made_anew_is_not_linked_by_the_old_identity(world: World) -> None:
    await linked(world)
    await world.kind("users").delete("", "alice", world.ask())
    await world.create("users", "alice", namespace="", identities=["ldap:al"])
    with pytest.raises(StatusError, match="not found"):
        await world.kind("useridentitymappings").look("", "ldap:al", world.ask())
