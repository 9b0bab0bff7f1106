"""Any sequence of operations on uploads agrees with a model of a few lines."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roadstead.testing.registry_client import House, Streamed, house_at, with_digest

UPLOADS = "/v2/shop/web/blobs/uploads/"
chunks = st.binary(max_size=40)
operations = st.one_of(
    st.tuples(st.just("append"), chunks),
    st.tuples(st.just("append where the client thinks it is"), chunks, st.integers(-2, 2)),
    st.tuples(st.just("break off"), chunks),
    st.tuples(st.just("finish"), chunks),
    st.tuples(st.just("finish with a lie"), chunks),
    st.tuples(st.just("cancel"), chunks),
    st.tuples(st.just("look"), chunks),
)


class Model:
    """One upload as a text of bytes; None once it is over."""

    def __init__(self, house: House, path: str) -> None:
        self.house, self.path, self.held = house, path, b""
        self.over = False

    async def step(self, what: str, data: bytes, shift: int = 0) -> None:
        status = await self.act(what, data, shift)
        assert status == self.expected(what, data, shift), (what, data, shift)

    async def act(self, what: str, data: bytes, shift: int) -> int:
        client = self.house.admin
        if what == "append":
            return (await client.patch(self.path, data)).status
        if what.startswith("append where"):
            start = max(len(self.held) + shift, 0)
            span = f"{start}-{start + len(data) - 1}" if data else "none"
            return (await client.patch(self.path, data, Content_Range=span)).status
        if what == "break off":
            try:
                return (await client.patch(self.path, Streamed(data, breaks=True))).status
            except ConnectionError:
                return 499
        if what.startswith("finish"):
            whole = self.held + data + (b"?" if "lie" in what else b"")
            return (await client.put(with_digest(self.path, digest(whole)), data)).status
        return (await client.ask("DELETE" if what == "cancel" else "GET", self.path)).status

    def expected(self, what: str, data: bytes, shift: int) -> int:
        if self.over:
            return 404
        if what.startswith("append where") and (not data or max(len(self.held) + shift, 0) != len(self.held)):
            return 416
        if what not in ("cancel", "look"):
            self.held += data
        self.over = what in ("finish", "cancel")
        return {"finish": 201, "finish with a lie": 400, "cancel": 204, "look": 204, "break off": 499}.get(what, 202)

    async def check(self) -> None:
        if not self.over:
            answer = await self.house.admin.get(self.path)
            assert answer.headers["Range"] == f"0-{max(len(self.held) - 1, 0)}"


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(operations, max_size=12), min_size=1, max_size=3))
def test_uploads_agree_with_the_model(furnished: Path, scripts: list[list[tuple[str, ...]]]) -> None:
    asyncio.run(play(furnished, scripts))


async def play(furnished: Path, scripts: list[list[tuple[str, ...]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(shutil.copytree(furnished, Path(folder) / "data"))
        async with house_at(data) as house:
            models = []
            for script in scripts:
                started = await house.admin.post(UPLOADS)
                model = Model(house, started.location.partition("?")[0])
                models.append(model)
                for step in script:
                    await model.step(*step)  # type: ignore[arg-type]  # a step is a name and its arguments
                    await model.check()
            left = [each for each in models if not each.over]
            assert len(house.leftovers()) == len(left)
