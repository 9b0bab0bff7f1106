"""CustomResourceDefinition: what is wrong with one, which names it gets, and what its status says; no I/O.

Kubernetes API, apiextensions.k8s.io/v1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from roadstead.apimachinery.resource import Resource
from roadstead.base.values import Json
from roadstead.kube import jsonpath, names, structural
from roadstead.kube.fielderrors import (
    FieldError,
    duplicate,
    forbidden_field,
    invalid_value,
    not_supported,
    required,
)  # fmt: skip
from roadstead.kube.structural_values import default_errors
from roadstead.kube.time import format_time

FINALIZER = "customresourcecleanup.apiextensions.k8s.io"
APPROVAL = "api-approved.kubernetes.io"
MOST_VERSIONS, MOST_COLUMNS, MOST_SELECTABLE = 20, 50, 8
COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
_KIND = re.compile(r"[A-Z][A-Za-z0-9]{0,62}", re.ASCII)


def with_defaults(crd: Json) -> Json:
    """The definition with the names and the conversion that go without saying."""
    spec = {**(crd.get("spec") or {})}
    told = {**(spec.get("names") or {})}
    kind = str(told.get("kind") or "")
    told["singular"] = told.get("singular") or kind.lower()
    told["listKind"] = told.get("listKind") or f"{kind}List"
    spec["names"] = told
    spec["conversion"] = spec.get("conversion") or {"strategy": "None"}
    spec.pop("preserveUnknownFields", None)
    return {**crd, "spec": spec}


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found; `rules` are the places of CEL rules."""

    errors: list[FieldError]
    rules: list[str]


def examine(crd: Json) -> Examined:
    """Everything wrong with a definition that has its defaults."""
    spec, rules = crd["spec"], []
    errors = [*_names(crd), *_versions(spec)]
    if spec["conversion"].get("strategy") != "None":
        why = "only None: objects are the same in every version but for apiVersion"
        errors.append(invalid_value("spec.conversion.strategy", str(spec["conversion"].get("strategy")), why))
    for index, version in enumerate(spec.get("versions") or []):
        path = f"spec.versions[{index}]"
        schema = (version.get("schema") or {}).get("openAPIV3Schema")
        if schema is None:
            errors.append(required(f"{path}.schema.openAPIV3Schema", "schemas are required"))
        else:
            read = structural.read(schema, f"{path}.schema.openAPIV3Schema")
            rules += read.rules
            errors += read.errors or default_errors(read.node, f"{path}.schema.openAPIV3Schema")
        errors += [*_columns(version, path), *_scale(version, path), *_selectable(version, path)]
    return Examined(errors, rules)


def _names(crd: Json) -> Iterator[FieldError]:
    spec, name = crd["spec"], crd["metadata"].get("name", "")
    told, group = spec["names"], spec.get("group") or ""
    if complaints := names.dns_subdomain(group):
        yield invalid_value("spec.group", group, complaints[0])
    elif "." not in group:
        yield invalid_value("spec.group", group, "should be a domain with at least one dot")
    elif group.endswith((".k8s.io", ".kubernetes.io")) and APPROVAL not in (crd["metadata"].get("annotations") or {}):
        why = f'protected groups must have approval annotation "{APPROVAL}"'
        yield required(f"metadata.annotations[{APPROVAL}]", why)
    for field in ("plural", "singular"):
        text = told.get(field) or ""
        if complaints := names.dns_label(text):
            yield invalid_value(f"spec.names.{field}", text, complaints[0])
    if name != f"{told.get('plural')}.{group}":
        yield invalid_value("metadata.name", name, 'must be spec.names.plural+"."+spec.group')
    for field in ("kind", "listKind"):
        text = told.get(field) or ""
        if not _KIND.fullmatch(text):
            yield invalid_value(
                f"spec.names.{field}", text, "must be a word that starts with a capital, such as CronTab"
            )
    for field in ("shortNames", "categories"):
        for index, text in enumerate(told.get(field) or []):
            if complaints := names.dns_label(text):
                yield invalid_value(f"spec.names.{field}[{index}]", text, complaints[0])
    if spec.get("scope") not in ("Cluster", "Namespaced"):
        yield not_supported("spec.scope", str(spec.get("scope") or ""), ("Cluster", "Namespaced"))


def _versions(spec: Json) -> Iterator[FieldError]:
    versions = spec.get("versions") or []
    if not versions:
        yield required("spec.versions", "must have at least one version")
        return
    if len(versions) > MOST_VERSIONS:
        yield forbidden_field("spec.versions", f"at most {MOST_VERSIONS} versions")
    seen: set[str] = set()
    for index, version in enumerate(versions):
        name = version.get("name") or ""
        if complaints := names.dns_label(name):
            yield invalid_value(f"spec.versions[{index}].name", name, complaints[0])
        if name in seen:
            yield duplicate(f"spec.versions[{index}].name", name)
        seen.add(name)
    if sum(bool(version.get("storage")) for version in versions) != 1:
        yield invalid_value("spec.versions", len(versions), "must have exactly one version marked as storage version")


def _columns(version: Json, path: str) -> Iterator[FieldError]:
    columns = version.get("additionalPrinterColumns") or []
    if len(columns) > MOST_COLUMNS:
        yield forbidden_field(f"{path}.additionalPrinterColumns", f"at most {MOST_COLUMNS} columns")
    for index, column in enumerate(columns[:MOST_COLUMNS]):
        place = f"{path}.additionalPrinterColumns[{index}]"
        if not column.get("name"):
            yield required(f"{place}.name")
        if column.get("type") not in COLUMN_TYPES:
            yield not_supported(f"{place}.type", str(column.get("type") or ""), COLUMN_TYPES)
        yield from _path(column.get("jsonPath") or "", f"{place}.jsonPath")


