"""How far a copy is: a bar on a terminal, a line for each blob elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any, TextIO

import click

from roadstead.copying.copy import How
from roadstead.oci.descriptor import Descriptor

REDRAW_SECONDS = 0.1


class Progress:
    """Looks on at a copy, and tells on standard error; a `quiet` one says nothing."""

    def __init__(self, *, quiet: bool = False, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr
        self._quiet, self._terminal = quiet, self._out.isatty()
        self._bar: Any = None
        self._drawn, self._waiting = 0.0, 0
        self.manifests = self.blobs = self.size = self.copied = self.skipped = 0
        self.began = time.monotonic()

    def found(self, manifests: int, blobs: int, size: int) -> None:
        """What there is to do."""
        self.manifests, self.blobs, self.size = manifests, blobs, size
        if self._terminal and not self._quiet:
            label = f"{blobs} blobs, {human(size)}"
            self._bar = click.progressbar(length=max(size, 1), label=label, file=self._out)
            self._bar.__enter__()

    def moved(self, size: int) -> None:
        """So many bytes more; drawn a few times a second."""
        self._waiting += size
        if self._bar is not None and time.monotonic() - self._drawn > REDRAW_SECONDS:
            self._draw()

    def done(self, blob: Descriptor, how: How) -> None:
        """A blob is there."""
        self.skipped += how is not How.COPIED
        self.copied += blob.size if how is How.COPIED else 0
        if not self._terminal and not self._quiet:
            click.echo(f"{blob.digest.algorithm}:{blob.digest.hex[:12]} {human(blob.size)} {how}", file=self._out)

    def close(self) -> None:
        """Ends the bar."""
        if self._bar is not None:
            self._draw()
            self._bar.__exit__(None, None, None)
            self._bar = None

    def _draw(self) -> None:
        self._bar.update(self._waiting)
        self._waiting, self._drawn = 0, time.monotonic()


def human(size: float) -> str:
    """A number of bytes as people read it: 12.3 MB."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError("the last unit returns")
