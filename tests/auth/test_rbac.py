"""Roles and bindings into decisions, by table."""

from __future__ import annotations

from timeit import timeit

import pytest

from roadstead.auth.bootstrap import bootstrap_objects, role_binding
from roadstead.auth.rbac import MEMO_ENTRIES, RoleObjects, Rules
from roadstead.auth.users import ADMIN, ANONYMOUS, Attributes, User, service_account
from roadstead.base.values import Json

IMAGE = "image.openshift.io"
ALICE = User("alice", groups=("devs", "system:authenticated"))


def role(name: str, *rules: Json, namespace: str = "", **more: object) -> Json:
    meta: Json = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"kind": "Role" if namespace else "ClusterRole", "metadata": meta, "rules": list(rules), **more}


def binding(name: str, ref: tuple[str, str], *subjects: Json, namespace: str = "") -> Json:
    meta: Json = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"metadata": meta, "roleRef": {"kind": ref[0], "name": ref[1]}, "subjects": list(subjects)}


def user(name: str) -> Json:
    return {"kind": "User", "name": name}


def in_shop(*rules: Json, subject: Json | None = None) -> Rules:
    """Alice holds these rules in namespace shop, and nothing else."""
    bound = binding("b", ("Role", "r"), subject or user("alice"), namespace="shop")
    return Rules(RoleObjects(roles=[role("r", *rules, namespace="shop")], role_bindings=[bound]))


def everywhere(*rules: Json, subject: Json | None = None) -> Rules:
    bound = binding("b", ("ClusterRole", "r"), subject or user("alice"))
    return Rules(RoleObjects(cluster_roles=[role("r", *rules)], cluster_role_bindings=[bound]))


def rule(verbs: str, groups: str, resources: str, names: str = "") -> Json:
    made: Json = {"verbs": verbs.split(), "apiGroups": groups.split(","), "resources": resources.split()}
    return {**made, "resourceNames": names.split()} if names else made


def layers(verb: str = "get", namespace: str = "shop", name: str = "web", who: User = ALICE) -> Attributes:
    return Attributes(who, verb, IMAGE, "imagestreams", "layers", namespace, name)


@pytest.mark.parametrize(
    ("held", "asked", "allowed"),
    [
        (rule("get", IMAGE, "imagestreams/layers"), layers(), True),
        (rule("get", IMAGE, "imagestreams/layers"), layers("update"), False),
        (rule("get", IMAGE, "imagestreams"), layers(), False),
        (rule("get", IMAGE, "*/layers"), layers(), True),
        (rule("get", IMAGE, "*"), layers(), True),
        (rule("get", IMAGE, "imagestreams/*"), layers(), False),
        (rule("*", IMAGE, "imagestreams/layers"), layers("update"), True),
        (rule("get", "*", "imagestreams/layers"), layers(), True),
        (rule("get", "", "imagestreams/layers"), layers(), False),
        (rule("get", f",{IMAGE}", "imagestreams/layers"), layers(), True),
        (rule("get", IMAGE, "imagestreams/layers", "web api"), layers(), True),
        (rule("get", IMAGE, "imagestreams/layers", "api"), layers(), False),
        (
            rule("list", IMAGE, "imagestreams", "web"),
            Attributes(ALICE, "list", IMAGE, "imagestreams", "", "shop"),
            False,
        ),
        (rule("get", IMAGE, "imagestreams/layers"), layers(namespace="other"), False),
        (rule("get", IMAGE, "imagestreams/layers"), layers(namespace=""), False),
        (rule("get", IMAGE, "imagestreams/layers"), layers(who=User("bob")), False),
    ],
)
def test_a_rule_held_in_a_namespace_allows_exactly_what_it_says(held: Json, asked: Attributes, allowed: bool) -> None:
    assert in_shop(held).decide(asked).allowed is allowed


def test_the_joined_spelling_of_a_subresource_means_the_same() -> None:
    rules = in_shop(rule("get", IMAGE, "imagestreams/layers"))
    assert rules.decide(Attributes(ALICE, "get", IMAGE, "imagestreams/layers", "", "shop", "web")).allowed


