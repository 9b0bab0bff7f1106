"""Label and field selectors, from query texts to predicates; no I/O.

Grammar and texts are those of Kubernetes (image-api contract, section 16.4); a text that cannot be parsed raises
BadSelector, whose message is the whole message of the 400.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from roadstead.base.errors import Invalid
from roadstead.kube.fielderrors import FieldError, invalid_value, joined
from roadstead.kube.names import label_value, qualified_name
from roadstead.kube.wording import quote

MAX_LENGTH = 100_000
"""Of a selector, in characters."""

_OPERATORS = {"in": "in", "notin": "notin", "=": "=", "==": "=", "!=": "!=", ">": "gt", "<": "lt"}
_TOKEN = re.compile(r"[ \t\r\n]*(?:(==|!=|[=!(),<>])|([^ \t\r\n=!(),<>]+))?")
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)


class BadSelector(Invalid):
    """A selector that cannot be parsed, or asks for a field that cannot be selected by."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on a label. `operator`: in, notin, =, !=, exists, !, gt, lt."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels fulfil it; a missing label fulfils `!=` and `notin`."""
        value = labels.get(self.key)
        match self.operator:
            case "in" | "=":
                return value in self.values
            case "notin" | "!=":
                return value not in self.values
            case "exists":
                return value is not None
            case "!":
                return value is None
        bound = _integer(next(iter(self.values)))
        number = _integer(value or "")
        if number is None or bound is None:
            return False
        return number > bound if self.operator == "gt" else number < bound


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """All its requirements must hold; without any, everything matches."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels are selected."""
        return all(requirement.matches(labels) for requirement in self.requirements)


@dataclass(frozen=True, slots=True)
class FieldTerm:
    """One condition on a field: equal to a value, or different from it."""

    field: str
    value: str
    equal: bool = True


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """All its terms must hold; without any, everything matches."""

    terms: tuple[FieldTerm, ...] = ()

    def matches(self, value_of: Callable[[str], str]) -> bool:
        """Whether an object is selected, given the values of its fields ("" for a missing one)."""
        return all((value_of(term.field) == term.value) == term.equal for term in self.terms)

    def exact(self, field: str) -> str | None:
        """The only value the field can have, when there is one."""
        return next((term.value for term in self.terms if term.equal and term.field == field), None)

    def check(self, known: Collection[str]) -> None:
        """Raises BadSelector for a field that is none of `known`; the text names the two every kind has."""
        for term in self.terms:
            if term.field not in known:
                only = 'only "metadata.name", "metadata.namespace"'
                raise BadSelector(f"{quote(term.field)} is not a known field selector: {only}")


def parse_labels(text: str) -> LabelSelector:
    """`a=b,c!=d,e in (f,g),!h,i,j>5` as a selector; raises BadSelector."""
    return LabelSelector(tuple(_LabelParser(_bounded(text)).requirements()))


def parse_fields(text: str) -> FieldSelector:
    r"""`a=b,c==d,e!=f` as a selector; `\` escapes `,`, `=` and itself in values. Raises BadSelector."""
    parts = sorted(part for part in re.findall(r"(?:\\.|[^,\\]|\\$)+", _bounded(text), re.DOTALL))
    return FieldSelector(tuple(_field_term(part, text) for part in parts))


def selector_text(wanted: Any) -> str:
    """The text of what objects choose by: a LabelSelector, a map of labels, or a text already; "" for nothing."""
    if isinstance(wanted, str):
        return wanted
    if not isinstance(wanted, dict):
        return ""
    known = "matchLabels" in wanted or "matchExpressions" in wanted
    labels, rules = (wanted.get("matchLabels"), wanted.get("matchExpressions")) if known else (wanted, None)
    parts = [f"{key}={value}" for key, value in sorted((labels or {}).items())]
    return ",".join(parts + [_rule_text(rule) for rule in rules or () if isinstance(rule, dict)])


def _rule_text(rule: Mapping[str, Any]) -> str:
    key, values = rule.get("key", ""), ",".join(sorted(map(str, rule.get("values") or ())))
    match rule.get("operator"):
        case "Exists":
            return str(key)
        case "DoesNotExist":
            return f"!{key}"
        case "NotIn":
            return f"{key} notin ({values})"
    return f"{key} in ({values})"


