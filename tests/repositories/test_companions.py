"""What hangs on an image that lives elsewhere is found beside it: referrers, and cosign's tags."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from roadstead.base.settings import Outbound, Settings
from roadstead.oci.digest import Digest
from roadstead.oci.mediatypes import OCI_INDEX, OCI_MANIFEST
from roadstead.repositories import companions
from roadstead.testing import hostile
from roadstead.testing.builders import EMPTY_JSON, Content, artifact, image, manifest
from roadstead.testing.hostile import on
from roadstead.testing.importing import allow_insecure, points_to
from roadstead.testing.registry_client import Answer, House, furnish, house_at
from roadstead.testing.upstream import UpstreamRegistry

WEB = image("web")
SBOM = artifact(WEB)
SIGNATURE = image("signature", 1)
SIGNED_BY = WEB.digest.replace(":", "-") + ".sig"
QUICK = Outbound(allow=["127.0.0.1"], connect_seconds=1, idle_seconds=1, document_seconds=2, transfer_seconds=2)


@pytest.fixture
async def upstream() -> AsyncIterator[UpstreamRegistry]:
    """A registry with an image, its SBOM and its signature."""
    async with UpstreamRegistry() as registry:
        registry.add("team/web", WEB, "v1")
        registry.add("team/web", SBOM)
        registry.add("team/web", SIGNATURE, SIGNED_BY)
        yield registry


@pytest.fixture
async def house(tmp_path: Path, upstream: UpstreamRegistry) -> AsyncIterator[House]:
    """A registry whose stream shop/web has the tag v1 of the other one."""
    (tmp_path / "data").mkdir()
    await furnish(tmp_path / "data")
    plain = Settings(outbound=QUICK)
    settings = replace(plain, images=replace(plain.images, auth_files=["none"]))
    async with house_at(tmp_path / "data", settings) as opened:
        await allow_insecure(opened.app)
        await points_to(opened.app, f"{upstream.host}/team/web", WEB)
        yield opened


def _described(content: Content) -> bytes:
    return orjson.dumps({**content.described(), "artifactType": "application/any"})


async def ask(house: House, path: str) -> Answer:
    return await house.person("puller").get(f"/v2/shop/web/{path}")


async def referrers(house: House, subject: Content = WEB) -> list[str]:
    answer = await ask(house, f"referrers/{subject.digest}")
    assert answer.status == 200
    return [each["digest"] for each in answer.json["manifests"]]


async def whole(house: House, content: Content, reference: str = "") -> bool:
    """Whether a manifest and all its blobs are served as they are."""
    got = [(await ask(house, f"manifests/{reference or content.digest}"), content)]
    got += [(await ask(house, f"blobs/{each.digest}"), each) for each in content.blobs]
    return all(answer.status == 200 and answer.body == expected.data for answer, expected in got)


@pytest.mark.parametrize("api", [True, False], ids=["referrers", "referrers tag"])
async def test_referrers_of_an_image_from_elsewhere_are_listed_served_and_kept(
    house: House, upstream: UpstreamRegistry, api: bool
) -> None:
    upstream.referrers_api = api
    if not api:
        listing = Content(b'{"schemaVersion":2,"manifests":[%s]}' % _described(SBOM), OCI_INDEX)
        upstream.add("team/web", listing, WEB.digest.replace(":", "-"))
    assert await referrers(house) == [SBOM.digest]
    await upstream.stop()
    assert await referrers(house) == [SBOM.digest]
    assert await whole(house, SBOM)


async def test_one_that_comes_later_is_found_later(house: House, upstream: UpstreamRegistry) -> None:
    await referrers(house)
    later = artifact(WEB, "application/later")
    upstream.add("team/web", later)
    assert set(await referrers(house)) == {SBOM.digest, later.digest}


async def test_what_cosign_hangs_on_it_by_a_tag_is_served_and_kept_and_is_no_tag_of_the_stream(
    house: House, upstream: UpstreamRegistry
) -> None:
    assert await whole(house, SIGNATURE, SIGNED_BY)
    await upstream.stop()
    assert await whole(house, SIGNATURE, SIGNED_BY)
    assert (await ask(house, "tags/list")).json["tags"] == ["v1"]


async def test_a_signature_that_was_replaced_or_taken_away_there_is_so_here(
    house: House, upstream: UpstreamRegistry
) -> None:
    assert await whole(house, SIGNATURE, SIGNED_BY)
    second = image("second signature", 1)
    upstream.add("team/web", second, SIGNED_BY)
    assert await whole(house, second, SIGNED_BY)
    del upstream.repositories["team/web"].tags[SIGNED_BY]
    assert (await ask(house, f"manifests/{SIGNED_BY}")).status == 404


async def test_nothing_is_asked_about_what_the_stream_does_not_have(house: House, upstream: UpstreamRegistry) -> None:
    other = image("other")
    assert await referrers(house, other) == []
    assert (await ask(house, f"manifests/{other.digest.replace(':', '-')}.sig")).status == 404
    assert (await ask(house, "manifests/v2")).status == 404
    assert (await house.person("stranger").get(f"/v2/shop/web/manifests/{SIGNED_BY}")).status in (401, 403)
    assert upstream.seen == []


async def test_many_who_ask_at_once_make_one_question(house: House, upstream: UpstreamRegistry) -> None:
    upstream.before.append(on("/referrers/", hostile.slow(0.1)))
    lists = await asyncio.gather(*(referrers(house) for _ in range(10)))
    assert lists == [[SBOM.digest]] * 10
    assert len(upstream.asked("GET", "/referrers/")) <= 2


async def test_what_refers_to_something_else_is_not_taken(house: House, upstream: UpstreamRegistry) -> None:
    stray = artifact(image("other"), "application/stray")
    upstream.add("team/web", stray)
    listing = b'{"schemaVersion":2,"manifests":[%s,%s]}' % (_described(stray), _described(SBOM))
    upstream.before.append(on("/referrers/", hostile.sends(listing, OCI_INDEX)))
    assert await referrers(house) == [SBOM.digest]
    assert (await ask(house, f"manifests/{stray.digest}")).status == 404


async def test_a_blob_that_others_have_here_is_not_shown_by_naming_it(house: House, upstream: UpstreamRegistry) -> None:
    secret = Content(b"what others pushed here")
    await house.app.blobs.put(Digest.parse(secret.digest), secret.data)
    fields = {"mediaType": OCI_MANIFEST, "config": EMPTY_JSON.described(), "layers": [secret.described()]}
    upstream.add("team/web", manifest({**fields, "subject": WEB.described()}, (EMPTY_JSON,)))
    assert await referrers(house) == [SBOM.digest]
    assert (await ask(house, f"blobs/{secret.digest}")).status == 404


TRICKS = {"lies": hostile.sends(b"other"), "stalls": hostile.stalls(), "forbids": hostile.breaks(403)}
PARTS = {"list": "/referrers/", "manifest": f"/manifests/{SBOM.digest}", "blob": f"/blobs/{SBOM.blobs[-1].digest}"}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("trick", TRICKS)
async def test_what_cannot_be_had_is_left_out_and_nothing_half_of_it_stays(
    house: House, upstream: UpstreamRegistry, part: str, trick: str
) -> None:
    upstream.before.append(on(PARTS[part], TRICKS[trick]))
    assert await referrers(house) == []
    assert (await ask(house, f"manifests/{SBOM.digest}")).status == 404
    upstream.before.clear()
    await asyncio.sleep(0)
    assert (await ask(house, "manifests/v1")).status == 200


async def test_no_more_is_brought_than_a_signature_may_weigh(
    house: House, upstream: UpstreamRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(companions, "MOST_BYTES", 10)
    assert await referrers(house) == []
    assert not upstream.asked("GET", "/blobs/")


async def test_a_place_that_never_answers_keeps_nobody_waiting_for_long(
    house: House, upstream: UpstreamRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(companions, "SECONDS", 0.2)
    upstream.before.append(on("/team/web/", hostile.slow(hostile.DAY_SECONDS)))
    assert await referrers(house) == []
    assert (await ask(house, f"manifests/{SIGNED_BY}")).status == 404


async def test_nobody_who_waited_with_others_in_vain_is_failed(
    house: House, upstream: UpstreamRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(companions, "SECONDS", 0.2)
    upstream.before.append(on("/team/web/", hostile.slow(hostile.DAY_SECONDS)))
    assert await asyncio.gather(*(referrers(house) for _ in range(10))) == [[]] * 10
    tags = await asyncio.gather(*(ask(house, f"manifests/{SIGNED_BY}") for _ in range(10)))
    assert [each.status for each in tags] == [404] * 10
