"""Where images may be got and with which keys, read from the cluster's objects (image-api contract, section 14.6)."""

from __future__ import annotations

import base64
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection
from roadstead.apimachinery.resource import Resource
from roadstead.base.values import Json
from roadstead.objects.sqlite import SqliteLog
from roadstead.objects.store import Store
from roadstead.remote.authfiles import AuthFiles, chosen_files
from roadstead.repositories.sources import Books, Plan, Sources

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ASK = Ask.internal(NOW)
DIGEST = "sha256:" + "a" * 64
WEB = f"q.test/shop/web@{DIGEST}"
KINDS = [
    ("", "v1", "secrets", "Secret", True),
    ("", "v1", "configmaps", "ConfigMap", True),
    ("operator.openshift.io", "v1alpha1", "imagecontentsourcepolicies", "ImageContentSourcePolicy", False),
    ("config.openshift.io", "v1", "imagedigestmirrorsets", "ImageDigestMirrorSet", False),
    ("config.openshift.io", "v1", "imagetagmirrorsets", "ImageTagMirrorSet", False),
    ("config.openshift.io", "v1", "images", "Image", False),
]


class Cluster:
    """The kinds that hold rules and keys, and the sources over them."""

    def __init__(self, store: Store, files: list[Path]) -> None:
        resources = [
            Resource(group, version, plural, plural[:-1], kind, namespaced=namespaced)
            for group, version, plural, kind, namespaced in KINDS
        ]
        self.kinds = {each.group_resource: Collection(each, store) for each in resources}
        self.sources = Sources(Books.among(self.kinds), AuthFiles(files))

    async def put(self, plural: str, name: str, namespace: str = "", **body: Any) -> None:
        """Creates or replaces an object."""
        kind = next(each for each in self.kinds.values() if each.resource.plural == plural)
        meta: Json = {"name": name, **({"namespace": namespace} if namespace else {})}
        meta.update(body.pop("metadata", {}))
        head = {"kind": kind.resource.kind, "apiVersion": kind.resource.api_version}
        obj: Json = {**head, "metadata": meta, **body}
        if kind.peek(namespace, name) is None:
            await kind.create(namespace, obj, ASK)
        else:
            obj["metadata"]["resourceVersion"] = (kind.peek(namespace, name) or {})["metadata"]["resourceVersion"]
            await kind.update(namespace, name, obj, ASK)

    async def secret(self, name: str, namespace: str, user: str, host: str = "q.test", **more: Any) -> None:
        """A docker secret with one key."""
        text = orjson.dumps({"auths": {host: {"username": user, "password": "x"}}})
        data = {".dockerconfigjson": base64.b64encode(text).decode()}
        await self.put("secrets", name, namespace, type="kubernetes.io/dockerconfigjson", data=data, **more)

    async def plan(self, reference: str = WEB, *, insecure: bool = False) -> Plan:
        return await self.sources.for_pull("shop", reference, insecure=insecure)

    async def users(self, reference: str = WEB) -> list[str]:
        """Who one would be at the first place."""
        plan = await self.plan(reference)
        place = plan.places[0]
        return [each.username for each in plan.keys.matching(place.host, place.repository)]


@pytest.fixture
def auth_file(tmp_path: Path) -> Path:
    return tmp_path / "auth.json"


@pytest.fixture
async def cluster(tmp_path: Path, auth_file: Path) -> AsyncIterator[Cluster]:
    store = Store(SqliteLog(tmp_path / "objects.db"))
    yield Cluster(store, [auth_file])
    await store.close()


def write(file: Path, text: str) -> None:
    file.write_text(text)


def helper(folder: Path, script: str) -> None:
    """A credential helper called vault."""
    program = folder / "docker-credential-vault"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def remove(file: Path) -> None:
    file.unlink()


def hosts(plan: Plan) -> list[str]:
    return [each.host for each in plan.places]


def keys_for(user: str) -> str:
    return orjson.dumps({"auths": {"q.test": {"username": user, "password": "x"}}}).decode()


