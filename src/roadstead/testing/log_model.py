"""A log as simple as it can be, dictionaries only, and a random walk that holds a real one against it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from roadstead.base.errors import Expired
from roadstead.objects.log import Change, Entry, Key, Log, Write, WriteConflict


def key(name: str, namespace: str = "ns", resource: str = "r") -> Key:
    """A key of the tests."""
    return Key(resource, namespace, name)


def put(
    name: str, value: bytes = b"1", *, expects: int | None = None, namespace: str = "ns", resource: str = "r"
) -> Write:
    """A write that sets a value."""
    return Write(key(name, namespace, resource), value, expects)


def remove(name: str, *, expects: int | None = None, namespace: str = "ns", resource: str = "r") -> Write:
    """A write that deletes."""
    return Write(key(name, namespace, resource), None, expects)


@dataclass
class LogModel:
    """Every state the log was ever in, and every change."""

    states: list[dict[Key, Entry]] = field(default_factory=lambda: [{}])
    history: list[Change] = field(default_factory=list)
    compacted: int = 0

    def append(self, writes: list[Write]) -> list[int]:
        """The revisions, as `Log.append` gives them; raises WriteConflict and is unchanged then."""
        states, history = self.states[:], self.history[:]
        revisions = []
        for write in writes:
            present = states[-1].get(write.key)
            found = present.revision if present else 0
            if write.expects is not None and write.expects != found:
                raise WriteConflict(write.key, write.expects, found)
            if present is None and write.value is None:
                revisions.append(0)
                continue
            revision, previous = len(states), present.value if present else None
            state = {each: entry for each, entry in states[-1].items() if each != write.key}
            if write.value is None:
                history.append(Change("DELETED", write.key, revision, previous or b"", previous))
            else:
                state[write.key] = Entry(write.key, revision, write.value)
                history.append(
                    Change("MODIFIED" if present else "ADDED", write.key, revision, write.value, previous),
                )
            states.append(state)
            revisions.append(revision)
        self.states, self.history = states, history
        return revisions

    def entries(self, resource: str, namespace: str | None, prefix: str, at: int) -> list[Entry]:
        """The entries as they stood at a revision, in order."""
        chosen = (
            entry
            for entry in self.states[at].values()
            if entry.key.resource == resource
            and namespace in (None, entry.key.namespace)
            and entry.key.name.startswith(prefix)
        )
        return sorted(chosen, key=lambda entry: (entry.key.namespace, entry.key.name.encode()))


@dataclass(frozen=True)
class Step:
    """One step of a walk: a compaction to a part of the way, or the writes of one append."""

    compact: float | None
    writes: tuple[tuple[Key, bytes | None, str], ...]


NAMES = ["a", "ab", "b", "é", "a\U0010ffff"]
KEYS = st.builds(key, st.sampled_from(NAMES), st.sampled_from(["", "x", "y"]), st.sampled_from(["r", "s"]))
WRITES = st.tuples(
    KEYS,
    st.sampled_from([None, b"", b"1", b"2" * 5000]),
    st.sampled_from(["anything", "anything", "what is there", "what is there", "nothing", "something else"]),
)
STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from([None, None, None, None, 0.5, 0.9, 1.0]),
        st.lists(WRITES, min_size=1, max_size=4).map(tuple),
    ),
    max_size=25,
)
"""Random walks."""


async def walk(log: Log, steps: Sequence[Step]) -> None:
    """Does the same to `log`, which is empty, and to a model, and asserts after each step that nobody could tell."""
    model = LogModel()
    for step in steps:
        if step.compact is not None:
            before = int((len(model.states) - 1) * step.compact)
            await log.compact(before)
            model.compacted = max(model.compacted, before)
        else:
            await _append(log, model, step)
        await _compare(log, model)


async def _append(log: Log, model: LogModel, step: Step) -> None:
    writes = []
    for where, value, expectation in step.writes:
        present = model.states[-1].get(where)
        revision = present.revision if present else 0
        expects = {"anything": None, "what is there": revision, "nothing": 0, "something else": revision + 1}
        writes.append(Write(where, value, expects[expectation]))
    wanted: list[int] | tuple[Key, int | None, int]
    got: list[int] | tuple[Key, int | None, int]
    try:
        wanted = model.append(writes)
    except WriteConflict as conflict:
        wanted = (conflict.key, conflict.expected, conflict.found)
    try:
        got = list(await log.append(writes))
    except WriteConflict as conflict:
        got = (conflict.key, conflict.expected, conflict.found)
    assert got == wanted


async def _compare(log: Log, model: LogModel) -> None:
    newest = len(model.states) - 1
    assert (log.revision(), log.compacted()) == (newest, model.compacted)
    for resource in ("r", "s"):
        changed = [change.revision for change in model.history if change.key.resource == resource]
        assert log.revision(resource) == max(changed, default=0)
        for where in (Key(resource, namespace, name) for namespace in ("", "x", "y") for name in NAMES):
            assert log.get(where) == model.states[-1].get(where)
    for at in {newest, model.compacted, (newest + model.compacted) // 2}:
        assert await log.changes(at, 0) == model.history[at:]
        assert await log.changes(at, 2) == model.history[at : at + 2]
        for namespace, prefix in ((None, ""), (None, "a"), ("x", ""), ("x", "a"), ("", "a\U0010ffff")):
            wanted = model.entries("r", namespace, prefix, at)
            assert await _paged(log, namespace, prefix, at) == wanted
            assert (await log.list("r", namespace, prefix=prefix, at=at)).entries == wanted
    if model.compacted:
        for refused in (log.changes(model.compacted - 1, 0), log.list("r", at=model.compacted - 1)):
            try:
                await refused
            except Expired:
                continue
            raise AssertionError("a compacted revision was answered")


async def _paged(log: Log, namespace: str | None, prefix: str, at: int) -> list[Entry]:
    entries: list[Entry] = []
    remaining = None
    after = None
    while True:
        page = await log.list("r", namespace, prefix=prefix, after=after, limit=2, at=at)
        assert remaining in (None, len(page.entries) + page.remaining)
        assert page.more == (page.remaining > 0)
        entries += page.entries
        remaining = page.remaining
        if not page.more:
            return entries
        after = (entries[-1].key.namespace, entries[-1].key.name)
