"""skopeo and podman pull what lives in another registry, and pull it again when that one is gone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from roadstead.oci.mediatypes import OCI_INDEX
from roadstead.testing import builders
from roadstead.testing.asking import Client
from roadstead.testing.running import Server, running
from tests.outside.images import Image, MultiPlatform, digests_of_layout
from tests.outside.programs import Shell
from tests.outside.registries import Registry
from tests.outside.upstreams import KINDS, configure, docker_registry, import_image, tell_of

pytestmark = pytest.mark.outside
NAME = "registry.test:5000"
LONELY: dict[str, Any] = {
    "ROADSTEAD_OUTBOUND_ALLOW": "127.0.0.1",
    "ROADSTEAD_IMAGES_AUTH_FILES": "none",
    "ROADSTEAD_REGISTRY_HOSTNAME": NAME,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that may ask registries on loopback and knows no keys of this machine's."""
    with running(tmp_path_factory.mktemp("through") / "data", **LONELY) as started:
        with started.ask_api() as api:
            assert api.send_json("POST", "/api/v1/namespaces", {"metadata": {"name": "shop"}}).status == 201
        yield started
        assert "Traceback" not in started.log


def pull(shell: Shell, stream: str, target: Path, *options: str) -> None:
    """`skopeo copy` of a stream's v1 into a layout."""
    access = [f"--src-creds=admin:{shell.server.token}", f"--src-cert-dir={shell.certs}"]
    shell.run("skopeo", "copy", *access, *options, f"docker://{shell.server.host}/shop/{stream}:v1", f"oci:{target}:v1")


def by_skopeo(shell: Shell, stream: str, target: Path) -> object:
    """What skopeo pulls: every digest."""
    pull(shell, stream, target)
    return digests_of_layout(target)


def by_podman(shell: Shell, stream: str, _: Path) -> object:
    """What podman pulls into a storage that is empty: the digest of the image, and its label."""
    name, certs = f"{shell.server.host}/shop/{stream}:v1", f"--cert-dir={shell.certs}"
    shell.run("podman", "login", "-u", "admin", "--password-stdin", certs, shell.server.host, input=shell.server.token)
    shell.run("podman", "rmi", "-a", "-f")
    shell.run("podman", "pull", certs, name)
    digest, text = shell.run("podman", "image", "inspect", "-f", "{{.Digest}}|{{.Labels.text}}", name).split("|")
    return digest, text.strip()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("by", [by_skopeo, by_podman], ids=["skopeo", "podman"])
def test_an_imported_image_is_pulled_and_pulled_again_without_the_other_registry(
    by: Callable[[Shell, str, Path], object], kind: str, shell: Shell, tmp_path: Path
) -> None:
    stream = f"{by.__name__.replace('_', '-')}-{kind}"
    image, server = Image(f"for {stream}"), shell.server
    with KINDS[kind](tmp_path / "other") as other:
        source, place = image.layout(tmp_path / "in"), f"docker://{other.host}/team/web:v1"
        shell.run("skopeo", "copy", *other.options("dest"), f"oci:{source}:v1", place)
        tell_of(server, other)
        import_image(server, f"{other.host}/team/web:v1", stream, insecure=other.authority is None)
        first = by(shell, stream, tmp_path / "out")
    assert first in (digests_of_layout(source), (image.digest, image.text))
    assert by(shell, stream, tmp_path / "again") == first


@pytest.mark.parametrize("kind", KINDS)
def test_what_hangs_on_an_image_is_found_beside_it_and_again_without_the_other_registry(
    kind: str, server: Server, tmp_path: Path
) -> None:
    image, stream = builders.image(f"signed, at {kind}"), f"signed-{kind}"
    sbom, signature = builders.artifact(image), builders.image(f"signature, at {kind}", 1)
    listed = {"mediaType": OCI_INDEX, "manifests": [sbom.described(artifactType=builders.SBOM)]}
    tag = image.digest.replace(":", "-")
    with KINDS[kind](tmp_path / "other") as other, server.ask_registry() as ask:
        tell_of(server, other)
        registry = Registry(other)
        registry.push("team/web", image, "v1")
        registry.push("team/web", sbom)
        registry.push("team/web", builders.manifest(listed), tag)  # what clients of old registries keep there
        registry.push("team/web", signature, f"{tag}.sig")
        import_image(server, f"{registry.host}/team/web:v1", stream, insecure=other.authority is None)
        first = beside(ask, stream, image.digest)
    assert first == ([sbom.digest], signature.data)
    with server.ask_registry() as ask:
        assert beside(ask, stream, image.digest) == first


