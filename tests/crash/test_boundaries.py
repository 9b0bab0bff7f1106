"""The server is killed in front of, and behind, every single moment at which something becomes durable."""

from __future__ import annotations

from pathlib import Path

import pytest

from roadstead.testing.asking import Broken
from roadstead.testing.nursery import Nursery
from roadstead.testing.running import Launch, NotReady, Server, start
from tests.crash.pushing import NAMESPACE, Ledger, SmallImage, make_namespace, note_revision, push
from tests.crash.survey import survey

pytestmark = pytest.mark.crash
MOST_MOMENTS = 200
ALIKE_FROM = 30
"""From here on a first start makes folder after folder and role after role: of these moments every 23rd is tried."""


class Sinking:
    """Servers on one folder, each of which dies at the N-th moment of one push."""

    def __init__(self, nursery: Nursery, folder: Path, *fuse: str) -> None:
        self._nursery, self._folder, self._fuse = nursery, folder, fuse
        self._armed = folder.with_name("armed")
        self.ledger = Ledger()

    def server(self, number: int) -> Server:
        """The next one, harmless until it is armed."""
        way = self._nursery.crashing(*self._fuse, "--armed", str(self._armed), str(number))
        return start(self._folder, scheme="http", by=way)

    def push_armed(self, server: Server, image: SmallImage, repository: str) -> bool:
        """Pushes while the fuse counts; says whether the push came through."""
        self._armed.touch()
        try:
            with server.ask_registry() as registry:
                push(registry, repository, "v1", image, self.ledger)
        except Broken:
            server.child.wait(10)
            return False
        finally:
            self._armed.unlink()
        return True

    def push_calmly(self, server: Server, image: SmallImage, repository: str) -> None:
        """Pushes without a fuse; what a client does whose first try broke off."""
        with server.ask_registry() as registry, server.ask_api() as api:
            push(registry, repository, "v1", image, self.ledger)
            note_revision(api, self.ledger)
        self.ledger.uploads.clear()


@pytest.mark.parametrize("fuse", [(), ("--after",)], ids=["before", "after"])
def test_a_push_killed_at_any_moment_is_there_or_not_and_can_be_made_again(
    nursery: Nursery, tmp_path: Path, fuse: tuple[str, ...]
) -> None:
    sinking = Sinking(nursery, tmp_path / "data", *fuse)
    server, number, through = sinking.server(1), 0, False
    with server.ask_api() as api:
        make_namespace(api)
    while not through:
        number += 1
        image, repository = SmallImage(f"image {number}"), f"{NAMESPACE}/image{number}"
        through = sinking.push_armed(server, image, repository)
        assert through or server.child.poll() == -9
        server.kill()
        server = sinking.server(number + 1)
        survey(server, sinking.ledger)
        sinking.push_calmly(server, image, repository)
    assert server.stop() == 0
    assert 10 < number < MOST_MOMENTS


@pytest.mark.parametrize("fuse", [(), ("--after",)], ids=["before", "after"])
def test_a_second_push_to_a_stream_killed_at_any_moment_leaves_the_tag_old_or_new(
    nursery: Nursery, tmp_path: Path, fuse: tuple[str, ...]
) -> None:
    sinking, repository = Sinking(nursery, tmp_path / "data", *fuse), f"{NAMESPACE}/web"
    server, number, through = sinking.server(1), 0, False
    with server.ask_api() as api:
        make_namespace(api)
    sinking.push_calmly(server, SmallImage("first"), repository)
    while not through:
        number += 1
        through = sinking.push_armed(server, SmallImage(f"image {number}"), repository)
        server.kill()
        server = sinking.server(number + 1)
        survey(server, sinking.ledger)
        sinking.ledger.uploads.clear()
    assert server.stop() == 0
    assert 10 < number < MOST_MOMENTS


@pytest.mark.parametrize("fuse", [(), ("--after",)], ids=["before", "after"])
def test_a_first_start_killed_at_any_moment_is_finished_by_the_next(
    nursery: Nursery, tmp_path: Path, fuse: tuple[str, ...]
) -> None:
    number, ready = 0, False
    while not ready:
        number += 1 if number < ALIKE_FROM else 23
        folder = tmp_path / f"data{number}"
        ready = comes_up(folder, nursery.crashing(*fuse, str(number)))
        server = start(folder, by=nursery.plainly)
        check_usable(server)
        server.kill()
    assert number > 50


def comes_up(folder: Path, way: Launch) -> bool:
    """Whether a server became ready; it is killed in any case, by itself or by us."""
    try:
        start(folder, by=way).kill()
    except NotReady as ended:
        if "status -9" not in str(ended):
            raise
        return False
    return True


def check_usable(server: Server) -> None:
    """A new administrator gets in over TLS, trusting ca.crt, and can push."""
    with server.ask_api() as api, server.ask_registry() as registry:
        make_namespace(api)
        push(registry, f"{NAMESPACE}/web", "v1", SmallImage("first"), Ledger())
    assert not list(server.folder.rglob("*.new"))
    assert all(path.stat().st_mode & 0o077 == 0 for path in server.folder.iterdir() if path.is_file())