def _scale(version: Json, path: str) -> Iterator[FieldError]:
    scale = (version.get("subresources") or {}).get("scale")
    if scale is None:
        return
    for field, below in (("specReplicasPath", "spec"), ("statusReplicasPath", "status"), ("labelSelectorPath", "")):
        text = scale.get(field) or ""
        if not text and not below:
            continue
        place = f"{path}.subresources.scale.{field}"
        errors = list(_path(text, place))
        yield from errors
        if not errors and not (found := jsonpath.parse(text).names):
            yield invalid_value(place, text, "should be a json path without array notation")
        elif not errors and found and below and (found[0] != below or len(found) < 2):
            yield invalid_value(place, text, f"should be a json path under .{below}")


def _selectable(version: Json, path: str) -> Iterator[FieldError]:
    fields = version.get("selectableFields") or []
    if len(fields) > MOST_SELECTABLE:
        yield forbidden_field(f"{path}.selectableFields", f"at most {MOST_SELECTABLE} fields")
    for index, field in enumerate(fields[:MOST_SELECTABLE]):
        text, place = field.get("jsonPath") or "", f"{path}.selectableFields[{index}].jsonPath"
        errors = list(_path(text, place))
        yield from errors
        if not errors and (not (found := jsonpath.parse(text).names) or found[0] == "metadata"):
            yield invalid_value(place, text, "must be a field outside metadata, not inside a list")


def _path(text: str, place: str) -> Iterator[FieldError]:
    try:
        jsonpath.parse(text)
    except jsonpath.BadPath as wrong:
        yield invalid_value(place, text[:100], wrong.message)


def change_errors(new: Json, old: Json) -> list[FieldError]:
    """What may not change, and which versions may not go."""
    errors = []
    for path in (("group",), ("scope",), ("names", "plural"), ("names", "kind")):
        before, after = old["spec"], new["spec"]
        for part in path:
            before, after = (before or {}).get(part), (after or {}).get(part)
        if before != after:
            errors.append(invalid_value(f"spec.{'.'.join(path)}", after, "field is immutable"))
    kept = {version.get("name") for version in new["spec"].get("versions") or []}
    for index, stored in enumerate((old.get("status") or {}).get("storedVersions") or []):
        if stored not in kept:
            errors.append(invalid_value(f"status.storedVersions[{index}]", stored, "must appear in spec.versions"))
    return errors


def conflict(crd: Json, others: Iterable[Json], served: Iterable[Resource]) -> tuple[str, str]:
    """The reason and the message why a definition cannot have its names; ("", "") when it can.

    `served` are the kinds that are there without any definition.
    """
    spec = crd["spec"]
    told, group = spec["names"], spec["group"]
    taken: set[str] = set()
    kinds: set[str] = set()
    for each in served:
        if each.group == group:
            taken |= {each.plural, each.singular, *each.short_names}
            kinds |= {each.kind, each.list_kind}
    for other in others:
        if other["metadata"]["name"] != crd["metadata"]["name"] and other["spec"]["group"] == group:
            accepted = (other.get("status") or {}).get("acceptedNames") or {}
            taken |= {accepted.get("plural", ""), accepted.get("singular", ""), *(accepted.get("shortNames") or [])}
            kinds |= {accepted.get("kind", ""), accepted.get("listKind", "")}
    for field, reason, known in (
        ("plural", "PluralConflict", taken),
        ("singular", "SingularConflict", taken),
        ("kind", "KindConflict", kinds),
        ("listKind", "ListKindConflict", kinds),
    ):
        if told[field] in known:
            return reason, f'"{told[field]}" is already in use'
    for short in told.get("shortNames") or []:
        if short in taken:
            return "ShortNamesConflict", f'"{short}" is already in use'
    return "", ""


def status_of(crd: Json, reason: str, message: str, now: datetime) -> Json:
    """The status of a definition whose names are free (reason "") or taken."""
    before = crd.get("status") or {}
    free = not reason
    stored = next(each["name"] for each in crd["spec"]["versions"] if each.get("storage"))
    told = [
        ("NamesAccepted", free, reason or "NoConflicts", message or "no conflicts found"),
        ("Established", free, *_established(free=free)),
    ]
    if crd["metadata"].get("deletionTimestamp"):
        told.append(("Terminating", True, "InstanceDeletionPending", "CustomResource deletion is in progress"))
    names_before = before.get("acceptedNames") or {"plural": "", "kind": ""}
    return {
        "conditions": [_condition(each, before, now) for each in told],
        "acceptedNames": crd["spec"]["names"] if free else names_before,
        "storedVersions": list(dict.fromkeys([*(before.get("storedVersions") or []), stored])),
    }


def _established(*, free: bool) -> tuple[str, str]:
    if free:
        return "InitialNamesAccepted", "the initial names have been accepted"
    return "NotAccepted", "not all names are accepted"


def _condition(told: tuple[str, bool, str, str], before: Json, now: datetime) -> Json:
    kind, holds, reason, message = told
    found: Json = {"type": kind, "status": "True" if holds else "False", "reason": reason, "message": message}
    for each in before.get("conditions") or []:
        if each.get("type") == kind and each.get("status") == found["status"]:
            return {**found, "lastTransitionTime": each.get("lastTransitionTime")}
    return {**found, "lastTransitionTime": format_time(now)}


def established(crd: Json) -> bool:
    """Whether the objects of a definition are served."""
    conditions = (crd.get("status") or {}).get("conditions") or []
    return any(each.get("type") == "Established" and each.get("status") == "True" for each in conditions)
