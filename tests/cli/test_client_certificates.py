"""Certificates at the doors: the API knows people by those our CA signed for clients, the registry asks for none."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from roadstead.base.certificates import Certificates
from roadstead.testing.running import Server, running

MYSELF = "/apis/user.openshift.io/v1/users/~"
FORGED = {
    "X-Remote-User": "system:admin",
    "X-Remote-Group": "system:masters",
    "X-Remote-Extra-Scopes": "user:full",
    "X-Forwarded-User": "system:admin",
    "X-SSL-Client-CN": "system:admin",
    "X-Client-Cert": "system:admin",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server over TLS."""
    with running(tmp_path_factory.mktemp("certificates") / "data") as started:
        yield started


def ask(server: Server, url: str, path: str, pair: Path | None, headers: Mapping[str, str] | None = None) -> Reply:
    """The answer over a connection of its own that shows a certificate (`pair`: both PEMs in one file)."""
    context = ssl.create_default_context(cafile=str(server.folder / "ca.crt"))
    if pair is not None:
        context.load_cert_chain(pair)
    connection = http.client.HTTPSConnection(urlsplit(url).netloc, timeout=20, context=context)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


Reply = tuple[int, bytes]


def administrators(server: Server, folder: Path) -> Path:
    """The administrator's pair out of the kubeconfig."""
    user = yaml.safe_load((server.folder / "admin.kubeconfig").read_text())["users"][0]["user"]
    file = folder / "admin.pem"
    file.write_bytes(b"".join(base64.b64decode(user[f"client-{name}-data"]) for name in ("certificate", "key")))
    return file


def signed_by(folder: Path, into: Path, name: str, group: str, now: datetime | None = None) -> Path:
    """A client's pair signed by the authority in a folder."""
    pair = Certificates(folder, []).client(f"{name}-{into.name}", name, group, now or datetime.now(UTC))
    file = into / f"{name}.pem"
    file.write_bytes(b"".join(pair))
    return file


def test_the_administrators_kubeconfig_is_the_administrator(server: Server, tmp_path: Path) -> None:
    status, body = ask(server, server.api, MYSELF, administrators(server, tmp_path))
    assert status == 200
    assert json.loads(body)["metadata"]["name"] == "system:admin"
    assert "system:masters" in json.loads(body)["groups"]


def test_a_token_shown_counts_before_the_certificate(server: Server, tmp_path: Path) -> None:
    pair = administrators(server, tmp_path)
    assert ask(server, server.api, MYSELF, pair, {"Authorization": "Bearer wrong"})[0] == 401


def test_a_certificate_gives_no_more_than_its_user_may(server: Server, tmp_path: Path) -> None:
    pair = signed_by(server.folder, tmp_path, "alice", "devs")
    status, body = ask(server, server.api, MYSELF, pair)
    assert (status, json.loads(body)["groups"]) == (200, ["devs", "system:authenticated"])
    assert ask(server, server.api, "/api/v1/secrets", pair)[0] == 403


@pytest.mark.parametrize("case", ["expired", "of another authority", "made for servers"])
def test_a_certificate_that_is_no_good_opens_nothing(server: Server, tmp_path: Path, case: str) -> None:
    if case == "expired":
        pair = signed_by(server.folder, tmp_path, "old", "system:masters", datetime.now(UTC) - timedelta(days=500))
    elif case == "of another authority":
        other = Certificates(tmp_path / "other", ["localhost"])
        (tmp_path / "other").mkdir()
        other.ensure(datetime.now(UTC))
        pair = signed_by(tmp_path / "other", tmp_path, "system:admin", "system:masters")
    else:
        tls, pair = server.folder / "tls", tmp_path / "serving.pem"
        pair.write_bytes((tls / "serving.crt").read_bytes() + (tls / "serving.key").read_bytes())
    try:
        status, _ = ask(server, server.api, MYSELF, pair)
    except (ssl.SSLError, ConnectionError):
        return
    assert status in (401, 403)


def test_no_header_names_a_caller(server: Server, tmp_path: Path) -> None:
    pair = signed_by(server.folder, tmp_path, "alice", "devs")
    for shown in (None, pair):
        status, body = ask(server, server.api, "/api/v1/secrets", shown, FORGED)
        assert status == 403
        assert "system:admin" not in json.loads(body)["message"]
    assert ask(server, server.registry, "/v2/_catalog", None, FORGED)[0] == 401


def test_the_registry_asks_for_no_certificate_and_believes_none(server: Server, tmp_path: Path) -> None:
    assert ask(server, server.registry, "/v2/", administrators(server, tmp_path))[0] == 401
