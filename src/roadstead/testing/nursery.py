"""Starts servers fast: a process that has imported everything already forks them, one for each order it reads.

Starting a server takes a second, nearly all of it imports; from here it takes a tenth. What runs is the same program:
the child has its own process id, is killed like any other, and calls the same `main`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from roadstead.testing.running import Child, Launch, Order


class Nursery:
    """The process that forks servers, seen from the tests. Ending it kills whatever it started."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "roadstead.testing.nursery"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def plainly(self, order: Order) -> Child:
        """Starts what is ordered."""
        return self._start(["cli", *order.arguments], order)

    def crashing(self, *fuse: str) -> Launch:
        """A way to start what is ordered with a fuse: the arguments of `roadstead.testing.crashing` before `--`."""
        return lambda order: self._start(["crashing", *fuse, "--", *order.arguments], order)

    def _start(self, arguments: Sequence[str], order: Order) -> Child:
        order.output.touch()
        order.log.touch()
        files = {"output": str(order.output), "log": str(order.log)}
        pid = self.tell({"start": [*arguments], "environment": dict(order.environment), **files})
        return Forked(self, pid)

    def tell(self, order: dict[str, Any]) -> Any:
        """One order, one answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """Ends it and all it started."""
        self._process.communicate()


@dataclass
class Forked:
    """A child of the nursery, as a `Child`."""

    nursery: Nursery
    pid: int
    _status: int | None = None

    def poll(self) -> int | None:
        """See `Child`."""
        if self._status is None:
            self._status = self.nursery.tell({"poll": self.pid})
        return self._status

    def wait(self, timeout: float | None = None) -> int:
        """See `Child`."""
        end = time.monotonic() + (timeout or 3600)
        while (status := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            time.sleep(0.002)
        return status

    def kill(self) -> None:
        """See `Child`."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """See `Child`."""
        self.send_signal(signal.SIGTERM)

    def send_signal(self, sig: int, /) -> None:
        """See `Child`."""
        os.kill(self.pid, sig)


def main() -> None:
    """Reads orders until there are no more."""
    import roadstead.cli.serve  # noqa: F401  what makes a start slow
    from roadstead.cli import main as cli
    from roadstead.testing import crashing

    def plainly(arguments: Sequence[str]) -> None:
        sys.argv = ["roadstead", *arguments]
        cli.main()

    ways: dict[str, Callable[[Sequence[str]], None]] = {"cli": plainly, "crashing": crashing.main}
    alive: set[int] = set()
    for line in sys.stdin.buffer:
        order = json.loads(line)
        if "poll" in order:
            answer = _ended(order["poll"], alive)
        else:
            answer = os.fork()
            if answer == 0:
                _become(order, ways)
            alive.add(answer)
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()
    for pid in alive:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _ended(pid: int, alive: set[int]) -> int | None:
    found, status = os.waitpid(pid, os.WNOHANG)
    if not found:
        return None
    alive.discard(pid)
    return os.waitstatus_to_exitcode(status)


def _become(order: dict[str, Any], ways: dict[str, Callable[[Sequence[str]], None]]) -> NoReturn:
    code: Any = 0
    try:
        for number, name, flags in ((0, os.devnull, os.O_RDONLY), (1, order["output"], os.O_WRONLY)):
            os.dup2(os.open(name, flags), number)
        os.dup2(os.open(order["log"], os.O_WRONLY), 2)
        os.environ.update(order["environment"])
        way, *arguments = order["start"]
        ways[way](arguments)
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        traceback.print_exc()
        code = 70
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    main()
