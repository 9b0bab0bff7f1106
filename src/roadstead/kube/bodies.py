"""What a request body must say about itself, and the refusals when it does not; no I/O.

The texts are those of image-api contract, sections 16.1 and 16.8.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from roadstead.base.values import Json
from roadstead.kube.fielderrors import invalid_value
from roadstead.kube.status import StatusError, bad_request, invalid
from roadstead.kube.wording import kind_of, quote

_TYPE_FIELDS = r'struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }'
_SCHEME = "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"
"""What upstream's refusals call the place its kinds are listed in."""
_OF_EVERY_GROUP = ("CreateOptions", "DeleteOptions", "GetOptions", "ListOptions", "PatchOptions", "UpdateOptions")
_OF_CORE = ("List", "Status", *_OF_EVERY_GROUP)
_SUMMARY = 30
"""Bytes of a body shown in a message."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The kind a path takes."""

    group: str
    version: str
    kind: str

    @property
    def api_version(self) -> str:
        """`v1` or `group/version`."""
        return f"{self.group}/{self.version}" if self.group else self.version


def unrecognised(expected: str, raw: bytes, why: str) -> StatusError:
    """400 for bytes that are no object at all; `why` is the decoder's message."""
    return unreadable(expected, raw, f"couldn't get version/kind; json parse error: {why}")


def unreadable(expected: str, raw: bytes, why: str) -> StatusError:
    """400 for bytes that do not even say what they are."""
    shown = raw[:_SUMMARY]
    summary = shown.decode(errors="replace") if raw[:1] == b"{" else shown.hex()
    summary = (summary + (" ..." if len(raw) > _SUMMARY else "")) or "<empty>"
    return bad_request(f"the object provided is unrecognized (must be of type {expected}): {why} ({summary})")


def no_object(expected: str, raw: bytes, value: Any) -> StatusError:
    """400 for a body that decodes to something else than an object."""
    return unrecognised(expected, raw, wrong_head(value))


def wrong_head(value: Any) -> str:
    """What is said of a value that has no apiVersion and kind to read, because it is no object."""
    return f"json: cannot unmarshal {kind_of(value)} into Go value of type {_TYPE_FIELDS}"


def unhandled(kind: str, api_version: str, expected: str, why: str) -> StatusError:
    """400 for an object that cannot be taken as the expected kind."""
    version = api_version.rpartition("/")[2]
    return bad_request(f"{kind} in version {quote(version)} cannot be handled as a {expected}: {why}")


def typed(value: Any, expected: Expected, raw: bytes, others: Collection[tuple[str, str]] = ()) -> Json:
    """A decoded body with its kind and apiVersion filled in; raises StatusError 400 for another kind.

    `others` are the (apiVersion, kind) pairs served elsewhere: they get a different refusal than unknown ones.
    """
    if not isinstance(value, dict):
        raise no_object(expected.kind, raw, value)
    for name in ("apiVersion", "kind"):
        if not isinstance(value.get(name) or "", str):
            wrong = f"json: cannot unmarshal {kind_of(value[name])} into Go struct field .{name} of type string"
            raise unrecognised(expected.kind, raw, wrong)
    api_version, kind = value.get("apiVersion") or expected.api_version, value.get("kind") or expected.kind
    if (api_version, kind) != (expected.api_version, expected.kind):
        raise _other_kind(api_version, kind, expected, raw, others)
    return {**value, "kind": kind, "apiVersion": api_version}


def _is_known(api_version: str, kind: str, expected: Expected, others: Collection[tuple[str, str]]) -> bool:
    served = {(api_version, kind), (api_version, kind.removesuffix("List"))} & {
        *others,
        (expected.api_version, expected.kind),
    }
    return bool(served) or kind in (_OF_CORE if api_version == "v1" else _OF_EVERY_GROUP)


def _other_kind(
    api_version: str, kind: str, expected: Expected, raw: bytes, others: Collection[tuple[str, str]]
) -> StatusError:
    if kind == expected.kind and api_version == expected.version:
        return version_mismatch(api_version, expected.api_version)
    if api_version.count("/") > 1:
        return unreadable(expected.kind, raw, f"unexpected GroupVersion string: {api_version}")
    if _is_known(api_version, kind, expected, others):
        internal = expected.group.partition(".")[0] or "core"
        version = api_version.rpartition("/")[2]
        why = f"converting ({version}.{kind}) to ({internal}.{expected.kind}): unknown conversion"
    else:
        why = unregistered(kind, api_version)
    return unhandled(kind, api_version, expected.kind, why)


def unregistered(kind: str, api_version: str) -> str:
    """What is said of a kind that nobody knows."""
    return f"no kind {quote(kind)} is registered for version {quote(api_version)} in scheme {quote(_SCHEME)}"


def version_mismatch(sent: str, expected: str) -> StatusError:
    """400 for an apiVersion of another time: `v1` where a group is meant."""
    text = f"the API version in the data ({sent}) does not match the expected API version ({expected})"
    return bad_request(text)


def namespace_mismatch() -> StatusError:
    """400 for a namespace in the body other than the one in the URL."""
    return bad_request("the namespace of the provided object does not match the namespace sent on the request")


def name_mismatch(sent: str, in_url: str) -> StatusError:
    """400 for a name in the body other than the one in the URL."""
    return bad_request(f"the name of the object ({sent}) does not match the name on the URL ({in_url})")


def no_name(in_url: str) -> StatusError:
    """400 for a patch that takes the name away."""
    return bad_request(f"the name of the object ({in_url} based on URL) was undeterminable: name must be provided")


def complaints(unknown: Sequence[str], duplicates: Sequence[str]) -> list[str]:
    """One text per field that is unknown or given twice: the warnings of `fieldValidation=Warn`.

    What lies in an unknown field is not looked at any further.
    """
    below = tuple(f"{path}{mark}" for path in unknown for mark in ".[")
    known = [path for path in duplicates if path not in unknown and not path.startswith(below)]
    return [f"unknown field {quote(path)}" for path in unknown] + [f"duplicate field {quote(path)}" for path in known]


def strict_failure(expected: Expected, found: Sequence[str]) -> StatusError:
    """400 for complaints about a body under `fieldValidation=Strict`."""
    return unhandled(expected.kind, expected.version, expected.kind, _strict(found))


def strict_patch_failure(patch: Any, found: Sequence[str]) -> StatusError:
    """422 for complaints about what a patch would make, under `fieldValidation=Strict`."""
    return invalid("", "", "", [invalid_value("patch", patch, _strict(found))])


def _strict(found: Sequence[str]) -> str:
    return f"strict decoding error: {', '.join(found)}"
