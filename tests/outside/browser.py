"""Debian's Chromium without a window, told what to do over its DevTools protocol; pages run without scripts."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SECONDS = 60.0
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
)  # fmt: skip


class Page:
    """One page of the browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket, self._ids = socket, itertools.count(1)

    async def call(self, method: str, **parameters: Any) -> Any:
        """The result of one command."""
        number = next(self._ids)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(SECONDS):
            while True:
                told = await self._socket.receive_json()
                if told.get("id") == number:
                    assert "error" not in told, told
                    return told["result"]

    async def open(self, url: str) -> None:
        """Goes there."""
        await self.call("Page.navigate", url=url)

    async def see(self, text: str) -> str:
        """Waits until the page shows a text; the whole text of the page."""
        shown = ""
        for _ in range(round(SECONDS / 0.05)):
            shown = await self.text()
            if text in shown:
                return shown
            await asyncio.sleep(0.05)
        raise AssertionError(f"the page never showed {text!r}: {shown}")

    async def text(self) -> str:
        """What can be read on the page."""
        return str(await self._value("document.body ? document.body.innerText : ''"))

    async def address(self) -> str:
        """Where the page is."""
        return str(await self._value("location.href"))

    async def type(self, selector: str, text: str) -> None:
        """Puts the cursor into a field and types."""
        await self._value(f"document.querySelector({json.dumps(selector)}).focus()")
        await self.call("Input.insertText", text=text)

    async def press(self, selector: str) -> None:
        """Clicks in the middle of an element."""
        box = json.loads(
            await self._value(
                f"(box => JSON.stringify([box.x + box.width / 2, box.y + box.height / 2]))"
                f"(document.querySelector({json.dumps(selector)}).getBoundingClientRect())"
            )
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    async def _value(self, expression: str) -> Any:
        return (await self.call("Runtime.evaluate", expression=expression))["result"].get("value", "")


@asynccontextmanager
async def browsing(certificate: Path) -> AsyncIterator[Page]:
    """A browser that trusts one serving certificate, for the length of a block; the test is skipped without one."""
    with chromium(certificate) as port:
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json") as listed:
                target = next(each for each in await listed.json() if each["type"] == "page")
            page = Page(await session.ws_connect(target["webSocketDebuggerUrl"]))
            await page.call("Emulation.setScriptExecutionDisabled", value=True)
            yield page


@contextmanager
def chromium(certificate: Path) -> Iterator[int]:
    """The program, started; the port it is told things at."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed (scripts/test installs it where it may)")
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    pin = base64.b64encode(hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest())
    with tempfile.TemporaryDirectory(prefix="roadstead-browser-", ignore_cleanup_errors=True) as folder:
        own = (f"--user-data-dir={folder}", f"--ignore-certificate-errors-spki-list={pin.decode()}")
        process = subprocess.Popen([program, *FLAGS, *own, "about:blank"], stderr=subprocess.DEVNULL)
        try:
            yield _port(Path(folder) / "DevToolsActivePort")
        finally:
            process.terminate()
            process.wait(SECONDS)


def _port(file: Path) -> int:
    end = time.monotonic() + SECONDS
    while not file.exists() or "\n" not in file.read_text():
        assert time.monotonic() < end, "chromium did not start"
        time.sleep(0.05)
    return int(file.read_text().splitlines()[0])
