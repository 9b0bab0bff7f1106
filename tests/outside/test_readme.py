"""The README's commands work: each block is run, or says why it is not.

A block of commands has a comment in the line before it: `<!-- test -->` or `<!-- not run: reason -->`. The marked ones
are run in order, in one shell at the root of this tree, against a server that the test has started with its data in
`~/.local/share/roadstead`; so the block that starts the server is one that is not run. The default addresses in the
text give way to those of that server, and public registries to one of ours that has images of the same names.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest

from roadstead.base.settings import Settings
from roadstead.testing.running import PROGRAM, Server, running
from tests.outside.documents import blocks
from tests.outside.images import Image
from tests.outside.programs import Shell, needed
from tests.outside.test_printed_commands import clean_shell
from tests.outside.upstreams import Other, docker_registry

pytestmark = pytest.mark.outside
README = Path(__file__).parents[2] / "README.md"
PUBLIC = ("registry.access.redhat.com/ubi9/ubi-minimal", "quay.io/libpod/alpine")


def test_every_block_of_commands_is_marked() -> None:
    unmarked = [block.text for block in blocks(README.read_text()) if not (block.runs or block.excused)]
    assert not unmarked


def test_blocks_are_told_apart_by_the_comment_before_them() -> None:
    first, second = "<!-- test -->\n```bash\na\n```\n", "<!-- not run: slow -->\n```sh\nb\n```\n"
    text = f"{first}{second}text\n```bash\nc\n```\n```json\n{{}}\n```\n"
    found = [(block.text, block.runs, block.excused) for block in blocks(text)]
    assert found == [("a\n", True, False), ("b\n", False, True), ("c\n", False, False)]


def test_the_marked_blocks_work(tmp_path: Path) -> None:
    marked = [block.text for block in blocks(README.read_text()) if block.runs]
    with tempfile.TemporaryDirectory(prefix="roadstead-readme-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        with (
            docker_registry(tmp_path / "elsewhere", tls=True) as elsewhere,
            running(home / ".local" / "share" / "roadstead", **may_ask(elsewhere)) as server,
            clean_shell(server) as shell,
        ):
            fill(shell, elsewhere)
            texts = [at_server(elsewhere_than_public(text, elsewhere), server) for text in marked]
            run_blocks(shell, home, texts, **may_ask(elsewhere))


def may_ask(other: Other) -> dict[str, Any]:
    """What a machine's administrator says of a registry on loopback, with a CA of its own."""
    return {"ROADSTEAD_OUTBOUND_ALLOW": "127.0.0.1", "SSL_CERT_FILE": str(other.authority)}


def fill(shell: Shell, other: Other) -> None:
    """The images the README takes from public registries."""
    for name in PUBLIC:
        layout = Image(name).layout(shell.folder / "layouts" / name)
        place = f"docker://{other.host}/{name.partition('/')[2]}:latest"
        shell.run("skopeo", "copy", *other.options("dest"), f"oci:{layout}:v1", place)


def elsewhere_than_public(text: str, other: Other) -> str:
    """The text with the public registries replaced."""
    for name in PUBLIC:
        text = text.replace(name, f"{other.host}/{name.partition('/')[2]}")
    return text


def at_server(text: str, server: Server) -> str:
    """The text with the default addresses replaced, and the program that is tested named by its path."""
    defaults, text = Settings(), text.replace(".venv/bin/roadstead", PROGRAM)
    for default, real in ((defaults.serve_registry, server.registry), (defaults.serve_api, server.api)):
        text = text.replace(default.partition("://")[2], real.partition("://")[2])
    return text


def run_blocks(shell: Shell, home: Path, texts: list[str], **more: str) -> None:
    """All blocks in one shell, so that what one sets is there in the next."""
    start = f'export HOME={home} PATH="{Path(PROGRAM).parent}:$PATH"\nunset XDG_DATA_HOME\ncd {README.parent}\n'
    options = {"ROADSTEAD_SERVE_REGISTRY": shell.server.registry, "ROADSTEAD_SERVE_API": shell.server.api, **more}
    start += "".join(f"export {name}={value}\n" for name, value in options.items())
    shell.run(needed("bash"), "-e", "-o", "pipefail", "-c", start + "\n".join(texts))
