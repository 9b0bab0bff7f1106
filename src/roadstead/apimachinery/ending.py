"""How a watch is ended from outside; no I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Ending:
    """Lets somebody end a watch from outside; what it waits for is told by `closers`."""

    over: bool = False
    closers: list[Callable[[], None]] = field(default_factory=list)

    def on_end(self, close: Callable[[], None]) -> None:
        """Calls `close` when the watch is to end; at once when that has been."""
        if self.over:
            close()
        else:
            self.closers.append(close)

    def end(self) -> None:
        """Ends the watch, after what is already on its way."""
        self.over = True
        for close in self.closers:
            close()
        self.closers.clear()
