"""Counts imports by registry and by what came of them (import-and-triggers contract, section 13)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from roadstead.base.values import Json
from roadstead.importing.pending import registry_of

NAME = "openshift_imagestreamcontroller"
MOST_REGISTRIES, OTHER = 200, "other"
UNKNOWN, INVALID = "Unknown", "InvalidImageReference"


def outcomes(done: Json) -> Iterator[tuple[str, str]]:
    """Registry and reason (empty: success) of each item of an import that was answered, its repository first."""
    spec, found = done.get("spec") or {}, done.get("status") or {}
    pairs: list[tuple[Json, Json]] = []
    if spec.get("repository") and found.get("repository"):
        pairs.append((spec["repository"], found["repository"]))
    pairs += zip(spec.get("images") or [], found.get("images") or [], strict=False)
    for asked, answer in pairs:
        registry = registry_of(str((asked.get("from") or {}).get("name") or ""))
        said = answer.get("status") or {}
        reason = "" if said.get("status") == "Success" else str(said.get("reason") or UNKNOWN)
        yield registry, reason if registry else INVALID


class ImportTally(Collector):
    """The two metrics; one instance per process."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[bool, str, str]] = Counter()
        self._registries: set[str] = set()

    def count(self, done: Json, *, scheduled: bool) -> None:
        """Counts an import that was answered."""
        for registry, reason in outcomes(done):
            self._counts[scheduled, self._named(registry), reason] += 1

    def count_refusal(self, reason: str, *, scheduled: bool) -> None:
        """Counts an import that was refused as a whole."""
        self._counts[scheduled, "", reason or UNKNOWN] += 1

    def _named(self, registry: str) -> str:
        # Names come from users, and each would stay in memory.
        if registry not in self._registries and len(self._registries) >= MOST_REGISTRIES:
            return OTHER
        self._registries.add(registry)
        return registry

    def collect(self) -> Iterable[Metric]:
        """Both metrics under exactly their names, which say nothing of a total."""
        good = Metric(f"{NAME}_success_count", "Images imported, by registry", "untyped")
        bad = Metric(f"{NAME}_error_count", "Images not imported, by registry and reason", "untyped")
        for (scheduled, registry, reason), count in sorted(self._counts.items()):
            labels = {"scheduled": str(scheduled).lower(), "registry": registry}
            if reason:
                bad.add_sample(bad.name, {**labels, "reason": reason}, count)
            else:
                good.add_sample(good.name, labels, count)
        return (good, bad)
