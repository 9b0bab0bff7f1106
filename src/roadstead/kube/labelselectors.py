"""Label selectors as objects carry them (matchLabels, matchExpressions); no I/O.

Those of requests are texts: `selectors.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roadstead.base.values import Json


def matches(selector: Any, labels: Mapping[str, Any]) -> bool:
    """Whether a selector, or a plain map of labels, finds objects with these labels. Empty finds all, absent none."""
    if not isinstance(selector, dict):
        return False
    spelled_out = selector.keys() & {"matchLabels", "matchExpressions"}
    wanted = _map(selector.get("matchLabels")) if spelled_out else selector
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    rules = selector.get("matchExpressions") if spelled_out else None
    return all(_meets(rule, labels) for rule in rules if isinstance(rule, dict)) if isinstance(rules, list) else True


def _meets(rule: Json, labels: Mapping[str, Any]) -> bool:
    key, values = rule.get("key"), rule.get("values")
    found = labels.get(key) if isinstance(key, str) else None
    listed = isinstance(values, list) and found in values
    match rule.get("operator"):
        case "In":
            return found is not None and listed
        case "NotIn":
            return found is None or not listed
        case "Exists":
            return found is not None
        case _:
            return found is None


def _map(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
