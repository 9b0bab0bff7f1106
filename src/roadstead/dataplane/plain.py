"""The two answers that need no room behind them: the API is here, and these are its metrics."""

from __future__ import annotations

from roadstead.base.observe import Metrics
from roadstead.base.web import Reply
from roadstead.dataplane.admitted import Admitted, Answer
from roadstead.dataplane.failures import JSON

EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"


async def base_answer(_: Admitted) -> Reply:
    """GET /v2/: whoever gets here is known, or anonymous on purpose (registry contract, section 2)."""
    return Reply(200, {"Content-Type": JSON}, b"{}")


def metrics_answer(metrics: Metrics) -> Answer:
    """GET /extensions/v2/metrics (registry contract, section 14)."""

    async def answer(_: Admitted) -> Reply:
        return Reply(200, {"Content-Type": EXPOSITION}, metrics.exposition())

    return answer
