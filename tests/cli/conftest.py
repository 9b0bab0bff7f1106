"""One real server with the namespace `shop` for the commands that talk to its API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from roadstead.testing.running import Server, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("commands") / "data") as started:
        with started.ask_api() as api:
            assert api.send_json("POST", "/api/v1/namespaces", {"metadata": {"name": "shop"}}).status == 201
        yield started
