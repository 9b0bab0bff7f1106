"""The JSONPath that columns and scales of custom resources are written in; no I/O.

A subset of Kubernetes' JSONPath: `.a.b`, `['a']`, `.a\\.b`, `[0]`, `[-1]`, `[*]`, and `[?(@.type=="Ready")]`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from roadstead.base.errors import Invalid

LONGEST = 1000
MOST_FOUND = 1000
_STEP = re.compile(
    r"""\.(?P<name>(?:\\.|[^.\[\]\\'"])+)"""
    r"""|\[(?:'(?P<single>(?:\\.|[^'\\])*)'|"(?P<double>(?:\\.|[^"\\])*)")\]"""
    r"""|\[(?P<index>-?\d{1,6})\]"""
    r"""|(?P<all>\[\*\]|\.\*)"""
    r"""|\[\?\(\s*@(?P<at>(?:\.[A-Za-z0-9_-]+)+)\s*(?P<how>==|!=)\s*(?P<value>"[^"]*"|'[^']*'|[\w.-]+)\s*\)\]"""
)


class BadPath(Invalid):
    """A text that is no path we follow."""


@dataclass(frozen=True, slots=True)
class _Step:
    name: str | None = None
    index: int | None = None
    at: tuple[str, ...] = ()
    equal: bool = True
    value: str = ""

    def follow(self, value: Any) -> list[Any]:
        """What one step leads to."""
        if self.name is not None:
            return [value[self.name]] if isinstance(value, dict) and self.name in value else []
        if self.index is not None:
            inside = isinstance(value, list) and -len(value) <= self.index < len(value)
            return [value[self.index]] if inside else []
        items = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
        return [each for each in items if self._meant(each)] if self.at else items

    def _meant(self, item: Any) -> bool:
        for name in self.at:
            item = item.get(name) if isinstance(item, dict) else None
        text = str(item).lower() if isinstance(item, bool) else "" if item is None else str(item)
        return (text == self.value) == self.equal


@dataclass(frozen=True, slots=True)
class Path:
    """A path, ready to be followed."""

    steps: tuple[_Step, ...]

    @property
    def names(self) -> tuple[str, ...] | None:
        """The fields it goes through, when it goes through nothing else."""
        names = [step.name for step in self.steps if step.name is not None]
        return tuple(names) if len(names) == len(self.steps) else None

    def find(self, value: Any) -> list[Any]:
        """Everything it leads to, at most MOST_FOUND."""
        found = [value]
        for step in self.steps:
            found = [each for one in found for each in step.follow(one)][:MOST_FOUND]
        return found


def parse(text: str) -> Path:
    """The path of a text; raises BadPath."""
    inner = text[1:-1] if text.startswith("{") and text.endswith("}") else text
    inner = inner.removeprefix("$")
    if len(text) > LONGEST or not inner:
        raise BadPath(f"a path has 1 to {LONGEST} characters")
    steps, at = [], 0
    while at < len(inner):
        found = _STEP.match(inner, at)
        if found is None:
            raise BadPath(f"cannot be read from {inner[at : at + 20]!r} on; write for example .spec.replicas")
        steps.append(_step(found))
        at = found.end()
    return Path(tuple(steps))


def _step(found: re.Match[str]) -> _Step:
    for group in ("name", "single", "double"):
        if (name := found[group]) is not None:
            return _Step(name=re.sub(r"\\(.)", r"\1", name))
    if found["index"] is not None:
        return _Step(index=int(found["index"]))
    if found["all"]:
        return _Step()
    return _Step(at=tuple(found["at"][1:].split(".")), equal=found["how"] == "==", value=found["value"].strip("\"'"))
