"""Where registry tokens come from."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import bcrypt
import pytest

from roadstead.base.settings import Settings
from roadstead.testing.registry_client import House, basic, house_at

TOKEN = "/openshift/token"


@pytest.fixture
async def house(folder: Path) -> AsyncIterator[House]:
    """The registry, with a password for the builder."""
    people = folder / "htpasswd"
    people.write_text(f"builder:{bcrypt.hashpw(b'secret', bcrypt.gensalt(4)).decode()}\n")
    access = dataclasses.replace(Settings().access, htpasswd=str(people))
    async with house_at(folder, dataclasses.replace(Settings(), access=access)) as opened:
        yield opened


async def test_without_credentials_everybody_gets_the_word_anonymous(house: House) -> None:
    answer = await house.showing(None).get(TOKEN)
    assert (answer.status, answer.json) == (200, {"token": "anonymous", "access_token": "anonymous"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert (await house.anonymous.get("/v2/")).status == 200


async def test_a_password_becomes_a_short_lived_token_that_opens_this_door(house: House) -> None:
    answer = await house.showing(basic("builder", "secret")).get(f"{TOKEN}?service=&account=builder")
    assert answer.status == 200
    assert answer.json["token"] == answer.json["access_token"] != "secret"
    assert 0 < answer.json["expires_in"] <= 300
    assert answer.json["issued_at"].endswith("Z")
    client = house.showing(f"Bearer {answer.json['token']}")
    assert (await client.start("shop/web")).status == 202
    again = await house.showing(basic("anything", answer.json["token"])).get(TOKEN)
    assert again.json["token"] == answer.json["token"]


async def test_the_admin_token_is_good_as_a_password_and_as_a_bearer(house: House) -> None:
    token = (house.folder / "admin.token").read_text().strip()
    for authorization in (basic("anybody", token), f"Bearer {token}", f"bearer {token}"):
        assert (await house.showing(authorization).get("/v2/_catalog")).status == 200
    assert (await house.showing(basic("anybody", token)).get(TOKEN)).status == 200


@pytest.mark.parametrize(
    ("authorization", "body"),
    [
        (basic("builder", "wrong"), {}),
        (basic("nobody", "secret"), {}),
        ("Bearer sometoken", {}),
        ("Digest username=x", {}),
        ("Basic !!!", {"details": "unable to validate token: failed to decode credentials"}),
        (basic("builder", ""), {"details": "unable to validate token: failed to decode credentials"}),
        ("Basic \udcff", {"details": "unable to validate token: failed to decode credentials"}),
    ],
)
async def test_bad_credentials_get_401_and_no_token(house: House, authorization: str, body: object) -> None:
    answer = await house.showing(authorization).get(TOKEN)
    assert (answer.status, answer.json) == (401, body)


@pytest.mark.parametrize(
    ("scope", "name"),
    [
        ("repository:a:pull", "a"),
        ("repository:a/b/c:pull", "a/b/c"),
        ("repository(plugin):A/b:pull,push", "A/b"),
        ("signature:..:get", ".."),
        ("repository:%ff:pull", "\\ufffd"),
        ("repository:\udcff:pull", "\\udcff"),
        ("repository:%22:pull", '\\"'),
        ("repository:" + "x" * 5000 + ":pull", "x" * 255),
    ],
    ids=range(8),
)
async def test_a_scope_with_a_name_that_is_none_is_refused(house: House, scope: str, name: str) -> None:
    answer = await house.showing(None).get(f"{TOKEN}?scope={scope}")
    assert answer.status == 401
    assert "invalid: it must be of the format <project>/<name>" in answer.json["details"]
    assert len(answer.body) < 500


async def test_other_scopes_are_not_looked_at(house: House) -> None:
    good = (
        "repository:shop/web:pull",
        "repository:shop/web:pull,push",
        "registry:catalog:*",
        "repository:a",
        "",
        "x:y:z",
    )
    target = f"{TOKEN}?" + "&".join(f"scope={scope}" for scope in (*good, *good))
    assert (await house.showing(None).get(target)).status == 200


async def test_a_query_without_end_is_refused_and_not_a_fault(house: House) -> None:
    answer = await house.showing(None).get(f"{TOKEN}?" + "&".join(["scope=x"] * 500))
    assert (answer.status, answer.code) == (400, "NAME_INVALID")
    assert "query string" in answer.message


async def test_other_methods_are_405_and_empty_so_that_clients_fall_back_to_get(house: House) -> None:
    for method in ("POST", "HEAD", "PUT", "DELETE"):
        answer = await house.showing(None).ask(method, TOKEN, b"grant_type=password" if method == "POST" else b"")
        assert (answer.status, answer.body) == (405, b"")
        assert "Allow" not in answer.headers


async def test_guessing_passwords_is_slowed_down_with_429(house: House) -> None:
    guesser = house.showing(basic("builder", "guess"))
    answers = [await guesser.get(TOKEN) for _ in range(15)]
    assert answers[0].status == 401
    assert (answers[-1].status, answers[-1].code) == (429, "TOOMANYREQUESTS")
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert (await guesser.get("/v2/")).status == 429