class _LabelParser:
    """A reader of tokens, one ahead. The empty token is the end."""

    def __init__(self, text: str) -> None:
        self._tokens = [symbol or word for symbol, word in _TOKEN.findall(text) if symbol or word]
        self._at = 0

    def requirements(self) -> Iterable[Requirement]:
        """Everything up to the end."""
        while self._next:
            if self._next != "!" and not _is_word(self._next):
                raise BadSelector(f"found '{self._next}', expected: !, identifier, or 'end of string'")
            try:
                yield self._requirement()
            except BadSelector as wrong:
                raise BadSelector(f"unable to parse requirement: {wrong.message}") from None
            separator = self._take()
            if separator not in ("", ","):
                raise BadSelector(f"found '{separator}', expected: ',' or 'end of string'")
            if separator and self._next != "!" and not _is_word(self._next):
                raise BadSelector(f"found '{self._next}', expected: identifier after ','")

    @property
    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._next
        self._at += 1
        return token

    def _requirement(self) -> Requirement:
        absent = self._next == "!" and bool(self._take())
        key = self._identifier()
        wrong = qualified_name(key)
        if wrong:
            raise BadSelector(str(invalid_value("<nil>", key, "; ".join(wrong))))
        if absent or self._next in ("", ","):
            return Requirement(key, "!" if absent else "exists")
        token = self._take()
        if token not in _OPERATORS:
            raise BadSelector(f"found '{token}', expected: in, notin, =, ==, !=, gt, lt")
        operator = _OPERATORS[token]
        values = self._list() if operator in ("in", "notin") else [self._value()]
        _check_values(key, operator, values)
        return Requirement(key, operator, frozenset(values))

    def _identifier(self) -> str:
        token = self._take()
        if not _is_word(token):
            raise BadSelector(f"found '{token}', expected: identifier")
        return token

    def _value(self) -> str:
        return "" if self._next in ("", ",") else self._identifier()

    def _list(self) -> list[str]:
        opening = self._take()
        if opening != "(":
            raise BadSelector(f"found '{opening}' expected: '('")
        if self._next == ")":
            self._take()
            return [""]
        if self._next != "," and not _is_word(self._next):
            raise BadSelector(f"found '{self._next}', expected: ',', ')' or identifier")
        return sorted(set(self._items()))

    def _items(self) -> Iterable[str]:
        # An empty place between commas is the empty value: `(,a)` is "" or a.
        while True:
            if _is_word(self._next):
                yield self._take()
            elif self._next in (",", ")"):
                yield ""
            else:
                raise BadSelector(f"found '{self._next}', expected: ',', or identifier")
            separator = self._take()
            if separator == ")":
                return
            if separator != ",":
                raise BadSelector(f"found '{separator}', expected: ',' or ')'")


def _check_values(key: str, operator: str, values: list[str]) -> None:
    errors: list[FieldError] = []
    if operator in ("gt", "lt") and _integer(values[0]) is None:
        errors.append(invalid_value("values[0]", values[0], "for 'Gt', 'Lt' operators, the value must be an integer"))
    for index, value in enumerate(values):
        wrong = label_value(value)
        if wrong:
            errors.append(invalid_value(f"values[{index}][{key}]", value, "; ".join(wrong)))
    if errors:
        raise BadSelector(joined(errors))


def _field_term(part: str, text: str) -> FieldTerm:
    found = re.match(r"((?:\\.|[^\\!=]|!(?!=))*)(!=|==|=)(.*)", part, re.DOTALL)
    if found is None:
        raise BadSelector(f"invalid selector: '{text}'; can't understand '{part}'")
    field, operator, value = found.groups()
    return FieldTerm(field, _unescaped(value), equal=operator != "!=")


def _unescaped(value: str) -> str:
    def one(found: re.Match[str]) -> str:
        escaped: str | None = found[1]
        if escaped is None:
            raise BadSelector(f"invalid field selector: unescaped character in value: {ord(found[0])}")
        if escaped not in ("\\", ",", "="):
            raise BadSelector(f"invalid field selector: invalid escape sequence: \\{escaped}")
        return escaped

    return re.sub(r"\\(.?)|[=,]", one, value, flags=re.DOTALL)


def _is_word(token: str) -> bool:
    return token != "" and token[0] not in "=!(),<>"


def _integer(text: str) -> int | None:
    if len(text) > 20 or not _INTEGER.fullmatch(text):
        return None
    number = int(text)
    return number if -(1 << 63) <= number < 1 << 63 else None


def _bounded(text: str) -> str:
    if len(text) > MAX_LENGTH:
        raise BadSelector(f"a selector has at most {MAX_LENGTH} characters")
    return text
