"""Autoscalers in two versions: kept as v2, and as v1 seen by those who know no metric but cpu; no I/O."""

from __future__ import annotations

from roadstead.apimachinery.ask import Ask
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.status import FieldError
from roadstead.resources.namedrules import NamedRules
from roadstead.resources.plain.cells import at, map_at, objects_at, text_at

USUAL_CPU = 80
"""Percent of the requested cpu that pods should use where nothing is said (Kubernetes API, autoscaling)."""
_WANTED, _SEEN = "targetCPUUtilizationPercentage", "currentCPUUtilizationPercentage"


class AutoscalerRules(NamedRules):
    """The version that is kept."""

    def shown(self, obj: Json) -> Json:
        """With what was written as v1 said as v2."""
        return as_kept(obj, obj) if _WANTED in map_at(obj, "spec") or _SEEN in map_at(obj, "status") else obj

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        """A new one; raises StatusError (422)."""
        return await super().on_create(_with_defaults(obj), ask)

    async def on_update(self, new: Json, old: Json, ask: Ask) -> Json:
        """A changed one; raises StatusError (422)."""
        return await super().on_update(_with_defaults(new), old, ask)

    def errors(self, obj: Json, old: Json | None) -> list[FieldError]:
        """Everything wrong with the autoscaler."""
        found, spec = super().errors(obj, old), map_at(obj, "spec")
        least, most = spec.get("minReplicas") or 0, spec.get("maxReplicas") or 0
        for field in ("kind", "name"):
            if not text_at(spec, "scaleTargetRef", field):
                found.append(status.required(f"spec.scaleTargetRef.{field}"))
        if least < 1:
            found.append(status.invalid_value("spec.minReplicas", least, "must be greater than or equal to 1"))
        if most < 1:
            found.append(status.invalid_value("spec.maxReplicas", most, "must be greater than 0"))
        elif most < least:
            why = "must be greater than or equal to `minReplicas`"
            found.append(status.invalid_value("spec.maxReplicas", most, why))
        return found


class EarlierRules(AutoscalerRules):
    """The version v1, of the same objects: who writes it changes the metric of cpu alone."""

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        """A new one, as it is kept; raises StatusError (422)."""
        return await super().on_create(as_kept(obj, {}), ask)

    async def on_update(self, new: Json, old: Json, ask: Ask) -> Json:
        """A changed one, as it is kept; raises StatusError (422)."""
        return await super().on_update(as_kept(new, old), old, ask)

    def shown(self, obj: Json) -> Json:
        """What v1 can say of it."""
        return as_earlier(obj)


def as_kept(obj: Json, old: Json) -> Json:
    """A v1 autoscaler as v2; what v1 cannot say stays as it is in `old`."""
    spec, before = dict(map_at(obj, "spec")), map_at(old, "spec")
    cpu = _metrics("target", spec.pop(_WANTED, None), {"type": "Utilization"})
    others = [each for each in objects_at(before, "metrics") if not _is_cpu(each, "target")]
    kept = {"metrics": [*cpu, *others], "behavior": before.get("behavior")}
    state = dict(map_at(obj, "status"))
    if seen := _metrics("current", state.pop(_SEEN, None), {}):
        state["currentMetrics"] = seen
    made = {**obj, "spec": {**spec, **{name: value for name, value in kept.items() if value}}}
    return {**made, "status": state} if state else made


def as_earlier(obj: Json) -> Json:
    """A kept autoscaler as v1."""
    spec, state = dict(map_at(obj, "spec")), dict(map_at(obj, "status"))
    wanted = _percent(objects_at(spec, "metrics"), "target")
    seen = _percent(objects_at(state, "currentMetrics"), "current")
    for part, names in ((spec, ("metrics", "behavior")), (state, ("currentMetrics", "conditions"))):
        for name in names:
            part.pop(name, None)
    spec |= {_WANTED: wanted} if wanted is not None else {}
    state |= {_SEEN: seen} if seen is not None else {}
    return {**obj, "spec": spec, **({"status": state} if state else {})}


def _with_defaults(obj: Json) -> Json:
    spec = {"minReplicas": 1, **map_at(obj, "spec")}
    if not spec.get("metrics"):
        spec["metrics"] = _metrics("target", USUAL_CPU, {"type": "Utilization"})
    return {**obj, "spec": spec}


def _metrics(field: str, percent: object, more: Json) -> list[Json]:
    if not isinstance(percent, int):
        return []
    return [{"type": "Resource", "resource": {"name": "cpu", field: {**more, "averageUtilization": percent}}}]


def _is_cpu(metric: Json, field: str) -> bool:
    named = metric.get("type") == "Resource" and text_at(metric, "resource", "name") == "cpu"
    return named and at(metric, "resource", field, "averageUtilization") is not None


def _percent(metrics: list[Json], field: str) -> int | None:
    found = (at(each, "resource", field, "averageUtilization") for each in metrics if _is_cpu(each, field))
    return next((each for each in found if isinstance(each, int)), None)
