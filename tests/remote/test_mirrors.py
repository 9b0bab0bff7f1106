"""Where images are asked for (registry contract, section 12.3; image-api contract, section 14.6)."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.base.values import Json
from roadstead.remote import mirrors
from roadstead.remote.mirrors import Directions, Mirrors
from roadstead.streams import pullspec

DIGEST = "sha256:" + "a" * 64


def named(name: str, spec: Json) -> Json:
    return {"metadata": {"name": name}, "spec": spec}


def entry(source: str, *places: str, never: bool = False) -> Json:
    policy = {"mirrorSourcePolicy": "NeverContactSource"} if never else {}
    return {"source": source, "mirrors": list(places), **policy}


def rules(
    *, icsp: Sequence[Json] = (), idms: Sequence[Json] = (), itms: Sequence[Json] = (), **sources: list[str]
) -> Mirrors:
    return mirrors.read(
        [named("old", {"repositoryDigestMirrors": list(icsp)})],
        [named("digests", {"imageDigestMirrors": list(idms)})],
        [named("tags", {"imageTagMirrors": list(itms)})],
        named("cluster", {"registrySources": sources}),
    )


def listed(directions: Directions) -> list[str]:
    return [f"{each.host}/{each.repository}" for each in directions.places]


def places(found: Mirrors, reference: str, *, insecure: bool = False) -> list[str]:
    return listed(found.directions(pullspec.parse(reference), insecure=insecure))


def by_digest(found: Mirrors, name: str) -> list[str]:
    return places(found, f"{name}@{DIGEST}")


def test_without_rules_an_image_is_where_it_says() -> None:
    assert by_digest(Mirrors(), "q.test/shop/web") == ["q.test/shop/web"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("mysql", "docker.io/library/mysql"),
        ("me/mysql", "docker.io/me/mysql"),
        ("index.docker.io/library/mysql", "docker.io/library/mysql"),
        ("registry-1.docker.io/mysql", "docker.io/library/mysql"),
        ("q.test/a/b/c/d", "q.test/a/b/c/d"),
        ("q.test:5000/a", "q.test:5000/a"),
    ],
)
def test_every_spelling_of_a_name_leads_to_its_one_place(text: str, place: str) -> None:
    assert places(Mirrors(), text) == [place]


def test_mirrors_come_in_order_and_the_source_last() -> None:
    found = rules(idms=[entry("q.test", "m1.test/x", "m2.test:5000")])
    assert by_digest(found, "q.test/shop/web") == ["m1.test/x/shop/web", "m2.test:5000/shop/web", "q.test/shop/web"]


def test_digest_mirrors_serve_digests_and_tag_mirrors_tags() -> None:
    by = [entry("q.test", "old.test")], [entry("q.test", "d.test")], [entry("q.test", "t.test")]
    found = rules(icsp=by[0], idms=by[1], itms=by[2])
    assert by_digest(found, "q.test/a/b") == ["old.test/a/b", "d.test/a/b", "q.test/a/b"]
    assert places(found, "q.test/a/b:v1") == ["t.test/a/b", "q.test/a/b"]


def test_the_most_specific_source_decides_alone() -> None:
    found = rules(idms=[entry("q.test", "wide.test"), entry("q.test/shop", "narrow.test/s")])
    assert by_digest(found, "q.test/shop/web") == ["narrow.test/s/web", "q.test/shop/web"]
    assert by_digest(found, "q.test/shopping/web") == ["wide.test/shopping/web", "q.test/shopping/web"]


def test_a_tag_rule_never_hides_a_digest_rule() -> None:
    found = rules(idms=[entry("q.test", "d.test")], itms=[entry("q.test/shop", "t.test")])
    assert by_digest(found, "q.test/shop/web") == ["d.test/shop/web", "q.test/shop/web"]


def test_rules_of_one_source_in_several_objects_add_up() -> None:
    found = rules(icsp=[entry("q.test", "m1.test", "m2.test")], idms=[entry("q.test", "m2.test", "m3.test")])
    assert by_digest(found, "q.test/a/b") == ["m1.test/a/b", "m2.test/a/b", "m3.test/a/b", "q.test/a/b"]


def test_mirrors_of_one_entry_do_not_leak_into_the_next() -> None:
    found = rules(idms=[entry("a.test", "m1.test"), entry("b.test", "m2.test")])
    assert by_digest(found, "b.test/x/y") == ["m2.test/x/y", "b.test/x/y"]


def test_a_wildcard_means_every_subdomain_and_the_path_follows_the_mirror() -> None:
    found = rules(idms=[entry("*.q.test", "m.test/cache")])
    assert by_digest(found, "a.b.q.test/shop/web") == ["m.test/cache/shop/web", "a.b.q.test/shop/web"]
    assert by_digest(found, "q.test/shop/web") == ["q.test/shop/web"]
    assert by_digest(found, "xq.test/shop/web") == ["xq.test/shop/web"]


def test_an_exact_host_says_more_than_a_wildcard() -> None:
    found = rules(idms=[entry("*.quite-long.test", "wild.test"), entry("a.quite-long.test", "exact.test")])
    assert by_digest(found, "a.quite-long.test/x/y")[0] == "exact.test/x/y"


def test_hosts_may_be_ipv6_addresses() -> None:
    found = rules(idms=[entry("[::1]:5000/shop", "[::2]:5001/copy")])
    assert by_digest(found, "[::1]:5000/shop/web") == ["[::2]:5001/copy/web", "[::1]:5000/shop/web"]


def test_never_contact_source_is_honoured() -> None:
    found = rules(idms=[entry("q.test", "m.test", never=True)]).directions(pullspec.parse(f"q.test/a/b@{DIGEST}"))
    assert listed(found) == ["m.test/a/b"]
    assert [(each.place, each.rule) for each in found.passed_over] == [
        ("q.test/a/b", "mirrorSourcePolicy NeverContactSource of q.test")
    ]


def test_never_contact_source_holds_for_its_kind_of_pull() -> None:
    found = rules(idms=[entry("q.test", "m.test", never=True)])
    assert places(found, "q.test/a/b:v1") == ["q.test/a/b"]


def test_a_blocked_source_is_still_found_at_its_mirrors() -> None:
    found = rules(idms=[entry("q.test", "m.test")], blockedRegistries=["q.test"])
    assert by_digest(found, "q.test/a/b") == ["m.test/a/b"]


def test_a_blocked_mirror_is_passed_over() -> None:
    found = rules(idms=[entry("q.test", "m.test", "n.test")], blockedRegistries=["m.test"])
    assert by_digest(found, "q.test/a/b") == ["n.test/a/b", "q.test/a/b"]


@pytest.mark.parametrize(
    ("scope", "name", "blocked"),
    [
        ("q.test", "q.test/a", True),
        ("q.test", "q.test:5000/a", True),
        ("q.test:5000", "q.test:5000/a", True),
        ("q.test:5000", "q.test/a", False),
        ("q.test:443", "q.test/a", True),
        ("q.test/shop", "q.test/shop/web", True),
        ("q.test/shop", "q.test/shops/web", False),
        ("q.test/shop", "q.test/other", False),
        ("*.test", "q.test/a", True),
        ("*.test", "q.test:5000/a", True),
        ("Q.test", "q.TEST/a", True),
        ("index.docker.io", "mysql", True),
        ("docker.io/library", "mysql", True),
        ("docker.io/library", "me/mysql", False),
        ("[::1]", "[::1]:5000/a", True),
        ("[::1]:443", "[::1]/a", True),
        ("[::1]:5000", "[::1]/a", False),
    ],
)
def test_a_block_means_a_host_at_every_port_a_path_or_a_domain(scope: str, name: str, blocked: bool) -> None:
    directions = rules(blockedRegistries=[scope]).directions(pullspec.parse(name))
    assert (directions.places == ()) is blocked
    assert bool(directions.passed_over) is blocked


def test_only_allowed_registries_are_used_and_their_mirrors() -> None:
    found = rules(idms=[entry("q.test", "m.test")], allowedRegistries=["q.test"])
    assert by_digest(found, "q.test/a/b") == ["m.test/a/b", "q.test/a/b"]
    assert by_digest(found, "other.test/a/b") == []


def test_entries_nobody_can_read_allow_nothing() -> None:
    found = rules(allowedRegistries=["https://q.test"])
    assert by_digest(found, "q.test/a/b") == []
    assert found.problems == ("registrySources.allowedRegistries: 1 of its entries name no registry",)


def test_insecure_holds_for_what_is_listed_and_for_what_the_tag_names() -> None:
    found = rules(idms=[entry("q.test", "m.test", "n.test")], insecureRegistries=["n.test"])
    spec = pullspec.parse(f"q.test/a/b@{DIGEST}")
    assert [each.insecure for each in found.directions(spec).places] == [False, True, False]
    assert [each.insecure for each in found.directions(spec, insecure=True).places] == [False, True, True]


def test_a_name_without_a_registry_is_looked_for_in_the_search_registries() -> None:
    found = rules(containerRuntimeSearchRegistries=["a.test", "docker.io", "b.test:5000"])
    assert places(found, "mysql") == ["a.test/mysql", "docker.io/library/mysql", "b.test:5000/mysql"]
    assert places(found, "c.test/mysql") == ["c.test/mysql"]


@pytest.mark.parametrize("source", ["", "https://q.test", "q.test:v1x/a", "*", "q.test/UPPER", "q" * 300, None, 7])
def test_a_source_that_names_nothing_is_reported_and_left_out(source: object) -> None:
    found = rules(idms=[{"source": source, "mirrors": ["m.test"]}, entry("q.test", "n.test")])
    assert by_digest(found, "q.test/a/b") == ["n.test/a/b", "q.test/a/b"]
    assert "ImageDigestMirrorSet digests: imageDigestMirrors[0]" in found.problems[0]


def test_a_mirror_that_names_nothing_is_reported_and_left_out() -> None:
    found = rules(idms=[{"source": "q.test", "mirrors": ["m.test:tag/x", "n.test", 3]}])
    assert by_digest(found, "q.test/a/b") == ["n.test/a/b", "q.test/a/b"]
    assert len(found.problems) == 2


def test_a_mirror_that_leaves_no_repository_is_passed_over() -> None:
    found = rules(idms=[entry("q.test/a/b", "m.test")])
    assert by_digest(found, "q.test/a/b") == ["q.test/a/b"]


WORDS = ["spec", "imageDigestMirrors", "source", "mirrors", "registrySources", "blockedRegistries"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.lists(st.dictionaries(st.sampled_from(["spec", "metadata"]), VALUES, max_size=2), max_size=3)


@given(OBJECTS, OBJECTS, OBJECTS, st.none() | st.dictionaries(st.just("spec"), VALUES))
def test_any_objects_are_read_or_reported(
    icsp: list[Json], idms: list[Json], itms: list[Json], config: Json | None
) -> None:
    mirrors.read(icsp, idms, itms, config).directions(pullspec.parse("q.test/a/b"))


SOURCES = st.sampled_from(["q.test", "q.test/a", "q.test/a/b", "q.test:5000", "*.test", "*.q.test", "r.test"])
MIRRORS = st.lists(st.sampled_from(["m1.test", "m2.test/x", "q.test/copy", "r.test"]), max_size=3)
ENTRIES = st.lists(st.builds(lambda s, m, n: entry(s, *m, never=n), SOURCES, MIRRORS, st.booleans()), max_size=5)
SCOPES = st.lists(st.sampled_from(["q.test", "m1.test", "m2.test/x", "*.q.test", "r.test"]), max_size=2)
NAMES = st.sampled_from(["q.test/a/b", "q.test/ab/c", "q.test:5000/a", "s.q.test/a", "r.test/z"])


@given(ENTRIES, SCOPES, NAMES)
def test_no_place_is_blocked_doubled_or_forbidden_and_the_source_comes_last(
    entries: list[Json], blocked: list[str], name: str
) -> None:
    found = rules(idms=entries, blockedRegistries=blocked)
    tried = by_digest(found, name)
    assert len(tried) == len(set(tried))
    assert not any(found.blocking(each) for each in tried)
    rule = mirrors.best(found.digest_rules, name)
    at_mirrors = {mirror + name[mirrors.matched(rule.source, name) :] for mirror in rule.mirrors} if rule else set()
    assert set(tried) <= at_mirrors | {name}
    if name in tried and name not in at_mirrors:
        assert not (rule and rule.never_source)
        assert tried[-1] == name


@given(ENTRIES, NAMES)
def test_no_other_source_says_more_about_the_name_than_the_one_chosen(entries: list[Json], name: str) -> None:
    found = rules(idms=entries)
    rule = mirrors.best(found.digest_rules, name)
    fitting = [each.source for each in found.digest_rules if mirrors.covers(each.source, name)]
    if rule is None:
        assert fitting == []
    else:
        exact = [each for each in fitting if not each.startswith("*.")]
        assert rule.source == max(exact or fitting, key=len)
