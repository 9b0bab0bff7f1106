"""The port of the object log: named things, every change numbered, old states kept for a while; no I/O."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from roadstead.base.errors import Conflict


@dataclass(frozen=True, slots=True)
class Key:
    """Where one object lives: `imagestreams.image.openshift.io`, its namespace ("" for the whole cluster), its name."""

    resource: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One object as it stood: the revision that wrote it, and its JSON without resourceVersion."""

    key: Key
    revision: int
    value: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """One step of history. `value` of a DELETED change is the last state; `previous` is None only when ADDED."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    key: Key
    revision: int
    value: bytes
    previous: bytes | None


@dataclass(frozen=True, slots=True)
class Write:
    """What shall become of a key: a new value, or None to delete it.

    `expects` is the revision the writer saw; 0 says the key must not exist, None takes whatever is there.
    """

    key: Key
    value: bytes | None
    expects: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, by namespace and name in byte order, as everything stood at `revision`.

    `more` says whether entries follow, `remaining` how many; it is 0 when the list was asked for without a limit.
    """

    entries: list[Entry]
    revision: int
    more: bool
    remaining: int


class WriteConflict(Conflict):
    """A write expected a revision the key does not have: 0 stands for "does not exist", on both sides."""

    def __init__(self, key: Key, expected: int, found: int) -> None:
        super().__init__(key.resource, key.name, f"expected revision {expected}, found {found}")
        self.key, self.expected, self.found = key, expected, found


Follower = Callable[[Sequence[Change]], None]
"""Takes the changes of one commit; called in the event loop, and must neither wait nor raise."""


class ReadableLog(Protocol):
    """What can be asked of a log."""

    def get(self, key: Key) -> Entry | None:
        """The object as it is now: a point look-up of microseconds, made in the calling thread."""
        ...

    async def list(
        self,
        resource: str,
        namespace: str | None = None,
        *,
        prefix: str = "",
        after: tuple[str, str] | None = None,
        limit: int = 0,
        at: int | None = None,
    ) -> Page:
        """The objects of a resource whose names start with `prefix`; of all namespaces when `namespace` is None.

        `after` is the namespace and name the page starts behind; limit 0 means everything; `at` is the revision to
        look back to. Raises Expired when `at` is compacted away, OutOfRange when it has not happened yet.
        """
        ...

    async def changes(self, after: int, limit: int) -> Sequence[Change]:
        """The first `limit` changes (0: all) behind the revision `after`; raises Expired when some are compacted."""
        ...

    def revision(self, resource: str | None = None) -> int:
        """The revision of the latest change, of one resource or of the whole log; 0 when nothing ever happened."""
        ...

    def compacted(self) -> int:
        """The revision before which history is gone; 0 when all of it is kept."""
        ...

    async def fresh(self) -> None:
        """Returns when all that any process had appended before the call can be read here; raises Unavailable."""
        ...


class Log(ReadableLog, Protocol):
    """A log that can also be written to. What `append` has returned survives a crash of the machine."""

    async def append(self, writes: Sequence[Write]) -> Sequence[int]:
        """Carries out all writes in order, or none; returns for each the revision it was given.

        Revisions have no gaps. Deleting what does not exist, without expecting it to, changes nothing and is answered
        with 0. Raises WriteConflict, StorageFull, StorageReadOnly, or Unavailable once the log is closed.
        """
        ...

    async def compact(self, before: int) -> None:
        """Forgets every state that was replaced or deleted up to the revision `before`; what lives stays."""
        ...

    def follow(self, follower: Follower) -> None:
        """Hands every later change to `follower`: in order, once per commit, before its append returns."""
        ...

    async def close(self) -> None:
        """Finishes the appends under way, then lets go of the storage, which a plain copy can then back up."""
        ...
