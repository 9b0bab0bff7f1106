"""What the server makes of an import it is sent, and what it refuses; no I/O. image-api contract, 14.1 and 14.2."""

from __future__ import annotations

from typing import Any

from roadstead.base.values import Json
from roadstead.importing.plan import EVERYTHING
from roadstead.kube.fielderrors import FieldError, forbidden_field, invalid_value, required
from roadstead.streams import pullspec
from roadstead.streams.allowlist import AllowList
from roadstead.streams.specs import LEGACY
from roadstead.streams.tags import DOCKER_IMAGE
from roadstead.streams.validation import IMPORT_MODES, name_problems

MOST_IMAGES = 1000
"""Items of one request; more are asked for in several."""
_ONLY = "only DockerImage is supported"


def prepare(sent: Json, import_mode: str = LEGACY) -> Json:
    """`sent` in its one spelling: targets and policies filled in, no status. `import_mode` is the server's default."""
    spec = sent.get("spec") or {}
    shown: Json = {"import": bool(spec.get("import"))}
    if spec.get("repository") is not None:
        shown["repository"] = _item(spec["repository"], import_mode)
    if spec.get("images"):
        shown["images"] = [_with_target(_item(each, import_mode)) for each in spec["images"]]
    return {**{key: value for key, value in sent.items() if key != "status"}, "spec": shown}


def validate(wanted: Json) -> list[FieldError]:
    """Everything wrong with a prepared import, its metadata aside."""
    spec, errors = wanted["spec"], list[FieldError]()
    images = spec.get("images") or []
    if len(images) > MOST_IMAGES:
        return [invalid_value("spec.images", len(images), f"must have at most {MOST_IMAGES} items")]
    for index, item in enumerate(images):
        errors += _check_image(item, f"spec.images[{index}]")
    if spec.get("repository") is not None:
        errors += _check_repository(spec["repository"], "spec.repository")
    if not images and spec.get("repository") is None:
        errors.append(invalid_value("spec.images", None, "you must specify at least one image or a repository import"))
    return errors


def name_errors(name: str) -> list[FieldError]:
    """What is wrong with the name of the stream; none is told elsewhere."""
    return [invalid_value("metadata.name", name, text) for text in name_problems(name)] if name else []


def refused_registries(wanted: Json, allowed: AllowList) -> list[FieldError]:
    """The items from registries that nobody but an image administrator may import from (section 14.2, step 2)."""
    spec, errors = wanted["spec"], list[FieldError]()
    items = [("spec.repository", spec["repository"])] if spec.get("repository") is not None else []
    items += [(f"spec.images[{index}]", each) for index, each in enumerate(spec.get("images") or [])]
    for path, item in items:
        name, insecure = item["from"].get("name") or "", bool(item["importPolicy"].get("insecure"))
        if pullspec.problem(name) is not None:
            continue
        place = pullspec.parse(name)
        why = allowed.refusal_with_port(place, insecure=insecure)
        if why is not None:
            host = ":".join(place.host_port(insecure))
            text = f'importing images from registry "{host}" is forbidden: {why}'
            errors.append(forbidden_field(f"{path}.from.name", text))
    return errors


def _item(item: Json, import_mode: str) -> Json:
    policy = item.get("importPolicy") or {}
    flags = {flag: True for flag in ("insecure", "scheduled") if policy.get(flag)}
    shown = {key: value for key, value in item.items() if key not in ("importPolicy", "referencePolicy")}
    return {
        **shown,
        "from": item.get("from") or {},
        "importPolicy": {**flags, "importMode": policy.get("importMode") or import_mode or LEGACY},
        "referencePolicy": {"type": (item.get("referencePolicy") or {}).get("type") or "Source"},
    }


def _with_target(item: Json) -> Json:
    """Without a target, the tag in the name is meant; without that either, the image is looked at and not kept."""
    name: Any = item["from"].get("name") or ""
    if item.get("to") is not None or pullspec.problem(name) is not None:
        return item
    tag = pullspec.parse(name).tag
    return {**item, "to": {"name": tag}} if tag else item


def _check_image(item: Json, path: str) -> list[FieldError]:
    source, errors = item["from"], list[FieldError]()
    if source.get("kind") != DOCKER_IMAGE:
        errors.append(invalid_value(f"{path}.from.kind", source.get("kind") or "", _ONLY))
        return errors + _check_mode(item, path)
    if item.get("to") is not None and not item["to"].get("name"):
        errors.append(invalid_value(f"{path}.to.name", "", "the name of the target tag must be specified"))
    name = source.get("name") or ""
    if not name:
        errors.append(required(f"{path}.from.name"))
    elif name != EVERYTHING and (problem := pullspec.problem(name)) is not None:
        errors.append(invalid_value(f"{path}.from.name", name, problem))
    return errors + ([] if name == EVERYTHING else _check_mode(item, path))


def _check_repository(item: Json, path: str) -> list[FieldError]:
    source = item["from"]
    if source.get("kind") != DOCKER_IMAGE:
        wrong = [invalid_value(f"{path}.from.kind", source.get("kind") or "", _ONLY)]
        return wrong + _check_mode(item, path)
    name = source.get("name") or ""
    if not name:
        errors = [required(f"{path}.from.name", "container image references require a name")]
    elif (problem := pullspec.problem(name)) is not None:
        errors = [invalid_value(f"{path}.from.name", name, problem)]
    elif pullspec.parse(name).tag or pullspec.parse(name).id:
        errors = [invalid_value(f"{path}.from.name", name, "you must specify an image repository, not a tag or ID")]
    elif not pullspec.parse(name).name:
        errors = [invalid_value(f"{path}.from.name", name, "it names a registry, but no repository in it")]
    else:
        errors = []
    return errors + _check_mode(item, path)


def _check_mode(item: Json, path: str) -> list[FieldError]:
    mode = item["importPolicy"]["importMode"]
    if mode in IMPORT_MODES:
        return []
    text = "invalid import mode, valid modes are '', 'Legacy', 'PreserveOriginal'"
    return [invalid_value(f"{path}.importPolicy.importMode", mode, text)]
