"""The settings tree as people read it."""

from __future__ import annotations

from roadstead.base.settings import Line, Settings, lines


def render(settings: Settings, *, markdown: bool) -> str:
    """Every setting, as text for a terminal or as a Markdown table."""
    found = lines(settings)
    return _table(found) if markdown else "\n\n".join(_paragraph(line) for line in found)


def _paragraph(line: Line) -> str:
    unit = f" {line.unit}" if line.unit else ""
    changed = "" if line.value == line.default else f"  (default {_text(line.default)})"
    return f"{line.name} = {_text(line.value)}{unit}{changed}\n    {line.meaning}\n    {line.environment}"


def _table(found: list[Line]) -> str:
    head = ["| setting | default | unit | environment | meaning |", "|---|---|---|---|---|"]
    rows = [
        f"| `{line.name}` | `{_text(line.default)}` | {line.unit} | `{line.environment}` | {line.meaning} |"
        for line in found
    ]
    return "\n".join(head + rows)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return " ".join(str(each.get("name", "?")) for each in value) or "[]"
    if isinstance(value, list):
        return ",".join(value) or '""'
    return str(value) if value != "" else '""'
