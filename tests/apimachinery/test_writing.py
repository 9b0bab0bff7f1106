"""Creating, replacing and deleting stored objects: image-api contract, 16.6 and 16.8."""

from __future__ import annotations

import asyncio

import pytest

from roadstead.apimachinery.ask import Ask, random_suffix
from roadstead.apimachinery.collection import ListOptions, commit
from roadstead.base.values import Json
from roadstead.kube.meta import SUFFIX_LETTERS
from roadstead.kube.status import StatusError
from roadstead.objects.log import Key, Write
from tests.apimachinery.world import ALICE, BOATS, NOW, PIERS, World

MODIFIED = (
    'Operation cannot be fulfilled on boats.harbour.test "a": the object has been modified; please apply your '
    "changes to the latest version and try again"
)


def changed(obj: Json, **spec: object) -> Json:
    return {**obj, "spec": {**obj["spec"], **spec}}


async def test_what_the_server_owns_is_set_by_the_server(small: World) -> None:
    claimed = {"uid": "mine", "creationTimestamp": "2001-01-01T00:00:00Z", "generation": 9, "managedFields": [{}]}
    claimed |= {"deletionTimestamp": "2001-01-01T00:00:00Z", "selfLink": "/x"}
    made = await small.make("a", metadata=claimed, status={"berth": "mine"})
    assert made["metadata"].pop("managedFields") != [{}]
    assert made["metadata"] == {
        "name": "a",
        "namespace": "north",
        "uid": "uid-1",
        "creationTimestamp": "2026-11-23T18:49:39Z",
        "generation": 1,
        "resourceVersion": "1",
    }
    assert made["status"] == {"address": "north/a"}
    assert list(made)[:3] == ["kind", "apiVersion", "metadata"]


async def test_a_name_can_be_taken_once(small: World) -> None:
    await small.make("a")
    answer = await small.ask("POST", BOATS, {"metadata": {"name": "a"}})
    assert (answer.code, answer.message) == (409, 'boats.harbour.test "a" already exists')
    assert answer.json["details"] == {"name": "a", "group": "harbour.test", "kind": "boats"}


async def test_two_at_once_leave_one_winner(small: World) -> None:
    answers = await asyncio.gather(*(small.ask("POST", BOATS, {"metadata": {"name": "a"}}) for _ in range(8)))
    assert sorted(answer.code for answer in answers) == [201] + [409] * 7


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({}, 422, 'Boat.harbour.test "" is invalid: metadata.name: Required value: name or generateName is required'),
        (
            {"metadata": {"name": "a", "resourceVersion": "1"}},
            400,
            "resourceVersion should not be set on objects to be created",
        ),
        (
            {"metadata": {"name": "a"}, "spec": {"colour": "invisible"}},
            422,
            'Boat.harbour.test "a" is invalid: spec.colour: Invalid value: "invisible": it must be seen',
        ),
        (
            {"metadata": {"name": "a/b"}},
            422,
            'Boat.harbour.test "a/b" is invalid: metadata.name: Invalid value: "a/b": may not contain \'/\'',
        ),
    ],
)
async def test_a_creation_that_breaks_a_rule_is_refused(small: World, body: Json, code: int, message: str) -> None:
    answer = await small.ask("POST", BOATS, body)
    assert (answer.code, answer.message) == (code, message)


async def test_the_namespace_must_exist_for_creations_only(small: World) -> None:
    url = "/apis/harbour.test/v1/namespaces/nowhere/boats"
    answer = await small.ask("POST", url, {"metadata": {"name": "a"}})
    assert (answer.code, answer.message) == (404, 'namespaces "nowhere" not found')
    assert answer.json["details"] == {"name": "nowhere", "kind": "namespaces"}
    assert (await small.ask("GET", url)).json["items"] == []


async def test_a_generated_name_is_tried_again_when_it_is_taken(small: World) -> None:
    await small.make("boat-x0001")
    answer = await small.ask("POST", BOATS, {"metadata": {"generateName": "boat-"}})
    assert (answer.code, answer.json["metadata"]["name"]) == (201, "boat-x0002")


async def test_no_free_name_after_eight_is_told(small: World) -> None:
    for number in range(1, 9):
        await small.make(f"boat-x{number:04}")
    answer = await small.ask("POST", BOATS, {"metadata": {"generateName": "boat-"}})
    assert (answer.code, answer.json["reason"]) == (409, "AlreadyExists")
    assert answer.message.endswith("the server was not able to generate a unique name for the object")


def test_suffixes_are_five_letters_that_spell_nothing() -> None:
    assert all(len(text) == 5 and set(text) <= set(SUFFIX_LETTERS) for text in (random_suffix() for _ in range(50)))


