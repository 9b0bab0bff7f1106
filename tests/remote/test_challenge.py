"""WWW-Authenticate headers, as servers write them."""

from hypothesis import given
from hypothesis import strategies as st

from roadstead.remote.challenge import Challenge, best, parse


def test_a_bearer_challenge_is_taken_apart() -> None:
    header = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"'
    assert parse([header]) == [
        Challenge(
            "bearer",
            {
                "realm": "https://auth.docker.io/token",
                "service": "registry.docker.io",
                "scope": "repository:a/b:pull,push",
            },
        )
    ]


def test_several_challenges_in_one_header_or_in_several_are_told_apart() -> None:
    assert parse(['Basic realm="a", Bearer realm="b", error=x']) == parse(
        ['Basic realm="a"', 'Bearer realm=b,error="x"']
    )


def test_escapes_and_spaces_are_read() -> None:
    assert parse([' bearer  realm = "a\\"b\\\\c" ']) == [Challenge("bearer", {"realm": 'a"b\\c'})]


def test_bearer_with_a_realm_is_answered_before_basic_and_basic_before_nothing() -> None:
    bearer, basic = Challenge("bearer", {"realm": "https://a"}), Challenge("basic")
    assert best([basic, bearer]) == bearer
    assert best([basic, Challenge("bearer")]) == basic
    assert best([Challenge("negotiate")]) is None
    assert best([]) is None


@given(st.lists(st.text(max_size=300), max_size=3))
def test_no_header_breaks_it(headers: list[str]) -> None:
    best(parse(headers))


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"]), max_size=60))
def test_a_quoted_value_comes_back_as_it_was(value: str) -> None:
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    assert parse([f'Bearer realm="{quoted}",service="s"']) == [Challenge("bearer", {"realm": value, "service": "s"})]
