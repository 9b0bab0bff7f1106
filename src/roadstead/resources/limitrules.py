"""What a quota or a limit range must be to bound anything: known names, whole numbers, no more least than most; no I/O.

Rules and words: Kubernetes' validation of ResourceQuota and LimitRange.
"""

from __future__ import annotations

from collections.abc import Iterator

from roadstead.apimachinery.ask import Ask
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.names import qualified_name
from roadstead.kube.status import FieldError
from roadstead.resources import quotausage
from roadstead.resources.namedrules import NamedRules
from roadstead.resources.plain.cells import map_at, objects_at, text_at
from roadstead.streams import quantities

WHOLE = frozenset(
    {
        "configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "resourcequotas", "secrets",
        "services", "services.loadbalancers", "services.nodeports",
    }
)  # fmt: skip
"""Names of numbers of objects, beside `count/…` and those of image streams."""
AMOUNTS = frozenset(
    f"{prefix}{name}" for prefix in ("", "limits.", "requests.") for name in ("cpu", "ephemeral-storage", "memory")
) | {"requests.storage"}
HUGE_PAGES = ("hugepages-", "requests.hugepages-", "limits.hugepages-")
TYPES = ("Container", "PersistentVolumeClaim", "Pod")


class QuotaRules(NamedRules):
    """A ResourceQuota, or a ClusterResourceQuota around one."""

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        """A new quota, with a warning where part of it bounds nothing here; raises StatusError (422)."""
        made = await super().on_create(obj, ask)
        hard, bounds = quotausage.hard_of(made), quotausage.bounds_of(made)
        idle = sorted(name for name in hard if name not in bounds or not _is_counted(name))
        if idle:
            scoped = " in scopes" if hard and not bounds else ""
            ask.warnings.append(f"kept, but not enforced here{scoped}, since nothing runs: {', '.join(idle)}")
        return made

    def errors(self, obj: Json, old: Json | None) -> list[FieldError]:
        """Everything wrong with the quota."""
        path = ("spec", "hard") if self.resource.namespaced else ("spec", "quota", "hard")
        found = super().errors(obj, old)
        for name, amount in sorted(map_at(obj, *path).items()):
            place = f"{'.'.join(path)}[{name}]"
            if complaint := _unknown(name):
                found.append(status.invalid_value(place, name, complaint))
            found += _amount_errors(place, name, str(amount))
        return found


class LimitRangeRules(NamedRules):
    """A LimitRange."""

    def errors(self, obj: Json, old: Json | None) -> list[FieldError]:
        """Everything wrong with the limits."""
        found, seen = super().errors(obj, old), set[str]()
        for at, limit in enumerate(objects_at(obj, "spec", "limits")):
            place, kind = f"spec.limits[{at}]", text_at(limit, "type")
            if kind in seen:
                found.append(status.duplicate(f"{place}.type", kind))
            elif "/" not in kind and kind not in TYPES:
                why = "must be a standard limit type or fully qualified"
                found.append(status.invalid_value(f"{place}.type", kind, why))
            seen.add(kind)
            found += _crossed(place, limit)
        return found


def _is_counted(name: str) -> bool:
    return "/" in name or name in quotausage.OWN_NAMES


def _unknown(name: str) -> str:
    if name in WHOLE or name in AMOUNTS or name.startswith(HUGE_PAGES):
        return ""
    if "/" not in name:
        return "must be a standard resource for quota"
    return "; ".join(qualified_name(name))


def _amount_errors(place: str, name: str, amount: str) -> Iterator[FieldError]:
    found = quantities.parse(amount)
    if found.value < 0 or amount.startswith("-"):
        yield status.invalid_value(place, amount, "must be greater than or equal to 0")
    whole = name in WHOLE or name.startswith(("count/", "openshift.io/"))
    if whole and found.rounded:
        yield status.invalid_value(place, amount, "must be an integer")


def _crossed(place: str, limit: Json) -> Iterator[FieldError]:
    least, most = map_at(limit, "min"), map_at(limit, "max")
    for name in sorted(least.keys() & most.keys()):
        low, high = str(least[name]), str(most[name])
        if quantities.parse(low).value > quantities.parse(high).value:
            why = f"min value {low} is greater than max value {high}"
            yield status.invalid_value(f"{place}.min[{name}]", low, why)
