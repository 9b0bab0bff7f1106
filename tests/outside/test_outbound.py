"""docs/outbound.md: its commands work, and a server refuses and allows as it says."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from roadstead.testing.builders import image
from roadstead.testing.running import PROGRAM, Server, running
from roadstead.testing.upstream import UpstreamRegistry
from tests.outside.documents import blocks
from tests.outside.programs import needed

pytestmark = pytest.mark.outside
PAGE = Path(__file__).parents[2] / "docs" / "outbound.md"


def test_the_marked_blocks_work(tmp_path: Path) -> None:
    found = blocks(PAGE.read_text())
    assert not [block.text for block in found if not (block.runs or block.excused)]
    commands = "\n".join(block.text for block in found if block.runs)
    shell = {"PATH": f"{Path(PROGRAM).parent}:/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run([needed("bash"), "-e", "-c", commands], env=shell, capture_output=True, text=True, check=True)
    assert "registry.corp" in done.stdout


def imported(server: Server, name: str) -> Any:
    """The status of a tag that is imported, nothing kept."""
    tag = {"from": {"kind": "DockerImage", "name": name}, "to": {"name": "v1"}, "importPolicy": {"insecure": True}}
    wanted = {"apiVersion": "image.openshift.io/v1", "kind": "ImageStreamImport", "metadata": {"name": "web"}}
    body = {**wanted, "spec": {"import": False, "images": [tag]}}
    with server.ask_api() as api:
        answer = api.send_json("POST", "/apis/image.openshift.io/v1/namespaces/default/imagestreamimports", body).json()
    return answer["status"]["images"][0]["status"]


def test_a_server_asks_its_own_network_only_where_an_administrator_allows_it(tmp_path: Path) -> None:
    with UpstreamRegistry().in_thread() as upstream:
        upstream.add("team/web", image("web"), "v1")
        name = f"{upstream.host}/team/web:v1"
        with running(tmp_path / "closed") as server:
            refused = imported(server, name)
            assert not upstream.seen
            assert "rule=address" in server.log
        with running(tmp_path / "open", ROADSTEAD_OUTBOUND_ALLOW="127.0.0.1") as server:
            assert imported(server, name)["status"] == "Success"
    said = "127.0.0.1 is not asked (rule address): it leads to a loopback address; an administrator allows it by adding"
    assert said in refused["message"]


def test_a_list_that_cannot_be_read_stops_the_server_by_name(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            PROGRAM,
            "serve",
            "--data",
            str(tmp_path / "data"),
            "--registry",
            "https://127.0.0.1:0",
            "--api",
            "https://127.0.0.1:0",
        ],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "ROADSTEAD_OUTBOUND_ALLOW": "http://registry.corp"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "outbound.allow: 'http://registry.corp' is no entry" in done.stderr
