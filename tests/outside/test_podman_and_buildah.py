"""podman and buildah log in with the administrator's token over TLS, build, push and pull."""

from __future__ import annotations

import json

import pytest

from tests.outside.programs import Shell

pytestmark = pytest.mark.outside
CONTAINERFILE = "FROM scratch\nLABEL from=roadstead\n"


def log_in(shell: Shell, program: str) -> None:
    said = shell.run(
        program, "login", "-u", "admin", "--password-stdin", f"--cert-dir={shell.certs}", shell.server.host,
        input=shell.server.token,
    )  # fmt: skip
    assert "Login Succeeded" in said


def test_podman_builds_pushes_removes_and_pulls(shell: Shell) -> None:
    log_in(shell, "podman")
    image = f"{shell.server.host}/shop/podman:v1"
    shell.run("podman", "build", "-t", image, "-", input=CONTAINERFILE)
    built = shell.run("podman", "image", "inspect", "-f", "{{.Id}}", image)
    shell.run("podman", "push", f"--cert-dir={shell.certs}", "--digestfile=digest", image)
    shell.run("podman", "rmi", "-a", "-f")
    assert shell.run("podman", "images", "-q") == ""
    shell.run("podman", "pull", f"--cert-dir={shell.certs}", image)
    assert shell.run("podman", "image", "inspect", "-f", "{{.Id}}", image) == built
    assert shell.run("podman", "image", "inspect", "-f", "{{.Labels.from}}", image) == "roadstead\n"
    with shell.server.ask_registry() as registry:
        answer = registry.get("/v2/shop/podman/manifests/v1")
    assert answer.headers["Docker-Content-Digest"] == (shell.folder / "digest").read_text()


def test_podman_refuses_to_push_after_logout(shell: Shell) -> None:
    log_in(shell, "podman")
    image = f"{shell.server.host}/shop/loggedout:v1"
    shell.run("podman", "build", "-t", image, "-", input=CONTAINERFILE)
    shell.run("podman", "logout", shell.server.host)
    failure = shell.run("podman", "push", f"--cert-dir={shell.certs}", image, fails=True)
    assert "unauthorized" in failure or "authentication required" in failure


def test_buildah_builds_and_pushes(shell: Shell) -> None:
    log_in(shell, "buildah")
    image = f"{shell.server.host}/shop/buildah:v1"
    shell.run("buildah", "build", "-t", image, "-", input=CONTAINERFILE)
    shell.run("buildah", "push", f"--cert-dir={shell.certs}", image, f"docker://{image}")
    with shell.server.ask_registry() as registry:
        manifest = registry.get("/v2/shop/buildah/manifests/v1").json()
        config = registry.get(f"/v2/shop/buildah/blobs/{manifest['config']['digest']}").json()
    assert config["config"]["Labels"]["from"] == "roadstead"


def test_what_podman_pushed_is_an_image_with_its_facts_in_the_api(shell: Shell) -> None:
    log_in(shell, "podman")
    image = f"{shell.server.host}/shop/facts:v1"
    shell.run("podman", "build", "-t", image, "-", input=CONTAINERFILE)
    shell.run("podman", "push", f"--cert-dir={shell.certs}", image)
    with shell.server.ask_api() as api:
        tag = api.get("/apis/image.openshift.io/v1/namespaces/shop/imagestreamtags/facts:v1").json()
    assert tag["image"]["dockerImageMetadata"]["Config"]["Labels"]["from"] == "roadstead", json.dumps(tag)[:2000]
