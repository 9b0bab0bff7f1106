"""A copy brings everything that belongs to an image, once, and names it last."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from roadstead.base.errors import Failure
from roadstead.copying.copy import Copy, How, Options
from roadstead.copying.ends import Destination
from roadstead.copying.files import FolderFiles
from roadstead.copying.layout import LayoutSource
from roadstead.copying.layoutwriting import ASIDE, LayoutDestination
from roadstead.copying.names import Platform
from roadstead.copying.registry import RegistryDestination, RegistrySource
from roadstead.oci.digest import Digest
from roadstead.oci.mediatypes import OCI_MANIFEST
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.session import Remotes
from roadstead.testing import hostile
from roadstead.testing.builders import Content, artifact, docker_image, docker_list, image, index, manifest
from roadstead.testing.hostile import on
from roadstead.testing.upstream import UpstreamRegistry
from tests.copying.conftest import Onlooker, client

AMD, ARM = image("amd"), image("arm")
WEB = index(AMD, ARM)
SBOM = artifact(WEB, "application/sbom")
SIGNATURE = artifact(SBOM, "application/signature")
LARGE = Content(random.Random(7).randbytes(3_000_000))


def heavy() -> Content:
    """An image with one large layer."""
    head = image("heavy").blobs[0]
    fields = {"mediaType": OCI_MANIFEST, "config": head.described(), "layers": [LARGE.described()]}
    return manifest(fields, (head, LARGE))


def stock(upstream: UpstreamRegistry) -> None:
    """An image for two platforms with an SBOM, which is signed."""
    upstream.add("team/web", WEB, "v1", children=(AMD, ARM))
    upstream.add("team/web", SBOM)
    upstream.add("team/web", SIGNATURE)


def source(remotes: Remotes, upstream: UpstreamRegistry) -> RegistrySource:
    return RegistrySource([(client(remotes, upstream), "team/web")])


async def copied(
    remotes: Remotes, upstream: UpstreamRegistry, end: Destination, target: str = "v1", **options: object
) -> Onlooker:
    onlooker = Onlooker()
    await Copy(source(remotes, upstream), end, Options(**options), onlooker).run("v1", target)  # type: ignore[arg-type]
    return onlooker


async def test_all_platforms_and_all_referrers_arrive(
    remotes: Remotes, upstream: UpstreamRegistry, downstream: UpstreamRegistry
) -> None:
    stock(upstream)
    end = RegistryDestination(client(remotes, downstream), "mirror/web")
    onlooker = await copied(remotes, upstream, end, "v2")
    there, here = downstream.repositories["mirror/web"], upstream.repositories["team/web"]
    assert there.manifests == here.manifests
    assert there.blobs == here.blobs
    assert there.tags == {"v2": WEB.digest}
    assert onlooker.seen == onlooker.size
    last = downstream.asked("PUT", "/manifests/")[-1]
    assert last.path.endswith("/manifests/v2")


async def test_what_cosign_hangs_on_an_image_by_tags_arrives_under_the_same_tags(
    remotes: Remotes, upstream: UpstreamRegistry, downstream: UpstreamRegistry, tmp_path: Path
) -> None:
    stock(upstream)
    tag_of = {content.digest: content.digest.replace(":", "-") for content in (WEB, AMD)}
    signature, sbom = image("signature", 1), image("contents", 1)
    upstream.add("team/web", signature, f"{tag_of[WEB.digest]}.sig")
    upstream.add("team/web", sbom, f"{tag_of[AMD.digest]}.sbom")
    upstream.add("team/web", image("of that", 1), f"{signature.digest.replace(':', '-')}.att")
    with LayoutDestination(tmp_path / "out") as layout:
        await copied(remotes, upstream, layout)
    back = RegistryDestination(client(remotes, downstream), "mirror/web")
    for name in ("", "v1"):
        await Copy(LayoutSource(FolderFiles(tmp_path / "out")), back, Options(), Onlooker()).run(name, "v1")
    assert downstream.repositories["mirror/web"].tags == upstream.repositories["team/web"].tags
    assert downstream.repositories["mirror/web"].manifests == upstream.repositories["team/web"].manifests


async def test_a_second_time_nothing_is_fetched(
    remotes: Remotes, upstream: UpstreamRegistry, downstream: UpstreamRegistry
) -> None:
    stock(upstream)
    end = RegistryDestination(client(remotes, downstream), "mirror/web")
    await copied(remotes, upstream, end)
    upstream.seen.clear()
    onlooker = await copied(remotes, upstream, end)
    assert not upstream.asked("GET", "/blobs/")
    assert set(onlooker.how.values()) == {How.THERE}
    assert onlooker.seen == onlooker.size


async def test_one_platform_can_be_chosen(
    remotes: Remotes, upstream: UpstreamRegistry, downstream: UpstreamRegistry
) -> None:
    stock(upstream)
    end = RegistryDestination(client(remotes, downstream), "mirror/web")
    await copied(remotes, upstream, end, platform=Platform("linux", "arm64"))
    there = downstream.repositories["mirror/web"]
    assert there.tags == {"v1": ARM.digest}
    assert set(there.manifests) == {ARM.digest}


async def test_a_platform_that_is_not_there_is_told_with_those_that_are(
    remotes: Remotes, upstream: UpstreamRegistry, downstream: UpstreamRegistry
) -> None:
    stock(upstream)
    end = RegistryDestination(client(remotes, downstream), "mirror/web")
    with pytest.raises(RemoteFailure, match="linux/amd64, linux/arm64") as missing:
        await copied(remotes, upstream, end, platform=Platform("plan9", "mips"))
    assert missing.value.kind is Kind.NOT_FOUND


async def test_a_single_image_for_another_platform_is_not_taken_for_the_one_asked_for(
    remotes: Remotes, upstream: UpstreamRegistry, downstream: UpstreamRegistry
) -> None:
    upstream.add("team/web", AMD, "v1")
    end = RegistryDestination(client(remotes, downstream), "mirror/web")
    with pytest.raises(RemoteFailure, match="it is one for linux/amd64") as missing:
        await copied(remotes, upstream, end, platform=Platform("linux", "arm64"))
    assert missing.value.kind is Kind.NOT_FOUND
    assert not downstream.repositories
    await copied(remotes, upstream, end, platform=Platform("linux", "amd64"))
    assert downstream.repositories["mirror/web"].tags == {"v1": AMD.digest}


async def test_what_names_no_platform_is_copied_whatever_was_asked_for(
    remotes: Remotes, upstream: UpstreamRegistry, downstream: UpstreamRegistry
) -> None:
    chart = artifact(None, "application/chart")
    upstream.add("team/web", chart, "v1")
    end = RegistryDestination(client(remotes, downstream), "mirror/web")
    await copied(remotes, upstream, end, platform=Platform("linux", "arm64"))
    assert downstream.repositories["mirror/web"].tags == {"v1": chart.digest}


async def test_referrers_can_be_left_out(
    remotes: Remotes, upstream: UpstreamRegistry, downstream: UpstreamRegistry
) -> None:
    stock(upstream)
    await copied(remotes, upstream, RegistryDestination(client(remotes, downstream), "mirror/web"), referrers=False)
    assert set(downstream.repositories["mirror/web"].manifests) == {WEB.digest, AMD.digest, ARM.digest}


async def test_a_registry_that_lists_no_referrers_gets_the_tag_that_does(
    remotes: Remotes, upstream: UpstreamRegistry, downstream: UpstreamRegistry
) -> None:
    stock(upstream)
    downstream.referrers_api = False
    end = RegistryDestination(client(remotes, downstream), "mirror/web")
    for _ in range(2):
        await copied(remotes, upstream, end)
    found = await client(remotes, downstream).referrers("mirror/web", Digest.parse(WEB.digest))
    assert [each["digest"] for each in found] == [SBOM.digest]
    assert found[0]["artifactType"] == "application/sbom"
    back = RegistrySource([(client(remotes, downstream), "mirror/web")])
    walked = await Copy(back, end, Options(), Onlooker()).walk("v1")
    assert {str(each) for each in walked.items} == {each.digest for each in (WEB, AMD, ARM, SBOM, SIGNATURE)}


async def test_within_a_registry_blobs_are_mounted(remotes: Remotes, upstream: UpstreamRegistry) -> None:
    stock(upstream)
    onlooker = await copied(remotes, upstream, RegistryDestination(client(remotes, upstream), "mirror/web"))
    assert set(onlooker.how.values()) == {How.MOUNTED}
    assert not upstream.asked("GET", "/blobs/")


@pytest.mark.parametrize("content", [docker_image("d"), docker_list(docker_image("e")), image("f", algorithm="sha512")])
async def test_every_kind_of_image_keeps_its_bytes(
    remotes: Remotes, upstream: UpstreamRegistry, tmp_path: Path, content: Content
) -> None:
    upstream.add("team/web", content, "v1", children=(docker_image("e"),))
    with LayoutDestination(tmp_path / "out") as layout:
        await copied(remotes, upstream, layout)
    found = await LayoutSource(FolderFiles(tmp_path / "out")).manifest("v1")
    assert (str(found.digest), found.media_type, found.body) == (content.digest, content.media_type, content.data)


async def test_a_layout_and_back_is_the_same(
    remotes: Remotes, upstream: UpstreamRegistry, downstream: UpstreamRegistry, tmp_path: Path
) -> None:
    stock(upstream)
    with LayoutDestination(tmp_path / "out") as layout:
        await copied(remotes, upstream, layout)
    assert not (tmp_path / "out" / ASIDE).exists()
    back = LayoutSource(FolderFiles(tmp_path / "out"))
    end = RegistryDestination(client(remotes, downstream), "mirror/web")
    for reference in ("v1", "", WEB.digest):
        await Copy(back, end, Options(), Onlooker()).run(reference, "v1")
    there = downstream.repositories["mirror/web"]
    assert there.manifests == upstream.repositories["team/web"].manifests


async def test_a_layout_keeps_several_images_and_replaces_a_name(
    remotes: Remotes, upstream: UpstreamRegistry, tmp_path: Path
) -> None:
    stock(upstream)
    for target, options in (("v1", {}), ("v2", {}), ("v1", {"platform": Platform("linux", "amd64")})):
        with LayoutDestination(tmp_path) as layout:
            await copied(remotes, upstream, layout, target, **options)
    there = LayoutSource(FolderFiles(tmp_path))
    assert str((await there.manifest("v1")).digest) == AMD.digest
    assert str((await there.manifest("v2")).digest) == WEB.digest
    with pytest.raises(RemoteFailure, match="v1, v2"):
        await there.manifest("v3")


async def test_a_download_that_stopped_goes_on_where_it_was(
    remotes: Remotes, upstream: UpstreamRegistry, tmp_path: Path
) -> None:
    upstream.add("team/web", heavy(), "v1")
    upstream.before = [on(LARGE.digest, hostile.stalls(LARGE.data[:900], "application/octet-stream", len(LARGE.data)))]
    with pytest.raises(RemoteFailure), LayoutDestination(tmp_path) as layout:
        await copied(remotes, upstream, layout)
    upstream.before.clear()
    upstream.seen.clear()
    with LayoutDestination(tmp_path) as layout:
        await copied(remotes, upstream, layout)
    assert [each.headers["range"] for each in upstream.asked("GET", LARGE.digest)] == ["bytes=900-"]
    assert FolderFiles(tmp_path).size(f"blobs/sha256/{LARGE.digest[7:]}") == len(LARGE.data)


async def test_a_beginning_that_was_damaged_is_thrown_away(
    remotes: Remotes, upstream: UpstreamRegistry, tmp_path: Path
) -> None:
    upstream.add("team/web", heavy(), "v1")
    (tmp_path / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    (tmp_path / ASIDE).mkdir()
    (tmp_path / ASIDE / f"sha256-{LARGE.digest[7:]}").write_bytes(b"damaged")
    with pytest.raises(RemoteFailure, match="try again") as wrong, LayoutDestination(tmp_path) as layout:
        await copied(remotes, upstream, layout)
    assert wrong.value.kind is Kind.WRONG_DIGEST
    with LayoutDestination(tmp_path) as layout:
        await copied(remotes, upstream, layout)


async def test_a_lying_source_leaves_no_name_behind(
    remotes: Remotes, upstream: UpstreamRegistry, downstream: UpstreamRegistry, tmp_path: Path
) -> None:
    stock(upstream)
    upstream.before.append(on(AMD.blobs[1].digest, hostile.sends(b"x" * len(AMD.blobs[1].data)), method="GET"))
    with pytest.raises(RemoteFailure) as wrong:
        await copied(remotes, upstream, RegistryDestination(client(remotes, downstream), "mirror/web"))
    assert wrong.value.kind is Kind.WRONG_DIGEST
    assert not downstream.asked("PUT", "/manifests/")
    with pytest.raises(RemoteFailure), LayoutDestination(tmp_path) as layout:
        await copied(remotes, upstream, layout)
    with pytest.raises(RemoteFailure):
        await LayoutSource(FolderFiles(tmp_path)).manifest("v1")


async def test_an_image_nested_without_end_is_refused(
    remotes: Remotes, upstream: UpstreamRegistry, downstream: UpstreamRegistry
) -> None:
    chain = hostile.nested(1000, AMD)
    for content in chain:
        upstream.add("team/web", content)
    upstream.repositories["team/web"].tags["v1"] = chain[0].digest
    with pytest.raises(RemoteFailure, match="nested") as deep:
        await copied(remotes, upstream, RegistryDestination(client(remotes, downstream), "mirror/web"))
    assert deep.value.kind is Kind.TOO_LARGE
    assert len(upstream.asked("GET", "/manifests/")) < 100


async def test_an_index_that_contains_itself_is_refused(
    remotes: Remotes, upstream: UpstreamRegistry, downstream: UpstreamRegistry
) -> None:
    upstream.before.append(on("/manifests/", hostile.self_containing_index()))
    with pytest.raises(RemoteFailure) as wrong:
        await copied(remotes, upstream, RegistryDestination(client(remotes, downstream), "mirror/web"))
    assert wrong.value.kind is Kind.WRONG_DIGEST


async def test_a_destination_named_by_digest_must_be_that_image(
    remotes: Remotes, upstream: UpstreamRegistry, downstream: UpstreamRegistry
) -> None:
    stock(upstream)
    end = RegistryDestination(client(remotes, downstream), "mirror/web")
    with pytest.raises(RemoteFailure, match="name it by a tag"):
        await copied(remotes, upstream, end, AMD.digest)
    await copied(remotes, upstream, end, WEB.digest)
    assert not downstream.repositories["mirror/web"].tags


def test_a_folder_that_is_no_layout_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(RemoteFailure, match="another folder"), LayoutDestination(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_two_copies_do_not_write_to_one_layout(tmp_path: Path) -> None:
    with LayoutDestination(tmp_path), pytest.raises(RemoteFailure, match="another copy"), LayoutDestination(tmp_path):
        pass


async def test_a_mirror_that_lacks_an_image_is_passed_over(remotes: Remotes, upstream: UpstreamRegistry) -> None:
    stock(upstream)
    asked = client(remotes, upstream)
    found = await RegistrySource([(asked, "mirror/none"), (asked, "team/web")]).manifest("v1")
    assert str(found.digest) == WEB.digest


async def test_a_folder_that_cannot_be_written_is_a_clear_failure(
    remotes: Remotes, upstream: UpstreamRegistry, tmp_path: Path
) -> None:
    stock(upstream)
    with LayoutDestination(tmp_path / "out") as layout:
        put(tmp_path / "out" / "blobs", "in the way")
        with pytest.raises(Failure, match="cannot be written") as refused:
            await copied(remotes, upstream, layout)
    assert str(tmp_path) in refused.value.message


def put(file: Path, text: str) -> None:
    file.write_text(text)


async def test_many_platforms_are_asked_for_side_by_side(
    remotes: Remotes, upstream: UpstreamRegistry, downstream: UpstreamRegistry
) -> None:
    children = tuple(image(f"platform {number}", 1) for number in range(40))
    upstream.add("team/web", index(*children, index(children[0], AMD)), "v1", children=(*children, AMD))
    upstream.add("team/web", index(children[0], AMD))
    await copied(remotes, upstream, RegistryDestination(client(remotes, downstream), "mirror/web"))
    assert downstream.repositories["mirror/web"].manifests == upstream.repositories["team/web"].manifests
