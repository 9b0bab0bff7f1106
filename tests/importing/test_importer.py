"""Looking into other registries: each manifest once, one answer per item (image-api contract, 14.3, 14.4, 14.7)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from roadstead.base.values import Json
from roadstead.importing import request
from roadstead.importing.importer import Importer
from roadstead.importing.looking import ImportOptions, NothingKnown
from roadstead.importing.plan import PREFER_ARCHITECTURE
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.transport import NO_TLS, PLAIN_HTTP
from roadstead.testing import builders
from tests.importing.simulated import Simulated

NOW = datetime(2026, 11, 23, 18, 49, 39, tzinfo=UTC)
STREAM: Json = {"metadata": {"name": "web", "namespace": "shop", "generation": 0}}
PLACE = "q.test/lib/web"


async def look(elsewhere: Simulated, *names: str, stream: Json = STREAM, **options: Any) -> list[Json]:
    """The answers for spec.images with these names; `mode` is their import mode."""
    mode = options.pop("mode", "Legacy")
    images = [{"from": {"kind": "DockerImage", "name": each}, "importPolicy": {"importMode": mode}} for each in names]
    found: list[Json] = (await run(elsewhere, {"images": images}, stream, **options))["images"]
    return found


async def look_at_repository(elsewhere: Simulated, name: str, *names: str, **options: Any) -> Json:
    images = [{"from": {"kind": "DockerImage", "name": each}} for each in names]
    spec = {"repository": {"from": {"kind": "DockerImage", "name": name}}, **({"images": images} if images else {})}
    found: Json = (await run(elsewhere, spec, STREAM, **options))["repository"]
    return found


async def run(elsewhere: Simulated, spec: Json, stream: Json, **options: Any) -> Json:
    wanted = request.prepare({"metadata": STREAM["metadata"], "spec": spec})
    importer = Importer(elsewhere, ImportOptions(**{"look_seconds": 5.0, **options}))
    return await importer.run(wanted, stream, NothingKnown(), NOW)


def status(answer: Json) -> tuple[str, str]:
    said = answer["status"]
    return said.get("reason", said["status"]), said.get("message", "")


def failing(kind: Kind, message: str = "it went wrong", **more: Any) -> RemoteFailure:
    return RemoteFailure(kind, message, host="q.test", **more)


async def test_an_image_is_named_by_its_digest_and_placed_as_it_was_written() -> None:
    elsewhere = Simulated()
    image = elsewhere.repository("docker.io/library/mysql").push(builders.image("mysql"), "8")
    (answer,) = await look(elsewhere, "mysql:8")
    assert answer["status"] == {"metadata": {}, "status": "Success"}
    assert answer["tag"] == "8"
    assert answer["image"]["dockerImageReference"] == f"mysql@{image.digest}"
    assert answer["image"]["dockerImageMetadata"]["Config"]["Labels"] == {"name": "mysql"}


async def test_of_an_index_the_preferred_platform_comes_in_and_its_image_is_the_child() -> None:
    elsewhere = Simulated()
    amd, arm = builders.image("amd"), builders.image("arm")
    elsewhere.repository(PLACE).push(builders.index(amd, arm), "v1", children=(amd, arm))
    stream = {**STREAM, "spec": {"tags": [{"name": "v1", "annotations": {PREFER_ARCHITECTURE: "arm64"}}]}}
    assert (await look(elsewhere, f"{PLACE}:v1"))[0]["image"]["metadata"]["name"] == amd.digest
    assert (await look(elsewhere, f"{PLACE}:v1", stream=stream))[0]["image"]["metadata"]["name"] == arm.digest
    assert "manifests" not in (await look(elsewhere, f"{PLACE}:v1"))[0]


async def test_an_index_can_come_in_as_it_is_with_all_its_images() -> None:
    elsewhere = Simulated()
    amd, arm = builders.image("amd"), builders.image("arm")
    index = elsewhere.repository(PLACE).push(builders.index(amd, arm), "v1", children=(amd, arm))
    (answer,) = await look(elsewhere, f"{PLACE}:v1", mode="PreserveOriginal")
    assert answer["image"]["metadata"]["name"] == index.digest
    assert [each["metadata"]["name"] for each in answer["manifests"]] == [amd.digest, arm.digest]
    assert answer["manifests"][0]["dockerImageReference"] == f"{PLACE}@{amd.digest}"
    assert answer["manifests"][0]["dockerImageConfig"]


async def test_a_missing_child_fails_the_tag_that_keeps_its_index_and_no_other() -> None:
    elsewhere = Simulated()
    amd, arm = builders.image("amd"), builders.image("arm")
    place = elsewhere.repository(PLACE)
    place.push(builders.index(amd, arm), "broken", children=(amd,))
    place.push(builders.image("fine"), "fine")
    broken, fine = await look(elsewhere, f"{PLACE}:broken", f"{PLACE}:fine", mode="PreserveOriginal")
    assert status(broken) == ("NotFound", f'dockerimage.image.openshift.io "{PLACE}@{arm.digest}" not found')
    assert status(fine)[0] == "Success"


async def test_an_attestation_comes_in_like_any_other_child() -> None:
    elsewhere = Simulated()
    web, proof = builders.image("web"), builders.artifact(kind="application/vnd.in-toto+json")
    entries = [
        web.described(platform={"os": "linux", "architecture": "amd64"}),
        proof.described(platform={"os": "unknown", "architecture": "unknown"}),
    ]
    index = builders.manifest({"mediaType": "application/vnd.oci.image.index.v1+json", "manifests": entries})
    elsewhere.repository(PLACE).push(index, "v1", children=(web, proof))
    (answer,) = await look(elsewhere, f"{PLACE}:v1", mode="PreserveOriginal")
    assert status(answer)[0] == "Success"
    assert [each["architecture"] for each in answer["image"]["dockerImageManifests"]] == ["amd64", "unknown"]


async def test_an_entry_without_a_platform_fails_its_tag_by_name_of_the_field() -> None:
    elsewhere = Simulated()
    one, two, three = (builders.image(name) for name in ("one", "two", "three"))
    elsewhere.repository(PLACE).push(builders.index(one, two, three), "v1", children=(one, two, three))
    (answer,) = await look(elsewhere, f"{PLACE}:v1", mode="PreserveOriginal")
    assert answer["status"]["details"]["causes"][0]["field"] == "dockerImageManifests[2].architecture"


async def test_an_index_in_an_index_is_followed_once_and_no_further() -> None:
    elsewhere = Simulated()
    web = builders.image("web")
    inner = builders.index(web)
    outer = builders.index(inner)
    elsewhere.repository(PLACE).push(outer, "v1", children=(inner, web))
    (legacy,) = await look(elsewhere, f"{PLACE}:v1")
    assert status(legacy)[0] == "InternalError"
    assert "unsupported image manifest type: an index in an index" in status(legacy)[1]
    (kept,) = await look(elsewhere, f"{PLACE}:v1", mode="PreserveOriginal")
    assert [each["metadata"]["name"] for each in kept["manifests"]] == [web.digest]


async def test_what_many_items_ask_for_is_fetched_once() -> None:
    elsewhere = Simulated()
    image = elsewhere.repository(PLACE).push(builders.image("web"), "v1", "v2")
    answers = await look(elsewhere, f"{PLACE}:v1", f"{PLACE}:v1", f"{PLACE}@{image.digest}")
    assert [status(each)[0] for each in answers] == ["Success"] * 3
    assert sorted(elsewhere.repository(PLACE).asked).count("v1") == 1


async def test_one_broken_item_spoils_no_other() -> None:
    elsewhere = Simulated()
    elsewhere.repository(PLACE).push(builders.image("web"), "v1")
    answers = await look(elsewhere, f"{PLACE}:none", f"{PLACE}:v1", "q.test/other/thing:v1")
    assert [status(each)[0] for each in answers] == ["NotFound", "Success", "NotFound"]
    assert status(answers[0])[1] == f'dockerimage.image.openshift.io "{PLACE}:none" not found'
    assert answers[0]["status"]["details"]["kind"] == "dockerimage"


@pytest.mark.parametrize(
    ("failure", "reason", "message"),
    [
        (failing(Kind.NOT_FOUND), "NotFound", 'dockerimage.image.openshift.io "{ref}" not found'),
        (failing(Kind.NAME_UNKNOWN), "NotFound", 'dockerimage.image.openshift.io "{ref}" not found'),
        (failing(Kind.UNAUTHORIZED), "Unauthorized", 'you may not have access to the container image "{ref}"'),
        (failing(Kind.BAD_PASSWORD), "Unauthorized", 'incorrect username or password for image "{ref}"'),
        (failing(Kind.DENIED, "denied"), "InternalError", "Internal error occurred: {ref}: denied"),
        (failing(Kind.TLS, "no TLS"), "InternalError", "Internal error occurred: {ref}: no TLS"),
        (failing(Kind.WRONG_DIGEST, "other bytes"), "InternalError", "Internal error occurred: {ref}: other bytes"),
        (
            failing(Kind.BLOCKED, "forbidden: registry q.test blocked", rule="blocked registry"),
            "Forbidden",
            "forbidden: registry q.test blocked",
        ),
    ],
    ids=lambda each: each.kind if isinstance(each, RemoteFailure) else "",
)
async def test_every_failure_reads_as_the_contract_says(failure: RemoteFailure, reason: str, message: str) -> None:
    elsewhere = Simulated()
    elsewhere.repository(PLACE, fails={"*": failure})
    (answer,) = await look(elsewhere, f"{PLACE}:v1")
    assert status(answer) == (reason, message.format(ref=f"{PLACE}:v1"))
    assert "kind" not in answer["status"]


async def test_of_a_repository_that_cannot_be_listed_the_fault_alone_is_told() -> None:
    elsewhere = Simulated()
    elsewhere.repository(PLACE, fails={"tags": failing(Kind.TLS, "no TLS")})
    answer = await look_at_repository(elsewhere, PLACE)
    assert status(answer) == ("InternalError", "Internal error occurred: no TLS")


async def test_plain_http_is_told_with_the_address_that_was_asked() -> None:
    elsewhere = Simulated()
    spoken = RemoteFailure(Kind.TLS, NO_TLS, host="q.test:5000", rule=PLAIN_HTTP)
    elsewhere.repository(PLACE, fails={"*": spoken})
    (answer,) = await look(elsewhere, f"{PLACE}:v1")
    told = f'Internal error occurred: {PLACE}:v1: Get "https://q.test:5000/v2/": {NO_TLS}'
    assert status(answer) == ("InternalError", told)


async def test_a_rate_limited_tag_reads_the_same_each_time_and_says_when_to_come_back() -> None:
    said: list[Json] = []
    for seconds in (7, 300):
        elsewhere = Simulated()
        limited = failing(Kind.RATE_LIMITED, f"come back in {seconds} s", retry_after=seconds)
        elsewhere.repository(PLACE, fails={"*": limited})
        said.append((await look(elsewhere, f"{PLACE}:v1"))[0]["status"])
    assert said[0]["message"] == said[1]["message"]
    assert [each["details"]["retryAfterSeconds"] for each in said] == [7, 300]


async def test_a_blocked_registry_gets_no_traffic() -> None:
    elsewhere = Simulated(blocked={"q.test"})
    elsewhere.repository(PLACE).push(builders.image("web"), "v1")
    (answer,) = await look(elsewhere, f"{PLACE}:v1")
    assert status(answer) == ("Forbidden", "forbidden: registry q.test blocked")
    assert elsewhere.repository(PLACE).asked == []


async def test_a_mirror_is_tried_first_and_leaves_no_trace_in_the_image() -> None:
    elsewhere = Simulated(mirrors={PLACE: ["m.test/web"]})
    image = elsewhere.repository("m.test/web").push(builders.image("web"), "v1")
    (answer,) = await look(elsewhere, f"{PLACE}:v1")
    assert answer["image"]["dockerImageReference"] == f"{PLACE}@{image.digest}"
    assert elsewhere.repository(PLACE).asked == []


async def test_when_no_place_has_it_each_is_named() -> None:
    elsewhere = Simulated(mirrors={PLACE: ["m.test/web"]})
    (answer,) = await look(elsewhere, f"{PLACE}:v1")
    assert status(answer) == (
        "InternalError",
        'Internal error occurred: [dockerimage.image.openshift.io "m.test/web:v1" not found, '
        f'dockerimage.image.openshift.io "{PLACE}:v1" not found]',
    )


async def test_what_a_mirror_lacks_of_an_image_comes_from_the_next_place() -> None:
    elsewhere = Simulated(mirrors={PLACE: ["m.test/web"]})
    image = elsewhere.repository("m.test/web").push(builders.image("web"), "v1")
    elsewhere.repository(PLACE).push(image)
    elsewhere.repository("m.test/web").fails[image.blobs[0].digest] = failing(Kind.NOT_FOUND)
    (answer,) = await look(elsewhere, f"{PLACE}:v1")
    assert status(answer)[0] == "Success"


async def test_a_public_image_comes_in_although_the_password_at_hand_is_wrong() -> None:
    elsewhere = Simulated()
    elsewhere.repository(PLACE, key="secret shop/old", password_good=False).push(builders.image("web"), "v1")
    (answer,) = await look(elsewhere, f"{PLACE}:v1")
    assert answer["status"] == {"metadata": {}, "status": "Success"}
    assert (await look_at_repository(elsewhere, PLACE))["status"]["status"] == "Success"


async def test_a_private_image_says_whose_password_is_wrong() -> None:
    elsewhere = Simulated()
    place = elsewhere.repository(PLACE, key="secret shop/old", password_good=False)
    place.fails["*"] = failing(Kind.UNAUTHORIZED)
    (answer,) = await look(elsewhere, f"{PLACE}:v1")
    assert status(answer) == ("Unauthorized", f'incorrect username or password for image "{PLACE}:v1"')
    assert answer["status"]["details"]["causes"] == [
        {"reason": "CredentialsUsed", "message": "credentials from secret shop/old"}
    ]


async def test_the_key_that_opened_the_door_is_told() -> None:
    elsewhere = Simulated()
    elsewhere.repository(PLACE, key="secret shop/robot").push(builders.image("web"), "v1")
    (answer,) = await look(elsewhere, f"{PLACE}:v1")
    assert answer["status"]["details"]["causes"][0]["message"] == "credentials from secret shop/robot"


async def test_a_tag_that_hangs_spoils_no_other_of_its_registry() -> None:
    elsewhere = Simulated()
    names = [f"t{number}" for number in range(12)]
    elsewhere.repository(PLACE, stalling="t0").push(builders.image("web"), *names)
    places = [f"{PLACE}:{name}" for name in names]
    answers = await look(elsewhere, *places, look_seconds=0.2, side_by_side=1)
    assert [status(each)[0] for each in answers] == ["InternalError", *["Success"] * 11]


async def test_a_tag_its_registry_breaks_on_spoils_no_other() -> None:
    elsewhere = Simulated()
    place = elsewhere.repository(PLACE)
    place.push(builders.image("web"), "a", "b")
    place.fails["a"] = failing(Kind.UNAVAILABLE, status=500)
    answers = await look(elsewhere, f"{PLACE}:a", f"{PLACE}:b", side_by_side=1)
    assert [status(each)[0] for each in answers] == ["InternalError", "Success"]


async def test_a_registry_without_tls_is_still_asked_for_tags_that_allow_it() -> None:
    elsewhere = Simulated()
    elsewhere.repository(PLACE, fails={"a": failing(Kind.TLS)}).push(builders.image("web"), "b")
    answers = await look(elsewhere, f"{PLACE}:a", f"{PLACE}:b", side_by_side=1)
    assert [status(each)[0] for each in answers] == ["InternalError", "Success"]


async def test_a_registry_that_hangs_costs_its_time_once() -> None:
    elsewhere = Simulated()
    elsewhere.repository(PLACE, stalls=True)
    elsewhere.repository("fine.test/web").push(builders.image("web"), "v1")
    names = [f"{PLACE}:t{number}" for number in range(30)]
    answers = await look(elsewhere, *names, "fine.test/web:v1", look_seconds=0.2, side_by_side=2)
    assert len(elsewhere.repository(PLACE).asked) <= 4
    assert {status(each)[0] for each in answers[:-1]} == {"InternalError"}
    assert status(answers[-1])[0] == "Success"
    assert "did not answer within 0.2 seconds" in status(answers[-2])[1]


async def test_a_repository_comes_in_by_its_first_tags_and_names_the_others() -> None:
    elsewhere = Simulated()
    elsewhere.repository(PLACE).push(builders.image("web"), "latest", "1.0", "2.0", "old", "older")
    found = await look_at_repository(elsewhere, PLACE, tags=3)
    assert [each["tag"] for each in found["images"]] == ["latest", "2.0", "1.0"]
    assert found["additionalTags"] == ["old", "older"]
    assert found["status"] == {"metadata": {}, "status": "Success"}


async def test_a_further_tag_counts_as_imported_when_the_request_names_it() -> None:
    elsewhere = Simulated()
    elsewhere.repository(PLACE).push(builders.image("web"), "latest", "old", "older")
    found = await look_at_repository(elsewhere, PLACE, f"{PLACE}:old", tags=1)
    assert [each["tag"] for each in found["images"]] == ["latest", "old"]
    assert found["additionalTags"] == ["older"]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (["a"], "one of the images from this repository failed to import"),
        (["a", "b"], "2 of the images from this repository failed to import"),
    ],
)
async def test_failed_tags_of_a_repository_are_counted(broken: list[str], message: str) -> None:
    elsewhere = Simulated()
    place = elsewhere.repository(PLACE)
    place.push(builders.image("web"), "a", "b", "c")
    place.fails |= {tag: failing(Kind.DENIED) for tag in broken}
    found = await look_at_repository(elsewhere, PLACE)
    assert (found["status"]["reason"], found["status"]["message"]) == ("ImportFailed", message)
    assert [each["status"]["status"] for each in found["images"]].count("Success") == 3 - len(broken)


async def test_a_repository_that_cannot_be_listed_says_why_under_its_own_name() -> None:
    elsewhere = Simulated()
    elsewhere.repository("docker.io/lib/web").fails["tags"] = failing(Kind.NAME_UNKNOWN)
    found = await look_at_repository(elsewhere, "lib/web")
    assert found["status"]["message"] == 'dockerimage.image.openshift.io "lib/web" not found'
    assert "images" not in found


async def test_a_config_too_large_to_read_leaves_its_facts_unknown() -> None:
    elsewhere = Simulated()
    image = elsewhere.repository(PLACE).push(builders.image("web"), "v1")
    (answer,) = await look(elsewhere, f"{PLACE}:v1", config_bytes=10)
    assert answer["image"]["dockerImageMetadata"]["Id"] == image.blobs[0].digest
    assert "Config" not in answer["image"]["dockerImageMetadata"]
    assert "dockerImageConfig" not in answer["image"]


async def test_a_short_name_is_found_at_the_first_search_registry_that_has_it() -> None:
    elsewhere = Simulated(search=["one.test", "two.test"])
    elsewhere.repository("one.test/lib/web", fails={"tags": failing(Kind.NAME_UNKNOWN)})
    image = elsewhere.repository("two.test/lib/web").push(builders.image("web"), "v1", "v2")
    (answer,) = await look(elsewhere, "lib/web:v1")
    assert answer["image"]["dockerImageReference"] == f"lib/web@{image.digest}"
    found = await look_at_repository(elsewhere, "lib/web")
    assert [each["tag"] for each in found["images"]] == ["v1", "v2"]
