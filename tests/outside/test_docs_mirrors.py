"""The commands in docs/mirrors.md work: each block is run, in order, the other registry stopped where it says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from roadstead.testing.running import Server, running
from tests.outside.documents import blocks
from tests.outside.images import Image, MultiPlatform
from tests.outside.programs import Shell, needed
from tests.outside.test_readme import at_server
from tests.outside.upstreams import Other, docker_registry, import_image

pytestmark = pytest.mark.outside
PAGE = Path(__file__).parents[2] / "docs" / "mirrors.md"
OFFLINE = "With the other registry stopped"
SETTINGS = '[outbound]\nallow = ["127.0.0.1"]\n[images]\nauth_files = ["none"]\n'


def test_every_block_of_commands_is_marked() -> None:
    assert [block.text for block in blocks(PAGE.read_text()) if not (block.runs or block.excused)] == []


def test_the_marked_blocks_work(tmp_path: Path) -> None:
    online, _, offline = PAGE.read_text().partition(OFFLINE)
    (tmp_path / "roadstead.toml").write_text(SETTINGS)
    with running(tmp_path / "data", "--config", str(tmp_path / "roadstead.toml")) as server:
        shell = prepared(tmp_path / "home", server)
        with docker_registry(tmp_path / "mirror") as mirror:
            with docker_registry(tmp_path / "other", accounts=True, tls=True) as source:
                fill(shell, source, mirror)
                assert source.authority is not None
                shutil.copy(source.authority, shell.folder / "registry-ca.crt")
                run(shell, online, server, (source, mirror))
                for stream in ("other", "third"):
                    import_image(server, f"{source.host}/team/{stream}:v1", stream, namespace="demo")
            assert "refused: no place is left to ask" in run(shell, offline, server, (source, mirror))


def prepared(folder: Path, server: Server) -> Shell:
    """A user who has logged in and trusts the registry."""
    shell = Shell(folder, server)
    shell.prepare()
    trusted = folder / ".config" / "containers" / "certs.d" / server.host
    trusted.mkdir(parents=True)
    shutil.copy(server.folder / "ca.crt", trusted / "ca.crt")
    shell.run("skopeo", "login", "-u", "admin", "--password-stdin", server.host, input=server.token)
    return shell


def fill(shell: Shell, source: Other, mirror: Other) -> None:
    """`team/web`, `team/other` and `team/third` at the source, the last two at the mirror under `copy`."""
    many = MultiPlatform((Image("web", "amd64"), Image("web", "arm64"))).layout(shell.folder / "many")
    whole = ["skopeo", "copy", "--all", "--preserve-digests", f"oci:{many}:v1"]
    shell.run(*whole, *source.options("dest"), f"docker://{source.host}/team/web:v1")
    for name in ("other", "third"):
        layout = Image(name).layout(shell.folder / name)
        for other, path in ((source, "team"), (mirror, "copy")):
            target = f"docker://{other.host}/{path}/{name}:v1"
            shell.run("skopeo", "copy", *other.options("dest"), f"oci:{layout}:v1", target)


def run(shell: Shell, markdown: str, server: Server, others: tuple[Other, Other]) -> str:
    """Runs the marked blocks of a text in one shell, with the names in it made those of the servers that run."""
    text = "\n".join(block.text for block in blocks(markdown) if block.runs)
    source, mirror = (each.host for each in others)
    text = text.replace("registry.example.com..8443", source.replace(":", ".."))
    text = text.replace("registry.example.com:8443", source).replace("mirror.example.com:5000", mirror)
    return shell.run(needed("bash"), "-e", "-o", "pipefail", "-c", at_server(text, server))
