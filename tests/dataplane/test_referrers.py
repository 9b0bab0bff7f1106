"""What refers to a manifest."""

from __future__ import annotations

import pytest

from roadstead.base.values import Json
from roadstead.objects.log import Key, Write
from roadstead.oci.mediatypes import OCI_INDEX
from roadstead.testing.builders import EMPTY_JSON, SBOM, Content, artifact, image, index
from roadstead.testing.registry_client import House, house_at

SUBJECT = image("subject")
URL = f"/v2/shop/web/referrers/{SUBJECT.digest}"
SIGNATURE = "application/vnd.test.signature+json"


async def listed(house: House, target: str = URL) -> list[str]:
    answer = await house.admin.get(target)
    assert answer.status == 200, answer
    return [each["digest"] for each in answer.json["manifests"]]


async def test_nothing_refers_to_what_is_not_here(house: House) -> None:
    for target in (URL, f"/v2/shop/none/referrers/{SUBJECT.digest}", f"/v2/shop/web/referrers/sha512:{'0' * 128}"):
        answer = await house.admin.get(target)
        assert (answer.status, answer.headers["Content-Type"]) == (200, OCI_INDEX)
        assert answer.json == {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}
        assert "OCI-Filters-Applied" not in answer.headers


async def test_a_referrer_is_described_with_its_type_size_and_annotations(house: House) -> None:
    pushed = artifact(SUBJECT, note="hello")
    answer = await house.admin.push("shop/web", pushed)
    assert answer.headers["OCI-Subject"] == SUBJECT.digest
    [entry] = (await house.admin.get(URL)).json["manifests"]
    assert entry == pushed.described(artifactType=SBOM, annotations={"org.test.note": "hello"})


@pytest.mark.parametrize(
    ("pushed", "kind"),
    [
        (image(subject=SUBJECT.described()), "application/vnd.oci.image.config.v1+json"),
        (image(subject=SUBJECT.described(), artifactType=SBOM), SBOM),
        (index(subject=SUBJECT.described()), None),
        (index(subject=SUBJECT.described(), artifactType=SBOM), SBOM),
    ],
    ids=["image", "image with a type", "index", "index with a type"],
)
async def test_the_type_is_the_manifests_own_or_that_of_its_config(
    house: House, pushed: Content, kind: str | None
) -> None:
    await house.admin.push("shop/web", pushed)
    [entry] = (await house.admin.get(URL)).json["manifests"]
    assert entry.get("artifactType") == kind


async def test_the_subject_may_come_before_after_or_never(house: House) -> None:
    before = artifact(SUBJECT, note="before")
    await house.admin.push("shop/web", before, "sbom")
    await house.admin.push("shop/web", SUBJECT, "v1")
    after = artifact(SUBJECT, note="after")
    await house.admin.push("shop/web", after)
    assert await listed(house) == sorted([before.digest, after.digest])
    assert await listed(house, f"/v2/shop/web/referrers/{before.digest}") == []


async def test_a_referrer_may_have_referrers(house: House) -> None:
    sbom = artifact(SUBJECT)
    signature = artifact(sbom, SIGNATURE)
    for each in (sbom, signature):
        await house.admin.push("shop/web", each)
    assert await listed(house, f"/v2/shop/web/referrers/{sbom.digest}") == [signature.digest]


async def test_a_filter_is_applied_and_said_to_be(house: House) -> None:
    sbom, signature = artifact(SUBJECT), artifact(SUBJECT, SIGNATURE)
    for each in (sbom, signature):
        await house.admin.push("shop/web", each)
    for kind, found in (
        (SBOM, [sbom.digest]),
        ("other/type", []),
        ("%ff", []),
        (SIGNATURE.replace("+", "%2B"), [signature.digest]),
    ):
        answer = await house.admin.get(f"{URL}?artifactType={kind}")
        assert answer.headers["OCI-Filters-Applied"] == "artifactType"
        assert [each["digest"] for each in answer.json["manifests"]] == found
    both = await listed(house, f"{URL}?artifactType={SBOM}&artifactType={SIGNATURE.replace('+', '%2B')}")
    assert both == sorted([sbom.digest, signature.digest])


async def test_pages_go_on_with_the_same_filters(house: House) -> None:
    kinds = (SBOM, SIGNATURE, "application/vnd.test.other")
    wanted = []
    for number in range(9):
        each = artifact(SUBJECT, kinds[number % 3], note=str(number), layers=0)
        await house.admin.push("shop/web", each)
        if number % 3 < 2:
            wanted.append(each.digest)
    target = f"{URL}?n=2&artifactType={SBOM}&artifactType={SIGNATURE.replace('+', '%2B')}&artifactType=\udcff"
    found: list[str] = []
    pages = 0
    while target:
        answer = await house.admin.get(target)
        assert answer.headers["OCI-Filters-Applied"] == "artifactType"
        found += [each["digest"] for each in answer.json["manifests"]]
        target, pages = answer.next, pages + 1
    assert (found, pages) == (sorted(wanted), 3)
    assert await listed(house, f"{URL}?n=0") == []


