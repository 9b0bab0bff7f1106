"""The grammar of names, label keys and label values: a text -> what is wrong with it; no I/O.

Each function answers with the complaints of Kubernetes' own validation, an empty list when the text is good.
"""

from __future__ import annotations

import re

_LABEL_FORMAT = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN_FORMAT = rf"{_LABEL_FORMAT}(\.{_LABEL_FORMAT})*"
_QUALIFIED_FORMAT = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE_FORMAT = f"({_QUALIFIED_FORMAT})?"

_LABEL, _SUBDOMAIN = re.compile(_LABEL_FORMAT), re.compile(_SUBDOMAIN_FORMAT)
_QUALIFIED, _VALUE = re.compile(_QUALIFIED_FORMAT), re.compile(_VALUE_FORMAT)

_ALPHANUMERIC_ENDS = "and must start and end with an alphanumeric character"
_LABEL_RULE = (
    f"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', {_ALPHANUMERIC_ENDS} "
    f"(e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL_FORMAT}')"
)
_SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    f"{_ALPHANUMERIC_ENDS} (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN_FORMAT}')"
)
_QUALIFIED_RULE = (
    f"must consist of alphanumeric characters, '-', '_' or '.', {_ALPHANUMERIC_ENDS} "
    f"(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{_QUALIFIED_FORMAT}')"
)
_VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    f"{_ALPHANUMERIC_ENDS} "
    f"(e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '{_VALUE_FORMAT}')"
)

MAX_LABEL, MAX_SUBDOMAIN = 63, 253
"""In bytes."""


def dns_label(text: str) -> list[str]:
    """An RFC 1123 label: the names of namespaces."""
    return _matched(text, _LABEL, _LABEL_RULE, MAX_LABEL)


def dns_subdomain(text: str) -> list[str]:
    """An RFC 1123 subdomain: the names of most kinds."""
    return _matched(text, _SUBDOMAIN, _SUBDOMAIN_RULE, MAX_SUBDOMAIN)


def path_segment(text: str) -> list[str]:
    """A name that can stand in a URL path: the names of images and roles."""
    if text in (".", ".."):
        return [f"may not be '{text}'"]
    return [f"may not contain '{mark}'" for mark in "/%" if mark in text]


def qualified_name(text: str) -> list[str]:
    """A key of labels, annotations or finalizers: `name` or `example.com/name`."""
    prefix, slash, name = text.rpartition("/")
    if "/" in prefix:
        optional = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        return [f"a qualified name {_QUALIFIED_RULE} {optional}"]
    wrong = []
    if slash:
        found = dns_subdomain(prefix) if prefix else ["must be non-empty"]
        wrong = [f"prefix part {complaint}" for complaint in found]
    found = [] if name else ["must be non-empty"]
    return wrong + [f"name part {complaint}" for complaint in found + _matched(name, _QUALIFIED, _QUALIFIED_RULE)]


def label_value(text: str) -> list[str]:
    """A label's value; may be empty."""
    return _matched(text, _VALUE, _VALUE_RULE)


def _matched(text: str, pattern: re.Pattern[str], rule: str, limit: int = MAX_LABEL) -> list[str]:
    long = len(text) > limit or (not text.isascii() and len(text.encode(errors="replace")) > limit)
    wrong = [f"must be no more than {limit} characters"] if long else []
    return wrong if pattern.fullmatch(text) else [*wrong, rule]
