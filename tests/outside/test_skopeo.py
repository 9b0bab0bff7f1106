"""skopeo copies images in and out over TLS, and every digest stays what it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from roadstead.testing.running import Server
from tests.outside.images import Image, MultiPlatform, digests_of_layout, sha256
from tests.outside.programs import Shell

pytestmark = pytest.mark.outside


def copy(shell: Shell, source: str, target: str, *options: str) -> None:
    """`skopeo copy` with the administrator's token as password, wherever the registry stands."""
    sides = [side for side, place in (("src", source), ("dest", target)) if place.startswith("docker://")]
    access = [f"--{side}-{option}" for side in sides for option in access_options(shell)]
    shell.run("skopeo", "copy", *access, *options, source, target)


def access_options(shell: Shell) -> tuple[str, str]:
    return f"creds=admin:{shell.server.token}", f"cert-dir={shell.certs}"


def ask(shell: Shell, verb: str, place: str, *options: str) -> str:
    return shell.run("skopeo", verb, *(f"--{option}" for option in access_options(shell)), *options, place)


def test_an_oci_layout_goes_in_and_comes_out_with_every_digest(shell: Shell, tmp_path: Path) -> None:
    image, place = Image("a layout"), f"docker://{shell.server.host}/shop/layout:v1"
    copy(shell, f"oci:{image.layout(tmp_path / 'in')}:v1", place)
    copy(shell, place, f"oci:{tmp_path / 'out'}:v1")
    assert digests_of_layout(tmp_path / "out") == digests_of_layout(tmp_path / "in")
    assert json.loads(ask(shell, "inspect", place))["Digest"] == image.digest
    assert sha256(ask(shell, "inspect", place, "--raw").encode()) == image.digest


def test_a_docker_archive_goes_in_and_its_config_comes_out_unchanged(shell: Shell, tmp_path: Path) -> None:
    image, place = Image("an archive"), f"docker://{shell.server.host}/shop/archive:v1"
    copy(shell, f"docker-archive:{image.docker_archive(tmp_path / 'in.tar', 'web:v1')}", place)
    assert sha256(ask(shell, "inspect", place, "--config", "--raw").encode()) == sha256(image.config)
    copy(shell, place, f"docker-archive:{tmp_path / 'out.tar'}:web:v1")
    assert (tmp_path / "out.tar").stat().st_size > len(image.layer)


def test_an_index_for_several_platforms_goes_in_and_comes_out_whole(shell: Shell, tmp_path: Path) -> None:
    many = MultiPlatform((Image("many", "amd64"), Image("many", "arm64")))
    place = f"docker://{shell.server.host}/shop/many:v1"
    copy(shell, f"oci:{many.layout(tmp_path / 'in')}:v1", place, "--all", "--preserve-digests")
    copy(shell, place, f"oci:{tmp_path / 'out'}:v1", "--all", "--preserve-digests")
    assert digests_of_layout(tmp_path / "out") == digests_of_layout(tmp_path / "in")
    assert json.loads(ask(shell, "inspect", place))["Digest"] == many.digest


def test_tags_are_listed(shell: Shell, tmp_path: Path) -> None:
    layout, repository = Image("tagged").layout(tmp_path / "in"), f"docker://{shell.server.host}/shop/tagged"
    for tag in ("v1", "v2"):
        copy(shell, f"oci:{layout}:v1", f"{repository}:{tag}")
    assert json.loads(ask(shell, "list-tags", repository))["Tags"] == ["v1", "v2"]


def test_an_image_in_a_tags_history_is_deleted_only_once_the_tag_is(shell: Shell, tmp_path: Path) -> None:
    image, repository = Image("deleted"), f"docker://{shell.server.host}/shop/deleted"
    copy(shell, f"oci:{image.layout(tmp_path / 'in')}:v1", f"{repository}:v1")
    assert "delete the tag first" in refused(shell, "delete", f"{repository}:v1")  # skopeo asks by digest
    with shell.server.ask_registry() as registry:
        assert registry.request("DELETE", "/v2/shop/deleted/manifests/v1").status == 202
    ask(shell, "delete", f"{repository}@{image.digest}")
    assert "manifest unknown" in refused(shell, "inspect", f"{repository}@{image.digest}")


def refused(shell: Shell, verb: str, place: str) -> str:
    return shell.run("skopeo", verb, *(f"--{option}" for option in access_options(shell)), place, fails=True)


def test_a_wrong_password_is_refused(shell: Shell) -> None:
    place = f"docker://{shell.server.host}/shop/layout:v1"
    failure = shell.run("skopeo", "inspect", "--creds=admin:wrong", f"--cert-dir={shell.certs}", place, fails=True)
    assert "unauthorized" in failure.lower() or "invalid username/password" in failure.lower()


def test_without_the_ca_the_server_is_not_trusted(shell: Shell, server: Server) -> None:
    place = f"docker://{server.host}/shop/layout:v1"
    failure = shell.run("skopeo", "inspect", f"--creds=admin:{server.token}", place, fails=True)
    assert "certificate signed by unknown authority" in failure
