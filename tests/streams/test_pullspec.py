"""Pull specs and names of views (image-api contract, section 3)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadstead.streams import pullspec
from roadstead.streams.pullspec import InvalidPullSpec, PullSpec

DIGEST = "sha256:" + "a1" * 32
FULL_NAME = "a" * 255


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("mysql", PullSpec(name="mysql")),
        ("mysql:8", PullSpec(name="mysql", tag="8")),
        ("library/mysql", PullSpec(namespace="library", name="mysql")),
        ("a/b/c", PullSpec(namespace="a", name="b/c")),
        ("quay.io/a/b:v1", PullSpec("quay.io", "a", "b", "v1")),
        ("host:5000/a/b/c", PullSpec("host:5000", "a", "b/c")),
        ("localhost/x", PullSpec("localhost", "", "x")),
        ("quay.io/x", PullSpec("quay.io", "", "x")),
        (f"q.test/a/b:v1@{DIGEST}", PullSpec("q.test", "a", "b", "v1", DIGEST)),
        ("[2001:db8::1]:5000/a/b:v1", PullSpec("[2001:db8::1]:5000", "a", "b", "v1")),
        ("[::1]/a", PullSpec("[::1]", "", "a")),
        ("HOST/a", PullSpec(namespace="HOST", name="a")),
        ("Host.test/a/b", PullSpec("Host.test", "a", "b")),
        ("quay.io", PullSpec(registry="quay.io")),
        ("quay.io:5000", PullSpec(registry="quay.io:5000")),
        ("localhost:5000", PullSpec(registry="localhost:5000")),
        ("localhostess", PullSpec(registry="localhostess")),
        ("a__b-c---d.e_f", PullSpec(registry="a__b-c---d.e_f")),
        (FULL_NAME, PullSpec(name=FULL_NAME)),
        ("a:" + "t" * 128, PullSpec(name="a", tag="t" * 128)),
    ],
)
def test_a_pull_spec_has_five_parts(text: str, spec: PullSpec) -> None:
    assert pullspec.parse(text) == spec


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "repository name must have at least one component"),
        ("a/B", "repository name must be lowercase"),
        ("::bad::", "invalid reference format"),
        ("bad host/x", "invalid reference format"),
        ("a//b", "invalid reference format"),
        ("::1/a", "invalid reference format"),
        ("[::1/a", "invalid reference format"),
        ("[q.test]/a", "invalid reference format"),
        ("[fe80::1%eth0]/a", "invalid reference format"),
        ("a\n", "invalid reference format"),
        ("a:" + "t" * 129, "invalid reference format"),
        ("a:té", "invalid reference format"),
        ("*:latest", "invalid reference format"),
        ("a" * 256, "repository name must not be more than 255 characters"),
        ("a@sha256:" + "a" * 40, "invalid checksum digest length"),
        ("a@md5:" + "a" * 32, "unsupported digest algorithm"),
        ("a@sha256:" + "A" * 64, "invalid checksum digest format"),
        ("a@SHA256:" + "a" * 64, "invalid checksum digest format"),
        ("a@sha256:" + "a" * 31, "invalid reference format"),
    ],
)
def test_what_is_no_pull_spec_says_why(text: str, why: str) -> None:
    with pytest.raises(InvalidPullSpec) as caught:
        pullspec.parse(text)
    assert caught.value.message == why == pullspec.problem(text)


@pytest.mark.parametrize("text", ["a-" * 100_000, "a." * 50_000 + "!", "a/" * 50_000 + "!", "A" * 200_000 + "!"])
@pytest.mark.timeout(10)
def test_long_nonsense_is_refused_quickly(text: str) -> None:
    assert pullspec.problem(text) == "invalid reference format"


@pytest.mark.parametrize(
    ("text", "defaults", "minimal", "shown"),
    [
        ("mysql", "docker.io/library/mysql:latest", "mysql", "mysql"),
        ("docker.io/mysql:8", "docker.io/library/mysql:8", "docker.io/mysql:8", "docker.io/library/mysql:8"),
        ("index.docker.io/library/a", "index.docker.io/library/a:latest", "docker.io/a", "index.docker.io/library/a"),
        ("a/b:latest", "docker.io/a/b:latest", "a/b", "a/b:latest"),
        ("quay.io/library/a", "quay.io/library/a:latest", "quay.io/library/a", "quay.io/library/a"),
    ],
)
def test_derived_forms(text: str, defaults: str, minimal: str, shown: str) -> None:
    spec = pullspec.parse(text)
    assert spec.with_defaults().exact() == defaults
    assert spec.minimal().exact() == minimal
    assert str(spec) == shown


def test_an_id_that_is_no_digest_is_shown_like_a_tag() -> None:
    assert PullSpec(name="a", id="abc").exact() == "a:abc"
    assert PullSpec(name="a", tag="t", id=DIGEST).exact() == f"a@{DIGEST}"


def test_only_a_digest_drops_the_tag() -> None:
    assert PullSpec(name="a", tag="t", id=DIGEST).most_specific() == PullSpec(name="a", id=DIGEST)
    assert PullSpec(name="a", tag="t", id="abc").most_specific() == PullSpec(name="a", tag="t", id="abc")


@pytest.mark.parametrize(
    ("text", "insecure", "place"),
    [
        ("docker.io/a/b", False, ("registry-1.docker.io", "443")),
        ("quay.io/a/b", False, ("quay.io", "443")),
        ("quay.io/a/b", True, ("quay.io", "80")),
        ("quay.io:5000/a/b", True, ("quay.io", "5000")),
        ("[::1]/a/b", False, ("[::1]", "443")),
        ("[::1]:5000/a/b", False, ("[::1]", "5000")),
        ("a/b", False, ("docker.io", "443")),
    ],
)
def test_where_a_client_connects_to(text: str, insecure: bool, place: tuple[str, str]) -> None:
    assert pullspec.parse(text).host_port(insecure) == place


@pytest.mark.parametrize(
    ("name", "tag_name", "image_name", "loose"),
    [
        ("web:v1", ("web", "v1"), None, ("web", "v1", True)),
        ("web@sha256:ab", None, ("web", "sha256:ab"), ("web@sha256", "ab", True)),
        ("web", None, None, ("web", "latest", False)),
        ("web:", None, None, ("web", "latest", True)),
        (":v1", None, None, ("", "v1", True)),
        ("a:b:c", None, None, ("a", "b:c", True)),
        ("web@", None, None, ("web@", "latest", False)),
        ("a@b@c", None, None, ("a@b@c", "latest", False)),
    ],
)
def test_names_of_views(
    name: str, tag_name: tuple[str, str] | None, image_name: tuple[str, str] | None, loose: tuple[str, str, bool]
) -> None:
    assert pullspec.split_tag_name(name) == tag_name
    assert pullspec.split_image_name(name) == image_name
    assert pullspec.split_loosely(name) == loose


@pytest.mark.parametrize(
    ("digest", "prefix", "matches"),
    [
        (DIGEST, "sha256:a1", True),
        (DIGEST, "a1a1", True),
        (DIGEST, "", True),
        (DIGEST, DIGEST, True),
        (DIGEST, "1a", False),
        ("sha256:short", "short", False),
        ("sha256:short", "sha256:s", True),
    ],
)
def test_a_short_id_matches_with_or_without_its_algorithm(digest: str, prefix: str, matches: bool) -> None:
    assert pullspec.digest_matches(digest, prefix) is matches


_component = st.from_regex(r"[a-z0-9]{1,6}(?:[._-][a-z0-9]{1,6}){0,2}", fullmatch=True)
_specs = st.builds(
    PullSpec,
    st.sampled_from(["", "quay.io", "localhost", "h:5000", "docker.io"]),
    _component.filter(lambda text: "." not in text and text != "localhost"),
    _component,
    st.from_regex(r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,9})?", fullmatch=True),
    st.sampled_from(["", DIGEST]),
)


@given(_specs)
@settings(max_examples=200)
def test_what_is_written_reads_back_the_same(spec: PullSpec) -> None:
    assert pullspec.parse(spec.exact()) == spec.most_specific()
    assert pullspec.parse(spec.exact()).exact() == spec.exact()
    assert spec.with_defaults() == spec.with_defaults().with_defaults()


@given(st.text(max_size=60))
@settings(max_examples=200)
def test_any_text_either_parses_or_says_why(text: str) -> None:
    why = pullspec.problem(text)
    assert why is None or why
    if why is None:
        assert pullspec.parse(pullspec.parse(text).exact())
