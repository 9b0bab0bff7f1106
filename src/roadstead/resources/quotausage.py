"""How many objects quotas allow, and how many there are; no I/O."""

from __future__ import annotations

from collections.abc import Mapping

from roadstead.base.errors import Invalid
from roadstead.base.values import Json
from roadstead.kube import labelselectors
from roadstead.kube.status import GroupResource
from roadstead.resources.plain.cells import map_at
from roadstead.streams import quantities

STREAMS = GroupResource("image.openshift.io", "imagestreams")
OWN_NAMES = frozenset(
    {
        "configmaps",
        "persistentvolumeclaims",
        "pods",
        "replicationcontrollers",
        "resourcequotas",
        "secrets",
        "services",
    }
)
"""Core kinds that quotas name without `count/`, too."""


def keys_of(kind: GroupResource) -> tuple[str, ...]:
    """The names under which quotas count the objects of a kind (image-api contract, 15.4, and Kubernetes' own)."""
    own = f"count/{kind}"
    if kind == STREAMS:
        return ("openshift.io/imagestreams", own)
    return (kind.resource, own) if not kind.group and kind.resource in OWN_NAMES else (own,)


def hard_of(quota: Json) -> Json:
    """What a quota allows, by name; that of a cluster quota lies one level deeper."""
    return map_at(quota, "spec", "hard") or map_at(quota, "spec", "quota", "hard")


def bounds_of(quota: Json) -> Json:
    """The part of it that is enforced here: scopes choose among pods by how they run, and none run here."""
    spec = map_at(quota, "spec")
    scoped = any(each.get("scopes") or each.get("scopeSelector") for each in (spec, map_at(spec, "quota")))
    return {} if scoped else hard_of(quota)


def refusal(quota: Json, added: Mapping[str, int], used: Mapping[str, int]) -> str | None:
    """Why so many more objects would be too many, or None; both are by name, of those the quota bounds."""
    hard, over = hard_of(quota), []
    for key in sorted(added):
        try:
            limit = quantities.parse(str(hard[key]))
        except Invalid:
            continue
        if used[key] + added[key] > limit.value:
            over.append((key, added[key], used[key], limit))
    if not over:
        return None
    asked = ",".join(f"{key}={more}" for key, more, _, _ in over)
    now = ",".join(f"{key}={have}" for key, _, have, _ in over)
    most = ",".join(f"{key}={limit}" for key, _, _, limit in over)
    return f"exceeded quota: {quota['metadata']['name']}, requested: {asked}, used: {now}, limited: {most}"


def selects(cluster_quota: Json, namespace: Json) -> bool:
    """Whether a cluster quota counts in a namespace: it chooses by labels, by annotations, or by both."""
    selector, metadata = map_at(cluster_quota, "spec", "selector"), map_at(namespace, "metadata")
    labels, annotations = selector.get("labels"), map_at(selector, "annotations")
    if labels is None and not annotations:
        return False
    by_label = labels is None or labelselectors.matches(labels, map_at(metadata, "labels"))
    found = map_at(metadata, "annotations")
    return by_label and all(found.get(key) == value for key, value in annotations.items())


def with_used(quota: Json, used: Mapping[str, int]) -> Json:
    """A quota whose status says how much is used; what cannot be counted here is left as it was."""
    before = map_at(quota, "status", "used")
    hard = hard_of(quota)
    kept = {key: value for key, value in before.items() if key in hard}
    return {**quota, "status": {"hard": hard, "used": {**kept, **{key: str(many) for key, many in used.items()}}}}


def with_used_in(quota: Json, used: Mapping[str, Mapping[str, int]]) -> Json:
    """A cluster quota whose status says how much is used, in all and in each namespace."""
    hard = hard_of(quota)
    total = {key: str(sum(each.get(key, 0) for each in used.values())) for key in hard if _counted(key, used)}
    spaces = [
        {"namespace": name, "status": {"hard": hard, "used": {key: str(many) for key, many in each.items()}}}
        for name, each in sorted(used.items())
    ]
    return {**quota, "status": {"total": {"hard": hard, "used": total}, "namespaces": spaces}}


def _counted(key: str, used: Mapping[str, Mapping[str, int]]) -> bool:
    return not used or any(key in each for each in used.values())
