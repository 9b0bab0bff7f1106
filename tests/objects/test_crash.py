"""A process that writes is killed: what it acknowledged is there, and nothing is there by half."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from roadstead.objects.log import Log
from roadstead.objects.sealing import SealedLog
from roadstead.objects.sealkeys import SealKeys, new_line
from roadstead.objects.sqlite import SqliteLog

WRITER = """
import asyncio, itertools, sys
from pathlib import Path
from roadstead.objects.sealing import SealedLog
from roadstead.objects.sealkeys import SealKeys
from roadstead.objects.sqlite import SqliteLog
from roadstead.testing.log_model import key, put, remove

async def write(log, lane):
    for n in itertools.count():
        value = b"%d" % n * 500
        present = log.get(key(f"left{lane}"))
        expects = present.revision if present else 0
        writes = [put(f"left{lane}", value, expects=expects), put(f"right{lane}", value), remove(f"new{lane}")]
        revisions = await log.append([*writes, put(f"new{lane}", expects=0)])
        print(lane, n, revisions[0], revisions[-1], flush=True)
        if n % 50 == 49:
            await log.compact(log.revision() - 100)

async def main():
    log = SqliteLog(Path(sys.argv[1]))
    if len(sys.argv) > 2:
        log = SealedLog(log, SealKeys(Path(sys.argv[2])), ["r"])
    await asyncio.gather(*(write(log, lane) for lane in range(8)))

asyncio.run(main())
"""

KILLS = 6


def run_and_kill(path: Path, lines: int, keys: list[str]) -> list[tuple[int, ...]]:
    """What the writer acknowledged before it was killed, `lines` lines after its start or a little later."""
    command = [sys.executable, "-c", WRITER, str(path), *keys]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        heard = [writer.stdout.readline() for _ in range(lines)]
        writer.kill()
        heard += writer.stdout.readlines()
    return [tuple(map(int, line.split())) for line in heard if line.endswith("\n")]


@pytest.mark.crash
@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "encrypted"])
async def test_what_was_acknowledged_survives_a_kill_at_any_moment(tmp_path: Path, sealed: bool) -> None:
    keys = tmp_path / "objects.keys"
    keys.write_text(new_line())
    chance = random.Random(1)
    path = tmp_path / "objects.db"
    newest = 0
    for _ in range(KILLS):
        acknowledged = run_and_kill(path, chance.randrange(1, 400), [str(keys)] * sealed)
        raw = SqliteLog(path)
        log: Log = SealedLog(raw, SealKeys(keys), ["r"]) if sealed else raw
        assert log.revision() >= max(last for *_, last in acknowledged) > newest
        newest = log.revision()
        revisions = [change.revision for change in await log.changes(log.compacted(), 0)]
        assert revisions == list(range(log.compacted() + 1, newest + 1))
        values = {entry.key.name: entry for entry in (await log.list("r")).entries}
        for lane, n, first, _ in acknowledged:
            kept = values[f"left{lane}"]
            assert kept.revision > first or (kept.revision, kept.value) == (first, b"%d" % n * 500)
            assert kept.value == values[f"right{lane}"].value
        await log.close()
