"""The rules of ObjectMeta: what may be in it, what the server sets, what an update must leave alone; no I/O.

Rules: image-api contract, sections 16.6 and 16.8. The shape is in `objectmeta.py`, the grammar of names in `names.py`.
Objects given here have the shape already (texts are texts, lists are lists).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from roadstead.base.values import Json
from roadstead.kube.fielderrors import FieldError, forbidden_field, invalid_value, required, too_long
from roadstead.kube.names import dns_label, label_value, path_segment, qualified_name
from roadstead.kube.time import format_time
from roadstead.kube.wording import quote

NameRule = Callable[[str], list[str]]
"""A name -> the complaints about it; see `names.py`."""

MAX_ANNOTATIONS = 256 * 1024
"""Bytes of all keys and values together."""
SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""What generated names end in; no vowels, so that no words come about."""
SUFFIX_LENGTH = 5
_MAX_BASE = 63 - SUFFIX_LENGTH
_SET_BY_SERVER = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink")
_KEPT_ON_UPDATE = ("creationTimestamp", "generation")
_IMMUTABLE = ("name", "namespace", "uid")
_ENDS = ("deletionTimestamp", "deletionGracePeriodSeconds")
"""Set by a DELETE alone."""
_STANDARD_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")
_COLLECTED = ("orphan", "foregroundDeletion")


def generated_name(base: str, suffix: str) -> str:
    """A name from generateName: the base, cut so that the whole fits a DNS label, and random letters."""
    return base[:_MAX_BASE] + suffix


def check_new(
    obj: Json, *, namespaced: bool, name_rule: NameRule = path_segment, path: str = "metadata", built_in: bool = False
) -> list[FieldError]:
    """Everything wrong with the metadata of an object about to be stored; `path` is where errors say it is. In the
    kinds that are `built_in`, a finalizer without a domain must be one of those Kubernetes knows."""
    metadata = obj.get("metadata") or {}
    errors = _name_errors(metadata, name_rule, path) + _namespace_errors(metadata, namespaced, path)
    if metadata.get("generation", 0) < 0:
        must = "must be greater than or equal to 0"
        errors.append(invalid_value(f"{path}.generation", metadata["generation"], must))
    return errors + _collections(metadata, path, built_in)


def check_update(
    new: Json, old: Json, *, namespaced: bool, path: str = "metadata", built_in: bool = False
) -> list[FieldError]:
    """Everything wrong with the metadata of a state that is to replace an old one; call it after `carry_over`."""
    after, before = new.get("metadata") or {}, old.get("metadata") or {}
    errors = _namespace_errors(after, namespaced, path)
    if before.get("deletionTimestamp"):
        errors += _added_finalizers(after, before, path)
    if not after.get("resourceVersion"):
        errors.append(missing_version(path))
    for name in _IMMUTABLE:
        if after.get(name, "") != before.get(name, ""):
            errors.append(invalid_value(f"{path}.{name}", after.get(name, ""), "field is immutable"))
    errors += [
        invalid_value(f"{path}.{name}", after[name], "field is immutable")
        for name in _ENDS
        if name in after and after[name] != before.get(name)
    ]
    return errors + _collections(after, path, built_in)


def missing_version(path: str = "metadata") -> FieldError:
    """An update that does not say which version it saw; told of the resource, not of the kind."""
    return invalid_value(f"{path}.resourceVersion", 0, "must be specified for an update")


def stamp_new(obj: Json, uid: str, now: datetime) -> Json:
    """A new object with what the server sets; what the client says about it is dropped. Generation is the kind's."""
    sent = obj.get("metadata") or {}
    kept = {name: value for name, value in sent.items() if name not in _SET_BY_SERVER and name != "managedFields"}
    return {**obj, "metadata": {**kept, "uid": uid, "creationTimestamp": format_time(now)}}


def carry_over(new: Json, old: Json) -> Json:
    """A new state with what only the server may change taken from the old one; what tells objects apart and when they
    go only where it is not given, so that `check_update` sees an attempt."""
    before = old.get("metadata") or {}
    metadata = {**(new.get("metadata") or {})}
    metadata.pop("selfLink", None)
    sent = {name: metadata[name] for name in ("uid", *_ENDS) if metadata.get(name) not in (None, "")}
    for name in (*_KEPT_ON_UPDATE, "uid", *_ENDS, "managedFields"):
        metadata.pop(name, None)
        if name in before:
            metadata[name] = before[name]
    metadata |= sent
    return {**new, "metadata": metadata}


