"""Registries images may come from (image-api contract, section 15.1)."""

import pytest

from roadstead.base.values import Json
from roadstead.streams import pullspec
from roadstead.streams.allowlist import AllowList, repository_key


def allowed(*domains: str, internal: str = "") -> AllowList:
    """`http://` in front marks an insecure entry."""
    entries: list[Json] = [
        {"domainName": each.removeprefix("http://"), "insecure": each.startswith("http://")} for each in domains
    ]
    return AllowList.from_config(entries, internal)


@pytest.mark.parametrize(
    ("entries", "text", "insecure", "admitted"),
    [
        (["q.test"], "q.test/a", False, True),
        (["q.test"], "q.test:443/a", False, True),
        (["q.test"], "q.test:5000/a", False, False),
        (["q.test:5000"], "q.test:5000/a", False, True),
        (["q.test:5000"], "q.test/a", False, False),
        (["q.test:*"], "q.test:5000/a", False, True),
        (["*.test"], "q.test/a", False, True),
        (["*.test"], "test.com/a", False, False),
        (["q?.test"], "q1.test/a", False, True),
        (["q?.test"], "q.test/a", False, False),
        (["q.test"], "qxtest/a", False, False),
        (["http://q.test"], "q.test/a", False, False),
        (["http://q.test"], "q.test/a", True, True),
        (["q.test"], "q.test/a", True, True),
        (["q.test:*"], "q.test/a", True, True),
        (["q.test:5000"], "q.test/a", True, False),
        (["http://q.test"], "q.test:443/a", True, False),
        (["docker.io"], "mysql", False, True),
        (["docker.io"], "registry-1.docker.io/library/a", False, True),
        (["index.docker.io"], "index.docker.io/library/a", False, True),
        (["[a-z].test"], "q.test/a", False, False),
        (["[::1]"], "[::1]/a", False, True),
        (["[::1]"], "[::1]:5000/a", False, False),
        (["[::1]:5000"], "[::1]:5000/a", False, True),
        (["[::2]:5000"], "[::1]:5000/a", False, False),
    ],
)
def test_hosts_and_ports_match_with_globs(entries: list[str], text: str, insecure: bool, admitted: bool) -> None:
    refusal = allowed(*entries).refusal(pullspec.parse(text), insecure=insecure)
    assert (refusal is None) is admitted


def test_nothing_listed_allows_everything() -> None:
    assert AllowList.from_config([], "reg:5000").refusal(pullspec.parse("o.test/a")) is None


def test_our_own_registry_is_always_among_them_and_named_first() -> None:
    entries = allowed("q.test", internal="reg:5000")
    assert entries.refusal(pullspec.parse("reg:5000/ns/a")) is None
    assert entries.refusal(pullspec.parse("o.test/a")) == (
        'registry "o.test" not allowed by whitelist: "reg:5000", "q.test:443"'
    )


@pytest.mark.parametrize(
    ("text", "insecure", "host", "with_port"),
    [
        ("o.test/a", False, "o.test", "o.test:443"),
        ("o.test:5000/a", False, "o.test:5000", "o.test:5000"),
        ("mysql", False, "docker.io:443", "docker.io:443"),
        ("o.test/a", True, "o.test", "o.test:80"),
    ],
)
def test_a_refusal_names_the_host_as_written(text: str, insecure: bool, host: str, with_port: str) -> None:
    entries, spec = allowed("q.test"), pullspec.parse(text)
    assert entries.refusal(spec, insecure=insecure) == f'registry "{host}" not allowed by whitelist: "q.test:443"'
    shown = entries.refusal_with_port(spec, insecure=insecure)
    assert shown == f'registry "{with_port}" not allowed by whitelist: "q.test:443"'
    assert entries.refusal_with_port(pullspec.parse("q.test/a")) is None


def test_long_lists_are_cut_short() -> None:
    five, six = (allowed(*[f"{letter}.test" for letter in letters]) for letters in ("abcde", "abcdef"))
    spec = pullspec.parse("o.test/a")
    assert str(five.refusal(spec)).endswith('"d.test:443", "e.test:443"')
    assert str(six.refusal(spec)).endswith('"c.test:443", "d.test:443", and 2 more ...')
    assert str(AllowList(()).refusal(spec)).endswith("not allowed by empty whitelist")


def test_a_repository_known_before_is_exempt() -> None:
    exempt = {repository_key(pullspec.parse("docker.io/library/mysql:5"))}
    assert allowed("q.test").refusal(pullspec.parse("mysql:8"), exempt=exempt) is None
    assert allowed("q.test").refusal(pullspec.parse("mysql2:8"), exempt=exempt) is not None


@pytest.mark.timeout(10)
def test_a_pattern_of_many_stars_is_matched_quickly() -> None:
    assert allowed("*" * 5000 + "x").refusal(pullspec.parse("a" * 100 + ".test/a")) is not None
