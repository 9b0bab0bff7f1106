"""What an access decision adds to a request: who is calling, and may they, with nothing changed since the last one.

.venv/bin/python bench/access.py [NAMESPACES]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import uvloop

from roadstead.apimachinery.ask import Ask
from roadstead.app.build import build, utc_now
from roadstead.auth.bootstrap import namespace_bindings
from roadstead.auth.users import Attributes
from roadstead.base.settings import Settings
from roadstead.base.web import request_for
from roadstead.resources import plain

ROUNDS = 20_000


async def measure(namespaces: int) -> None:
    """Prints microseconds for each kind of credential, over so many namespaces with the usual bindings."""
    with tempfile.TemporaryDirectory() as folder:
        app = build(Settings(), Path(folder), "registry.test:5000")
        await app.recover()
        ask = Ask.internal(utc_now())
        accounts, bindings = app.kinds.plain(plain.SERVICE_ACCOUNTS), app.kinds.plain(plain.ROLE_BINDINGS)
        for number in range(namespaces):
            name = f"team-{number}"
            await app.kinds.namespaces.create("", {"metadata": {"name": name}}, ask)
            await accounts.create(name, {"metadata": {"name": "builder"}}, ask)
            for binding in namespace_bindings(name):
                await bindings.create(name, binding, ask)
        wanted = {"spec": {"expirationSeconds": 3600}}
        made = await accounts.subresource("create", "team-0", "builder", "token", wanted, ask)
        token = made.object["status"]["token"]
        admin = (Path(folder) / "admin.token").read_text().strip()
        for label, shown in (("administrator", admin), ("service account", token)):
            request = request_for("GET", "/v2/", headers={"Authorization": f"Bearer {shown}"})
            print(f"{label:16} {await _microseconds(app.gate, request):6.1f} µs")
        await app.close()


async def _microseconds(gate, request) -> float:  # type: ignore[no-untyped-def]
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        for _ in range(ROUNDS):
            user = await gate.authenticate_registry(request)
            asked = Attributes(user, "get", "image.openshift.io", "imagestreams", "layers", "team-0", "web")
            assert gate.decide(asked).allowed
        best = min(best, time.perf_counter() - began)
    return best / ROUNDS * 1e6


if __name__ == "__main__":
    uvloop.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
