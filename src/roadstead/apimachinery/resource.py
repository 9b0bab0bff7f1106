"""What one resource declares: names, scope, verbs, shape, columns; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from roadstead.base.values import Json
from roadstead.kube.openapi import Definitions
from roadstead.kube.schema import Shape
from roadstead.kube.status import GroupResource

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a Table: `value` gets the shown object and the present."""

    name: str
    value: Callable[[Json, datetime], object]
    type: str = "string"
    format: str = ""
    description: str = ""
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Scaling:
    """Where an object keeps how many there shall be, how many there are, and what they are chosen by: a map of labels,
    a label selector, or the text of one; () where nothing is kept."""

    replicas: tuple[str, ...] = ("spec", "replicas")
    current: tuple[str, ...] = ("status", "replicas")
    selector: tuple[str, ...] = ("spec", "selector")


@dataclass(frozen=True, slots=True)
class Subresource:
    """A part of an object with a path of its own; group and version only where the kind is of another group.

    `shape` describes the bodies it accepts; None: those of the parent when the kinds are equal, else as sent. `scaling`
    is for `scale`, where the paths are not the usual ones. `connects`: asks for a connection, and no body is read.
    `columns` are those of its Table; None: it has none.
    """

    name: str
    kind: str
    verbs: tuple[str, ...]
    group: str | None = None
    version: str | None = None
    shape: Shape | None = None
    scaling: Scaling | None = None
    connects: bool = False
    columns: tuple[Column, ...] | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """One row of the API: everything about a kind that is not behaviour.

    `selectable` are further field selectors over the shown object. `unconditional_update` lets a PUT leave out the
    resourceVersion. `slow` lets creations ask for more time (they wait for somebody else's server). `strategic` says
    whether strategic merge patches are taken, `confidential` that refusals repeat nothing of what was sent, `listed_as`
    the kind of lists where it is not the usual one; `documented` gives the OpenAPI schema of whole objects where that
    is not the shape's.
    """

    group: str
    version: str
    plural: str
    singular: str
    kind: str
    namespaced: bool
    verbs: tuple[str, ...] = ALL_VERBS
    shape: Shape | None = None
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    columns: tuple[Column, ...] | None = None
    selectable: Mapping[str, Callable[[Json], str]] = field(default_factory=dict)
    stored: bool = True
    unconditional_update: bool = False
    slow: bool = False
    strategic: bool = True
    confidential: bool = False
    listed_as: str = ""
    documented: Callable[[Definitions], Json] | None = None
    subresources: tuple[Subresource, ...] = ()

    @property
    def group_resource(self) -> GroupResource:
        """The name used in errors and permissions."""
        return GroupResource(self.group, self.plural)

    @property
    def api_version(self) -> str:
        """`v1`, or `group/version`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def list_kind(self) -> str:
        """The kind of a list of these."""
        return self.listed_as or f"{self.kind}List"

    @property
    def key_resource(self) -> str:
        """The resource part of a key in the log."""
        return str(self.group_resource)

    def subresource(self, name: str) -> Subresource | None:
        """The subresource of this name, if there is one."""
        return next((each for each in self.subresources if each.name == name), None)
