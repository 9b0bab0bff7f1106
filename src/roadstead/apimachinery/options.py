"""Query parameters -> checked options (image-api contract, 16.4, 16.5 and 16.8); no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass

from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.served import ListOptions
from roadstead.base.web import Request
from roadstead.kube import selectors, status
from roadstead.kube.fielderrors import FieldError, joined
from roadstead.kube.wording import quote

META_GROUP = "meta.k8s.io"
EXACT, NOT_OLDER_THAN = "Exact", "NotOlderThan"
VALIDATIONS = ("", "Ignore", "Strict", "Warn")
LONGEST_MANAGER = 128
UNKNOWN_MANAGER = "unknown"
BASIC_FIELDS = ("metadata.name", "metadata.namespace")
_NUMBER = re.compile(r"[-+]?[0-9]{1,40}", re.ASCII)
_DURATION = re.compile(r"(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6}(?:\.[0-9]{1,9})?)s)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """What a write says besides its body."""

    dry_run: bool = False
    field_manager: str = ""
    field_validation: str = "Warn"


def write_options(request: Request, kind: str, *, applying: bool = False) -> WriteOptions:
    """The options of a write; `kind` is their own: CreateOptions, UpdateOptions, PatchOptions. Raises StatusError."""
    dry_run = request.query_values("dryRun")
    manager = request.query_value("fieldManager")
    validation = request.query_value("fieldValidation") or "Warn"
    errors = []
    if applying and not manager:
        errors.append(status.required("fieldManager", "is required for apply patch"))
    elif kind == "PatchOptions" and not applying and request.query_values("force"):
        errors.append(status.forbidden_field("force", "may not be specified for non-apply patch"))
    errors += _check_manager(manager) + check_dry_run(dry_run)
    if validation not in VALIDATIONS:
        errors.append(status.not_supported("fieldValidation", validation, VALIDATIONS))
    if errors:
        raise status.invalid(kind, META_GROUP, "", errors)
    return WriteOptions(bool(dry_run), manager or _manager_of(request), validation)


def _manager_of(request: Request) -> str:
    """Who writes, when the request does not say: the name of the program, as its User-Agent begins."""
    name = request.headers.get("User-Agent", "").partition("/")[0]
    return "".join(char for char in name if char.isprintable())[:LONGEST_MANAGER] or UNKNOWN_MANAGER


def check_dry_run(values: list[str]) -> list[FieldError]:
    """What is wrong with the values of dryRun."""
    return [] if set(values) <= {"All"} else [status.not_supported("dryRun", values, ["All"])]


def _check_manager(manager: str) -> list[FieldError]:
    if len(manager.encode(errors="replace")) > LONGEST_MANAGER:
        return [status.too_long("fieldManager", LONGEST_MANAGER)]
    errors = []
    for index, char in enumerate(manager):
        if not char.isprintable():
            place = len(manager[:index].encode(errors="replace"))
            why = f"invalid character U+{ord(char):04X} (at position {place})"
            errors.append(status.invalid_value("fieldManager", manager, why))
    return errors


def list_options(request: Request, resource: Resource, *, watching: bool = False) -> ListOptions:
    """The options of a list, or of a watch; raises StatusError (400, 422) or BadSelector."""
    revision = request.query_value("resourceVersion")
    match = request.query_value("resourceVersionMatch")
    token = request.query_value("continue")
    send_initial = boolean(request, "sendInitialEvents")
    check = _watch_errors if watching else _list_errors
    errors = check(match, revision, token, send_initial)
    if errors:
        raise status.invalid("ListOptions", META_GROUP, "", errors)
    if token and revision not in ("", "0") and not watching:
        raise status.bad_request("specifying resource version is not allowed when using continue")
    labels, fields = request.query_value("labelSelector"), request.query_value("fieldSelector")
    wanted = selectors.parse_fields(fields) if fields else None
    if wanted is not None:
        wanted.check((*BASIC_FIELDS, *resource.selectable))
    return ListOptions(
        labels=selectors.parse_labels(labels) if labels else None,
        fields=wanted,
        limit=max(0, number(request, "limit") or 0),
        continue_="" if watching else token,
        revision=resource_version(revision),
        exact=match == EXACT,
        send_initial_events=bool(send_initial),
        bookmarks=bool(boolean(request, "allowWatchBookmarks")),
        timeout_seconds=max(0, number(request, "timeoutSeconds") or 0) or None,
    )


def _list_errors(match: str, revision: str, token: str, send_initial: bool | None) -> list[FieldError]:
    errors, field = [], "resourceVersionMatch"
    if match:
        if not revision:
            errors.append(status.forbidden_field(field, f"{field} is forbidden unless resourceVersion is provided"))
        if token:
            errors.append(status.forbidden_field(field, f"{field} is forbidden when continue is provided"))
        if match not in (EXACT, NOT_OLDER_THAN):
            errors.append(status.not_supported(field, match, [EXACT, NOT_OLDER_THAN, ""]))
        if match == EXACT and revision == "0":
            errors.append(status.forbidden_field(field, f'{field} "exact" is forbidden for resourceVersion "0"'))
    if send_initial is not None:
        errors.append(status.forbidden_field("sendInitialEvents", "sendInitialEvents is forbidden for list"))
    return errors


def _watch_errors(match: str, revision: str, token: str, send_initial: bool | None) -> list[FieldError]:
    errors, field = [], "resourceVersionMatch"
    if send_initial is not None and match != NOT_OLDER_THAN:
        text = f"sendInitialEvents requires setting {field} to {NOT_OLDER_THAN}"
        errors.append(status.forbidden_field(field, text))
    if match:
        if send_initial is None:
            text = f"{field} is forbidden for watch unless sendInitialEvents is provided"
            errors.append(status.forbidden_field(field, text))
        if match != NOT_OLDER_THAN:
            errors.append(status.not_supported(field, match, [NOT_OLDER_THAN]))
        if token:
            errors.append(status.forbidden_field(field, f"{field} is forbidden when continue is provided"))
    return errors


def resource_version(text: str) -> int | None:
    """A resourceVersion from a query: None when empty; raises StatusError (400)."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        wrong = status.invalid_value("resourceVersion", text[:40], _unparsed("Uint", text))
        raise status.bad_request(f"invalid resource version: {joined([wrong])}")
    return int(text)