def label_errors(labels: Mapping[str, str], path: str) -> list[FieldError]:
    """Labels: qualified names as keys, short values."""
    errors = []
    for key, value in labels.items():
        errors += _complaints(path, key, qualified_name) + _complaints(path, value, label_value)
    return errors


def annotation_errors(annotations: Mapping[str, str], path: str) -> list[FieldError]:
    """Annotations: qualified names as keys, in any case; any values, up to a total size."""
    errors = []
    for key in annotations:
        errors += [invalid_value(path, key, complaint) for complaint in qualified_name(key.lower())]
    size = sum(_size(key) + _size(value) for key, value in annotations.items())
    return errors if size <= MAX_ANNOTATIONS else [*errors, too_long(path, MAX_ANNOTATIONS)]


def owner_errors(owners: list[Json], path: str) -> list[FieldError]:
    """Owner references: complete, no Events, one controller at most."""
    errors: list[FieldError] = []
    controllers: list[str] = []
    for owner in owners:
        version, kind = str(owner.get("apiVersion", "")), owner.get("kind", "")
        if not version.rpartition("/")[2] or version.count("/") > 1:
            errors.append(invalid_value(f"{path}.apiVersion", version, "version must not be empty"))
        for name in ("kind", "name", "uid"):
            if not owner.get(name):
                errors.append(invalid_value(f"{path}.{name}", "", "must not be empty"))
        if (version, kind) == ("v1", "Event"):
            errors.append(invalid_value(path, owner, "/v1, Kind=Event is disallowed from being an owner"))
        if owner.get("controller"):
            controllers.append(f"{kind}/{owner.get('name', '')}")
    for other in controllers[1:]:
        only = "Only one reference can have Controller set to true."
        found = f'Found "true" in references for {controllers[0]} and {other}'
        errors.append(invalid_value(path, owners, f"{only} {found}"))
    return errors


def finalizer_errors(finalizers: list[str], path: str) -> list[FieldError]:
    """Finalizers: qualified names; the two of the garbage collector exclude each other."""
    errors = []
    for finalizer in finalizers:
        errors += _complaints(path, finalizer, qualified_name)
    if all(name in finalizers for name in _COLLECTED):
        both = "finalizer orphan and foregroundDeletion cannot be both set"
        errors.append(invalid_value(path, finalizers, both))
    return errors


def _name_errors(metadata: Json, rule: NameRule, path: str) -> list[FieldError]:
    # Only the name itself is held to the rule, not the base it is generated from: section 19, WART-29.
    name = metadata.get("name", "")
    if not name:
        return [required(f"{path}.name", "name or generateName is required")]
    return _complaints(f"{path}.name", name, rule)


def _namespace_errors(metadata: Json, namespaced: bool, path: str) -> list[FieldError]:
    namespace = metadata.get("namespace", "")
    if not namespaced:
        return [forbidden_field(f"{path}.namespace", "not allowed on this type")] if namespace else []
    if not namespace:
        return [required(f"{path}.namespace")]
    return _complaints(f"{path}.namespace", namespace, dns_label)


def _collections(metadata: Json, path: str, built_in: bool) -> list[FieldError]:
    finalizers = metadata.get("finalizers") or []
    return [
        *label_errors(metadata.get("labels") or {}, f"{path}.labels"),
        *annotation_errors(metadata.get("annotations") or {}, f"{path}.annotations"),
        *owner_errors(metadata.get("ownerReferences") or [], f"{path}.ownerReferences"),
        *finalizer_errors(finalizers, f"{path}.finalizers"),
        *(_bare_finalizers(finalizers, f"{path}.finalizers") if built_in else ()),
    ]


def _bare_finalizers(finalizers: list[str], path: str) -> list[FieldError]:
    why = "name is neither a standard finalizer name nor is it fully qualified"
    return [
        invalid_value(f"{path}[{index}]", finalizer, why)
        for index, finalizer in enumerate(finalizers)
        if "/" not in finalizer and finalizer not in _STANDARD_FINALIZERS
    ]


def _added_finalizers(new: Json, old: Json, path: str) -> list[FieldError]:
    added = sorted(set(new.get("finalizers") or ()) - set(old.get("finalizers") or ()))
    if not added:
        return []
    listed = "[]string{" + ", ".join(map(quote, added)) + "}"
    while_deleting = "no new finalizers can be added if the object is being deleted"
    return [forbidden_field(f"{path}.finalizers", f"{while_deleting}, found new finalizers {listed}")]


def _complaints(path: str, value: Any, rule: NameRule) -> list[FieldError]:
    return [invalid_value(path, value, complaint) for complaint in rule(value)]


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
