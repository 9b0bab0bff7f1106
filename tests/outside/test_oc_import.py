"""The real oc brings images in, in all the ways it knows, and tells what became of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from roadstead.testing import builders
from roadstead.testing.builders import Content
from roadstead.testing.running import Server
from tests.outside.programs import Shell
from tests.outside.registries import Registry, docker_registry
from tests.outside.shop import keeping_fresh, until

pytestmark = pytest.mark.outside

HOSTNAME = "registry.test:5000"
CHILDREN = (builders.docker_image("amd"), builders.docker_image("arm"))
MANY = builders.docker_list(*CHILDREN)
WEB = builders.image("web")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server, which keeps tags fresh every second."""
    with keeping_fresh(tmp_path_factory.mktemp("oc-import") / "data", ROADSTEAD_REGISTRY_HOSTNAME=HOSTNAME) as started:
        yield started


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry without TLS."""
    with docker_registry(tmp_path_factory.mktemp("plain")) as registry:
        registry.push("team/web", WEB, "v1", "latest", "1.0")
        registry.push("team/many", MANY, "v1", children=CHILDREN)
        yield registry


def oc(shell: Shell, *command: str, fails: bool = False) -> str:
    return shell.run("oc", "-n", "shop", *command, fails=fails)


def tag_of(shell: Shell, name: str) -> dict[str, object]:
    """An ImageStreamTag, in short: the image, where it is pulled from, and its policies."""
    found = json.loads(oc(shell, "get", "imagestreamtag", name, "-o", "json"))
    spec = found.get("tag") or {}
    return {
        "image": found["image"]["metadata"]["name"],
        "from": found["image"]["dockerImageReference"].partition("@")[0],
        "scheduled": bool((spec.get("importPolicy") or {}).get("scheduled")),
    }


def test_a_stream_that_is_not_there_is_made_only_when_that_is_confirmed(shell: Shell, plain: Registry) -> None:
    source = f"--from={plain.host}/team/web:v1"
    assert "pass --confirm to create and import" in oc(
        shell, "import-image", "web:v1", source, "--insecure", fails=True
    )
    said = oc(shell, "import-image", "web:v1", source, "--insecure", "--confirm")
    assert "web imported" in said
    assert WEB.digest in said
    assert tag_of(shell, "web:v1") == {"image": WEB.digest, "from": f"{plain.host}/team/web", "scheduled": False}


def test_a_dry_run_shows_and_keeps_nothing(shell: Shell, plain: Registry) -> None:
    source = (f"--from={plain.host}/team/web:v1", "--insecure", "--confirm", "--dry-run")
    assert WEB.digest in oc(shell, "import-image", "dry:v1", *source)
    assert "not found" in oc(shell, "get", "is", "dry", fails=True)


def test_all_tags_come_in_and_are_kept_fresh(shell: Shell, plain: Registry) -> None:
    plain.push("team/fresh", builders.image("first"), "v1", "v2")
    options = ("--all", "--confirm", "--insecure", "--scheduled", "--reference-policy=local")
    oc(shell, "import-image", "fresh", f"--from={plain.host}/team/fresh", *options)
    second = plain.push("team/fresh", builders.image("second"), "v2")
    until(lambda: tag_of(shell, "fresh:v2")["image"] == second.digest)
    assert tag_of(shell, "fresh:v2") == {"image": second.digest, "from": f"{HOSTNAME}/shop/fresh", "scheduled": True}
    described = oc(shell, "describe", "is", "fresh")
    assert f"updates automatically from registry {plain.host}/team/fresh:v2" in described
    assert "prefer registry pullthrough when referencing this tag" in described


@pytest.mark.parametrize(("mode", "image"), [("Legacy", CHILDREN[0]), ("PreserveOriginal", MANY)])
def test_an_index_comes_in_as_one_image_or_whole(shell: Shell, plain: Registry, mode: str, image: Content) -> None:
    options = (f"--from={plain.host}/team/many:v1", "--confirm", "--insecure", f"--import-mode={mode}")
    oc(shell, "import-image", f"many-{mode.lower()}:v1", *options)
    assert tag_of(shell, f"many-{mode.lower()}:v1")["image"] == image.digest


def test_a_tag_that_fails_is_explained_and_comes_in_once_it_is_there(shell: Shell, plain: Registry) -> None:
    source = f"{plain.host}/team/later:v1"
    failed = oc(shell, "import-image", "later:v1", f"--from={source}", "--insecure", "--confirm", fails=True)
    assert f'tag v1 failed: dockerimage.image.openshift.io "{source}" not found' in failed
    assert f'Import failed (NotFound): dockerimage.image.openshift.io "{source}"' in oc(
        shell, "describe", "is", "later"
    )
    image = plain.push("team/later", builders.image("later"), "v1")
    oc(shell, "import-image", "later:v1", "--insecure")
    assert tag_of(shell, "later:v1")["image"] == image.digest
    assert "Import failed" not in oc(shell, "describe", "is", "later")


def test_oc_tag_points_elsewhere_and_the_loops_bring_it(shell: Shell, plain: Registry) -> None:
    oc(shell, "tag", "--source=docker", f"{plain.host}/team/web:v1", "tagged:v1", "--insecure")
    until(lambda: '"image":' in oc(shell, "get", "is", "tagged", "-o", "json"))
    assert tag_of(shell, "tagged:v1")["image"] == WEB.digest


def test_a_secret_made_by_oc_opens_a_private_registry(shell: Shell, tmp_path: Path) -> None:
    with docker_registry(tmp_path / "locked", accounts=True) as locked:
        image = locked.push("team/web", builders.image("private"), "v1")
        options = (f"--from={locked.host}/team/web:v1", "--insecure", "--confirm")
        assert "may not have access" in oc(shell, "import-image", "private:v1", *options, fails=True)
        name, word = locked.account
        login = (f"--docker-server={locked.host}", f"--docker-username={name}", f"--docker-password={word}")
        oc(shell, "create", "secret", "docker-registry", "robot", *login)
        oc(shell, "import-image", "private:v1", *options)
    assert tag_of(shell, "private:v1")["image"] == image.digest