async def test_keys_of_the_namespace_come_first_then_the_clusters_then_the_hosts(
    cluster: Cluster, auth_file: Path
) -> None:
    write(auth_file, keys_for("host"))
    await cluster.secret("pull-secret", "openshift-config", "cluster")
    await cluster.secret("robot", "shop", "namespace")
    assert await cluster.users() == ["namespace", "cluster", "host"]


async def test_keys_tell_where_they_were_found(cluster: Cluster, auth_file: Path) -> None:
    write(auth_file, keys_for("host"))
    await cluster.secret("robot", "shop", "namespace")
    found = (await cluster.plan()).keys.matching("q.test", "shop/web")
    assert [each.source for each in found] == ["secret shop/robot", str(auth_file)]


async def test_secrets_of_other_namespaces_are_never_used(cluster: Cluster) -> None:
    await cluster.secret("robot", "depot", "other")
    assert await cluster.users() == []


async def test_a_secret_made_changed_or_removed_counts_at_once(cluster: Cluster) -> None:
    assert await cluster.users() == []
    await cluster.secret("robot", "shop", "one")
    assert await cluster.users() == ["one"]
    await cluster.secret("robot", "shop", "two")
    assert await cluster.users() == ["two"]
    secrets = next(iter(cluster.kinds.values()))
    await secrets.delete("shop", "robot", ASK)
    assert await cluster.users() == []


async def test_the_hosts_file_made_changed_or_removed_counts_at_once(cluster: Cluster, auth_file: Path) -> None:
    assert await cluster.users() == []
    for user in ("one", "three"):
        write(auth_file, keys_for(user))
        assert await cluster.users() == [user]
    remove(auth_file)
    assert await cluster.users() == []


async def test_the_older_type_of_secret_is_read_and_excluded_or_other_ones_are_not(cluster: Cluster) -> None:
    entry = {"q.test": {"username": "older", "password": "x"}}
    data = {".dockercfg": base64.b64encode(orjson.dumps(entry)).decode()}
    await cluster.put("secrets", "older", "shop", type="kubernetes.io/dockercfg", data=data)
    excluded = {"annotations": {"openshift.io/image.excludeSecret": "true"}}
    await cluster.secret("excluded", "shop", "excluded", metadata=excluded)
    await cluster.put("secrets", "opaque", "shop", type="Opaque", data={".dockerconfigjson": "e30="})
    assert await cluster.users() == ["older"]


async def test_a_broken_secret_is_told_of_and_spoils_nothing(cluster: Cluster) -> None:
    data = {".dockerconfigjson": base64.b64encode(b"{").decode()}
    await cluster.put("secrets", "broken", "shop", type="kubernetes.io/dockerconfigjson", data=data)
    await cluster.secret("robot", "shop", "robot")
    assert await cluster.users() == ["robot"]
    assert (await cluster.plan()).problems == ("secret shop/broken: is not JSON",)


async def test_a_mirror_rule_counts_as_soon_as_it_is_there_and_until_it_goes(cluster: Cluster) -> None:
    assert hosts(await cluster.plan()) == ["q.test"]
    rule = {"source": "q.test", "mirrors": ["m.test"], "mirrorSourcePolicy": "NeverContactSource"}
    await cluster.put("imagedigestmirrorsets", "one", spec={"imageDigestMirrors": [rule]})
    assert hosts(await cluster.plan()) == ["m.test"]
    await cluster.put("imagedigestmirrorsets", "one", spec={"imageDigestMirrors": [{**rule, "mirrorSourcePolicy": ""}]})
    assert hosts(await cluster.plan()) == ["m.test", "q.test"]


async def test_all_three_kinds_of_mirror_rules_are_read(cluster: Cluster) -> None:
    def mirrors(host: str) -> list[Json]:
        return [{"source": "q.test", "mirrors": [host]}]

    await cluster.put("imagecontentsourcepolicies", "x", spec={"repositoryDigestMirrors": mirrors("old.test")})
    await cluster.put("imagedigestmirrorsets", "x", spec={"imageDigestMirrors": mirrors("digest.test")})
    await cluster.put("imagetagmirrorsets", "x", spec={"imageTagMirrors": mirrors("tag.test")})
    assert hosts(await cluster.plan()) == ["old.test", "digest.test", "q.test"]
    assert hosts(await cluster.plan("q.test/shop/web:v1")) == ["tag.test", "q.test"]


