"""Who owns whom, and what becomes of those whose owners go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from roadstead.controllers.ownership import Graph, Owner, Standing, Verdict, verdict
from roadstead.objects.log import Key

KEYS = st.sampled_from([Key("boats", "north", name) for name in "abcd"])
OWNERS = st.lists(st.builds(Owner, st.just(""), st.just("Pier"), st.just("p"), st.sampled_from("xyz"), st.booleans()),
                  max_size=3)  # fmt: skip
SOLID, ABSENT, WAITING = Standing.SOLID, Standing.ABSENT, Standing.WAITING


@given(st.lists(st.tuples(KEYS, OWNERS | st.none()), max_size=20))
def test_the_graph_is_the_same_both_ways_round(steps: list[tuple[Key, list[Owner] | None]]) -> None:
    graph = Graph()
    told: dict[Key, list[Owner]] = {}
    for key, owners in steps:
        if owners is None:
            assert list(graph.forget(key)) == told.pop(key, [])
        else:
            graph.learn(key, owners)
            told[key] = owners
    for uid in "xyz":
        assert set(graph.dependents(uid)) == {
            key for key, owners in told.items() if any(each.uid == uid for each in owners)
        }


def judged(*standings: Standing, has_dependents: bool = False) -> Verdict:
    owners = {Owner("", "Pier", "p", str(number), False): each for number, each in enumerate(standings)}
    return verdict(owners, has_dependents=has_dependents)


def test_one_solid_owner_keeps_an_object() -> None:
    assert judged() is Verdict.KEEP
    assert judged(SOLID, SOLID) is Verdict.KEEP
    assert judged(SOLID, ABSENT) is Verdict.RELEASE
    assert judged(SOLID, WAITING) is Verdict.RELEASE


def test_without_one_it_goes_and_takes_its_own_first_where_the_owner_waits() -> None:
    assert judged(ABSENT, ABSENT, has_dependents=True) is Verdict.DELETE
    assert judged(WAITING) is Verdict.DELETE
    assert judged(WAITING, ABSENT, has_dependents=True) is Verdict.DELETE_FOREGROUND
