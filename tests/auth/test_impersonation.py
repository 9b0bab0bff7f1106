"""What the Impersonate headers ask for, and the rights it takes."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from roadstead.auth.impersonation import MAX_VALUES, disguise
from roadstead.auth.users import Attributes, User
from roadstead.base.errors import Invalid
from roadstead.base.web import Headers

BOSS = User("boss")
AUTHENTICATION = "authentication.k8s.io"


def headers(*pairs: tuple[str, str]) -> Headers:
    return CIMultiDictProxy(CIMultiDict([(f"Impersonate-{name}", value) for name, value in pairs]))


def right(resource: str, name: str, namespace: str = "", group: str = "", sub: str = "") -> Attributes:
    return Attributes(BOSS, "impersonate", group, resource, sub, namespace, name)


@pytest.mark.parametrize(
    ("asked", "user", "rights"),
    [
        ([("User", "alice")], User("alice", groups=("system:authenticated",)), [right("users", "alice")]),
        (
            [("User", "alice"), ("Group", "devs"), ("Group", "ops")],
            User("alice", groups=("devs", "ops", "system:authenticated")),
            [right("users", "alice"), right("groups", "devs"), right("groups", "ops")],
        ),
        (
            [("User", "system:serviceaccount:shop:robot")],
            User(
                "system:serviceaccount:shop:robot",
                groups=("system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"),
            ),
            [right("serviceaccounts", "robot", "shop")],
        ),
        (
            [("User", "system:anonymous")],
            User("system:anonymous", groups=("system:unauthenticated",)),
            [right("users", "system:anonymous")],
        ),
        (
            [("User", "alice"), ("Group", "system:authenticated")],
            User("alice", groups=("system:authenticated",)),
            [right("users", "alice"), right("groups", "system:authenticated")],
        ),
        (
            [("User", "alice"), ("Uid", "u1"), ("Extra-Acme%2FScopes", "a"), ("Extra-acme%2fscopes", "b")],
            User("alice", "u1", ("system:authenticated",), {"acme/scopes": ("a", "b")}),
            [
                right("users", "alice"),
                right("uids", "u1", "", AUTHENTICATION),
                right("userextras", "a", "", AUTHENTICATION, "acme/scopes"),
                right("userextras", "b", "", AUTHENTICATION, "acme/scopes"),
            ],
        ),
    ],
)
def test_each_part_of_a_disguise_takes_its_own_right(
    asked: list[tuple[str, str]], user: User, rights: list[Attributes]
) -> None:
    wanted = disguise(BOSS, headers(*asked))
    assert wanted is not None
    assert wanted.user == user
    assert list(wanted.rights) == rights


def test_without_headers_there_is_no_disguise() -> None:
    assert disguise(BOSS, headers()) is None


@pytest.mark.parametrize(
    "asked",
    [
        [("Group", "system:masters")],
        [("Uid", "u1")],
        [("Extra-scopes", "a")],
        [("User", ""), ("Group", "devs")],
        [("User", "alice"), ("User", "bob")],
        [("User", "alice"), ("Uid", "1"), ("Uid", "2")],
        [("User", "alice"), ("Group", "")],
        [("User", "a" * 2000)],
        [("User", "alice"), *[("Group", f"g{number}") for number in range(MAX_VALUES + 1)]],
    ],
)
def test_headers_that_make_no_sense_are_refused(asked: list[tuple[str, str]]) -> None:
    with pytest.raises(Invalid):
        disguise(BOSS, headers(*asked))
