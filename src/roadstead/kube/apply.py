"""Server-side apply: what is there, what is wanted and who manages what -> the new object, or the conflicts; no I/O.

Rules: Kubernetes API concepts, "Server-side apply"; the texts are those of image-api contract, section 16.7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from roadstead.base.errors import Invalid
from roadstead.base.values import Json
from roadstead.kube.fieldsets import Path, Paths, text_of
from roadstead.kube.managers import Author, Manager, Managers, Owned, losing
from roadstead.kube.merging import merge, without
from roadstead.kube.status import StatusError
from roadstead.kube.time import format_time
from roadstead.kube.typed import Type, Untypable, compare, declared_too, fields_in, problems

KUBECTL = "kubectl"
"""The manager of `kubectl apply --server-side`, for which what it applied before from the client's side counts too."""
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
LONGEST_LAST_APPLIED = 256 * 1024


class Untyped(Invalid):
    """A configuration that is not of the kind's type; the message says what is wrong where."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that somebody else manages, and has otherwise."""

    manager: Manager
    path: Path


@dataclass(frozen=True, slots=True)
class Applied:
    """What an apply leads to. With conflicts, `object` and `managers` are what they would be by force."""

    object: Json
    managers: Managers
    conflicts: Sequence[Conflict] = ()


def check(config: Json, kind: Type) -> None:
    """Raises Untyped for a configuration with unknown fields, wrong types, or the same item twice."""
    found = problems(config, kind)
    if len(found) == 1:
        raise Untyped(found[0])
    if found:
        raise Untyped("errors:\n" + "\n".join(f"  {each}" for each in found))


def apply(live: Json, config: Json, managers: Managers, kind: Type, author: Author) -> Applied:
    """Lays a checked configuration over what is there. What the author applied before and now leaves out goes, unless
    somebody else manages it. Raises Untypable for a live object that is not of the type.
    """
    me = author.manager("Apply")
    last = managers[me].paths if me in managers else frozenset()
    given = frozenset(fields_in(config, kind))
    mine = author.decides(given)
    after: dict[Manager, Owned] = {**managers, me: Owned(mine, author.api_version, _time(managers, me, mine, author))}
    # The name is given, though nobody manages it: what holds it stays.
    merged = _pruned(merge(live, config, kind), given.union(*(each.paths for each in after.values())), last, kind)
    changes = compare(live, merged, kind)
    taken, removed = author.decides(changes.taken), author.decides(frozenset(changes.removed))
    others = {manager: owned for manager, owned in after.items() if manager != me}
    found = [
        Conflict(manager, path) for manager, owned in sorted(others.items()) for path in sorted(owned.paths & taken)
    ]
    left = losing(others, taken | removed)
    if mine:
        left[me] = after[me]
    return Applied(_with_last_applied(merged, live, config, author), left, found)


def _time(managers: Managers, me: Manager, mine: Paths, author: Author) -> str:
    """When the author last decided about other fields than before."""
    before = managers.get(me)
    if before is not None and before.paths == mine and before.api_version == author.api_version and before.time:
        return before.time
    return format_time(author.now)


def _pruned(merged: Json, kept: Paths, last: Paths, kind: Type) -> Json:
    """Without what was applied last and is not kept now."""
    if not last:
        return merged
    dropped = declared_too(last, kind)
    whole = declared_too(frozenset(fields_in(merged, kind)), kind)
    owned = declared_too(kept, kind)
    left = without(merged, dropped, kind)
    gone = whole - declared_too(frozenset(fields_in(left, kind)), kind) - owned
    left = without(merged, gone, kind)
    lost = whole - declared_too(frozenset(fields_in(left, kind)), kind)
    # What went only because it lay in something that went, and was never the author's, comes back.
    pruned: Json = without(merged, lost & dropped, kind)
    return pruned


def unforgiven(conflicts: Sequence[Conflict], live: Json, kind: Type, author: Author) -> Sequence[Conflict]:
    """The conflicts but those about what kubectl itself applied from the client's side, and nobody changed since."""
    config = _last_applied(live) if author.name == KUBECTL else None
    if config is None or config.get("apiVersion") != author.api_version:
        return conflicts
    try:
        changes = compare(config, live, kind)
        own = set(fields_in(config, kind)) - changes.added - changes.modified - changes.removed
    except Untypable:
        return conflicts
    return [each for each in conflicts if each.path not in own]


def _annotations(obj: Json) -> Json:
    found = (obj.get("metadata") or {}).get("annotations")
    return found if isinstance(found, dict) else {}


def _last_applied(live: Json) -> Json | None:
    try:
        found = orjson.loads(_annotations(live).get(LAST_APPLIED, ""))
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _with_last_applied(merged: Json, live: Json, config: Json, author: Author) -> Json:
    """Keeps what `kubectl apply` from the client's side would compare with in step, so that one may go back to it."""
    if author.name != KUBECTL or author.subresource or LAST_APPLIED not in _annotations(live):
        return merged
    metadata = dict(config.get("metadata") or {})
    own = {name: text for name, text in _annotations(config).items() if name != LAST_APPLIED}
    metadata.pop("annotations", None)
    metadata |= {"annotations": own} if own else {}
    text = orjson.dumps({**config, "metadata": metadata}, option=orjson.OPT_SORT_KEYS).decode() + "\n"
    annotations = dict(_annotations(merged))
    annotations.pop(LAST_APPLIED, None)
    if len(text) <= LONGEST_LAST_APPLIED:
        annotations[LAST_APPLIED] = text
    return {**merged, "metadata": {**merged["metadata"], "annotations": annotations}}


def refusal(conflicts: Sequence[Conflict]) -> StatusError:
    """409 with a cause for each conflict."""
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {each.manager}", "field": text_of(each.path)}
        for each in conflicts
    ]
    return StatusError(
        {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": _message(conflicts),
            "reason": "Conflict",
            "details": {"causes": causes},
            "code": 409,
        }
    )


def _message(conflicts: Sequence[Conflict]) -> str:
    if len(conflicts) == 1:
        return f"Apply failed with 1 conflict: conflict with {conflicts[0].manager}: {text_of(conflicts[0].path)}"
    by_manager: dict[str, list[str]] = {}
    for each in conflicts:
        by_manager.setdefault(str(each.manager), []).append(f"- {text_of(each.path)}")
    told = [f"conflicts with {manager}:\n" + "\n".join(paths) for manager, paths in sorted(by_manager.items())]
    return f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(told)
