"""What the server makes of a stream it is sent: one spelling, defaults, generations, computed fields; no I/O.

image-api contract, 6.1 to 6.4 and 6.6. The functions take and return whole ImageStreams as on the wire.
"""

from collections.abc import Mapping
from typing import Any

from roadstead.base.values import Json
from roadstead.streams import pullspec
from roadstead.streams.events import current, generation, histories, same_content, spec_tags, with_histories

LEGACY = "Legacy"


def normalise(stream: Json, import_mode: str = LEGACY) -> Json:
    """`stream` in its one spelling: tags sorted by name and each once, defaults filled, empty lists left out.

    `import_mode` is the server's default for tags that name none. Apply it to whatever was decoded.
    """
    spec, status = stream.get("spec") or {}, stream.get("status") or {}
    shown_spec: Json = {"lookupPolicy": {"local": bool((spec.get("lookupPolicy") or {}).get("local"))}}
    if spec.get("dockerImageRepository"):
        shown_spec["dockerImageRepository"] = spec["dockerImageRepository"]
    if tags := spec_tags(stream):
        shown_spec["tags"] = [normalise_tag({**tags[name], "name": name}, import_mode) for name in sorted(tags)]
    shown_status: Json = {"dockerImageRepository": status.get("dockerImageRepository") or ""}
    if status.get("publicDockerImageRepository"):
        shown_status["publicDockerImageRepository"] = status["publicDockerImageRepository"]
    if entries := histories(stream):
        shown_status["tags"] = [_normalise_history(tag, entries[tag]) for tag in sorted(entries)]
    return {**stream, "spec": shown_spec, "status": shown_status}


def normalise_tag(tag: Json, import_mode: str = LEGACY) -> Json:
    """A TagReference in its one spelling, as streams and the tag views show it."""
    policy = tag.get("importPolicy") or {}
    shown: Json = {"name": tag.get("name") or "", "annotations": tag.get("annotations") or None}
    if tag.get("from") is not None:
        shown["from"] = {key: value for key, value in tag["from"].items() if value not in (None, "")}
    if tag.get("reference"):
        shown["reference"] = True
    shown["generation"] = tag.get("generation")
    flags = {flag: True for flag in ("insecure", "scheduled") if policy.get(flag)}
    shown["importPolicy"] = {**flags, "importMode": policy.get("importMode") or import_mode or LEGACY}
    shown["referencePolicy"] = {"type": (tag.get("referencePolicy") or {}).get("type") or "Source"}
    return shown


def with_spec_tag(stream: Json, tag: Json) -> Json:
    """`stream` with `tag` in its spec, in place of the one of that name."""
    return _with_spec_tags(stream, spec_tags(stream) | {str(tag.get("name") or ""): tag})


def without_spec_tag(stream: Json, name: str) -> Json:
    """`stream` without the spec tag `name`; its history stays."""
    return _with_spec_tags(stream, {key: tag for key, tag in spec_tags(stream).items() if key != name})


def prepare_create(stream: Json, *, with_status: bool = False) -> Json:
    """A stream about to be created: every generation 1, and no status (section 6.2).

    `with_status` is for the server's own writes (imports), which bring their status with them.
    """
    tags = {name: {**tag, "generation": 1} for name, tag in spec_tags(stream).items()}
    fresh = _with_spec_tags(_with_generation(stream, 1), tags)
    return fresh if with_status else {**fresh, "status": {"dockerImageRepository": ""}}


def prepare_update(new: Json, old: Json, *, keep_status: bool = True) -> Json:
    """A stream about to replace `old`: generations moved as section 6.3 says, and the status of `old`.

    `keep_status` is False for the server's own writes (tags, imports), which bring their status with them.
    """
    if keep_status:
        new = {**new, "status": old.get("status") or {"dockerImageRepository": ""}}
    before = spec_tags(old)
    guarded = {name: _guarded(tag, before.get(name)) for name, tag in spec_tags(new).items()}
    reached = generation(old.get("metadata"))
    if spec_differs(_with_spec_tags(new, guarded), old):
        reached += 1
    namespace = str((new.get("metadata") or {}).get("namespace") or "")
    for name, tag in guarded.items():
        if not tag.get("generation") or tag_changed(tag, before.get(name), namespace):
            guarded[name] = {**tag, "generation": reached}
    return _with_spec_tags(_with_generation(new, reached), guarded)