@pytest.mark.parametrize(
    ("subject", "who", "allowed"),
    [
        ({"kind": "User", "name": "alice"}, ALICE, True),
        ({"kind": "Group", "name": "devs"}, ALICE, True),
        ({"kind": "Group", "name": "alice"}, ALICE, False),
        ({"kind": "User", "name": "devs"}, ALICE, False),
        ({"kind": "ServiceAccount", "name": "robot", "namespace": "ci"}, service_account("ci", "robot"), True),
        ({"kind": "ServiceAccount", "name": "robot"}, service_account("shop", "robot"), True),
        ({"kind": "ServiceAccount", "name": "robot"}, service_account("ci", "robot"), False),
        ({"kind": "Group", "name": "system:serviceaccounts:ci"}, service_account("ci", "robot"), True),
        ({"kind": "Group", "name": "system:unauthenticated"}, ANONYMOUS, True),
        ({"kind": "Robot", "name": "alice"}, ALICE, False),
        ({"kind": "User"}, User(""), False),
    ],
)
def test_a_binding_reaches_the_subjects_it_names(subject: Json, who: User, allowed: bool) -> None:
    rules = in_shop(rule("get", IMAGE, "imagestreams/layers"), subject=subject)
    assert rules.decide(layers(who=who)).allowed is allowed


def test_a_cluster_wide_binding_counts_in_every_namespace_and_without_one() -> None:
    rules = everywhere(rule("get", IMAGE, "imagestreams/layers"))
    assert rules.decide(layers(namespace="any")).allowed
    assert rules.decide(layers(namespace="")).allowed


def test_a_cluster_role_bound_in_a_namespace_counts_there_only() -> None:
    bound = binding("b", ("ClusterRole", "r"), user("alice"), namespace="shop")
    puller = role("r", rule("get", IMAGE, "imagestreams/layers"))
    rules = Rules(RoleObjects(cluster_roles=[puller], role_bindings=[bound]))
    assert rules.decide(layers()).allowed
    assert not rules.decide(layers(namespace="other")).allowed


def test_a_role_of_another_namespace_or_bound_cluster_wide_grants_nothing() -> None:
    local = role("r", rule("*", "*", "*"), namespace="other")
    here = binding("b", ("Role", "r"), user("alice"), namespace="shop")
    wide = binding("b", ("Role", "r"), user("alice"))
    rules = Rules(RoleObjects(roles=[local], role_bindings=[here], cluster_role_bindings=[wide]))
    assert not rules.decide(layers()).allowed
    assert not rules.decide(layers(namespace="other")).allowed


def test_masters_may_do_everything_without_any_role() -> None:
    assert Rules().decide(layers(who=ADMIN)).allowed
    assert Rules().decide(Attributes(ADMIN, "get", path="/metrics")).allowed


@pytest.mark.parametrize(
    ("url", "path", "allowed"),
    [
        ("/metrics", "/metrics", True),
        ("/metrics", "/metrics/x", False),
        ("/apis/*", "/apis/x/v1", True),
        ("/apis/*", "/apis", False),
        ("*", "/anything", True),
    ],
)
def test_paths_are_allowed_exactly_or_by_their_beginning(url: str, path: str, allowed: bool) -> None:
    rules = everywhere({"verbs": ["get"], "nonResourceURLs": [url]})
    assert rules.decide(Attributes(ALICE, "get", path=path)).allowed is allowed
    assert not rules.decide(Attributes(ALICE, "post", path=path)).allowed


def test_paths_cannot_be_granted_in_a_namespace() -> None:
    rules = in_shop({"verbs": ["*"], "nonResourceURLs": ["*"]})
    assert not rules.decide(Attributes(ALICE, "get", path="/metrics", namespace="shop")).allowed
    assert rules.rules_for(ALICE, "shop") == ([], [])


def test_a_yes_says_which_binding_gave_it() -> None:
    decision = in_shop(rule("get", IMAGE, "imagestreams/layers")).decide(layers())
    assert decision.reason == 'RBAC: allowed by RoleBinding "b/shop" of Role "r" to User "alice"'


