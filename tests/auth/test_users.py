"""Users and the sentence for a no."""

from __future__ import annotations

import pytest

from roadstead.auth.users import ANONYMOUS, Attributes, Refused, User, refusal, service_account, service_account_of

ALICE = User("alice")


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (
            Attributes(ALICE, "get", "image.openshift.io", "imagestreams", "layers", "shop", "web"),
            'User "alice" cannot get resource "imagestreams/layers" in API group "image.openshift.io" '
            'in the namespace "shop"',
        ),
        (
            Attributes(ALICE, "list", "", "namespaces"),
            'User "alice" cannot list resource "namespaces" in API group "" at the cluster scope',
        ),
        (Attributes(ANONYMOUS, "get", path="/metrics"), 'User "system:anonymous" cannot get path "/metrics"'),
    ],
)
def test_the_sentence_clients_see(asked: Attributes, sentence: str) -> None:
    assert refusal(asked) == sentence
    assert Refused(asked).message == sentence
    assert Refused(asked, "why").message == f"{sentence}: why"


@pytest.mark.parametrize(
    ("name", "account"),
    [
        ("system:serviceaccount:shop:robot", ("shop", "robot")),
        ("system:serviceaccount:shop:", None),
        ("system:serviceaccount:shop", None),
        ("system:serviceaccount:a:b:c", None),
        ("alice", None),
    ],
)
def test_service_accounts_are_known_by_their_names(name: str, account: tuple[str, str] | None) -> None:
    assert service_account_of(name) == account


def test_a_service_account_is_in_the_groups_of_all_and_of_its_namespace() -> None:
    user = service_account("shop", "robot")
    assert user.name == "system:serviceaccount:shop:robot"
    assert user.groups == ("system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated")
    assert not user.anonymous
    assert ANONYMOUS.anonymous
