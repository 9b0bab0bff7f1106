"""Tables of text -> messages of Kubernetes' binary form; no I/O.

    [apps/v1]
    kind Deployment 1:metadata=ObjectMeta 2:spec=DeploymentSpec 3:status=DeploymentStatus
    DeploymentSpec 1:replicas=int! 2:selector=LabelSelector! 9:names=* 10:labels=%
      11:=<Inlined

A message begins at the margin, further fields may stand on indented lines; `kind`: a whole object of the apiVersion in
the brackets above. A field is its number, its JSON name, and after `=`: `*` for a list, `%` for a map, `<` for a
message whose fields lie in this one; then a word for a scalar (text when nothing is said) or another message, and `!`
where empty differs from absent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from roadstead.kube.wiretables import TABLES

TEXT, BYTES, INTEGER, BOOLEAN = "text", "bytes", "int", "bool"
TIME, MICRO_TIME, QUANTITY, PORT, TEXTS, RAW = "time", "microtime", "quantity", "port", "texts", "raw"
_FIELD = re.compile(r"(\d+):(\w*)(?:=([*%<]?)(\w*)(!?))?")
_FORMS = {"": "one", "*": "list", "%": "map", "<": "inline"}


@dataclass(frozen=True, slots=True)
class Message:
    """A message: field number -> how to read it."""

    fields: dict[int, Field]


class Field(NamedTuple):
    """A JSON name, what it holds, whether it repeats (a list), is a map from text, or lies in the message around it,
    and whether empty differs from absent."""

    name: str
    type: str | Message
    form: str = "one"
    keep: bool = False


class BadTable(ValueError):
    """A table that cannot be read: a mistake of ours."""


@cache
def kinds() -> dict[tuple[str, str], Message]:
    """Every kind of the tables, by apiVersion and kind; read when the first body comes. Raises BadTable."""
    known: dict[str, Message] = {}
    found: dict[tuple[str, str], Message] = {}
    version = ""
    for line in _lines():
        if line.startswith("["):
            version = line.strip("[]")
            continue
        head, *fields = line.removeprefix("kind ").split()
        known[head] = Message(dict(_field(each, known) for each in fields))
        if line.startswith("kind "):
            found[version, head] = known[head]
    return found


def _lines() -> list[str]:
    """The lines of all tables, with what was continued put together again."""
    joined: list[str] = []
    for line in "\n".join(TABLES).splitlines():
        if line.startswith(" "):
            joined[-1] += line
        elif line:
            joined.append(line)
    return joined


def _field(text: str, known: dict[str, Message]) -> tuple[int, Field]:
    read = _FIELD.fullmatch(text)
    if read is None:
        raise BadTable(text)
    number, name, form, type_, keep = read.groups(default="")
    if type_[:1].isupper() and type_ not in known:
        raise BadTable(f"{text}: {type_} must come first")
    return int(number), Field(name, known.get(type_) or type_ or TEXT, _FORMS[form], bool(keep))
