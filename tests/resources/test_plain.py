"""Namespaces, secrets, roles and the other plain kinds."""

from __future__ import annotations

import orjson
import pytest

from roadstead.apimachinery.served import Patch, PatchType
from roadstead.app.storage import SEALED
from roadstead.auth.rbac import RoleObjects
from roadstead.auth.rbac import Rules as Policy
from roadstead.auth.users import User
from roadstead.base.values import Json
from roadstead.kube.schema import TypeMismatch
from roadstead.kube.status import StatusError
from roadstead.objects.log import Key, Write
from roadstead.objects.store import Store
from roadstead.resources import plain
from tests.resources.world import World, open_world

ALICE = User("alice", groups=("system:authenticated",))


async def test_a_namespace_is_active_and_labelled_with_its_name(world: World) -> None:
    found = await world.kinds.namespaces.get("", "shop", world.ask())
    assert found["metadata"]["labels"] == {"kubernetes.io/metadata.name": "shop"}
    assert found["status"] == {"phase": "Active"}


async def test_a_namespace_keeps_its_phase_whatever_is_sent(world: World) -> None:
    found = await world.kinds.namespaces.get("", "shop", world.ask())
    changed = await world.kinds.namespaces.update("", "shop", {**found, "status": {"phase": "x"}}, world.ask())
    assert changed.object["status"] == {"phase": "Active"}


@pytest.mark.parametrize("name", ["Shop", "a.b", "a" * 64])
async def test_a_namespace_is_named_like_a_dns_label(world: World, name: str) -> None:
    with pytest.raises(StatusError, match="metadata.name"):
        await world.create("namespaces", name, namespace="")


async def test_deleting_a_namespace_deletes_what_is_in_it_and_nothing_else(world: World) -> None:
    await world.create("namespaces", "depot", namespace="")
    await world.create("configmaps", "kept", namespace="depot")
    await world.create("configmaps", "gone")
    await world.push("v1", "a")
    row = Key("blobs.roadstead", "shop", "never-pushed/sha256:1")
    await world.store.append([Write(row, orjson.dumps({}), None)])
    answer = await world.kinds.namespaces.delete("", "shop", world.ask())
    assert answer["status"] == "Success"
    assert world.kinds.namespaces.peek("", "shop") is None
    assert world.kinds.streams.peek("shop", "web") is None
    assert world.store.get(row) is None
    assert await world.names("configmaps", None) == ["kept"]


async def test_a_namespace_waits_for_what_has_finalizers_and_takes_nothing_new(world: World) -> None:
    held: Json = {"name": "held", "finalizers": ["example.test/x"]}
    await world.create("configmaps", "held", metadata=held)
    waiting = await world.kinds.namespaces.delete("", "shop", world.ask())
    assert waiting["status"]["phase"] == "Terminating"
    with pytest.raises(StatusError, match="being terminated") as refused:
        await world.create("configmaps", "late")
    assert refused.value.status["details"]["causes"][0]["reason"] == "NamespaceTerminating"
    await world.patch("configmaps", "held", {"metadata": {"finalizers": None}})
    assert (await world.kinds.namespaces.delete("", "shop", world.ask()))["status"] == "Success"


async def test_a_dry_run_or_a_wrong_identity_empties_no_namespace(world: World) -> None:
    await world.kinds.namespaces.delete("", "shop", world.ask(dry_run=True))
    with pytest.raises(StatusError, match="UID in the precondition"):
        await world.kinds.namespaces.delete("", "shop", world.ask(options={"preconditions": {"uid": "x"}}))
    assert world.kinds.streams.peek("shop", "web") is not None


async def test_a_secret_written_as_text_is_kept_as_bytes(world: World) -> None:
    made = await world.create("secrets", "s", stringData={"user": "me"}, data={"other": "eA=="})
    assert made.object["data"] == {"user": "bWU=", "other": "eA=="}
    assert made.object["type"] == "Opaque"
    assert "stringData" not in made.object


@pytest.mark.parametrize(
    ("body", "field"),
    [({"data": {"a/b": "eA=="}}, "data[a/b]"), ({"stringData": {"a b": "x"}}, "data[a b]")],
)
async def test_a_secret_that_cannot_be_read_is_refused(world: World, body: Json, field: str) -> None:
    with pytest.raises(StatusError) as refused:
        await world.create("secrets", "s", **body)
    assert refused.value.status["details"]["causes"][0]["field"] == field


@pytest.mark.parametrize("value", ["!", 1])
async def test_what_is_not_base64_is_no_data_of_a_secret(world: World, value: object) -> None:
    with pytest.raises(TypeMismatch, match=r"base64|uint8"):
        await world.create("secrets", "s", data={"a": value})


async def test_the_type_of_a_secret_and_all_of_an_immutable_one_stay(world: World) -> None:
    await world.create("secrets", "s", data={"a": "eA=="}, immutable=True)
    with pytest.raises(StatusError, match="type: Invalid value"):
        await world.patch("secrets", "s", {"type": "other"})
    with pytest.raises(StatusError, match="data: Forbidden"):
        await world.patch("secrets", "s", {"data": {"a": "eQ=="}})


DOCKER_CONFIG = "kubernetes.io/dockerconfigjson"


