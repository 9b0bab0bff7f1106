"""Only a few files may open a connection: other hosts are asked through one guard."""

import ast
from pathlib import Path

import pytest

from tests.house.test_house import ROOT, SOURCES, imports, relative

OPENERS = {
    "remote/guard.py",  # decides and opens
    "remote/resolving.py",  # what the guard looks names up with
    "remote/transport.py",  # what the guard's failures mean
    "base/serving.py",  # listens
    "base/sending.py",  # sends files to who is connected already
    "server.py",  # listens
}
"""The files of `src/roadstead`, besides `testing/`, that may touch the network."""

CLIENTS = {"aiohttp", "socket", "http", "urllib3", "requests", "httpx", "ftplib", "smtplib", "telnetlib", "xmlrpc"}
CALLS = {
    "open_connection",
    "create_connection",
    "open_unix_connection",
    "create_unix_connection",
    "getaddrinfo",
    "sock_connect",
    "create_datagram_endpoint",
    "urlopen",
}


def outsiders() -> list[Path]:
    package = ROOT / "src" / "roadstead"
    inside = {str(path.relative_to(package)): path for path in SOURCES}
    assert inside.keys() >= OPENERS, "a file named here is gone"
    return [path for name, path in inside.items() if name not in OPENERS and not name.startswith("testing/")]


@pytest.mark.parametrize("path", outsiders(), ids=relative)
def test_a_file_other_than_the_openers_has_no_way_to_the_network(path: Path) -> None:
    tree = ast.parse(path.read_text())
    modules = set(imports(tree))
    assert not {name for name in modules if name.partition(".")[0] in CLIENTS}
    assert "urllib.request" not in modules
    called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not called & CALLS


def test_the_rule_sees_each_way_to_the_network() -> None:
    for text in ("import aiohttp", "from aiohttp import web", "import http.client", "from socket import socket"):
        assert {name.partition(".")[0] for name in imports(ast.parse(text))} & CLIENTS
    assert "urllib.request" in set(imports(ast.parse("from urllib.request import urlopen")))
