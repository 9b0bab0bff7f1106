"""What a tag is answered with, by what the client accepts (registry contract, section 5.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.oci.digest import Digest
from roadstead.oci.errors import OciError
from roadstead.oci.mediatypes import ACCEPTED, DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from roadstead.oci.negotiation import accepted_types, choose
from tests.oci.documents import described, docker_list, written

AMD64 = described(b"amd64", DOCKER_MANIFEST, platform={"os": "linux", "architecture": "amd64"})
ARM64 = described(b"arm64", DOCKER_MANIFEST, platform={"os": "linux", "architecture": "arm64"})
WINDOWS = described(b"windows", DOCKER_MANIFEST, platform={"os": "windows", "architecture": "amd64"})
PLAIN = described(b"plain", DOCKER_MANIFEST)
LIST = written(docker_list(manifests=[PLAIN, WINDOWS, ARM64, AMD64]))
PRETTY = "application/vnd.docker.distribution.manifest.v1+prettyjws"

STORED = "stored"
CHILD = "child"
NO_MANIFEST = "OCI manifest found, but accept header does not support OCI manifests"
NO_INDEX = "OCI index found, but accept header does not support OCI indexes"


@pytest.mark.parametrize(
    ("accept", "media_type", "answer"),
    [
        ([], OCI_MANIFEST, STORED),
        ([""], OCI_MANIFEST, STORED),
        ([" , ;q=1"], OCI_MANIFEST, STORED),
        (["*/*"], OCI_MANIFEST, STORED),
        (["application/*"], OCI_MANIFEST, STORED),
        (["text/html, image/gif, *; q=.2"], OCI_MANIFEST, STORED),
        ([OCI_MANIFEST], OCI_MANIFEST, STORED),
        ([f"{OCI_MANIFEST};q=0"], OCI_MANIFEST, STORED),
        ([OCI_MANIFEST.upper()], OCI_MANIFEST, STORED),
        ([DOCKER_MANIFEST, f"{OCI_INDEX},{OCI_MANIFEST}"], OCI_MANIFEST, STORED),
        ([DOCKER_MANIFEST], OCI_MANIFEST, NO_MANIFEST),
        ([OCI_INDEX], OCI_MANIFEST, NO_MANIFEST),
        (["application/json"], OCI_MANIFEST, NO_MANIFEST),
        (["text/*"], OCI_MANIFEST, NO_MANIFEST),
        ([], OCI_INDEX, STORED),
        (["*/*"], OCI_INDEX, STORED),
        ([OCI_MANIFEST, OCI_INDEX], OCI_INDEX, STORED),
        ([OCI_MANIFEST], OCI_INDEX, NO_INDEX),
        ([DOCKER_LIST, DOCKER_MANIFEST], OCI_INDEX, NO_INDEX),
        ([], DOCKER_MANIFEST, STORED),
        ([OCI_MANIFEST], DOCKER_MANIFEST, STORED),
        ([PRETTY], DOCKER_MANIFEST, STORED),
        ([], DOCKER_LIST, STORED),
        (["*/*"], DOCKER_LIST, STORED),
        ([DOCKER_LIST, DOCKER_MANIFEST], DOCKER_LIST, STORED),
        ([OCI_INDEX, DOCKER_MANIFEST], DOCKER_LIST, STORED),
        ([DOCKER_MANIFEST, "application/*"], DOCKER_LIST, STORED),
        (["application/json"], DOCKER_LIST, STORED),
        ([PRETTY], DOCKER_LIST, STORED),
        ([DOCKER_MANIFEST], DOCKER_LIST, CHILD),
        ([OCI_MANIFEST], DOCKER_LIST, CHILD),
        ([f"{PRETTY}, {DOCKER_MANIFEST}; q=0.5"], DOCKER_LIST, CHILD),
        ([OCI_MANIFEST], "application/vnd.unknown", STORED),
    ],
)
def test_a_tag_is_answered_with_what_the_client_can_use(accept: list[str], media_type: str, answer: str) -> None:
    if answer in (STORED, CHILD):
        child = Digest.of(b"amd64") if answer == CHILD else None
        assert choose(accept, media_type, LIST, by_tag=True) == child
        return
    with pytest.raises(OciError) as refusal:
        choose(accept, media_type, LIST, by_tag=True)
    assert (refusal.value.code, refusal.value.status, refusal.value.message) == ("MANIFEST_UNKNOWN", 404, answer)


@pytest.mark.parametrize("media_type", ACCEPTED)
@pytest.mark.parametrize("accept", [[], ["text/html"], [DOCKER_MANIFEST], [OCI_MANIFEST]])
def test_a_digest_is_always_answered_with_its_bytes(media_type: str, accept: list[str]) -> None:
    assert choose(accept, media_type, LIST, by_tag=False) is None


def test_a_list_without_the_default_platform_is_not_there_for_clients_that_know_no_lists() -> None:
    with pytest.raises(OciError, match="without an image for linux/amd64; send Accept:") as refusal:
        choose([DOCKER_MANIFEST], DOCKER_LIST, written(docker_list(manifests=[ARM64, WINDOWS])), by_tag=True)
    assert refusal.value.code == "MANIFEST_UNKNOWN"


@given(st.lists(st.text()))
def test_any_accept_header_is_read(headers: list[str]) -> None:
    assert "" not in accepted_types(headers)