@pytest.mark.parametrize(
    ("kind", "texts", "field"),
    [
        (DOCKER_CONFIG, {}, "data[.dockerconfigjson]: Required value"),
        (DOCKER_CONFIG, {".dockerconfigjson": "sesame"}, 'Invalid value: "<secret contents redacted>"'),
        ("kubernetes.io/dockercfg", {".dockercfg": "[]"}, "data[.dockercfg]: Invalid value"),
        ("kubernetes.io/tls", {"tls.crt": "x"}, "data[tls.key]: Required value"),
        ("kubernetes.io/ssh-auth", {}, "data[ssh-privatekey]: Required value"),
        ("kubernetes.io/basic-auth", {"other": "x"}, "data[username]: Required value"),
        ("kubernetes.io/service-account-token", {}, "metadata.annotations[kubernetes.io/service-account.name]"),
    ],
)
async def test_a_secret_of_a_known_type_holds_what_its_readers_look_for(
    world: World, kind: str, texts: Json, field: str
) -> None:
    with pytest.raises(StatusError) as refused:
        await world.create("secrets", "s", type=kind, stringData=texts)
    assert field in refused.value.message
    assert "sesame" not in str(refused.value.status)


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        (DOCKER_CONFIG, {".dockerconfigjson": "{}"}),
        ("kubernetes.io/basic-auth", {"username": "al"}),
        ("kubernetes.io/tls", {"tls.crt": "", "tls.key": ""}),
        ("example.test/own", {}),
    ],
)
async def test_a_secret_that_holds_it_is_taken(world: World, kind: str, texts: Json) -> None:
    made = await world.create("secrets", "s", type=kind, stringData=texts)
    assert made.object["type"] == kind


READER: Json = {
    "metadata": {"name": "reader"},
    "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}],
}
ROLE_REF: Json = {"kind": "ClusterRole", "name": "reader"}


def policy(*granted: Json) -> Policy:
    """Alice holds these rules on the whole cluster."""
    binding = {
        "metadata": {"name": "b"},
        "roleRef": {"kind": "ClusterRole", "name": "own"},
        "subjects": [{"kind": "User", "name": "alice"}],
    }
    own = {"metadata": {"name": "own"}, "rules": list(granted)}
    return Policy(RoleObjects(cluster_roles=[own, READER], cluster_role_bindings=[binding]))


async def write_role(world: World) -> None:
    await world.kind("clusterroles").create("", READER, world.ask(ALICE))


async def write_binding(world: World) -> None:
    binding = {"metadata": {"name": "x"}, "roleRef": ROLE_REF, "subjects": [{"kind": "User", "name": "bob"}]}
    await world.kind("clusterrolebindings").create("", binding, world.ask(ALICE))


RBAC = {"apiGroups": [plain.RBAC], "resources": ["clusterroles"]}


@pytest.mark.parametrize(
    ("granted", "role", "binding"),
    [
        ([], False, False),
        (READER["rules"], True, True),
        ([{**RBAC, "verbs": ["escalate"]}], True, False),
        ([{**RBAC, "verbs": ["bind"], "resourceNames": ["reader"]}], False, True),
    ],
)
async def test_nobody_hands_out_more_than_they_have(
    store: Store, granted: list[Json], role: bool, binding: bool
) -> None:
    world = open_world(store, policy(*granted))
    for write, allowed in ((write_role, role), (write_binding, binding)):
        if allowed:
            await write(world)
            continue
        with pytest.raises(StatusError, match="may only grant rights they hold") as refused:
            await write(world)
        assert refused.value.code == 403


async def test_a_binding_keeps_its_role_and_names_one(world: World) -> None:
    made = await world.create("rolebindings", "b", roleRef=ROLE_REF, subjects=[{"kind": "User", "name": "bob"}])
    assert made.object["roleRef"]["apiGroup"] == plain.RBAC
    assert made.object["subjects"][0]["apiGroup"] == plain.RBAC
    with pytest.raises(StatusError, match="cannot change roleRef"):
        await world.patch("rolebindings", "b", {"roleRef": {"name": "other"}})
    with pytest.raises(StatusError, match="roleRef.kind: Unsupported value"):
        await world.create("clusterrolebindings", "c", namespace="", roleRef={"kind": "Role", "name": "x"})


@pytest.mark.parametrize("kind", [PatchType.MERGE, PatchType.STRATEGIC])
@pytest.mark.parametrize("wrong", [{"data": {"p": 5}}, {"stringData": {"a": ["hunter2"]}}, {"odd": "hunter2"}])
async def test_a_refusal_repeats_nothing_of_a_patch_to_a_secret(world: World, kind: PatchType, wrong: Json) -> None:
    await world.create("secrets", "s")
    body = {"stringData": {"password": "hunter2"}, **wrong}
    with pytest.raises(StatusError) as refused:
        await world.kind("secrets").patch("shop", "s", Patch(kind, body), world.ask(field_validation="Strict"))
    assert "hunter2" not in str(refused.value.status)
    assert "(not shown)" in refused.value.message


def test_what_is_encrypted_on_disk_is_what_refusals_repeat_nothing_of(world: World) -> None:
    confidential = {name for name, kind in world.kinds.served.items() if kind.resource.confidential}
    assert confidential == {each.group_resource for each in SEALED}


@pytest.mark.parametrize("kind", ["secrets", "serviceaccounts", "configmaps", "pods"])
@pytest.mark.parametrize("name", ["A b", "a:b", "UP", "a_b", "x" * 254, "\u00e9", "a\n", ".x"])
async def test_names_of_objects_can_stand_in_dns(world: World, kind: str, name: str) -> None:
    with pytest.raises(StatusError, match=r"metadata\.name: Invalid value"):
        await world.create(kind, name)