BUNDLED = [obj for obj in bootstrap_objects() if obj["kind"] == "ClusterRole"]


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (
            layers("update"),
            'User "alice" has no role binding that allows "update" on "imagestreams/layers" in namespace "shop"; grant '
            "it with: kubectl create rolebinding image-pusher-alice --clusterrole=system:image-pusher --user=alice "
            "-n shop",
        ),
        (
            layers(who=service_account("ci", "robot")),
            'User "system:serviceaccount:ci:robot" has no role binding that allows "get" on "imagestreams/layers" in '
            'namespace "shop"; grant it with: kubectl create rolebinding image-puller-robot '
            "--clusterrole=system:image-puller --serviceaccount=ci:robot -n shop",
        ),
        (
            layers(who=ANONYMOUS),
            'User "system:anonymous" has no role binding that allows "get" on "imagestreams/layers" in namespace '
            '"shop"; log in first, or open it to everyone with: kubectl create rolebinding image-puller-everyone '
            "--clusterrole=system:image-puller --group=system:unauthenticated --group=system:authenticated -n shop",
        ),
        (
            Attributes(User("a b'; rm"), "delete", IMAGE, "images"),
            'User "a b\'; rm" has no cluster role binding that allows "delete" on "images"; grant it with: '
            "kubectl create clusterrolebinding image-pruner-a-b-rm --clusterrole=system:image-pruner "
            "--user='a b'\"'\"'; rm'",
        ),
        (
            Attributes(ALICE, "create", "", "nodes"),
            'User "alice" has no cluster role binding that allows "create" on "nodes"',
        ),
        (
            Attributes(ALICE, "get", path="/metrics"),
            'User "alice" has no cluster role binding that allows "get" on path "/metrics"',
        ),
    ],
)
def test_a_no_says_what_is_missing_and_the_smallest_grant_that_gives_it(asked: Attributes, reason: str) -> None:
    decision = Rules(RoleObjects(cluster_roles=BUNDLED)).decide(asked)
    assert not decision.allowed
    assert decision.reason == reason


def test_a_binding_to_a_role_that_does_not_exist_is_named_in_the_refusal() -> None:
    bound = binding("b", ("Role", "gone"), user("alice"), namespace="shop")
    reason = Rules(RoleObjects(role_bindings=[bound])).decide(layers()).reason
    assert reason.endswith('; RoleBinding "b/shop" names Role "gone", which does not exist')


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"metadata": None, "rules": None},
        {"metadata": {"name": 7}, "rules": [None, 3, {"verbs": "get", "resources": ["*"], "apiGroups": ["*"]}]},
        {"metadata": {"name": "r", "namespace": "shop"}, "rules": [rule("*", "*", "*") | {"resourceNames": [7]}]},
        {"metadata": {"name": "r", "namespace": "shop"}, "rules": [rule("*", "*", "*") | {"resourceNames": "web"}]},
        {"metadata": {"name": "r", "namespace": "shop"}, "roleRef": [], "subjects": {"kind": "User"}},
    ],
)
def test_malformed_roles_and_bindings_grant_nothing(broken: Json) -> None:
    bound = binding("b", ("Role", "r"), user("alice"), namespace="shop")
    given = RoleObjects([broken], [broken], [broken, bound], [broken])
    assert not Rules(given).decide(layers()).allowed


def test_answers_are_remembered_within_bounds_and_never_across_rules() -> None:
    held = in_shop(rule("get", IMAGE, "imagestreams/layers"))
    for number in range(MEMO_ENTRIES + 10):
        assert held.decide(layers(name=f"web{number}")).allowed
    assert held.decide(layers()) is held.decide(layers())
    assert not Rules().decide(layers()).allowed


def test_rules_for_lists_what_a_user_holds_here_and_cluster_wide() -> None:
    here = binding("b", ("Role", "r"), user("alice"), namespace="shop")
    wide = binding("w", ("ClusterRole", "c"), {"kind": "Group", "name": "devs"})
    path: Json = {"verbs": ["get"], "nonResourceURLs": ["/version"]}
    rules = Rules(
        RoleObjects(
            [role("r", rule("get", IMAGE, "imagestreams"), namespace="shop")],
            [role("c", rule("list", "", "namespaces"), path)],
            [here],
            [wide],
        )
    )
    assert rules.rules_for(ALICE, "shop") == (
        [rule("list", "", "namespaces"), rule("get", IMAGE, "imagestreams")],
        [path],
    )
    assert rules.rules_for(ALICE, "") == ([rule("list", "", "namespaces")], [path])
    assert rules.rules_for(ADMIN)[1] == [{"nonResourceURLs": ["*"], "verbs": ["*"]}]


def test_a_decision_takes_microseconds() -> None:
    bindings = [role_binding("shop", f"b{n}", name, user("alice")) for n, name in enumerate(["view", "edit", "admin"])]
    given = RoleObjects((), BUNDLED, bindings, [o for o in bootstrap_objects() if o["kind"] == "ClusterRoleBinding"])
    rules = Rules(given)
    asked = [layers("update", name=f"web{number}") for number in range(1000)]
    assert all(rules._decide(one).allowed for one in asked)
    seconds = min(timeit(lambda: [rules._decide(one) for one in asked], number=1) for _ in range(5))
    assert seconds / 1000 < 60e-6  # measured: 4 µs; the rest is room for a busy machine
