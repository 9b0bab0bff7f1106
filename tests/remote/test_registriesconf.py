"""registries.conf, as podman reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.base.errors import Invalid
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.remote.places import Place
from roadstead.remote.registriesconf import RegistriesConf, read

TEXT = b"""
unqualified-search-registries = ["registry.corp", "docker.io"]

[aliases]
"ubi9" = "registry.access.redhat.com/ubi9"

[[registry]]
location = "docker.io"
[[registry.mirror]]
location = "mirror.corp/hub"
[[registry.mirror]]
location = "tags.corp:5000"
insecure = true
pull-from-mirror = "tag-only"

[[registry]]
prefix = "docker.io/internal"
location = "registry.corp/moved"

[[registry]]
prefix = "*.bad.example"
blocked = true

[[registry]]
location = "localhost:5000"
insecure = true

[[registry]]
location = "quay.io"
mirror-by-digest-only = true
[[registry.mirror]]
location = "digests.corp/quay"
"""


@pytest.fixture
def conf() -> RegistriesConf:
    return read([("registries.conf", TEXT)])


def test_a_short_name_is_an_alias_or_searched_for(conf: RegistriesConf) -> None:
    assert conf.candidates("ubi9") == ["registry.access.redhat.com/ubi9"]
    assert conf.candidates("web") == ["registry.corp/web", "docker.io/web"]
    assert RegistriesConf().candidates("web") == []


def test_mirrors_come_in_order_and_the_place_itself_last(conf: RegistriesConf) -> None:
    assert conf.places("docker.io/library/busybox", by_digest=False) == [
        Place("mirror.corp", "hub/library/busybox"),
        Place("tags.corp:5000", "library/busybox", insecure=True),
        Place("docker.io", "library/busybox"),
    ]
    assert [each.host for each in conf.places("docker.io/a/b", by_digest=True)] == ["mirror.corp", "docker.io"]
    assert [each.host for each in conf.places("quay.io/a/b", by_digest=False)] == ["quay.io"]
    assert [each.host for each in conf.places("quay.io/a/b", by_digest=True)] == ["digests.corp", "quay.io"]


def test_the_longest_prefix_decides_and_may_lead_elsewhere(conf: RegistriesConf) -> None:
    assert conf.places("docker.io/internal/app", by_digest=False) == [Place("registry.corp", "moved/app")]
    assert conf.places("docker.io/internals/app", by_digest=True)[-1] == Place("docker.io", "internals/app")


def test_a_blocked_registry_is_refused_by_name(conf: RegistriesConf) -> None:
    with pytest.raises(RemoteFailure) as blocked:
        conf.places("cdn.bad.example/a/b", by_digest=False)
    assert (blocked.value.kind, blocked.value.rule) == (Kind.BLOCKED, "blocked registry")
    assert conf.places("bad.example/a/b", by_digest=False) == [Place("bad.example", "a/b")]


def test_insecure_is_for_the_registry_named(conf: RegistriesConf) -> None:
    assert conf.is_insecure("localhost:5000/a/b")
    assert not conf.is_insecure("localhost:5001/a/b")
    assert conf.places("localhost:5000/a/b", by_digest=False)[0].insecure


def test_hosts_may_be_ipv6_addresses() -> None:
    conf = read(
        [("a", b'[[registry]]\nlocation = "[::1]"\ninsecure = true\n[[registry.mirror]]\nlocation = "[::2]:5000"')]
    )
    assert conf.is_insecure("[::1]:5000/a")
    assert not conf.is_insecure("[::2]/a")
    assert conf.places("[::1]/a/b", by_digest=True)[0] == Place("[::2]:5000", "a/b")


def test_a_later_file_replaces_what_it_names_again() -> None:
    later = (
        b'unqualified-search-registries = []\n[aliases]\nubi9 = ""\n[[registry]]\nlocation = "quay.io"\nblocked = true'
    )
    conf = read([("a", TEXT), ("b", later)])
    assert conf.candidates("ubi9") == []
    with pytest.raises(RemoteFailure):
        conf.places("quay.io/a/b", by_digest=True)
    assert len(conf.places("docker.io/a/b", by_digest=False)) == 3


@pytest.mark.parametrize(
    "text",
    [
        b"\xff",
        b"a = ",
        b'[registries.search]\nregistries = ["a"]',
        b"unqualified-search-registries = 7",
        b"unqualified-search-registries = [7]",
        b"aliases = 7",
        b"[aliases]\na = 7",
        b"registry = 7",
        b"registry = [7]",
        b"[[registry]]",
        b"[[registry]]\nlocation = 7",
        b"[[registry]]\nlocation = 'a'\nblocked = 'yes'",
        b"[[registry]]\nlocation = 'a'\n[[registry.mirror]]\ninsecure = true",
        b"[[registry]]\nlocation = 'a'\n[[registry.mirror]]\nlocation = 'b'\npull-from-mirror = 'never'",
    ],
)
def test_a_file_that_cannot_be_used_is_named(text: bytes) -> None:
    with pytest.raises(Invalid, match=r"^/etc/x\.conf"):
        read([("/etc/x.conf", text)])


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_file_breaks_it(text: bytes) -> None:
    try:
        read([("x", text)])
    except Invalid:
        pass
