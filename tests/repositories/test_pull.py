"""The cache of manifests; the rest of pulling is told in tests/dataplane."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from roadstead.oci.digest import Digest
from roadstead.repositories.pull import ManifestCache

LIMIT = 400


def kept(cache: ManifestCache, bodies: list[bytes]) -> int:
    return sum(len(body) for body in bodies if cache.get(Digest.of(body)) is not None)


def test_what_was_used_longest_ago_goes_first() -> None:
    cache, bodies = ManifestCache(LIMIT), [bytes([number]) * 100 for number in range(5)]
    for body in bodies[:4]:
        cache.put(Digest.of(body), body)
    assert cache.get(Digest.of(bodies[0])) == bodies[0]
    cache.put(Digest.of(bodies[4]), bodies[4])
    assert cache.get(Digest.of(bodies[1])) is None
    assert kept(cache, bodies) == LIMIT


def test_one_body_may_not_take_more_than_a_quarter() -> None:
    cache, large = ManifestCache(LIMIT), bytes(101)
    cache.put(Digest.of(large), large)
    assert cache.get(Digest.of(large)) is None


def test_a_dropped_body_makes_room() -> None:
    cache, bodies = ManifestCache(LIMIT), [bytes([number]) * 100 for number in range(5)]
    for body in bodies[:4]:
        cache.put(Digest.of(body), body)
    cache.drop(Digest.of(bodies[0]))
    cache.drop(Digest.of(bodies[0]))
    cache.put(Digest.of(bodies[4]), bodies[4])
    assert kept(cache, bodies[1:]) == LIMIT


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 120), st.integers(0, 9))))
def test_the_cache_never_holds_more_than_its_limit(steps: list[tuple[bool, int, int]]) -> None:
    cache, seen = ManifestCache(LIMIT), set[bytes]()
    for adding, size, letter in steps:
        body = bytes([letter]) * size
        seen.add(body)
        if adding:
            cache.put(Digest.of(body), body)
        else:
            cache.drop(Digest.of(body))
            assert cache.get(Digest.of(body)) is None
        assert kept(cache, list(seen)) <= LIMIT