async def test_a_dry_run_answers_as_if_and_keeps_nothing(small: World) -> None:
    answer = await small.ask("POST", f"{BOATS}?dryRun=All", {"metadata": {"name": "a"}})
    assert (answer.code, answer.json["metadata"]["uid"]) == (201, "uid-1")
    assert "resourceVersion" not in answer.json["metadata"]
    made = await small.make("b")
    tried = await small.ask("PUT", f"{BOATS}/b?dryRun=All", changed(made, colour="red"))
    assert (tried.code, tried.json["spec"]["colour"]) == (200, "red")
    assert (await small.ask("DELETE", f"{BOATS}/b", {"dryRun": ["All"]})).code == 200
    assert (await small.ask("DELETE", f"{BOATS}?dryRun=All")).code == 200
    assert (await small.ask("GET", f"{BOATS}/b")).json == made
    assert small.store.revision() == 1


async def test_a_dry_run_still_notices_a_taken_name(small: World) -> None:
    await small.make("a")
    assert (await small.ask("POST", f"{BOATS}?dryRun=All", {"metadata": {"name": "a"}})).code == 409


async def test_an_update_needs_the_version_it_saw(small: World) -> None:
    made = await small.make("a")
    metadata = {name: value for name, value in made["metadata"].items() if name != "resourceVersion"}
    answer = await small.ask("PUT", f"{BOATS}/a", {**made, "metadata": metadata})
    assert (answer.code, answer.message) == (
        422,
        'boats.harbour.test "a" is invalid: metadata.resourceVersion: Invalid value: 0: '
        "must be specified for an update",
    )
    assert answer.json["details"]["kind"] == "boats"


async def test_an_update_with_a_stale_version_is_a_conflict(small: World) -> None:
    made = await small.make("a")
    assert (await small.ask("PUT", f"{BOATS}/a", changed(made, colour="red"))).code == 200
    answer = await small.ask("PUT", f"{BOATS}/a", changed(made, colour="blue"))
    assert (answer.code, answer.message, answer.json["details"]["kind"]) == (409, MODIFIED, "boats")


async def test_an_update_never_creates(small: World) -> None:
    for body in ({"metadata": {"name": "a"}}, {"metadata": {"name": "a", "resourceVersion": "1"}}):
        answer = await small.ask("PUT", f"{BOATS}/a", body)
        assert (answer.code, answer.message) == (404, 'boats.harbour.test "a" not found')


@pytest.mark.parametrize("version", ["x", "-1", "1.0", "\u0661"])
async def test_a_version_that_is_none_is_refused(small: World, version: str) -> None:
    await small.make("a")
    answer = await small.ask("PUT", f"{BOATS}/a", {"metadata": {"resourceVersion": version}})
    assert answer.code == 400


async def test_another_uid_means_another_object(small: World) -> None:
    made = await small.make("a")
    answer = await small.ask("PUT", f"{BOATS}/a", {**made, "metadata": {**made["metadata"], "uid": "other"}})
    assert (answer.code, answer.json["reason"]) == (409, "Conflict")
    assert "Precondition failed: UID in precondition: other, UID in object meta: uid-1" in answer.message


async def test_what_only_the_server_may_change_stays(small: World) -> None:
    made = await small.make("a")
    told = {**made["metadata"], "creationTimestamp": "2001-01-01T00:00:00Z", "generation": 77, "labels": {"a": "b"}}
    answer = await small.ask("PUT", f"{BOATS}/a", {**made, "metadata": told})
    metadata = {**answer.json["metadata"], "managedFields": made["metadata"]["managedFields"]}
    assert metadata == {**made["metadata"], "labels": {"a": "b"}, "resourceVersion": "2"}


async def test_a_write_that_changes_nothing_is_none(small: World) -> None:
    made = await small.make("a", spec={"crew": 3})
    answer = await small.ask("PUT", f"{BOATS}/a", made)
    assert (answer.code, answer.json) == (200, made)
    reordered = dict(reversed(made.items()))
    assert (await small.ask("PUT", f"{BOATS}/a", reordered)).json == made
    assert small.store.revision() == 1


async def test_a_kind_may_take_updates_without_a_version(small: World) -> None:
    await small.ask("POST", PIERS, {"metadata": {"name": "p", "namespace": "ignored"}})
    answers = await asyncio.gather(
        *(
            small.ask("PUT", f"{PIERS}/p", {"metadata": {"name": "p", "labels": {"a": str(number)}}})
            for number in range(4)
        )
    )
    assert [answer.code for answer in answers] == [200] * 4
    assert small.store.revision() == 5


async def test_an_update_says_which_object_and_which_version_it_means(small: World) -> None:
    await small.make("a")
    nameless = await small.ask("PUT", f"{BOATS}/a", {"metadata": {"resourceVersion": "1"}})
    assert nameless.code == 400
    assert nameless.message.endswith("was undeterminable: name must be provided")
    versionless = await small.ask("PUT", f"{BOATS}/a", {"metadata": {"name": "a", "resourceVersion": "0"}})
    assert versionless.message.endswith("metadata.resourceVersion: Invalid value: 0: must be specified for an update")


async def test_labels_are_checked_on_every_write(small: World) -> None:
    made = await small.make("a")
    bad = {**made["metadata"], "labels": {"a": "not a value"}}
    answer = await small.ask("PUT", f"{BOATS}/a", {**made, "metadata": bad})
    assert (answer.code, answer.json["details"]["causes"][0]["field"]) == (422, "metadata.labels")


