"""What administrators take away from the roles and bindings of an installation, in a whole app that starts again."""

from __future__ import annotations

from pathlib import Path

from tests.whole.world import World, opened

RBAC = "/apis/rbac.authorization.k8s.io/v1"
SELF, READERS = f"{RBAC}/clusterrolebindings/self-provisioners", f"{RBAC}/clusterrolebindings/cluster-readers"
ROLE = f"{RBAC}/clusterroles/registry-viewer"
RECORD = "/api/v1/namespaces/kube-system/configmaps/bootstrap-policy"
MERGE = {"Content_Type": "application/merge-patch+json"}


async def again(world: World) -> World:
    """The same folder after a restart."""
    await world.app.close()
    return await opened(world.folder)


async def taken_away(folder: Path) -> World:
    """A world without one binding, without the subjects of another, without the rules of a role; started again."""
    world = await opened(folder)
    await world.must("DELETE", SELF)
    await world.must("PATCH", READERS, {"subjects": None}, **MERGE)
    await world.must("PATCH", ROLE, {"rules": [], "metadata": {"labels": {"mine": "yes"}}}, **MERGE)
    return await again(world)


async def test_what_was_taken_away_stays_away(tmp_path: Path) -> None:
    world = await taken_away(tmp_path)
    assert (await world.api("GET", SELF))[0] == 404
    assert "subjects" not in await world.must("GET", READERS)
    assert (await world.must("GET", ROLE)).get("rules") in (None, [])
    await world.app.close()


async def test_without_the_record_everything_is_given_anew_and_what_was_added_stays(tmp_path: Path) -> None:
    world = await taken_away(tmp_path)
    await world.must("DELETE", RECORD)
    world = await again(world)
    assert (await world.api("GET", SELF))[0] == 200
    assert [each["name"] for each in (await world.must("GET", READERS))["subjects"]] == ["system:cluster-readers"]
    found = await world.must("GET", ROLE)
    assert found["rules"]
    assert found["metadata"]["labels"]["mine"] == "yes"
    await world.app.close()


async def test_a_record_nobody_can_read_is_as_good_as_none(tmp_path: Path) -> None:
    world = await taken_away(tmp_path)
    for nonsense in ("{", "[1]", '{"ClusterRoleBinding//self-provisioners": 5}'):
        await world.must("PATCH", RECORD, {"data": {"given.json": nonsense}}, **MERGE)
        world = await again(world)
    await world.app.close()
