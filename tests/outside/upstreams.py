"""Other registries for our server to pull from: Debian's docker-registry, and what our server must be told of them."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bcrypt

from roadstead.base.certificates import Certificates
from roadstead.testing.running import Server
from tests.outside.programs import needed

READY_SECONDS = 20.0
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
def docker_registry(folder: Path, *, accounts: bool = False, tls: bool = False, port: int = 0) -> Iterator[Other]:
    """Debian's docker-registry on loopback, for the length of a block; its data stays in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    config: dict[str, Any] = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": f"127.0.0.1:{port}"},
    }
    if accounts:
        name, password = ACCOUNT
        (folder / "htpasswd").write_text(f"{name}:{bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()}\n")
        config["auth"] = {"htpasswd": {"realm": "upstream", "path": str(folder / "htpasswd")}}
    authority = folder / "own" / "ca.crt" if tls else None
    if authority is not None:
        Certificates(folder / "own", ["127.0.0.1"]).ensure(datetime.now(UTC))
        made = folder / "own" / "tls"
        config["http"]["tls"] = {"certificate": str(made / "serving.crt"), "key": str(made / "serving.key")}
    (folder / "config.yml").write_text(json.dumps(config))
    command = [needed("docker-registry"), "serve", str(folder / "config.yml")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield Other(f"127.0.0.1:{port}", ACCOUNT if accounts else None, authority)
    finally:
        process.terminate()
        process.wait(READY_SECONDS)


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


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + READY_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert process.poll() is None, "docker-registry ended"
            assert time.monotonic() < end, "docker-registry does not listen"
            time.sleep(0.02)
        else:
            return
