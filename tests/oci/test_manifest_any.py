"""Whatever arrives as a manifest is read or refused, never mistaken."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from roadstead.base.values import Json
from roadstead.oci.digest import Digest
from roadstead.oci.errors import OciError
from roadstead.oci.manifest import parse, referrer_descriptor
from roadstead.oci.mediatypes import ACCEPTED, DOCKER_SCHEMA1, OCI_MANIFEST
from tests.oci.documents import CONFIG, LAYER, described, docker_image, docker_list, image, index, written

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
headers = st.none() | st.sampled_from([*ACCEPTED, *DOCKER_SCHEMA1, "application/json"]) | st.text(max_size=20)
names = sorted({*image(), *index(), *described(), "subject", "annotations", "artifactType", "urls", "platform", "data"})


@given(st.binary() | st.text().map(lambda text: text.encode(errors="surrogatepass")), headers)
def test_any_bytes_are_read_or_refused_with_a_code(body: bytes, header: str | None) -> None:
    with suppress(OciError):
        parse(body, header)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    document = draw(st.sampled_from([image(), index(), docker_image(), docker_list()])).copy()
    place = document
    if draw(st.booleans()):
        lists = "layers" if "layers" in document else "manifests"
        place = described()
        document[lists] = [place]
    place[draw(st.sampled_from(names))] = draw(json_values)
    try:
        return written(document)
    except TypeError:
        return b"{}"


@given(damaged(), headers)
def test_any_damage_is_read_or_refused_with_a_code(body: bytes, header: str | None) -> None:
    try:
        manifest = parse(body, header)
    except OciError as refusal:
        refusal.message.encode("ascii")
    else:
        assert manifest.body == body
        referrer_descriptor(manifest, Digest.of(body), len(body))


descriptors = st.builds(
    described,
    st.binary(max_size=9),
    st.sampled_from([LAYER, CONFIG, OCI_MANIFEST]),
    annotations=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
)


@given(st.lists(descriptors, max_size=5), st.sampled_from(["image", "index"]))
def test_what_is_read_says_what_was_written(described_ones: list[Json], kind: str) -> None:
    document = image(layers=described_ones) if kind == "image" else index(manifests=described_ones)
    manifest = parse(written(document), None)
    found = manifest.layers if kind == "image" else manifest.manifests
    assert [
        {"mediaType": d.media_type, "digest": str(d.digest), "size": d.size, "annotations": d.annotations}
        for d in found
    ] == described_ones
