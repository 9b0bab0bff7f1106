"""The app over a data folder, without sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from roadstead.apimachinery.ask import Ask
from roadstead.app.build import App, build
from roadstead.auth.users import Attributes, User
from roadstead.base.errors import Invalid
from roadstead.base.settings import Access, Registry, Settings
from roadstead.base.web import request_for
from roadstead.resources import plain

HOST = "127.0.0.1:5000"


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    app = build(Settings(), tmp_path, HOST)
    await app.recover()
    yield app
    await app.close()


async def created(app: App, folder: Path, name: str) -> None:
    token = (folder / "admin.token").read_text().strip()
    body = orjson.dumps({"metadata": {"name": name}})
    reply = await app.api(
        request_for("POST", "/api/v1/namespaces", headers={"Authorization": f"Bearer {token}"}, body=body)
    )
    assert reply.status == 201


async def test_the_first_start_makes_namespaces_and_roles(app: App) -> None:
    for name in ("default", "openshift", "kube-system"):
        assert app.kinds.namespaces.peek("", name) is not None
    puller = Attributes(User("system:admin", groups=("system:masters",)), "get", "image.openshift.io", "imagestreams")
    assert app.gate.decide(puller).allowed


async def test_a_second_start_changes_nothing(app: App, tmp_path: Path) -> None:
    before = app.store.revision()
    await app.recover()
    assert app.store.revision() == before


async def test_a_role_an_administrator_extended_stays_extended(app: App) -> None:
    roles = app.kinds.served[next(key for key in app.kinds.served if key.resource == "clusterroles")]
    role = dict(app.kinds.plain(roles.resource).peek("", "system:image-puller") or {})
    role["rules"] = [*role["rules"], {"verbs": ["get"], "apiGroups": [""], "resources": ["configmaps"]}]
    admin = User("system:admin", groups=("system:masters",))
    await roles.update("", "system:image-puller", role, Ask.internal(datetime.now(UTC), user=admin))
    await app.recover()
    kept = app.kinds.plain(roles.resource).peek("", "system:image-puller") or {}
    assert kept["rules"] == role["rules"]


def test_an_htpasswd_file_that_is_not_there_is_said_at_the_start(tmp_path: Path) -> None:
    settings = Settings(access=Access(htpasswd=str(tmp_path / "none")))
    with pytest.raises(Invalid, match="access.htpasswd: there is no file"):
        build(settings, tmp_path, HOST)


async def test_the_image_configuration_tells_where_the_registry_is_and_keeps_what_administrators_said(
    tmp_path: Path,
) -> None:
    settings = Settings(registry=Registry(external_hostnames=["registry.example"]))
    for hostname in ("one.test:5000", "two.test:5000"):
        app = build(settings, tmp_path, hostname)
        await app.recover()
        configs = app.kinds.plain(plain.IMAGE_CONFIGS)
        found = configs.peek("", "cluster") or {}
        assert found["status"]["internalRegistryHostname"] == hostname
        assert found["status"]["externalRegistryHostnames"] == ["registry.example"]
        if hostname == "one.test:5000":
            spec = {"allowedRegistriesForImport": [{"domainName": "quay.test"}]}
            await configs.update("", "cluster", {**found, "spec": spec}, Ask.internal(datetime.now(UTC)))
        else:
            assert found["spec"] == {"allowedRegistriesForImport": [{"domainName": "quay.test"}]}
        await app.close()


async def test_readiness_looks_at_the_log_and_the_blobs(app: App, tmp_path: Path) -> None:
    ready = await app.api(request_for("GET", "/readyz?verbose"))
    assert ready.body == b"[+]ping ok\n[+]log ok\n[+]blobs ok\nreadyz check passed\n"
    (tmp_path / "blobs").rename(tmp_path / "away")
    unready = await app.api(request_for("GET", "/readyz"))
    assert (unready.status, unready.body) == (
        503,
        b"[+]ping ok\n[+]log ok\n[-]blobs failed: the folder of blobs cannot be read\nreadyz check failed\n",
    )
    assert (await app.api(request_for("GET", "/livez"))).status == 200
