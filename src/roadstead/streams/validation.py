"""Which image streams are refused, field by field; no I/O. image-api contract, 6.2, 6.5 and 6.6.

What is true of every object's metadata is checked elsewhere.
"""

import re
from collections.abc import Collection

from roadstead.base.values import Json
from roadstead.kube.fielderrors import FieldError, forbidden_field, invalid_value, required
from roadstead.kube.names import path_segment
from roadstead.streams import pullspec
from roadstead.streams.allowlist import AllowList, repository_key
from roadstead.streams.events import histories, spec_tags
from roadstead.streams.tags import DOCKER_IMAGE, STREAM_IMAGE, STREAM_TAG

NAME_PATTERN = r"[a-z0-9]+(?:[._-][a-z0-9]+)*"
LONGEST_PLACE = 255
IMPORT_MODES = ("", "Legacy", "PreserveOriginal")
INSECURE_REPOSITORY = "openshift.io/image.insecureRepository"

_NAME = re.compile(NAME_PATTERN)


def name_problems(name: str) -> list[str]:
    """Why `name` cannot name a stream; the rule for a generated name as well."""
    return path_segment(name) or ([] if _NAME.fullmatch(name) else [f'must match "{NAME_PATTERN}"'])


def validate_stream(stream: Json, old: Json | None, allowed: AllowList) -> list[FieldError]:
    """Spec and status of a stream that is created (`old` None) or updated.

    Repositories `old` already refers to are admitted whatever the list says, so that a stricter list leaves streams
    editable.
    """
    exempt, insecure, asked = _repositories(old), is_insecure(stream), spec_tags(stream)
    errors = [*_validate_place(stream), *_validate_repository(stream, allowed, exempt)]
    for name, tag in sorted(asked.items()):
        errors += validate_tag(tag, f"spec.tags[{name}]", allowed, insecure=insecure, exempt=exempt)
    for name, entry in sorted(histories(stream).items()):
        policy = asked.get(name, {}).get("importPolicy") or {}
        for index, item in enumerate(entry.get("items") or []):
            path, text = _event_path(name, index), item.get("dockerImageReference") or ""
            lax = insecure or bool(policy.get("insecure"))
            errors += _validate_reference(path, text, allowed, lax, exempt) if text else [required(path)]
    return errors


def validate_status(stream: Json, old: Json, allowed: AllowList) -> list[FieldError]:
    """What a write to `/status` adds: references `old` does not have must make sense and be admitted."""
    before = (old.get("status") or {}).get("tags") or []
    # A stream made from the old one shares the entries that did not change, and then all but a few need no look.
    shared = set(map(id, before))
    fresh = [each for each in (stream.get("status") or {}).get("tags") or [] if id(each) not in shared]
    insecure, wrong = is_insecure(stream), list[tuple[str, list[FieldError]]]()
    for entry in sorted(fresh, key=lambda each: str(each.get("tag") or "")):
        for index, item in enumerate(entry.get("items") or []):
            text = item.get("dockerImageReference") or ""
            path = _event_path(str(entry.get("tag") or ""), index)
            if errors := _validate_reference(path, text, allowed, insecure, frozenset()):
                wrong.append((text, errors))
    if not wrong:
        return []
    known = {item.get("dockerImageReference") for entry in before for item in entry.get("items") or []}
    return [error for text, errors in wrong if text not in known for error in errors]


def validate_tag(
    tag: Json, path: str, allowed: AllowList, *, insecure: bool = False, exempt: Collection[str] = ()
) -> list[FieldError]:
    """One TagReference at `path` (`spec.tags[v1]`, or `tag` in the tag views); `insecure` as the whole stream says."""
    errors = _validate_source(tag, path, allowed, insecure, exempt) if tag.get("from") is not None else []
    policy_type = (tag.get("referencePolicy") or {}).get("type") or ""
    if policy_type not in ("Source", "Local"):
        text = 'valid values are "Source", "Local"'
        errors.append(invalid_value(f"{path}.referencePolicy.type", policy_type, text))
    mode = (tag.get("importPolicy") or {}).get("importMode") or ""
    if mode not in IMPORT_MODES:
        text = "invalid import mode, valid modes are '', 'Legacy', 'PreserveOriginal'"
        errors.append(invalid_value(f"{path}.importPolicy.importMode", mode, text))
    return errors


def is_insecure(stream: Json) -> bool:
    """Whether the stream says its registries may be reached without TLS."""
    return (stream["metadata"].get("annotations") or {}).get(INSECURE_REPOSITORY) == "true"


def _validate_source(
    tag: Json, path: str, allowed: AllowList, insecure: bool, exempt: Collection[str]
) -> list[FieldError]:
    source, policy = tag["from"], tag.get("importPolicy") or {}
    kind, name = source.get("kind") or "", source.get("name") or ""
    errors = [] if name else [required(f"{path}.from.name")]
    if kind == DOCKER_IMAGE and name:
        errors += _validate_reference(
            f"{path}.from.name", name, allowed, insecure or bool(policy.get("insecure")), exempt
        )
    elif kind in (STREAM_TAG, STREAM_IMAGE) and policy.get("scheduled"):
        text = "only tags pointing to Docker repositories may be scheduled for background import"
        errors.append(invalid_value(f"{path}.importPolicy.scheduled", True, text))
    elif kind not in (DOCKER_IMAGE, STREAM_TAG, STREAM_IMAGE):
        text = "valid values are 'DockerImage', 'ImageStreamImage', 'ImageStreamTag'"
        errors.append(required(f"{path}.from.kind", text))
    return errors


def _validate_place(stream: Json) -> list[FieldError]:
    meta = stream["metadata"]
    if len(f"{meta.get('namespace') or ''}/{meta.get('name') or ''}") <= LONGEST_PLACE:
        return []
    text = f"'namespace/name' cannot be longer than {LONGEST_PLACE} characters"
    return [invalid_value("metadata.name", meta.get("name"), text)]


def _validate_repository(stream: Json, allowed: AllowList, exempt: Collection[str]) -> list[FieldError]:
    path, text = "spec.dockerImageRepository", (stream.get("spec") or {}).get("dockerImageRepository") or ""
    if not text:
        return []
    if pullspec.problem(text) is None:
        spec, errors = pullspec.parse(text), []
        if spec.tag:
            errors.append(invalid_value(path, text, "the repository name may not contain a tag"))
        if spec.id:
            errors.append(invalid_value(path, text, "the repository name may not contain an ID"))
        if errors:
            return errors
    return _validate_reference(path, text, allowed, is_insecure(stream), exempt)


def _validate_reference(
    path: str, text: str, allowed: AllowList, insecure: bool, exempt: Collection[str]
) -> list[FieldError]:
    problem = pullspec.problem(text)
    if problem is not None:
        return [invalid_value(path, text, problem)]
    refusal = allowed.refusal(pullspec.parse(text), insecure=insecure, exempt=exempt)
    return [forbidden_field(path, refusal)] if refusal else []


def _repositories(old: Json | None) -> frozenset[str]:
    texts = {((old or {}).get("spec") or {}).get("dockerImageRepository")}
    texts |= {
        (tag.get("from") or {}).get("name")
        for tag in spec_tags(old).values()
        if (tag.get("from") or {}).get("kind") == DOCKER_IMAGE
    }
    texts |= {item.get("dockerImageReference") for each in histories(old).values() for item in each.get("items") or []}
    return frozenset(repository_key(pullspec.parse(text)) for text in texts if text and pullspec.problem(text) is None)


def _event_path(tag: str, index: int) -> str:
    return f"status.tags[{tag}].items[{index}].dockerImageReference"
