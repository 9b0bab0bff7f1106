"""A custom kind made on one of two servers is served by both."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from roadstead.base.values import Json
from roadstead.testing.asking import Client
from roadstead.testing.postgres import binaries, running_postgres
from tests.replicas.test_replicas import NAMESPACE, replica

pytestmark = pytest.mark.skipif(binaries() is None, reason="needs PostgreSQL: apt-get install postgresql")

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
BOATS = "/apis/harbour.example.com/v1/namespaces/shop/boats"
SCHEMA: Json = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
DEFINITION: Json = {
    "metadata": {"name": "boats.harbour.example.com"},
    "spec": {
        "group": "harbour.example.com",
        "scope": "Namespaced",
        "names": {"plural": "boats", "kind": "Boat"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": SCHEMA}}],
    },
}


def answers(client: Client, path: str, code: int, seconds: float = 20) -> bool:
    """Whether a path answers so, soon."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if client.get(path).status == code:
            return True
        time.sleep(0.05)
    return False


def test_a_definition_made_here_serves_there_and_one_deleted_there_is_gone_here(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with running_postgres() as postgres, replica(folder, postgres.url()) as one, replica(folder, postgres.url()) as two:
        with one.ask_api() as here, two.ask_api() as there:
            assert here.send_json("POST", "/api/v1/namespaces", NAMESPACE).status == 201
            assert here.send_json("POST", DEFINITIONS, DEFINITION).status == 201
            assert answers(there, BOATS, 200)
            assert there.send_json("POST", BOATS, {"metadata": {"name": "b"}}).status == 201
            assert here.get(f"{BOATS}/b").status == 200
            assert there.request("DELETE", f"{DEFINITIONS}/boats.harbour.example.com").status == 200
            assert answers(here, BOATS, 404)
            assert answers(there, f"{DEFINITIONS}/boats.harbour.example.com", 404)
