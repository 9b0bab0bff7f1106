"""The chain of registries a request came through, so that two that pull from each other notice (contract, 12.2)."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar

HEADER = "X-Registry-Request-URL"
MOST = 20
LONGEST = 2048

TRAIL: ContextVar[tuple[str, ...]] = ContextVar("TRAIL", default=())
"""The addresses of the request being answered: those it came through, and our own at the end."""


def trail(incoming: Sequence[str], own: str) -> tuple[str, ...]:
    """The chain to pass on: what the request brought, then the address it was sent to here."""
    listed = [each.strip() for text in incoming for each in text.split(",")]
    return (*(each[:LONGEST] for each in listed[-MOST:] if each), own)


def loop(chain: Sequence[str]) -> str | None:
    """What to say when the chain comes back to where it already was; None when it does not."""
    if not chain or (chain[-1] not in chain[:-1] and len(chain) <= MOST):
        return None
    return f'Request to "{chain[-1]}" is denied because a loop is detected'