async def test_a_page_stays_below_four_mebibytes(house: House) -> None:
    for number in range(5):
        large = index(subject=SUBJECT.described(), annotations={"note": str(number) + "x" * 1_000_000})
        await house.admin.push("shop/web", large)
    first = await house.admin.get(URL)
    assert len(first.body) <= 4 * 1024 * 1024
    second = await house.admin.get(first.next)
    assert len(first.json["manifests"]) + len(second.json["manifests"]) == 5
    assert not second.next


async def test_a_deleted_referrer_leaves_the_list_and_a_deleted_subject_leaves_its_referrers(house: House) -> None:
    sbom = artifact(SUBJECT)
    await house.admin.push("shop/web", SUBJECT)
    await house.admin.push("shop/web", sbom)
    assert (await house.admin.delete(f"/v2/shop/web/manifests/{SUBJECT.digest}")).status == 202
    assert await listed(house) == [sbom.digest]
    assert (await house.admin.delete(f"/v2/shop/web/manifests/{sbom.digest}")).status == 202
    assert await listed(house) == []


async def test_referrers_belong_to_one_repository(house: House) -> None:
    await house.admin.push("other/any", artifact(SUBJECT))
    assert await listed(house) == []
    assert len(await listed(house, f"/v2/other/any/referrers/{SUBJECT.digest}")) == 1


async def test_referrers_survive_a_restart_and_go_with_the_stream(house: House) -> None:
    sbom = artifact(SUBJECT)
    await house.admin.push("shop/web", sbom)
    await house.app.close()
    async with house_at(house.folder) as again:
        assert await listed(again) == [sbom.digest]
        await again.delete("imagestreams", "shop", "web")
        assert await listed(again) == []


def fallback(*entries: Json) -> Content:
    return index(manifests=list(entries))


FALLBACK_TAG = SUBJECT.digest.replace(":", "-")


async def test_the_fallback_tag_of_older_clients_is_merged(house: House) -> None:
    """Such manifests came in before referrers were kept, so their rows are taken away here."""
    old, new = artifact(SUBJECT, note="old"), artifact(SUBJECT, note="new")
    for each in (old, new):
        await house.admin.push("shop/web", each)
    await forget_row(house, old)
    assert await listed(house) == [new.digest]
    await house.admin.push("shop/web", fallback(old.described(), new.described()), FALLBACK_TAG)
    assert await listed(house) == sorted([old.digest, new.digest])
    entries = {each["digest"]: each for each in (await house.admin.get(URL)).json["manifests"]}
    assert entries[old.digest]["annotations"] == {"org.test.note": "old"}
    assert FALLBACK_TAG in (await house.admin.get("/v2/shop/web/tags/list")).json["tags"]


async def forget_row(house: House, content: Content) -> None:
    key = Key("referrers.roadstead", "shop", f"web/{SUBJECT.digest}/{content.digest}")
    assert house.app.store.get(key) is not None
    await house.app.store.append([Write(key, None, None)])


async def test_entries_of_the_fallback_that_are_absent_lie_or_are_about_others_are_passed_over(house: House) -> None:
    old, stranger = artifact(SUBJECT, note="old"), artifact(image("another subject"))
    for each in (old, stranger):
        await house.admin.push("shop/web", each)
    await forget_row(house, old)
    absent = artifact(SUBJECT, note="absent").described()
    entries = [absent, EMPTY_JSON.described(), stranger.described(), old.described(mediaType="x/y"), old.described()]
    await house.admin.push("shop/web", fallback(*entries), FALLBACK_TAG)
    assert await listed(house) == [old.digest]


async def test_a_tag_that_only_looks_like_a_fallback_tells_nothing(house: House) -> None:
    sbom = artifact(SUBJECT)
    await house.admin.push("shop/web", sbom)
    await house.admin.push("shop/web", image("not an index"), FALLBACK_TAG)
    assert await listed(house) == [sbom.digest]


async def test_the_subject_of_a_manifest_may_have_any_algorithm(house: House) -> None:
    subject = image("subject", algorithm="sha512")
    sbom = artifact(subject)
    answer = await house.admin.push("shop/web", sbom)
    assert answer.headers["OCI-Subject"] == subject.digest
    assert await listed(house, f"/v2/shop/web/referrers/{subject.digest}") == [sbom.digest]


@pytest.mark.parametrize("digest", ["x", "sha256:ab", "md5:" + "0" * 32])
async def test_a_digest_that_is_none_is_refused(house: House, digest: str) -> None:
    answer = await house.admin.get(f"/v2/shop/web/referrers/{digest}")
    assert (answer.status, answer.code) == (400, "DIGEST_INVALID")
