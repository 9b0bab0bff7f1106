"""`roadstead auth why` answers yes or no, names the reason, and what would change it."""

from __future__ import annotations

import pytest

from roadstead.testing.running import Server
from tests.cli.commands import command


@pytest.mark.parametrize(
    ("arguments", "yes", "said"),
    [
        (("alice", "get", "is/layers"), False, "kubectl create rolebinding image-puller-alice"),
        (("alice", "get", "imagestreams.image.openshift.io"), False, "--clusterrole=registry-viewer --user=alice"),
        (("sa:shop/builder", "update", "imagestreams/layers"), True, 'RoleBinding "system:image-builders/shop"'),
        (("anonymous", "get", "/metrics"), False, 'on path "/metrics"'),
        (("anonymous", "get", "/version"), True, "system:public-info-viewer"),
        (("me", "delete", "nodes"), True, "group system:masters may do everything"),
        (("alice", "list", "nodes"), False, "kubectl create clusterrolebinding cluster-reader-alice"),
        (("alice", "list", "nodes", "--group", "system:cluster-readers"), True, 'Group "system:cluster-readers"'),
        (("alice", "dance", "unheardof"), False, 'allows "dance" on "unheardof"'),
    ],
)
def test_why_says_yes_or_no_because_of_what_and_what_would_change_it(
    server: Server, arguments: tuple[str, ...], yes: bool, said: str
) -> None:
    done = command(server, "auth", "why", *arguments, "-n", "shop")
    assert done.returncode == (0 if yes else 1), done.stderr
    assert done.stdout.startswith("yes\n" if yes else "no\n")
    assert said in done.stdout
    assert ("the server has no resource unheardof" in done.stderr) == ("unheardof" in arguments)


def test_why_tells_what_pushing_is_called(server: Server) -> None:
    done = command(server, "auth", "why", "alice", "push", "is/layers", "-n", "shop")
    assert "to push is to update imagestreams/layers" in done.stderr


def test_a_binding_whose_role_is_not_there_stands_on_a_line_of_its_own(server: Server) -> None:
    binding = {
        "metadata": {"name": "typo"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:image-puler"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "tim"}],
    }
    with server.ask_api() as api:
        api.send_json("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings", binding)
    done = command(server, "auth", "why", "tim", "get", "is/layers", "-n", "shop")
    lines = done.stdout.splitlines()
    assert '  RoleBinding "typo/shop" names ClusterRole "system:image-puler", which does not exist' in lines
    assert lines[-1].endswith("--clusterrole=system:image-puller --user=tim -n shop")
