"""One real server over TLS for the tests of a file, and a clean place to run clients in."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from roadstead.testing.running import Server, running
from tests.outside.programs import Shell


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server, with the namespace `shop`."""
    with running(tmp_path_factory.mktemp("outside") / "data") as started:
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
        with started.ask_api() as api:
            assert api.send_json("POST", "/api/v1/namespaces", namespace).status == 201
        yield started
        assert "Traceback" not in started.log


@pytest.fixture
def shell(server: Server) -> Iterator[Shell]:
    """A new home, removed afterwards. Its path is short: some clients put sockets in it."""
    folder = Path(tempfile.mkdtemp(prefix="roadstead-outside-"))
    shell = Shell(folder, server)
    shell.prepare()
    yield shell
    shutil.rmtree(folder, ignore_errors=True)