async def test_keys_are_those_of_the_place_that_is_asked(cluster: Cluster) -> None:
    rule = {"source": "q.test", "mirrors": ["m.test/copy"]}
    await cluster.put("imagedigestmirrorsets", "one", spec={"imageDigestMirrors": [rule]})
    await cluster.secret("mirror", "shop", "at-mirror", host="m.test/copy")
    await cluster.secret("source", "shop", "at-source")
    keys = (await cluster.plan()).keys
    assert [each.username for each in keys.matching("m.test", "copy/shop/web")] == ["at-mirror"]
    assert [each.username for each in keys.matching("q.test", "shop/web")] == ["at-source"]


async def test_a_block_leaves_no_place_and_says_which_rule(cluster: Cluster) -> None:
    await cluster.put("images", "cluster", spec={"registrySources": {"blockedRegistries": ["q.test"]}})
    plan = await cluster.plan()
    assert plan.places == ()
    assert "blockedRegistries of image.config.openshift.io/cluster, entry q.test" in (plan.refusal or "")


async def test_insecure_is_what_the_cluster_lists_or_the_tag_wishes(cluster: Cluster) -> None:
    assert [each.insecure for each in (await cluster.plan()).places] == [False]
    assert [each.insecure for each in (await cluster.plan(insecure=True)).places] == [True]
    await cluster.put("images", "cluster", spec={"registrySources": {"insecureRegistries": ["q.test"]}})
    assert [each.insecure for each in (await cluster.plan()).places] == [True]


async def test_a_registry_is_trusted_by_its_own_certificate_alone(cluster: Cluster) -> None:
    await cluster.put("images", "cluster", spec={"additionalTrustedCA": {"name": "authorities"}})
    assert [each.ca for each in (await cluster.plan()).places] == [""]
    data = {"q.test": "PEM of q", "q.test..5000": "PEM of q:5000"}
    await cluster.put("configmaps", "authorities", "openshift-config", data=data)
    for reference, expected in ((WEB, "PEM of q"), ("q.test:5000/a/b", "PEM of q:5000"), ("r.test/a/b", "")):
        assert [each.ca for each in (await cluster.plan(reference)).places] == [expected]


async def test_a_credential_helper_of_the_hosts_file_is_asked(
    cluster: Cluster, auth_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper(tmp_path, """read host; printf '{"Username":"me","Secret":"at %s"}' "$host" """)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    write(auth_file, '{"credHelpers": {"q.test": "vault"}}')
    (key,) = (await cluster.plan()).keys.matching("q.test", "shop/web")
    assert (key.username, key.password) == ("me", "at q.test")
    assert key.source == f"docker-credential-vault ({auth_file})"


@pytest.mark.parametrize("script", ["exit 1", "echo '{'", "echo '[]'", "true"])
async def test_a_helper_that_knows_nothing_leaves_no_key(
    script: str, cluster: Cluster, auth_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper(tmp_path, script)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    write(auth_file, '{"credHelpers": {"q.test": "vault", "other.test": "missing"}}')
    assert await cluster.users() == []


def test_files_are_those_of_podman_docker_and_the_kubelet_unless_others_are_set(tmp_path: Path) -> None:
    home = tmp_path / "home"
    usual = chosen_files([], {"XDG_RUNTIME_DIR": "/run/user/7"}, home)
    assert [str(each) for each in usual] == [
        "/run/user/7/containers/auth.json",
        str(home / ".config/containers/auth.json"),
        str(home / ".docker/config.json"),
        "/var/lib/kubelet/config.json",
    ]
    without_session = chosen_files([], {}, home)  # as root over ssh, and in services
    assert without_session == [Path(f"/run/containers/{os.getuid()}/auth.json"), *usual[1:]]
    assert chosen_files([], {"REGISTRY_AUTH_FILE": "/etc/auth.json"}, home) == [Path("/etc/auth.json")]
    assert chosen_files(["/a.json", "/b.json"], {}, home) == [Path("/a.json"), Path("/b.json")]
    assert chosen_files(["none"], {}, home) == []
