"""The shapes of plain kinds hold what people send, and say how lists merge."""

import pytest

from roadstead.base.values import Json
from roadstead.kube.schema import Field, Shape, conform
from roadstead.kube.strategic import strategic_merge
from roadstead.resources.plain import PLAIN
from roadstead.resources.shapes import shape_of


def shape(kind: str, group: str = "") -> Shape:
    found = shape_of(group, kind)
    assert found is not None
    return found


def field(kind: str, path: str, group: str = "") -> Field:
    at: Shape | None = shape(kind, group)
    names = path.split(".")
    for name in names[:-1]:
        assert at is not None
        found = at.fields[name]
        at = found.shape or (found.item.shape if found.item else None)
    assert at is not None
    return at.fields[names[-1]]


@pytest.mark.parametrize("resource", PLAIN, ids=lambda each: f"{each.group}/{each.kind}")
def test_every_plain_kind_says_what_it_is(resource: object) -> None:
    described = getattr(resource, "shape", None)
    assert isinstance(described, Shape)
    assert described.description
    assert "metadata" in described.fields


DEPLOYMENT: Json = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "labels": {"app": "web"}},
    "spec": {
        "replicas": 0,
        "selector": {"matchLabels": {"app": "web"}},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "serviceAccountName": "web",
                "automountServiceAccountToken": False,
                "securityContext": {"runAsNonRoot": True, "fsGroup": 0},
                "containers": [
                    {
                        "name": "web",
                        "image": "registry.test/shop/web:v1",
                        "env": [
                            {"name": "EMPTY", "value": ""},
                            {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
                        ],
                        "ports": [{"containerPort": 8080, "protocol": "TCP"}],
                        "resources": {"limits": {"cpu": "500m", "memory": "1Gi"}, "requests": {"cpu": "100m"}},
                        "livenessProbe": {"httpGet": {"path": "/", "port": "http"}, "initialDelaySeconds": 0},
                        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
                        "securityContext": {"capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True},
                    }
                ],
                "volumes": [
                    {"name": "tmp", "emptyDir": {}},
                    {"name": "all", "projected": {"sources": [{"secret": {"name": "s", "optional": False}}]}},
                ],
                "affinity": {
                    "podAntiAffinity": {
                        "preferredDuringSchedulingIgnoredDuringExecution": [
                            {
                                "weight": 100,
                                "podAffinityTerm": {
                                    "labelSelector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]},
                                    "topologyKey": "kubernetes.io/hostname",
                                },
                            }
                        ]
                    }
                },
                "tolerations": [{"operator": "Exists", "tolerationSeconds": 0}],
                "topologySpreadConstraints": [
                    {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
                ],
            },
        },
    },
}  # fmt: skip


def test_a_deployment_comes_out_as_it_went_in() -> None:
    found = conform(shape("Deployment", "apps"), DEPLOYMENT)
    assert found.unknown == []
    assert found.value == DEPLOYMENT


@pytest.mark.parametrize(
    ("kind", "group", "spec"),
    [
        ("NetworkPolicy", "networking.k8s.io", {"podSelector": {}, "ingress": [], "policyTypes": ["Ingress"]}),
        ("NetworkPolicy", "networking.k8s.io", {"podSelector": {}, "ingress": [{}]}),
        ("PersistentVolumeClaim", "", {"accessModes": ["ReadWriteOnce"], "storageClassName": ""}),
        ("PodDisruptionBudget", "policy", {"maxUnavailable": "30%", "selector": {}}),
        ("Service", "", {"ports": [{"port": 80, "protocol": "TCP", "targetPort": 0}], "clusterIP": "None"}),
        ("CronJob", "batch", {"schedule": "* * * * *", "suspend": False, "jobTemplate": {"spec": {"template": {}}}}),
        ("Route", "route.openshift.io", {"to": {"kind": "Service", "name": "a", "weight": 0}}),
        ("Lease", "coordination.k8s.io", {"holderIdentity": "", "renewTime": "2026-11-23T18:49:39.123456Z"}),
    ],
)
def test_nothing_that_means_something_is_lost(kind: str, group: str, spec: Json) -> None:
    found = conform(shape(kind, group), {"spec": spec})
    assert (found.value["spec"], found.unknown) == (spec, [])


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("spec.containers", ("name",)),
        ("spec.containers.ports", ("containerPort", "protocol")),
        ("spec.containers.env", ("name",)),
        ("spec.containers.volumeMounts", ("mountPath",)),
        ("spec.topologySpreadConstraints", ("topologyKey", "whenUnsatisfiable")),
        ("spec.tolerations", ()),
        ("status.conditions", ("type",)),
    ],
)
def test_the_lists_of_a_pod_are_shared_by_these_keys(path: str, keys: tuple[str, ...]) -> None:
    assert field("Pod", path).keys == keys


def test_one_container_of_a_deployment_is_patched_by_its_name() -> None:
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "registry.test/shop/web:v2"}]}}}}
    found = strategic_merge(DEPLOYMENT, patch, shape("Deployment", "apps"))
    (container,) = found["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "registry.test/shop/web:v2"
    assert container["ports"] == [{"containerPort": 8080, "protocol": "TCP"}]
