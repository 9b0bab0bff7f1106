"""Other registries for our server to pull from, and what our server must be told of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roadstead.testing import docker_registry as debian
from roadstead.testing.running import Server, running
from tests.outside.programs import needed

ACCOUNT = ("robot", "s3cret-of-robot")


@dataclass(frozen=True)
class Other:
    """A registry: host[:port], the user and password it wants, the file of its CA (PEM); without one, plain http."""

    host: str
    account: tuple[str, str] | None = None
    authority: Path | None = None

    def options(self, side: str) -> list[str]:
        """What skopeo needs for it, as `src` or `dest`."""
        login = [f"--{side}-creds={':'.join(self.account)}"] if self.account else [f"--{side}-no-creds"]
        if self.authority is None:
            return [*login, f"--{side}-tls-verify=false"]
        return [*login, f"--{side}-cert-dir={self.authority.parent}"]


@contextmanager
def docker_registry(folder: Path, *, accounts: bool = False, tls: bool = False) -> Iterator[Other]:
    """Debian's docker-registry on loopback, for the length of a block; its data stays in the folder."""
    needed("docker-registry")
    with debian.running(folder, accounts=dict([ACCOUNT]) if accounts else None, tls=tls) as started:
        yield Other(started.host, ACCOUNT if accounts else None, started.ca)


@contextmanager
def second_roadstead(folder: Path) -> Iterator[Other]:
    """Another one of ours, with its token service, and a user who may push to and pull from `team`."""
    with running(folder / "data", ROADSTEAD_IMAGES_AUTH_FILES="none") as other:
        with other.ask_api() as api:
            assert api.send_json("POST", "/api/v1/namespaces", {"metadata": {"name": "team"}}).status == 201
        yield Other(other.host, ("admin", other.token), other.folder / "ca.crt")


KINDS: dict[str, Callable[[Path], AbstractContextManager[Other]]] = {
    "plain": lambda folder: docker_registry(folder),
    "htpasswd": lambda folder: docker_registry(folder, accounts=True),
    "tls": lambda folder: docker_registry(folder, accounts=True, tls=True),
    "roadstead": second_roadstead,
}
"""The kinds of registry images come from, each started in a folder of its own."""


def tell_of(server: Server, other: Other, namespace: str = "shop") -> None:
    """Our server learns the password of the other registry, and its CA."""
    with server.ask_api() as api:
        if other.account is not None:
            user, password = other.account
            keys = json.dumps({"auths": {other.host: {"username": user, "password": password}}})
            data = {".dockerconfigjson": base64.b64encode(keys.encode()).decode()}
            name = f"keys-{other.host.replace('.', '-').replace(':', '-')}"
            secret = {"metadata": {"name": name}, "type": "kubernetes.io/dockerconfigjson", "data": data}
            assert api.send_json("POST", f"/api/v1/namespaces/{namespace}/secrets", secret).status == 201
        if other.authority is not None:
            api.send_json("POST", "/api/v1/namespaces", {"metadata": {"name": "openshift-config"}})
            data = {other.host.replace(":", ".."): other.authority.read_text()}
            path, authorities = "/api/v1/namespaces/openshift-config/configmaps", {"metadata": {"name": "authorities"}}
            if api.send_json("POST", path, {**authorities, "data": data}).status == 409:
                media_type = "application/merge-patch+json"
                assert api.send_json("PATCH", f"{path}/authorities", {"data": data}, media_type).status == 200
            configure(server, {"additionalTrustedCA": {"name": "authorities"}})


def configure(server: Server, spec: dict[str, Any]) -> None:
    """Puts something into the spec of `image.config.openshift.io/cluster`."""
    path = "/apis/config.openshift.io/v1/images"
    with server.ask_api() as api:
        made = api.send_json("POST", path, {"metadata": {"name": "cluster"}, "spec": spec})
        if made.status == 409:
            made = api.send_json("PATCH", f"{path}/cluster", {"spec": spec}, "application/merge-patch+json")
        assert made.status in (200, 201), made


def import_image(
    server: Server, reference: str, stream: str, *, insecure: bool = False, namespace: str = "shop"
) -> None:
    """`oc import-image`: the tag v1 of a stream comes from the reference."""
    item = {
        "from": {"kind": "DockerImage", "name": reference},
        "to": {"name": "v1"},
        "importPolicy": {"insecure": insecure, "importMode": "PreserveOriginal"},
        "referencePolicy": {"type": "Local"},
    }
    head = {"kind": "ImageStreamImport", "apiVersion": "image.openshift.io/v1", "metadata": {"name": stream}}
    body = {**head, "spec": {"import": True, "images": [item]}}
    with server.ask_api() as api:
        path = f"/apis/image.openshift.io/v1/namespaces/{namespace}/imagestreamimports"
        answer = api.send_json("POST", path, body)
    assert answer.status == 201, answer
    status = answer.json()["status"]["images"][0]["status"]
    assert status["status"] == "Success", status
