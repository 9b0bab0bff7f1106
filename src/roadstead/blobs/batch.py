"""Bytes gathered for one trip to the disk: large pieces as they came, small ones put together; no I/O."""

from __future__ import annotations

SMALL = 16 * 1024
"""A piece below this is copied to others like it: a trip for each would cost more."""
LARGEST_OF_SMALL = 1 << 20


class Batch:
    """Pieces in order, and their length in bytes together."""

    def __init__(self) -> None:
        self.pieces: list[bytes | bytearray] = []
        self.length = 0

    def add(self, piece: bytes) -> None:
        """One more at the end."""
        self.length += len(piece)
        if len(piece) >= SMALL:
            self.pieces.append(piece)
            return
        last = self.pieces[-1] if self.pieces else None
        if isinstance(last, bytearray) and len(last) < LARGEST_OF_SMALL:
            last += piece
        else:
            self.pieces.append(bytearray(piece))
