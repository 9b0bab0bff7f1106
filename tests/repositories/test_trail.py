"""Registries that pull from each other notice (registry contract, section 12.2)."""

import pytest

from roadstead.repositories.trail import MOST, loop, trail

OWN = "https://r.test/v2/a/b/manifests/x"


def test_the_chain_is_what_came_with_the_request_and_our_own_address() -> None:
    assert trail([], OWN) == (OWN,)
    assert trail(["https://p.test/x, https://q.test/y", "https://s.test/z"], OWN) == (
        "https://p.test/x",
        "https://q.test/y",
        "https://s.test/z",
        OWN,
    )


@pytest.mark.parametrize("incoming", [[], ["https://p.test/x"], [f"{OWN}/other"]])
def test_a_chain_that_goes_on_is_no_loop(incoming: list[str]) -> None:
    assert loop(trail(incoming, OWN)) is None


def test_a_chain_that_comes_back_is_one_and_says_so() -> None:
    said = loop(trail([f"{OWN}, https://p.test/x"], OWN))
    assert said == f'Request to "{OWN}" is denied because a loop is detected'


def test_a_chain_without_end_counts_as_one_and_is_cut() -> None:
    chain = trail([", ".join(f"https://{number}.test/" for number in range(1000))], OWN)
    assert len(chain) == MOST + 1
    assert loop(chain) is not None


def test_no_request_no_loop() -> None:
    assert loop(()) is None
