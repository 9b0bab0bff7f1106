"""Other registries as imports see them: rules and keys from the API's objects, answers over real connections."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roadstead.base.settings import Outbound
from roadstead.importing.registries import RegistryUpstreams
from roadstead.objects.sqlite import SqliteLog
from roadstead.objects.store import Store
from roadstead.oci.descriptor import Descriptor
from roadstead.oci.digest import Digest
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.guard import Guard
from roadstead.remote.session import Remotes
from roadstead.streams import pullspec
from roadstead.testing import builders
from roadstead.testing.upstream import UpstreamRegistry
from roadstead.testing.upstream_users import Users
from tests.resources.world import World, furnished

WEB = builders.image("web")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    store = Store(SqliteLog(tmp_path / "objects.db"))
    yield await furnished(store)
    await store.close()


@pytest.fixture
async def upstreams(world: World) -> AsyncIterator[RegistryUpstreams]:
    remotes = Remotes(Guard(Outbound(allow=["127.0.0.1"])))
    yield RegistryUpstreams(world.kinds.sources, remotes)
    await remotes.close()


async def registries(world: World, **sources: list[str]) -> None:
    """`image.config.openshift.io/cluster` says this of registries."""
    config = world.kinds.sources._books.image_config
    assert config is not None
    body = {"metadata": {"name": "cluster"}, "spec": {"registrySources": sources}}
    await config.create("", body, world.ask())


async def test_manifest_config_and_tags_come_over_the_wire(upstreams: RegistryUpstreams) -> None:
    async with UpstreamRegistry() as elsewhere:
        elsewhere.add("lib/web", WEB, "v1")
        spec = pullspec.parse(f"{elsewhere.host}/lib/web:v1")
        (place,) = await upstreams.places("shop", spec, insecure=True)
        found = await place.manifest("v1")
        assert (found.digest, found.body) == (WEB.digest, WEB.data)
        config = WEB.blobs[0]
        wanted = Descriptor(config.media_type, Digest.parse(config.digest), len(config.data))
        assert await place.blob(wanted) == config.data
        assert await place.tags() == ["v1"]
        assert (place.name, place.key) == (f"{elsewhere.host}/lib/web", "")


async def test_the_secrets_of_the_namespace_are_the_keys_and_can_be_left_out(
    world: World, upstreams: RegistryUpstreams
) -> None:
    async with UpstreamRegistry(users=Users("token", {"robot": "pier"})) as elsewhere:
        elsewhere.add("lib/web", WEB, "v1")
        auth = base64.b64encode(b"robot:pier").decode()
        text = f'{{"auths": {{"{elsewhere.host}": {{"auth": "{auth}"}}}}}}'
        data = {".dockerconfigjson": base64.b64encode(text.encode()).decode()}
        await world.create("secrets", "robot", type="kubernetes.io/dockerconfigjson", data=data)
        spec = pullspec.parse(f"{elsewhere.host}/lib/web:v1")
        (place,) = await upstreams.places("shop", spec, insecure=True)
        assert place.key == "secret shop/robot"
        assert (await place.manifest("v1")).digest == WEB.digest
        (place,) = await upstreams.places("shop", spec, insecure=True, anonymous=True)
        assert place.key == ""
        with pytest.raises(RemoteFailure) as refused:
            await place.manifest("v1")
        assert refused.value.kind is Kind.UNAUTHORIZED


async def test_of_several_keys_the_one_that_opened_is_named_and_before_that_all_in_their_order(
    world: World, upstreams: RegistryUpstreams
) -> None:
    async with UpstreamRegistry(users=Users("basic", {"robot": "pier"})) as elsewhere:
        elsewhere.add("lib/web", WEB, "v1")
        for name, word in (("a-wrong", "quay"), ("b-right", "pier"), ("c-never", "dock")):
            auth = base64.b64encode(f"robot:{word}".encode()).decode()
            text = f'{{"auths": {{"{elsewhere.host}": {{"auth": "{auth}"}}}}}}'
            data = {".dockerconfigjson": base64.b64encode(text.encode()).decode()}
            await world.create("secrets", name, type="kubernetes.io/dockerconfigjson", data=data)
        (place,) = await upstreams.places("shop", pullspec.parse(f"{elsewhere.host}/lib/web:v1"), insecure=True)
        assert place.key == "secret shop/a-wrong, secret shop/b-right, secret shop/c-never"
        await place.manifest("v1")
        assert place.key == "secret shop/b-right"


async def test_a_blocked_registry_is_refused_in_the_words_people_know(
    world: World, upstreams: RegistryUpstreams
) -> None:
    await registries(world, blockedRegistries=["bad.test"])
    with pytest.raises(RemoteFailure, match="forbidden: registry bad.test blocked"):
        await upstreams.places("shop", pullspec.parse("bad.test/lib/web:v1"))


async def test_a_name_without_a_registry_is_looked_for_in_the_search_registries_and_else_at_docker_hub(
    world: World, upstreams: RegistryUpstreams
) -> None:
    short = pullspec.parse("web:v1")
    assert [each.name for each in await upstreams.places("shop", short)] == ["docker.io/library/web"]
    await registries(world, containerRuntimeSearchRegistries=["one.test", "docker.io"], blockedRegistries=["two.test"])
    assert [each.name for each in await upstreams.places("shop", short)] == ["one.test/web", "docker.io/library/web"]


async def test_a_blocked_docker_hub_is_named_for_a_name_without_a_registry(
    world: World, upstreams: RegistryUpstreams
) -> None:
    await registries(world, blockedRegistries=["docker.io"])
    with pytest.raises(RemoteFailure, match=r"forbidden: registry docker\.io blocked"):
        await upstreams.places("shop", pullspec.parse("mysql"))


async def test_registries_outside_those_allowed_are_refused_with_the_rule(
    world: World, upstreams: RegistryUpstreams
) -> None:
    await registries(world, allowedRegistries=["good.test"])
    with pytest.raises(RemoteFailure, match="forbidden: .*allowedRegistries of image.config"):
        await upstreams.places("shop", pullspec.parse("bad.test/lib/web:v1"))


async def test_signatures_come_from_a_registry_that_says_it_has_them(
    world: World, upstreams: RegistryUpstreams
) -> None:
    async with UpstreamRegistry() as elsewhere:
        await registries(world, insecureRegistries=[elsewhere.host])
        elsewhere.extra_headers["X-Registry-Supports-Signatures"] = "1"
        elsewhere.add("lib/web", WEB, "v1")
        elsewhere.signatures[WEB.digest] = [{"type": "atomic", "content": "b25l"}]
        reference = f"{elsewhere.host}/lib/web@{WEB.digest}"
        assert await upstreams.signatures(reference) == []
        (place,) = await upstreams.places("shop", pullspec.parse(reference))
        await place.manifest(WEB.digest)
        assert await upstreams.signatures(reference) == [{"type": "atomic", "content": "b25l"}]
