"""`roadstead copy` between real registries: Debian's docker-registry, a second Roadstead, and what skopeo reads."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from roadstead.testing import docker_registry
from roadstead.testing.builders import Content, artifact
from roadstead.testing.docker_registry import DockerRegistry
from roadstead.testing.running import PROGRAM, Server, running
from tests.outside.images import Image, MultiPlatform, digests_of_layout, sha256, write_layout
from tests.outside.programs import Shell, needed

pytestmark = [
    pytest.mark.outside,
    pytest.mark.skipif(not docker_registry.is_installed(), reason="docker-registry is not installed"),
]
ACCOUNT = "robot:s3cret"
MANY = MultiPlatform((Image("many", "amd64"), Image("many", "arm64")))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRegistry]:
    """docker-registry over plain http."""
    with docker_registry.running(tmp_path_factory.mktemp("plain")) as registry:
        yield registry


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRegistry]:
    """docker-registry over TLS, with passwords."""
    with docker_registry.running(tmp_path_factory.mktemp("locked"), accounts={"robot": "s3cret"}, tls=True) as registry:
        yield registry


@dataclass(frozen=True)
class Desk:
    """Where commands are typed: a home of its own that trusts the registries it is told to."""

    shell: Shell

    def trusts(self, host: str, ca: Path) -> None:
        """As `certs.d` of a user."""
        folder = self.shell.folder / "config" / "containers" / "certs.d" / host
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(ca, folder / "ca.crt")

    def roadstead(self, *arguments: str, status: int = 0) -> str:
        """What the command prints; its errors when it is to fail."""
        done = subprocess.run(
            [PROGRAM, *arguments],
            capture_output=True,
            text=True,
            env={**self.shell.environment, "PATH": os.environ["PATH"]},
            cwd=self.shell.folder,
            timeout=60,
            check=False,
        )
        assert done.returncode == status, (arguments, done.stdout, done.stderr)
        return done.stderr if status else done.stdout

    def skopeo(self, *arguments: str) -> str:
        """The same by skopeo."""
        needed("skopeo")
        return self.shell.run("skopeo", *arguments)


@pytest.fixture
def desk(shell: Shell, server: Server) -> Desk:
    desk = Desk(shell)
    desk.trusts(server.host, server.folder / "ca.crt")
    return desk


def creds(side: str, server: Server) -> tuple[str, str]:
    return f"--{side}-creds", f"admin:{server.token}"


def layout_with_sbom(folder: Path) -> tuple[Path, Content]:
    """The image for several platforms, and an SBOM that refers to it."""
    index = Content(MANY.index, "application/vnd.oci.image.index.v1+json")
    sbom = artifact(index)
    MANY.layout(folder)
    for blob in (sbom, *sbom.blobs):
        (folder / "blobs" / "sha256" / blob.digest[7:]).write_bytes(blob.data)
    listed = json.loads((folder / "index.json").read_text())
    listed["manifests"].append(sbom.described())
    (folder / "index.json").write_text(json.dumps(listed))
    return folder, sbom


def test_an_image_travels_through_three_registries_and_stays_what_it_was(
    desk: Desk, server: Server, plain: DockerRegistry, locked: DockerRegistry, tmp_path: Path
) -> None:
    assert locked.ca is not None
    desk.trusts(locked.host, locked.ca)
    layout, sbom = layout_with_sbom(tmp_path / "in")
    first, second, third = f"{plain.host}/team/web:v1", f"{locked.host}/team/web:v1", f"{server.host}/shop/copied:v1"
    desk.roadstead("copy", "--insecure", f"oci:{layout}:v1", first)
    desk.roadstead("copy", "--src-insecure", "--dest-creds", ACCOUNT, first, second)
    said = desk.roadstead("copy", "--src-creds", ACCOUNT, *creds("dest", server), second, third)
    desk.roadstead("copy", *creds("src", server), third, f"oci:{tmp_path / 'out'}:v1")
    assert said.splitlines()[0] == MANY.digest
    assert digests_of_layout(tmp_path / "out") == digests_of_layout(layout)
    shown = json.loads(desk.roadstead("inspect", "--json", "--creds", f"admin:{server.token}", third))
    assert shown["referrers"] == [sbom.digest]


def test_from_one_roadstead_to_another_with_its_token_flow(
    desk: Desk, server: Server, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    layout, sbom = layout_with_sbom(tmp_path / "in")
    with running(tmp_path_factory.mktemp("second") / "data") as second:
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "away"}}
        with second.ask_api() as api:
            assert api.send_json("POST", "/api/v1/namespaces", namespace).status == 201
        desk.trusts(second.host, second.folder / "ca.crt")
        here, there = f"{server.host}/shop/moved:v1", f"{second.host}/away/moved:v1"
        desk.roadstead("copy", *creds("dest", server), f"oci:{layout}:v1", here)
        desk.roadstead("copy", *creds("src", server), *creds("dest", second), here, there)
        again = desk.roadstead("copy", *creds("src", server), *creds("dest", second), here, there)
        assert "0 B copied" in again
        shown = json.loads(desk.roadstead("inspect", "--json", "--creds", f"admin:{second.token}", there))
    assert (shown["digest"], shown["referrers"]) == (MANY.digest, [sbom.digest])


def test_what_podman_logged_in_to_needs_no_credentials_here(desk: Desk, locked: DockerRegistry, tmp_path: Path) -> None:
    assert locked.ca is not None
    desk.trusts(locked.host, locked.ca)
    needed("podman")
    place = f"{locked.host}/team/login:v1"
    layout = Image("login").layout(tmp_path / "in")
    assert "podman login" in desk.roadstead("copy", f"oci:{layout}:v1", place, status=4)
    desk.shell.run("podman", "login", "--cert-dir", str(locked.ca.parent), "-u", "robot", "-p", "s3cret", locked.host)
    desk.roadstead("copy", f"oci:{layout}:v1", place)
    assert Image("login").digest in desk.roadstead("inspect", place)


def test_a_wrong_password_and_an_unknown_ca_are_told_apart(desk: Desk, locked: DockerRegistry) -> None:
    assert locked.ca is not None
    place = f"{locked.host}/team/web:v1"
    unknown = desk.roadstead("inspect", "--creds", ACCOUNT, place, status=1)
    assert f"certs.d/{locked.host}/ca.crt" in unknown
    desk.trusts(locked.host, locked.ca)
    wrong = desk.roadstead("inspect", "--creds", "robot:wrong", place, status=4)
    assert "credentials are not accepted" in wrong
    assert "wrong" not in wrong.replace("credentials are not accepted", "")


def test_skopeo_reads_the_layouts_and_archives_we_write(desk: Desk, plain: DockerRegistry, tmp_path: Path) -> None:
    layout, place = MANY.layout(tmp_path / "in"), f"{plain.host}/team/skopeo:v1"
    desk.roadstead("copy", "--insecure", f"oci:{layout}:v1", place)
    for form, path in (("oci", tmp_path / "out"), ("oci-archive", tmp_path / "out.tar")):
        desk.roadstead("copy", "--insecure", place, f"{form}:{path}:v1")
        assert sha256(desk.skopeo("inspect", "--raw", f"{form}:{path}:v1").encode()) == MANY.digest
        back = tmp_path / f"back-{form}"
        desk.skopeo("copy", "--all", "--preserve-digests", f"{form}:{path}:v1", f"oci:{back}:v1")
        assert digests_of_layout(back) == digests_of_layout(layout)


def test_skopeo_and_podman_read_the_docker_archives_we_write(desk: Desk, plain: DockerRegistry, tmp_path: Path) -> None:
    place, file = f"{plain.host}/team/docker:v1", tmp_path / "web.tar"
    desk.roadstead("copy", "--insecure", f"oci:{MANY.layout(tmp_path / 'in')}:v1", place)
    desk.roadstead("copy", "--insecure", "--platform", "linux/arm64", place, f"docker-archive:{file}:web:v1")
    config = desk.skopeo("inspect", "--config", "--raw", f"docker-archive:{file}")
    assert sha256(config.encode()) == sha256(MANY.images[1].config)
    needed("podman")
    assert "web:v1" in desk.shell.run("podman", "load", "-i", str(file))


def test_we_read_what_skopeo_writes(desk: Desk, plain: DockerRegistry, tmp_path: Path) -> None:
    image = Image("by skopeo")
    layout = image.layout(tmp_path / "in")
    for form in ("oci-archive", "docker-archive"):
        file, place = tmp_path / f"{form}.tar", f"{plain.host}/team/{form}:v1"
        desk.skopeo("copy", f"oci:{layout}:v1", f"{form}:{file}:web:v1")
        desk.roadstead("copy", "--insecure", f"{form}:{file}", place)
        shown = json.loads(desk.roadstead("inspect", "--insecure", "--json", place))
        assert shown["labels"] == {"text": "by skopeo"}
        raw = desk.skopeo("inspect", "--tls-verify=false", "--config", "--raw", f"docker://{place}")
        assert sha256(raw.encode()) == sha256(image.config)


def test_a_large_blob_is_pushed_in_pieces(desk: Desk, server: Server, plain: DockerRegistry, tmp_path: Path) -> None:
    data = os.urandom(1 << 20) * 70
    config = b'{"os":"linux","architecture":"amd64"}'
    parts = [(config, "application/vnd.oci.image.config.v1+json"), (data, "application/vnd.oci.image.layer.v1.tar")]
    head, layer = ({"mediaType": kind, "digest": sha256(each), "size": len(each)} for each, kind in parts)
    kind = "application/vnd.oci.image.manifest.v1+json"
    manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "config": head, "layers": [layer]}).encode()
    layout = write_layout(tmp_path / "in", kind, manifest, [config, data])
    for place, options in (
        (f"{plain.host}/team/large:v1", ["--insecure"]),
        (f"{server.host}/shop/large:v1", creds("dest", server)),
    ):
        desk.roadstead("copy", *options, f"oci:{layout}:v1", place)
    desk.roadstead("copy", *creds("src", server), f"{server.host}/shop/large:v1", f"oci:{tmp_path / 'out'}:v1")
    assert digests_of_layout(tmp_path / "out") == digests_of_layout(layout)
