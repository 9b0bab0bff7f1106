"""What tables say about plain kinds, as kubectl and oc print it against a real control plane."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.apimachinery.resource import Resource
from roadstead.base.values import Json
from roadstead.resources import plain

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
AN_HOUR_AGO = "2026-11-23T11:00:00Z"


def kind(name: str) -> Resource:
    """A resource by `plural` or `plural.group`."""
    plural, _, group = name.partition(".")
    return next(each for each in plain.PLAIN if each.plural == plural and (not group or each.group == group))


def cells(name: str, body: Json) -> dict[str, object]:
    """The cells of a row by their column."""
    obj = {**body, "metadata": {"name": "x", "creationTimestamp": AN_HOUR_AGO, **body.get("metadata", {})}}
    return {column.name: column.value(obj, NOW) for column in kind(name).columns or ()}


EVENT = {
    "type": "Normal",
    "reason": "Pushed",
    "involvedObject": {"kind": "ImageStream", "name": "web"},
    "source": {"component": "registry"},
    "message": "a new image\n",
    "firstTimestamp": AN_HOUR_AGO,
    "lastTimestamp": "2026-11-23T11:58:30Z",
    "count": 3,
}
SUBJECTS = [{"kind": "ServiceAccount", "namespace": "shop", "name": "robot"}, {"kind": "User", "name": "bob"}]
TEMPLATE = {"spec": {"containers": [{"name": "a", "image": "i:1"}, {"name": "b", "image": "j:2"}]}}
WIDE = ["a,b", "i:1,j:2", "app=x"]
SELECTOR = {"matchLabels": {"app": "x"}}


@pytest.mark.parametrize(
    ("name", "body", "wanted"),
    [
        ("namespaces", {"status": {"phase": "Active"}}, ["x", "Active", "60m"]),
        ("secrets", {"type": "Opaque", "data": {"a": ""}}, ["x", "Opaque", 1, "60m"]),
        ("configmaps", {"data": {"a": ""}, "binaryData": {"b": ""}}, ["x", 2, "60m"]),
        ("serviceaccounts", {}, ["x", 0, "60m"]),
        ("limitranges", {}, ["x", AN_HOUR_AGO]),
        (
            "resourcequotas",
            {"spec": {"hard": {"pods": "3", "limits.cpu": "1"}}, "status": {}},
            ["x", "pods: 0/3", "limits.cpu: 0/1", "60m"],
        ),
        ("clusterroles", {}, ["x", AN_HOUR_AGO]),
        (
            "rolebindings",
            {"roleRef": {"kind": "Role", "name": "r"}, "subjects": SUBJECTS},
            ["x", "Role/r", "60m", "bob", "", "shop/robot"],
        ),
        ("events", EVENT, ["90s", "Normal", "Pushed", "imagestream/web", "", "registry", "a new image", "60m", 3, "x"]),
        (
            "services",
            {"spec": {"type": "NodePort", "clusterIP": "10.0.0.1", "ports": [{"port": 80, "nodePort": 30080}]}},
            ["x", "NodePort", "10.0.0.1", "<none>", "80:30080/TCP", "60m", "<none>"],
        ),
        (
            "endpoints",
            {"subsets": [{"addresses": [{"ip": f"10.0.0.{i}"} for i in range(4)], "ports": [{"port": 80}]}]},
            ["x", "10.0.0.0:80,10.0.0.1:80,10.0.0.2:80 + 1 more...", "60m"],
        ),
        (
            "deployments",
            {
                "spec": {"replicas": 3, "selector": SELECTOR, "template": TEMPLATE},
                "status": {"readyReplicas": 1, "updatedReplicas": 2, "availableReplicas": 1},
            },
            ["x", "1/3", 2, 1, "60m", *WIDE],
        ),
        (
            "replicasets",
            {"spec": {"replicas": 3, "selector": SELECTOR, "template": TEMPLATE}, "status": {"replicas": 2}},
            ["x", 3, 2, 0, "60m", *WIDE],
        ),
        ("statefulsets", {"spec": {"replicas": 1, "template": TEMPLATE}}, ["x", "0/1", "60m", *WIDE[:2]]),
        (
            "daemonsets",
            {"spec": {"selector": SELECTOR, "template": TEMPLATE}, "status": {"numberReady": 2}},
            ["x", 0, 0, 2, 0, 0, "<none>", "60m", *WIDE],
        ),
        (
            "jobs",
            {
                "spec": {"completions": 1, "selector": SELECTOR, "template": TEMPLATE},
                "status": {
                    "startTime": "2026-11-23T11:00:00Z",
                    "completionTime": "2026-11-23T11:00:42Z",
                    "succeeded": 1,
                    "conditions": [{"type": "Complete", "status": "True"}],
                },
            },
            ["x", "Complete", "1/1", "42s", "60m", *WIDE],
        ),
        (
            "cronjobs",
            {"spec": {"schedule": "0 0 * * *", "jobTemplate": {"spec": {"template": TEMPLATE}}}},
            ["x", "0 0 * * *", "<none>", "False", 0, "<none>", "60m", "a,b", "i:1,j:2", "<none>"],
        ),
        (
            "ingresses.networking.k8s.io",
            {"spec": {"rules": [{"host": "a.test"}, {}], "tls": [{}]}},
            ["x", "<none>", "a.test", "", "80, 443", "60m"],
        ),
        (
            "networkpolicies",
            {"spec": {"podSelector": {"matchExpressions": [{"key": "a", "operator": "In", "values": ["c", "b"]}]}}},
            ["x", "a in (b,c)", "60m"],
        ),
        ("poddisruptionbudgets", {"spec": {"minAvailable": 1}}, ["x", 1, "N/A", 0, "60m"]),
        (
            "horizontalpodautoscalers",
            {"spec": {"scaleTargetRef": {"kind": "D", "name": "d"}, "maxReplicas": 3}},
            ["x", "D/d", "<none>", "<unset>", 3, 0, "60m"],
        ),
        (
            "horizontalpodautoscalers",
            {
                "spec": {
                    "scaleTargetRef": {"kind": "D", "name": "d"},
                    "maxReplicas": 3,
                    "metrics": [
                        {"type": "Resource", "resource": {"name": "memory", "target": {"averageValue": "1Gi"}}},
                        {"type": "External", "external": {"target": {"averageValue": "5"}}},
                        {"type": "Pods", "pods": {"target": {"averageValue": "1k"}}},
                    ],
                }
            },
            ["x", "D/d", "memory: <unknown>/1Gi, <unknown>/5 (avg) + 1 more...", "<unset>", 3, 0, "60m"],
        ),
        ("priorityclasses", {"value": 7}, ["x", 7, False, "60m", "PreemptLowerPriority"]),
        ("leases", {"spec": {"holderIdentity": "me"}}, ["x", "me", "60m"]),
        (
            "routes",
            {
                "spec": {
                    "host": "a.test",
                    "to": {"name": "web", "weight": 3},
                    "alternateBackends": [{"name": "old", "weight": 1}],
                    "tls": {"termination": "edge", "insecureEdgeTerminationPolicy": "Redirect"},
                    "wildcardPolicy": "None",
                }
            },
            ["x", "a.test", "", "web(75%),old(25%)", "<all>", "edge/Redirect", "None"],
        ),
        (
            "deploymentconfigs",
            {
                "spec": {
                    "replicas": 2,
                    "template": TEMPLATE,
                    "triggers": [
                        {"type": "ConfigChange"},
                        {
                            "type": "ImageChange",
                            "imageChangeParams": {
                                "automatic": True,
                                "containerNames": ["a"],
                                "from": {"kind": "ImageStreamTag", "name": "web:v1"},
                            },
                        },
                    ],
                },
                "status": {"latestVersion": 4, "updatedReplicas": 1},
            },
            ["x", 4, "2", 1, "config,image(web:v1)"],
        ),
        (
            "builds",
            {
                "spec": {"strategy": {"sourceStrategy": {}}, "source": {"git": {"ref": "b" * 40}}},
                "status": {"phase": "Failed", "reason": "Oom", "startTimestamp": AN_HOUR_AGO, "duration": 65 * 10**9},
            },
            ["x", "Source", "Git@bbbbbbb", "Failed (Oom)", "About an hour ago", "1m5s"],
        ),
        ("buildconfigs", {"spec": {"strategy": {"type": "Docker"}}}, ["x", "Docker", "", 0]),
        (
            "templates",
            {
                "metadata": {"annotations": {"description": "one\ntwo"}},
                "parameters": [{}, {"value": "x"}],
                "objects": [1],
            },
            ["x", "one...", "2 (1 blank)", 1],
        ),
        (
            "clusteroperators",
            {
                "status": {
                    "versions": [{"name": "operator", "version": "1.0"}],
                    "conditions": [
                        {"type": "Available", "status": "True", "lastTransitionTime": AN_HOUR_AGO},
                        {"type": "Degraded", "status": "True", "message": "no storage"},
                    ],
                }
            },
            ["x", "1.0", "True", "", "True", "60m", "no storage"],
        ),
        (
            "clusterresourcequotas",
            {"spec": {"selector": {"labels": SELECTOR, "annotations": {"openshift.io/requester": "al"}}}},
            ["x", "app=x", "openshift.io/requester=al"],
        ),
    ],
)
def test_tables_show_the_columns_people_know(name: str, body: Json, wanted: list[Any]) -> None:
    assert list(cells(name, body).values()) == wanted


def ended(**how: int) -> Json:
    """The state of a container that is done."""
    return {"terminated": how}


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"phase": "Pending"}, "Pending"),
        ({"phase": "Running", "containerStatuses": [{"ready": True, "state": {"running": {}}}]}, "Running"),
        ({"phase": "Running", "containerStatuses": [{"state": {"waiting": {"reason": "Pull"}}}]}, "Pull"),
        ({"phase": "Failed", "containerStatuses": [{"state": ended(exitCode=2)}]}, "ExitCode:2"),
        ({"phase": "Failed", "containerStatuses": [{"state": ended(signal=9)}]}, "Signal:9"),
        ({"phase": "Failed", "reason": "Evicted"}, "Evicted"),
        ({"phase": "Pending", "initContainerStatuses": [{"state": {"running": {}}}]}, "Init:0/1"),
        ({"phase": "Pending", "initContainerStatuses": [{"state": {"waiting": {"reason": "x"}}}]}, "Init:x"),
        ({"phase": "Pending", "initContainerStatuses": [{"state": ended(exitCode=1)}]}, "Init:ExitCode:1"),
    ],
)
def test_a_pod_says_what_it_does_or_what_keeps_it(status: Json, said: str) -> None:
    assert cells("pods", {"status": status})["Status"] == said


def test_a_pod_that_is_being_deleted_says_so() -> None:
    deleted = {"metadata": {"deletionTimestamp": AN_HOUR_AGO}, "status": {"phase": "Running"}}
    assert cells("pods", deleted)["Status"] == "Terminating"


def test_a_pod_counts_what_is_ready_and_what_was_started_again() -> None:
    last = {"terminated": {"finishedAt": "2026-11-23T11:59:00Z"}}
    status = {"containerStatuses": [{"ready": True, "restartCount": 2, "lastState": last}, {"ready": False}]}
    shown = cells("pods", {"spec": {"containers": [{}, {}]}, "status": status})
    assert shown["Ready"] == "1/2"
    assert shown["Restarts"] == "2 (60s ago)"


@pytest.mark.parametrize(
    ("ingress", "shown"),
    [
        ([], "a.test"),
        ([("a.test", "True")], "a.test"),
        ([("a.test", "True"), ("b.test", "True")], "a.test ... 1 more"),
        ([("a.test", "False")], "HostAlreadyClaimed"),
        ([("a.test", "True"), ("a.test", "False")], "a.test ... 1 rejected"),
        ([("a.test", "")], "Pending"),
    ],
)
def test_a_route_shows_its_host_or_why_it_has_none(ingress: list[tuple[str, str]], shown: str) -> None:
    routers = [
        {"host": host, "conditions": [{"type": "Admitted", "status": status, "reason": "HostAlreadyClaimed"}]}
        for host, status in ingress
    ]
    route = {"spec": {"host": "a.test"}, "status": {"ingress": routers}}
    assert cells("routes", route)["Host/Port"] == shown


@pytest.mark.parametrize("resource", plain.PLAIN, ids=lambda each: str(each.group_resource))
def test_no_table_stumbles_over_an_empty_object(resource: Resource) -> None:
    for column in resource.columns or ():
        column.value({"metadata": {}}, NOW)
    for select in resource.selectable.values():
        assert select({"metadata": {}}) == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    "spec", "status", "template", "containers", "containerStatuses", "initContainerStatuses", "state", "terminated",
    "waiting", "conditions", "ingress", "to", "tls", "triggers", "type", "imageChangeParams", "automatic", "from",
    "containerNames", "selector", "matchExpressions", "matchLabels", "values", "hard", "used", "subsets", "addresses",
    "ports", "rules", "labels", "annotations", "metadata", "ownerReferences", "controller", "series", "users", "scopes",
    "strategy", "source", "git", "ref", "history", "parameters", "creationTimestamp", "expiresIn", "weight",
)  # fmt: skip
ODD = st.recursive(
    JSON,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=12,
)


@given(body=st.dictionaries(st.sampled_from(FIELDS), ODD, max_size=5))
def test_no_table_stumbles_over_an_object_of_any_form(body: Json) -> None:
    obj = {**body, "metadata": body["metadata"] if isinstance(body.get("metadata"), dict) else {}}
    for resource in plain.PLAIN:
        for column in resource.columns or ():
            column.value(obj, NOW)
        for select in resource.selectable.values():
            assert isinstance(select(obj), str)


def test_the_status_of_a_plain_kind_is_shown_as_the_kind_is() -> None:
    for resource in plain.PLAIN:
        part = resource.subresource("status")
        assert part is None or part.columns == resource.columns