def prepare_status_update(new: Json, old: Json) -> Json:
    """What a write to `/status` stores: the spec of `old`, the status of `new`, generations filled in (section 6.6)."""
    reached = generation(old.get("metadata"))
    stream = {**_with_generation(new, reached), "spec": old.get("spec") or {}}
    entries, before, asked = histories(stream), histories(old), spec_tags(old)
    for tag, entry in entries.items():
        latest, was = current(entry), current(before.get(tag))
        if latest is not None and not generation(latest):
            # An older generation counts as another content, as upstream compares.
            replaced = was is not None and (not same_content(latest, was) or generation(was) > 0)
            wanted = (generation(asked.get(tag)) if replaced else 0) or reached
            entries[tag] = {**entry, "items": [{**latest, "generation": wanted}, *entry["items"][1:]]}
    return with_histories(stream, entries)


def spec_differs(new: Json, old: Json) -> bool:
    """Whether the specs mean something different; a tag of `new` that asks for generation 0 always does."""
    if any(tag.get("generation") == 0 for tag in spec_tags(new).values()):
        return True
    return bool(_meaning(normalise(new)["spec"]) != _meaning(normalise(old)["spec"]))


def tag_changed(new: Json, old: Json | None, namespace: str) -> bool:
    """Whether a spec tag asks for something else than before (section 7.1); one that was not there always does.

    Flags of scheduling and transport, reference policy and annotations do not count. Another `from.kind` does
    (upstream overlooks it).
    """
    if old is None:
        return True
    source, before = new.get("from") or {}, old.get("from") or {}
    if not source.get("kind") and not source.get("name"):
        return False
    asked, had = new.get("generation"), old.get("generation")
    return (
        (source.get("namespace") or namespace) != (before.get("namespace") or namespace)
        or (source.get("kind") or "") != (before.get("kind") or "")
        or (source.get("name") or "") != (before.get("name") or "")
        or bool(new.get("reference")) != bool(old.get("reference"))
        or _import_mode(new) != _import_mode(old)
        or (asked == 0 and had is not None and had != 0)
    )


def with_repositories(stream: Json, internal: str = "", external: str = "") -> Json:
    """`stream` with the repository names every reader computes afresh (section 6.4).

    `internal` and `external` are registry hosts; without an internal one the deprecated spec field shows through.
    """
    meta, spec = stream.get("metadata") or {}, stream.get("spec") or {}
    place = f"{meta.get('namespace', '')}/{meta.get('name', '')}"
    status = {key: value for key, value in (stream.get("status") or {}).items() if key != "publicDockerImageRepository"}
    declared = str(spec.get("dockerImageRepository") or "")
    if declared and pullspec.problem(declared) is None:
        declared = pullspec.parse(declared).repository().exact()
        spec = {**spec, "dockerImageRepository": declared}
    status["dockerImageRepository"] = f"{internal}/{place}" if internal else declared
    if external:
        status["publicDockerImageRepository"] = f"{external}/{place}"
    return {**stream, "spec": spec, "status": status}


def _guarded(tag: Json, old: Json | None) -> Json:
    # A client cannot set generations; asking for 0 is how it requests a fresh import.
    if old is None or tag.get("generation") == 0:
        return tag
    return {**tag, "generation": old.get("generation")}


def _import_mode(tag: Json) -> str:
    return (tag.get("importPolicy") or {}).get("importMode") or LEGACY


def _meaning(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        pairs = {name: _meaning(inner, name) for name, inner in value.items()}
        return {name: inner for name, inner in pairs.items() if inner not in (None, "", {}, []) or name == "generation"}
    if isinstance(value, list):
        return [_meaning(each) for each in value]
    return None if value is False else value


def _normalise_history(tag: str, entry: Json) -> Json:
    items = [
        {
            "created": item.get("created"),
            "dockerImageReference": item.get("dockerImageReference") or "",
            "image": item.get("image") or "",
            "generation": generation(item),
        }
        for item in entry.get("items") or []
    ]
    shown: Json = {"tag": tag, "items": items or None}
    return {**shown, "conditions": entry["conditions"]} if entry.get("conditions") else shown


def _with_spec_tags(stream: Json, tags: Mapping[str, Json]) -> Json:
    spec = {key: value for key, value in (stream.get("spec") or {}).items() if key != "tags"}
    if tags:
        spec["tags"] = [tags[name] for name in sorted(tags)]
    return {**stream, "spec": spec}


def _with_generation(stream: Json, value: int) -> Json:
    return {**stream, "metadata": {**(stream.get("metadata") or {}), "generation": value}}