async def test_several_kinds_are_written_together_or_not_at_all(small: World) -> None:
    ask = Ask.internal(NOW, user=ALICE)
    boat = await small.boats.stage_create(
        {"metadata": {"name": "a", "namespace": "north"}, "spec": {"colour": "x"}}, ask
    )
    pier = await small.piers.stage_create({"metadata": {"name": "p"}}, ask)
    note = Write(Key("notes", "", "n"), b"{}", 0)
    shown = await commit([boat, pier], [note])
    assert [each["metadata"]["resourceVersion"] for each in shown] == ["1", "2"]
    assert small.store.get(note.key) is not None
    again = await small.piers.stage_update(
        {**shown[1], "metadata": {**shown[1]["metadata"], "labels": {"a": "b"}}}, ask
    )
    with pytest.raises(StatusError) as lost:
        await commit([again], [note])
    assert lost.value.code == 409
    assert small.store.revision() == 3


async def test_a_staged_write_that_comes_too_late_is_refused(small: World) -> None:
    ask = Ask.internal(NOW)
    body = {"metadata": {"name": "a", "namespace": "north"}, "spec": {"colour": "x"}}
    first, second = await small.boats.stage_create(body, ask), await small.boats.stage_create(body, ask)
    [made] = await commit([first])
    with pytest.raises(StatusError, match="already exists"):
        await commit([second])
    one = await small.boats.stage_update(changed(made, colour="red"), ask)
    two = await small.boats.stage_update(changed(made, colour="blue"), ask)
    await commit([one])
    with pytest.raises(StatusError, match="the object has been modified"):
        await commit([two])


async def test_rules_may_delete_more_in_the_same_transaction(small: World) -> None:
    await small.make("a")
    await small.make("b")
    other = small.boats.key("north", "b")
    small.boats.rules.on_delete = lambda old, ask: [Write(other, None, None)]  # type: ignore[method-assign]
    await small.ask("DELETE", f"{BOATS}/a")
    assert (await small.boats.list(None, ListOptions(), Ask.internal(NOW))).items == []


async def test_what_is_handed_in_is_not_changed_and_what_comes_out_may_be(small: World) -> None:
    ask = Ask.internal(NOW)
    body: Json = {"metadata": {"name": "a"}, "spec": {"colour": "x"}}
    made = (await small.boats.create("north", body, ask)).object
    assert body == {"metadata": {"name": "a"}, "spec": {"colour": "x"}}
    made["spec"]["colour"] = "changed"
    seen = await small.boats.get("north", "a", ask)
    seen["spec"]["colour"] = "changed"
    assert (await small.boats.get("north", "a", ask))["spec"]["colour"] == "x"


async def test_subresources_are_the_kinds_own(small: World) -> None:
    made = await small.make("a")
    put = await small.ask("PUT", f"{BOATS}/a/status", {**made, "status": {"berth": "7"}, "spec": {"colour": "red"}})
    assert (put.code, put.json["status"]["berth"], put.json["spec"]["colour"]) == (200, "7", "white")
    kind = {"Content-Type": "application/merge-patch+json"}
    patched = await small.ask("PATCH", f"{BOATS}/a/status", {"status": {"berth": "8"}}, headers=kind)
    assert patched.json["status"]["berth"] == "8"
    table = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}
    assert (await small.ask("GET", f"{BOATS}/a/status", headers=table)).json["kind"] == "Boat"
    assert (await small.ask("GET", f"{BOATS}/a/log")).json["kind"] == "Log"
    assert (
        await small.ask("PUT", f"{BOATS}/none/status", {"metadata": {"name": "none", "resourceVersion": "1"}})
    ).code == 404


async def test_who_may_not_delete_an_object_may_not_change_its_owners(small: World) -> None:
    made = await small.make("a")
    small.gate.allow = lambda wanted: wanted.verb != "delete"
    owner = {"apiVersion": "v1", "kind": "Pier", "name": "p", "uid": "gone"}
    answer = await small.ask(
        "PUT", f"{BOATS}/a", {**made, "metadata": {**made["metadata"], "ownerReferences": [owner]}}
    )
    assert (answer.code, answer.json["reason"]) == (403, "Forbidden")
    assert "cannot set an ownerRef on a resource you can't delete" in answer.message
    assert (await small.ask("PUT", f"{BOATS}/a", changed(made, colour="red"))).code == 200


async def test_a_revision_of_more_digits_than_numbers_have_is_only_another_one(small: World) -> None:
    await small.make("a")
    answer = await small.ask("PUT", f"{BOATS}/a", {"metadata": {"name": "a", "resourceVersion": "9" * 5000}})
    assert (answer.code, answer.json["reason"]) == (409, "Conflict")


async def test_a_name_is_made_from_no_more_than_a_name_can_be(small: World) -> None:
    answer = await small.ask("POST", BOATS, {"metadata": {"generateName": "x" * 254}})
    assert answer.code == 422
    assert answer.message.endswith("metadata.generateName: Too long: may not be more than 253 bytes")
