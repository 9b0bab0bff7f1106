"""Kubeconfig files, as kubectl reads them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml

from roadstead.base.errors import Invalid
from roadstead.cli.kubeconfig import Connection, connection

PEM = "-----BEGIN CERTIFICATE-----\n"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def config(**user: Any) -> dict[str, Any]:
    return {
        "clusters": [{"name": "c", "cluster": {"server": "https://api.test:6443/"}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}],
        "current-context": "x",
    }


def read(folder: Path, content: object, context: str = "") -> Connection:
    file = folder / "config"
    file.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return connection(str(file), context, {}, folder)


def test_a_token_is_shown_to_the_server_of_the_current_context(tmp_path: Path) -> None:
    found = read(tmp_path, config(token="secret"))
    assert (found.server, found.authorization, found.namespace) == ("https://api.test:6443", "Bearer secret", "shop")
    assert "secret" not in repr(found)


def test_a_token_may_lie_in_a_file_and_a_name_comes_with_a_password(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n")
    assert read(tmp_path, config(tokenFile="token")).authorization == "Bearer secret"
    assert read(tmp_path, config(username="a", password="b")).authorization == f"Basic {encoded('a:b')}"


def test_certificates_lie_in_it_or_in_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("KEY")
    given = config(**{"client-certificate-data": encoded(PEM), "client-key": "key.pem"})
    given["clusters"][0]["cluster"]["certificate-authority-data"] = encoded("CA")
    found = read(tmp_path, given)
    assert (found.certificate, found.key, found.ca, found.authorization) == (PEM, "KEY", "CA", "")


def test_several_files_are_one_and_the_first_says_what_is_current(tmp_path: Path) -> None:
    whole = config(token="t")
    (tmp_path / "a").write_text(yaml.safe_dump({"current-context": "x", "contexts": whole["contexts"]}))
    (tmp_path / "b").write_text(yaml.safe_dump({**whole, "current-context": "other"}))
    environment = {"KUBECONFIG": f"{tmp_path}/a:{tmp_path}/missing:{tmp_path}/b"}
    assert connection("", "", environment, tmp_path).authorization == "Bearer t"


def test_without_any_name_the_usual_file_counts(tmp_path: Path) -> None:
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text(yaml.safe_dump(config(token="t")))
    assert connection("", "", {}, tmp_path).authorization == "Bearer t"


@pytest.mark.parametrize(
    ("content", "context", "why"),
    [
        ("", "", "is not a YAML object"),
        ("- a", "", "is not a YAML object"),
        ("a: [", "", "is not a YAML object"),
        ({}, "", "has no current context"),
        (config(token="t"), "other", "has no context 'other'"),
        ({**config(), "clusters": []}, "", "has no cluster 'c'"),
        ({**config(), "users": None}, "", "has no user 'u'"),
        (config(exec={"command": "aws"}), "", "logs in by a program"),
        (config(**{"client-certificate-data": "!!"}), "", "is damaged"),
        (config(**{"client-key": "nothing.pem"}), "", "cannot be read"),
        ({**config(), "clusters": [{"name": "c", "cluster": {"server": "ftp://x"}}]}, "", "names no server"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, content: object, context: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        read(tmp_path, content, context)


def test_no_file_at_all_says_where_one_comes_from(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"export KUBECONFIG=DIR/admin\.kubeconfig"):
        connection(str(tmp_path / "nothing"), "", {}, tmp_path)
