"""What the table of ImageTags shows; no I/O (image-api contract, section 17)."""

from __future__ import annotations

from roadstead.base.values import Json
from roadstead.streams import pullspec
from roadstead.streams.events import current, generation
from roadstead.streams.resolving import failed_import


def source_kind(tag: Json) -> str:
    """The Spec column: Tag, Ref, Scheduled, Track, Push, or nothing."""
    spec, latest = tag.get("spec"), current(tag.get("status"))
    source = (spec or {}).get("from")
    if spec is None or source is None:
        return "Push" if spec is None and latest else ""
    if source.get("kind") == "ImageStreamTag" and ":" not in str(source.get("name") or ""):
        return "Track"
    if latest and generation(latest) > generation(spec):
        return "Push"
    if (spec.get("importPolicy") or {}).get("scheduled"):
        return "Scheduled"
    return "Ref" if spec.get("reference") else "Tag"


def state(tag: Json) -> str:
    """The Status column: what the tag names, or what keeps it from naming something."""
    entry, spec = tag.get("status") or {}, tag.get("spec")
    failed, latest = failed_import(entry), current(entry)
    if failed is not None:
        return f"ImportFailed ({failed.get('reason') or ''})"
    if latest is None:
        return _source((spec or {}).get("from"))
    if generation(spec) > generation(latest):
        return "Importing"
    return f"image/{latest['image']}" if latest.get("image") else str(latest.get("dockerImageReference") or "")


def history_length(tag: Json) -> int | None:
    """The History column; null when there is none."""
    return len((tag.get("status") or {}).get("items") or ()) or None


def last_time(tag: Json) -> str | None:
    """When the tag last moved, or last failed to: the later of the two."""
    entry = tag.get("status") or {}
    times = [each.get("lastTransitionTime") for each in entry.get("conditions") or ()]
    times.append((current(entry) or {}).get("created"))
    return max((time for time in times if time), default=None)


def _source(source: Json | None) -> str:
    if source is None:
        return ""
    name, namespace = str(source.get("name") or ""), source.get("namespace")
    match source.get("kind"):
        case "DockerImage":
            return "InvalidRefName" if pullspec.problem(name) else pullspec.parse(name).exact()
        case "ImageStreamImage":
            parts = name.split("@")
            return f"image/{parts[-1]}" if len(parts) <= 2 and parts[-1] else "InvalidRefName"
        case "ImageStreamTag":
            if not name:
                return "InvalidRefName"
            return f"istag {namespace}/{name}" if namespace else f"istag/{name}"
        case _:
            return "InvalidRefKind"