def beside(ask: Client, stream: str, digest: str) -> tuple[list[str], bytes]:
    """Referrers of an image of the stream, whole, and the signature that cosign would read."""
    names = [each["digest"] for each in ask.get(f"/v2/shop/{stream}/referrers/{digest}").json()["manifests"]]
    for name in names:
        for layer in ask.get(f"/v2/shop/{stream}/manifests/{name}").json()["layers"]:
            assert ask.get(f"/v2/shop/{stream}/blobs/{layer['digest']}").status == 200
    return names, ask.get(f"/v2/shop/{stream}/manifests/{digest.replace(':', '-')}.sig").body


def test_an_index_is_pulled_whole(shell: Shell, tmp_path: Path) -> None:
    many = MultiPlatform((Image("whole", "amd64"), Image("whole", "arm64")))
    with docker_registry(tmp_path / "other") as other:
        source, place = many.layout(tmp_path / "in"), f"docker://{other.host}/team/many:v1"
        options = [*other.options("dest"), "--all", "--preserve-digests"]
        shell.run("skopeo", "copy", *options, f"oci:{source}:v1", place)
        import_image(shell.server, f"{other.host}/team/many:v1", "many", insecure=True)
        pull(shell, "many", tmp_path / "out", "--all", "--preserve-digests")
    assert digests_of_layout(tmp_path / "out") == digests_of_layout(source)
    pull(shell, "many", tmp_path / "again", "--all", "--preserve-digests")
    assert digests_of_layout(tmp_path / "again") == digests_of_layout(source)


def test_the_stream_says_to_pull_from_here(shell: Shell, tmp_path: Path) -> None:
    with docker_registry(tmp_path / "other") as other:
        place = f"docker://{other.host}/team/here:v1"
        shell.run("skopeo", "copy", *other.options("dest"), f"oci:{Image('here').layout(tmp_path / 'in')}:v1", place)
        import_image(shell.server, f"{other.host}/team/here:v1", "here", insecure=True)
    tag = json.loads(shell.run("kubectl", "-n", "shop", "get", "imagestreamtag", "here:v1", "-o", "json"))
    assert tag["image"]["dockerImageReference"] == f"{NAME}/shop/here@{Image('here').digest}"


def test_a_mirror_gives_what_its_source_cannot_and_a_block_keeps_us_away(shell: Shell, tmp_path: Path) -> None:
    image, server = Image("mirrored"), shell.server
    with docker_registry(tmp_path / "source") as source, docker_registry(tmp_path / "mirror") as mirror:
        layout = image.layout(tmp_path / "in")
        for place in (f"{source.host}/team/web:v1", f"{mirror.host}/copy/web:v1"):
            shell.run("skopeo", "copy", *source.options("dest"), f"oci:{layout}:v1", f"docker://{place}")
        import_image(server, f"{source.host}/team/web:v1", "mirrored", insecure=True)
        sources = {"insecureRegistries": [mirror.host], "blockedRegistries": [source.host]}
        configure(server, {"registrySources": sources})
        failure = shell.run(
            "skopeo", "copy", f"--src-creds=admin:{server.token}", f"--src-cert-dir={shell.certs}",
            f"docker://{server.host}/shop/mirrored:v1", f"oci:{tmp_path}/no:v1", fails=True,
        )  # fmt: skip
        assert "blockedRegistries" in failure
        rule = {"source": f"{source.host}/team", "mirrors": [f"{mirror.host}/copy"]}
        with server.ask_api() as api:
            path = "/apis/config.openshift.io/v1/imagedigestmirrorsets"
            spec = {"imageDigestMirrors": [{**rule, "mirrorSourcePolicy": "NeverContactSource"}]}
            assert api.send_json("POST", path, {"metadata": {"name": "copy"}, "spec": spec}).status == 201
        pull(shell, "mirrored", tmp_path / "out")
    assert digests_of_layout(tmp_path / "out") == digests_of_layout(layout)
    configure(server, {"registrySources": None})