def number(request: Request, name: str) -> int | None:
    """A whole number from the query; raises StatusError (400)."""
    text = request.query_value(name)
    if not text:
        return None
    if not _NUMBER.fullmatch(text) or not -(1 << 63) <= int(text) < 1 << 63:
        raise status.bad_request(_unparsed("Int", text))
    return int(text)


def _unparsed(kind: str, text: str) -> str:
    """What Go says of a text that is no number of the kind, Int or Uint."""
    numeric = _NUMBER.fullmatch(text) if kind == "Int" else text.isascii() and text.isdigit()
    why = "value out of range" if numeric else "invalid syntax"
    return f"strconv.Parse{kind}: parsing {quote(text[:40])}: {why}"


def boolean(request: Request, name: str) -> bool | None:
    """A switch in the query, None when absent: anything but `false` and `0` turns it on, as clients are used to."""
    values = request.query_values(name)
    return values[0].lower() not in ("false", "0") if values else None


def deadline(request: Request, most: float) -> float:
    """Seconds the request may take: `?timeout=` (Go's notation or plain seconds) may shorten it. Raises StatusError."""
    text = request.query_value("timeout")
    if not text:
        return most
    if text.isascii() and text.isdigit() and len(text) <= 9:
        seconds = float(text)
    else:
        found = _DURATION.fullmatch(text)
        if found is None or not any(found.groups()):
            why = f"time: invalid duration {quote(text[:40])}"
            raise status.bad_request(f"invalid timeout specified in the request URL - {why}")
        hours, minutes, rest = found.groups()
        seconds = int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(rest or 0)
    return min(seconds, most) if seconds > 0 else most
