"""Secrets at rest, in a whole app: nothing readable on disk, no start without the key, a new key taken up."""

from __future__ import annotations

from pathlib import Path

import pytest

from roadstead.app.build import build
from roadstead.base.settings import Settings
from roadstead.cli.secret_keys import add
from roadstead.objects.sealkeys import Unsealable, new_line
from tests.whole.world import opened

PASSWORD = "correct-horse-battery"
ENCODED = "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5"


async def with_a_secret(folder: Path) -> None:
    """An app that kept a secret and an OAuth client, and was closed."""
    world = await opened(folder)
    body = {"metadata": {"name": "s"}, "stringData": {"password": PASSWORD}}
    await world.must("POST", "/api/v1/namespaces/default/secrets", body)
    client = {"metadata": {"name": "c"}, "grantMethod": "auto", "redirectURIs": ["https://x.test"], "secret": PASSWORD}
    await world.must("POST", "/apis/oauth.openshift.io/v1/oauthclients", client)
    assert_unreadable(folder)
    await world.app.close()


def assert_unreadable(folder: Path) -> None:
    """No form of the password is in any file of the folder."""
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert PASSWORD.encode() not in data, path
            assert ENCODED.encode() not in data, path


async def test_nothing_on_disk_shows_a_secret_and_the_api_still_does(tmp_path: Path) -> None:
    await with_a_secret(tmp_path)
    assert_unreadable(tmp_path)
    world = await opened(tmp_path)
    found = await world.must("GET", "/api/v1/namespaces/default/secrets/s")
    assert found["data"] == {"password": ENCODED}
    await world.app.close()


@pytest.mark.parametrize("key", ["lost", "another", "damaged"])
async def test_without_the_right_key_no_start(tmp_path: Path, key: str) -> None:
    await with_a_secret(tmp_path)
    file = tmp_path / "tls" / "objects.keys"
    file.unlink()
    if key != "lost":
        file.write_text(new_line() if key == "another" else "deadbeef AAAA")
    with pytest.raises(Unsealable, match="restore (that file|it) from a backup"):
        await opened(tmp_path)


async def test_a_new_key_encrypts_what_is_there_anew(tmp_path: Path) -> None:
    await with_a_secret(tmp_path)
    file = tmp_path / "tls" / "objects.keys"
    old = file.read_text()
    assert "encrypts from now on" in add(Settings(data=str(tmp_path)))
    app = build(Settings(), tmp_path, "registry.test:5000")
    await app.recover()
    assert await app.log.renew() >= 2
    await app.close()
    file.write_text(file.read_text().removesuffix(old))
    world = await opened(tmp_path)
    assert (await world.must("GET", "/api/v1/namespaces/default/secrets/s"))["data"] == {"password": ENCODED}
    await world.app.close()
