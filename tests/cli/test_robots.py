"""A robot's life from the command line, against a running server: made, used, rotated, revoked."""

from __future__ import annotations

from pathlib import Path

from roadstead.testing.running import Server, running
from tests.cli.commands import command, refusal


def plain(server: Server, *arguments: str) -> str:
    done = command(server, "robot", *arguments, "-n", "shop", "--format", "plain")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def may_push(server: Server, token: str) -> bool:
    with server.ask_registry(token) as registry:
        status = registry.request("POST", "/v2/shop/web/blobs/uploads/").status
    assert status in (202, 401)
    return status == 202


def test_a_robot_is_made_rotated_and_revoked(server: Server) -> None:
    first = plain(server, "create", "ci", "--role", "builder")
    assert may_push(server, first)
    assert plain(server, "token", "ci") == first
    with server.ask_api(first) as api:
        assert api.get("/api/v1/namespaces/shop").status == 401  # its token is for the registry alone
    second = plain(server, "rotate", "ci", "--keep-old")
    assert may_push(server, first)
    assert may_push(server, second)
    third = plain(server, "rotate", "ci", "--expires", "1h")
    assert [may_push(server, each) for each in (first, second, third)] == [False, False, True]
    shown = command(server, "robot", "list", "-n", "shop").stdout.splitlines()
    assert shown[0].split() == ["NAMESPACE", "NAME", "ROLES", "TOKEN", "UNTIL"]
    assert shown[1].startswith("shop        ci     system:image-builder in shop   20")
    assert command(server, "robot", "revoke", "ci", "-n", "shop").returncode == 0
    assert not may_push(server, third)
    with server.ask_api() as api:
        left = api.get("/api/v1/namespaces/shop/secrets").json()["items"]
        assert not [each for each in left if each["metadata"]["name"].startswith("ci-token-")]
        assert api.get("/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings/robot-ci").status == 404


def test_a_login_names_the_address_that_others_reach(tmp_path: Path) -> None:
    with running(tmp_path / "data", ROADSTEAD_REGISTRY_HOSTNAME="registry.example:5000") as server:
        made = command(server, "robot", "create", "ci", "-n", "default")
        assert made.stdout.strip().endswith(" registry.example:5000"), made.stderr


def test_a_token_that_never_ends_ends_with_its_robot(server: Server) -> None:
    token = plain(server, "create", "old", "--role", "builder", "--expires", "never")
    assert may_push(server, token)
    assert command(server, "robot", "revoke", "old", "-n", "shop").returncode == 0
    assert not may_push(server, token)


def test_tokens_that_never_end_stand_where_oc_registry_login_looks_for_them(server: Server) -> None:
    plain(server, "create", "old", "--expires", "never")
    plain(server, "rotate", "old", "--expires", "never")
    with server.ask_api() as api:
        listed = api.get("/api/v1/namespaces/shop/serviceaccounts/old").json()["secrets"]
        (named,) = (each["name"] for each in listed if each["name"].startswith("old-token-"))
        secret = api.get(f"/api/v1/namespaces/shop/secrets/{named}").json()
    assert secret["type"] == "kubernetes.io/service-account-token"
    assert secret["data"]["token"]


def test_a_puller_pulls_and_does_not_push(server: Server) -> None:
    token = plain(server, "create", "reader")
    assert not may_push(server, token)
    with server.ask_registry(token) as registry:
        assert registry.get("/v2/shop/web/tags/list").status == 404


def test_what_cannot_be_is_said_in_one_line_with_what_to_do(server: Server) -> None:
    kubeconfig = str(server.folder / "admin.kubeconfig")
    plain(server, "create", "twice")

    def told(*arguments: str) -> str:
        return refusal("robot", *arguments, home=server.folder, KUBECONFIG=kubeconfig)

    assert "is in namespace shop already; see `roadstead robot list`" in told("create", "twice", "-n", "shop")
    assert "create it first: kubectl create namespace nowhere" in told("create", "x", "-n", "nowhere")
    assert "is not there in namespace shop" in told("token", "nobody", "-n", "shop")
    assert "is not a robot in namespace shop" in told("revoke", "builder", "-n", "shop")
    assert "takes a number" in told("create", "x", "--expires", "soon")
    assert told("create", "x Y", "-n", "shop").startswith("'x Y' is no name for a robot: ")


def test_a_server_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(
        "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\n"
        "contexts: [{name: x, context: {cluster: c}}]\ncurrent-context: x\n"
    )
    said = refusal("robot", "list", "--kubeconfig", str(file), home=tmp_path)
    assert said.startswith("127.0.0.1:1 cannot be reached")
    assert "`roadstead serve` starts it" in said
