"""/healthz, /livez and /readyz: one check after the other, in the form kube-apiserver answers and people read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

ENDPOINTS = ("healthz", "livez", "readyz")
SLOWEST_SECONDS = 5.0
"""A check that takes longer has failed."""

Check = Callable[[], Awaitable[str]]
"""Answers with what is wrong, "" when nothing is. Anybody may read it, so it names no content."""


async def ping() -> str:
    """The server answers."""
    return ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer: whether all is well, and its text."""

    good: bool
    text: str


@dataclass(frozen=True, slots=True)
class Health:
    """The checks by name, in order; `ready` are those that say whether requests are welcome, beside those of life."""

    live: Mapping[str, Check] = field(default_factory=dict)
    ready: Mapping[str, Check] = field(default_factory=dict)

    def checks(self, endpoint: str) -> dict[str, Check]:
        """The checks behind an endpoint."""
        return {"ping": ping, **self.live, **({} if endpoint == "livez" else self.ready)}

    async def one(self, endpoint: str, name: str) -> Verdict | None:
        """A single check (`/livez/ping`); None when there is none of that name."""
        found = self.checks(endpoint).get(name)
        if found is None:
            return None
        wrong = await _asked(found)
        return Verdict(not wrong, f"internal server error: {wrong}\n" if wrong else "ok")

    async def all(self, endpoint: str, *, verbose: bool, excluded: frozenset[str]) -> Verdict:
        """Every check; the text lists them when one failed or when asked to."""
        lines, good = [], True
        for name, check in self.checks(endpoint).items():
            if name in excluded:
                lines.append(f"[+]{name} excluded: ok")
                continue
            wrong = await _asked(check)
            good = good and not wrong
            lines.append(f"[-]{name} failed: {wrong}" if wrong else f"[+]{name} ok")
        if good and not verbose:
            return Verdict(True, "ok")
        return Verdict(good, "\n".join([*lines, f"{endpoint} check {'passed' if good else 'failed'}", ""]))


async def _asked(check: Check) -> str:
    try:
        async with asyncio.timeout(SLOWEST_SECONDS):
            return await check()
    except TimeoutError:
        return f"no answer within {SLOWEST_SECONDS:g} s"
