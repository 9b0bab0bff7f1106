"""How long it takes until everybody who watches one namespace has an event, with some who never read.

.venv/bin/python bench/watchers.py [--watchers 1000] [--stalled 20] [--events 20]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from serving import Served, roadstead

PATH = "/api/v1/namespaces/bench/configmaps"
PAYLOAD = "x" * 1000


def main() -> None:
    """Connect, write, wait, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--watchers", type=int, default=1000)
    parser.add_argument("--stalled", type=int, default=20, help="watchers beside them that read nothing")
    parser.add_argument("--events", type=int, default=20)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, roadstead(Path(folder)) as served:
        asyncio.run(_measure(served, chosen.watchers, chosen.stalled, chosen.events))
        print(f"memory: {served.memory_mib()[0]:.0f} MiB resident, {served.memory_mib()[1]:.0f} at most")


class Watcher(asyncio.Protocol):
    """One connection that counts the events it was sent."""

    def __init__(self, head: bytes, board: Board) -> None:
        self._head, self._board, self._tail = head, board, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._head)

    def data_received(self, data: bytes) -> None:
        lines, _, self._tail = (self._tail + data).rpartition(b"\n")
        for part in lines.split(MARK)[1:]:
            self._board.seen(part[: part.index(b'"')])


MARK = b'"name":"event-'


class Board:
    """Who has seen what: the moment the last watcher had an event."""

    def __init__(self, watchers: int) -> None:
        self._watchers = watchers
        self._counts: dict[bytes, int] = {}
        self.complete: dict[bytes, asyncio.Future[float]] = {}

    def seen(self, number: bytes) -> None:
        """One more watcher has it."""
        self._counts[number] = self._counts.get(number, 0) + 1
        if self._counts[number] == self._watchers:
            self.complete[number].set_result(time.monotonic())


async def _measure(served: Served, watchers: int, stalled: int, events: int) -> None:
    loop, place = asyncio.get_running_loop(), urlsplit(served.api)
    lines = f"Host: {place.netloc}\r\nAuthorization: Bearer {served.token}\r\n"
    head = f"GET {PATH}?watch=true&resourceVersion={{}} HTTP/1.1\r\n{lines}\r\n"
    board = Board(watchers)
    revision = json.loads(await _send(place.hostname or "", place.port or 0, lines, "GET", ""))["metadata"][
        "resourceVersion"
    ]
    request = head.format(revision).encode()
    idle = []
    for _ in range(stalled):
        reader, writer = await asyncio.open_connection(place.hostname, place.port, limit=1)
        writer.write(request)
        idle.append((reader, writer))
    for start in range(0, watchers, 100):
        await asyncio.gather(
            *(
                loop.create_connection(lambda: Watcher(request, board), place.hostname, place.port)
                for _ in range(min(100, watchers - start))
            )
        )
    await asyncio.sleep(2)
    delays, answers = [], []
    for number in range(events):
        name = b"%d" % number
        board.complete[name] = loop.create_future()
        body = json.dumps({"metadata": {"name": f"event-{number}"}, "data": {"payload": PAYLOAD}})
        began = time.monotonic()
        await _send(place.hostname or "", place.port or 0, lines, "POST", body)
        answers.append(time.monotonic() - began)
        delays.append(await asyncio.wait_for(board.complete[name], 60) - began)
        await asyncio.sleep(0.1)
    _tell(f"{watchers} watchers, {stalled} stalled: the last one has the event after", delays)
    _tell("the writer has its 201 after", answers)


def _tell(what: str, seconds: list[float]) -> None:
    ordered = sorted(1000 * each for each in seconds)
    print(f"{what}: median {statistics.median(ordered):.0f} ms, worst {ordered[-1]:.0f} ms")


async def _send(host: str, port: int, lines: str, method: str, body: str) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    kind = "Content-Type: application/json\r\nConnection: close\r\n"
    writer.write(f"{method} {PATH} HTTP/1.1\r\n{lines}{kind}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    answer = await reader.read()
    writer.close()
    return answer.partition(b"\r\n\r\n")[2]


if __name__ == "__main__":
    main()
