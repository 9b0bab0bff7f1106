"""Appends that share a commit, and what lives -> the rows they write, or why they are refused; no I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from roadstead.objects.log import Key, Write, WriteConflict


@dataclass(frozen=True, slots=True)
class Row:
    """One state to be written: None says that the object is gone from this revision on."""

    revision: int
    key: Key
    value: bytes | None


@dataclass
class Plan:
    """What a commit writes: new rows in order, and for replaced ones (by revision) the revision that replaced them."""

    revision: int
    rows: list[Row] = field(default_factory=list)
    superseded: dict[int, int] = field(default_factory=dict)
    results: list[list[int] | WriteConflict] = field(default_factory=list)
    """For each append the revisions of its writes, or why it was refused."""


def plan(appends: Sequence[Sequence[Write]], living: Mapping[Key, int], revision: int) -> Plan:
    """Carries out the appends in order, each whole or not at all (see `Log.append`).

    `living` has the revision of every object named that exists, `revision` is the latest of the log.
    """
    made = Plan(revision)
    now = dict(living)
    for writes in appends:
        attempt = _Attempt(made.revision, now)
        try:
            results = [attempt.write(each) for each in writes]
        except WriteConflict as refused:
            made.results.append(refused)
            continue
        made.results.append(results)
        made.revision = attempt.revision
        made.rows += attempt.rows
        made.superseded |= attempt.superseded
        now.update(attempt.changed)
    return made


class _Attempt:
    """One append, kept apart until it is known to be whole."""

    def __init__(self, revision: int, living: Mapping[Key, int]) -> None:
        self.revision, self._living = revision, living
        self.rows: list[Row] = []
        self.superseded: dict[int, int] = {}
        self.changed: dict[Key, int] = {}
        """The revision of each object written; 0 where it is gone."""

    def write(self, write: Write) -> int:
        found = self.changed.get(write.key, self._living.get(write.key, 0))
        if write.expects not in (None, found):
            raise WriteConflict(write.key, write.expects or 0, found)
        if write.value is None and not found:
            return 0
        self.revision += 1
        if found:
            self.superseded[found] = self.revision
        self.rows.append(Row(self.revision, write.key, write.value))
        self.changed[write.key] = 0 if write.value is None else self.revision
        return self.revision
