"""The login page in a real browser, scripts switched off: a token to copy, and the way back to `oc login --web`."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import bcrypt
import pytest

from roadstead.testing.running import Server, running
from tests.outside.browser import Page, browsing

pytestmark = pytest.mark.outside
VERIFIER = "v" * 64
MYSELF = "/apis/user.openshift.io/v1/users/~"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that knows alice."""
    folder = tmp_path_factory.mktemp("people")
    file = folder / "htpasswd"
    file.write_text(f"alice:{bcrypt.hashpw(b'alice-pw', bcrypt.gensalt(4)).decode()}\n")
    with running(folder / "data", ROADSTEAD_ACCESS_HTPASSWD=str(file)) as server:
        yield server
        assert "Traceback" not in server.log


async def log_in(page: Page, password: str = "alice-pw") -> None:
    await page.see("Log in to Roadstead")
    await page.type("#password", password)
    await page.type("#username", "alice")
    await page.press("button")


async def test_a_person_gets_a_token_to_copy(people: Server) -> None:
    async with browsing(people.folder / "tls" / "serving.crt") as page:
        await page.open(f"{people.api}/oauth/token/request")
        await log_in(page, "wrong")
        await page.see("Name and password do not belong together.")
        await page.type("#password", "alice-pw")
        await page.press("button")
        await page.see("You are logged in")
        await page.press("button")
        shown = await page.see("oc login --token=")
        token = shown.partition("--token=")[2].split()[0]
        with people.ask_api(token) as api:
            assert api.get(MYSELF).json()["metadata"]["name"] == "alice"


async def test_the_browser_leads_back_to_the_program_that_asked(people: Server) -> None:
    asked: asyncio.Queue[str] = asyncio.Queue()

    async def called(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.put_nowait((await reader.readline()).decode().split()[1])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone")
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(called, "127.0.0.1", 0)
    back = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/callback"
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
    query = {
        "client_id": "openshift-cli-client", "redirect_uri": back, "response_type": "code", "state": "mine",
        "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    async with listening, browsing(people.folder / "tls" / "serving.crt") as page:
        await page.open(f"{people.api}/oauth/authorize?{urlencode(query)}")
        await log_in(page)
        await page.see("done")
        answer = parse_qs(urlsplit(await asked.get()).query)
    assert answer["state"] == ["mine"]
    assert_token(people, answer["code"][0], back)


def assert_token(people: Server, code: str, back: str) -> None:
    """The code is good for a token of alice's."""
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": VERIFIER}
    with people.ask_api("") as api:
        body = urlencode({**fields, "client_id": "openshift-cli-client"}).encode()
        answer = api.request("POST", "/oauth/token", body, {"Content-Type": "application/x-www-form-urlencoded"})
        given = json.loads(answer.body)
    with people.ask_api(given["access_token"]) as api:
        assert api.get(MYSELF).json()["metadata"]["name"] == "alice"
