"""Projects: namespaces as the people in them see them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from roadstead.apimachinery.served import Event, ListOptions, Served
from roadstead.auth.users import Attributes, User
from roadstead.base.values import Json
from roadstead.kube.selectors import parse_fields
from roadstead.kube.status import StatusError
from roadstead.resources import projects
from tests.resources.world import World

ALICE = User("alice", groups=("system:authenticated", "system:authenticated:oauth"))


def only(*names: str) -> Callable[[Attributes], bool]:
    """Lets callers get these projects alone."""
    return lambda wanted: wanted.name in names


def project_kind(world: World) -> Served:
    return world.kind("projects")


async def request(world: World, name: str, user: User = ALICE, **more: str) -> Json:
    """A project, asked for."""
    made = await world.kind("projectrequests").create("", {"metadata": {"name": name}, **more}, world.ask(user))
    return made.object


async def test_who_asks_for_a_project_becomes_its_administrator(world: World) -> None:
    made = await request(world, "depot", displayName="Depot", description="boxes")
    assert made["kind"] == "Project"
    assert made["status"] == {"phase": "Active"}
    assert made["metadata"]["annotations"] == {
        "openshift.io/display-name": "Depot",
        "openshift.io/description": "boxes",
        "openshift.io/requester": "alice",
    }
    (binding,) = (await world.kind("rolebindings").page("depot", ListOptions(), world.ask())).listing().items
    assert binding["roleRef"]["name"] == "admin"
    assert binding["subjects"][0]["name"] == "alice"


async def test_a_dry_run_leaves_no_project(world: World) -> None:
    ask = world.ask(ALICE, dry_run=True)
    made = await world.kind("projectrequests").create("", {"metadata": {"name": "depot"}}, ask)
    assert made.object["metadata"]["name"] == "depot"
    assert world.kinds.namespaces.peek("", "depot") is None


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("openshift", 'project.project.openshift.io "openshift" is forbidden: cannot request a project with the name'),
        ("kube-x", 'cannot request a project starting with "kube-"'),
        ("shop", 'project.project.openshift.io "shop" already exists'),
        ("x", "must be at least 2 characters long"),
        ("Depot", "metadata.name: Invalid value"),
        ("", "metadata.name: Required value"),
    ],
)
async def test_names_that_are_taken_or_malformed_are_refused(world: World, name: str, why: str) -> None:
    with pytest.raises(StatusError, match=why):
        await request(world, name)


async def test_a_display_name_is_one_line(world: World) -> None:
    with pytest.raises(StatusError, match="may not contain a new line or tab"):
        await request(world, "depot", displayName="a\nb")


async def test_listing_requests_says_whether_one_may_ask(world: World) -> None:
    page = await world.kind("projectrequests").page(None, ListOptions(), world.ask(ALICE))
    assert page.answer is not None
    assert page.answer["status"] == "Success"
    world.allowed = lambda _: False
    with pytest.raises(StatusError, match="You may not request a new project via this API") as refused:
        await world.kind("projectrequests").page(None, ListOptions(), world.ask(ALICE))
    assert refused.value.code == 403
    assert refused.value.status["message"] == "You may not request a new project via this API."


async def test_a_project_that_is_not_there_is_told_as_the_namespace_it_would_be(world: World) -> None:
    with pytest.raises(StatusError, match='namespaces "none" not found'):
        await project_kind(world).look("", "none", world.ask())


async def test_a_node_selector_of_a_project_must_be_one(world: World) -> None:
    body = {"metadata": {"name": "depot", "annotations": {projects.NODE_SELECTOR: "a b"}}}
    with pytest.raises(StatusError, match='nodeSelector: Invalid value: "a b": must be a valid label selector'):
        await project_kind(world).create("", body, world.ask())


async def test_a_list_shows_only_what_the_caller_may_get(world: World) -> None:
    await world.create("namespaces", "depot", namespace="")
    world.allowed = only("depot")
    page = await project_kind(world).page(None, ListOptions(), world.ask(ALICE))
    assert [each["metadata"]["name"] for each in page.listing().items] == ["depot"]


async def test_a_project_is_renamed_for_people_and_otherwise_left_to_its_namespace(world: World) -> None:
    found = await world.kinds.namespaces.get("", "shop", world.ask())
    metadata = {**found["metadata"], "annotations": {projects.DISPLAY_NAME: "Shop"}}
    made = await project_kind(world).update("", "shop", {"metadata": metadata}, world.ask())
    assert made.object["metadata"]["annotations"] == {projects.DISPLAY_NAME: "Shop"}
    for field, where in (("annotations", "annotations\\[a\\]"), ("labels", "labels\\[a\\]")):
        changed = {**made.object["metadata"], field: {**made.object["metadata"][field], "a": "b"}}
        with pytest.raises(StatusError, match=f"{where}.*try updating the namespace"):
            await project_kind(world).update("", "shop", {"metadata": changed}, world.ask())


async def test_deleting_a_project_deletes_its_namespace(world: World) -> None:
    answer = await project_kind(world).delete("", "shop", world.ask())
    assert answer["status"] == "Success"
    assert world.kinds.namespaces.peek("", "shop") is None


async def next_of(events: AsyncIterator[Event]) -> tuple[str, str]:
    async with asyncio.timeout(5):
        event = await anext(events)
    return event.type, event.object["metadata"].get("name", "")


async def test_a_watch_follows_projects_and_the_rights_to_see_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projects, "LOOK_SECONDS", 0.01)
    in_force = [object()]

    async def rights() -> object:
        return in_force[0]

    watched = projects.Projects(world.kinds.namespaces, rights)
    world.allowed = only("shop")
    events = watched.watch(None, ListOptions(), world.ask(ALICE))
    assert await next_of(events) == ("ADDED", "shop")
    await world.create("namespaces", "depot", namespace="")
    await world.create("namespaces", "other", namespace="")

    def change(*names: str) -> None:
        world.allowed = only(*names)
        in_force[0] = object()

    pending = asyncio.ensure_future(next_of(events))
    await asyncio.sleep(0.05)
    change("shop", "depot")
    assert await pending == ("ADDED", "depot")
    pending = asyncio.ensure_future(next_of(events))
    await asyncio.sleep(0.05)
    change("depot")
    assert await pending == ("DELETED", "shop")
    await world.kinds.namespaces.delete("", "depot", world.ask())
    assert await next_of(events) == ("MODIFIED", "depot")
    assert await next_of(events) == ("DELETED", "depot")
    await events.aclose()  # type: ignore[attr-defined]


async def test_a_watch_of_one_project_from_a_revision_starts_with_what_changes(world: World) -> None:
    found = await world.kinds.namespaces.get("", "shop", world.ask())
    options = ListOptions(
        revision=int(found["metadata"]["resourceVersion"]), fields=parse_fields("metadata.name=shop"), bookmarks=True
    )
    events = project_kind(world).watch(None, options, world.ask(ALICE))
    pending = asyncio.ensure_future(next_of(events))
    await asyncio.sleep(0.05)
    changed = {"metadata": {**found["metadata"], "annotations": {"a": "b"}}}
    await world.kinds.namespaces.update("", "shop", changed, world.ask())
    assert await pending == ("MODIFIED", "shop")
    await events.aclose()  # type: ignore[attr-defined]


async def test_whether_a_project_shows_is_asked_of_the_gate(world: World) -> None:
    await project_kind(world).page(None, ListOptions(), world.ask(ALICE))
    assert {(each.verb, each.namespace) for each in world.asked} == {("get", "shop")}
