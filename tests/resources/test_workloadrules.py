"""Deployments and their relatives: what is filled in, what is refused, what cannot change."""

from __future__ import annotations

from typing import Any

import pytest

from roadstead.apimachinery.served import Patch, PatchType
from roadstead.base.values import Json
from roadstead.kube.status import StatusError
from roadstead.resources.workloadrules import NOT_RUN
from tests.resources.world import World

LABELS = {"app": "x"}
TEMPLATE: Json = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}
SPEC: Json = {"selector": {"matchLabels": LABELS}, "template": TEMPLATE}
ENDING: Json = {"spec": {**TEMPLATE["spec"], "restartPolicy": "Never"}}


async def made(world: World, plural: str, **body: Any) -> Json:
    """An object as it is stored."""
    return (await world.create(plural, "x", **body)).object


async def fields_refused(world: World, plural: str, **body: Any) -> dict[str, str]:
    """Field and reason of everything refused about an object."""
    with pytest.raises(StatusError) as refused:
        await world.create(plural, "x", **body)
    assert refused.value.code == 422
    return {each["field"]: each["message"] for each in refused.value.status["details"]["causes"]}


@pytest.mark.parametrize(
    ("plural", "spec", "wanted"),
    [
        (
            "deployments",
            SPEC,
            {
                "replicas": 1,
                "revisionHistoryLimit": 10,
                "progressDeadlineSeconds": 600,
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
            },
        ),
        ("deployments", {**SPEC, "strategy": {"type": "Recreate"}}, {"strategy": {"type": "Recreate"}}),
        ("deployments", {**SPEC, "replicas": 0}, {"replicas": 0}),
        ("replicasets", SPEC, {"replicas": 1}),
        ("statefulsets", SPEC, {"replicas": 1, "podManagementPolicy": "OrderedReady"}),
        ("daemonsets", SPEC, {"revisionHistoryLimit": 10}),
        ("replicationcontrollers", {"template": TEMPLATE}, {"replicas": 1, "selector": LABELS}),
        ("jobs", {"template": ENDING}, {"completions": 1, "parallelism": 1, "backoffLimit": 6}),
        ("jobs", {"template": ENDING, "parallelism": 3}, {"parallelism": 3}),
        (
            "cronjobs",
            {"schedule": "@daily", "jobTemplate": {"spec": {"template": ENDING}}},
            {"concurrencyPolicy": "Allow", "suspend": False, "successfulJobsHistoryLimit": 3},
        ),
        ("deploymentconfigs", {"template": TEMPLATE}, {"replicas": 0, "triggers": [{"type": "ConfigChange"}]}),
        ("deploymentconfigs", {"template": TEMPLATE}, {"revisionHistoryLimit": 10, "test": False}),
    ],
)
async def test_what_is_not_said_is_filled_in(world: World, plural: str, spec: Json, wanted: Json) -> None:
    stored = await made(world, plural, spec=spec)
    assert wanted.items() <= stored["spec"].items()
    assert stored["metadata"]["generation"] == 1


async def test_pods_of_a_template_get_what_every_pod_has(world: World) -> None:
    containers = [
        {"name": "a", "image": "host:5000/i", "ports": [{"containerPort": 80}], "livenessProbe": {"httpGet": {}}},
        {"name": "b", "image": "i:2", "env": [{"name": "N", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}]},
        {"name": "c", "image": f"i:2@{world.digest('a')}"},
    ]
    volumes = [{"name": "v", "secret": {"secretName": "s"}}, {"name": "h", "hostPath": {"path": "/x"}}]
    pod = {"containers": containers, "volumes": volumes, "serviceAccountName": "robot"}
    template = {"metadata": {"labels": LABELS}, "spec": pod}
    found = (await made(world, "deployments", spec={**SPEC, "template": template}))["spec"]["template"]["spec"]
    assert found["restartPolicy"] == "Always"
    assert found["serviceAccount"] == "robot"
    first, second, third = found["containers"]
    assert [each["imagePullPolicy"] for each in (first, second, third)] == ["Always", "IfNotPresent", "IfNotPresent"]
    assert first["ports"] == [{"protocol": "TCP", "containerPort": 80}]
    assert first["livenessProbe"]["httpGet"] == {"path": "/", "scheme": "HTTP"}
    assert second["env"][0]["valueFrom"]["fieldRef"]["apiVersion"] == "v1"
    assert found["volumes"][0]["secret"]["defaultMode"] == 0o644
    assert found["volumes"][1]["hostPath"]["type"] == ""


async def test_a_job_finds_its_pods_by_its_uid(world: World) -> None:
    job = await made(world, "jobs", spec={"template": ENDING})
    uid = job["metadata"]["uid"]
    assert job["spec"]["selector"]["matchLabels"] == {"batch.kubernetes.io/controller-uid": uid}
    labels = job["spec"]["template"]["metadata"]["labels"]
    assert labels["job-name"] == labels["batch.kubernetes.io/job-name"] == "x"
    again = await world.kind("jobs").update("shop", "x", job, world.ask())
    assert again.object["metadata"]["resourceVersion"] == job["metadata"]["resourceVersion"]


@pytest.mark.parametrize(
    ("plural", "spec", "field", "why"),
    [
        ("deployments", {"template": TEMPLATE}, "spec.selector", "Required value"),
        (
            "deployments",
            {**SPEC, "selector": {"matchLabels": {"app": "y"}}},
            "spec.template.metadata.labels",
            'Invalid value: {"app":"x"}: `selector` does not match template `labels`',
        ),
        (
            "replicasets",
            {**SPEC, "selector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["x"]}]}},
            "spec.template.metadata.labels",
            'Invalid value: {"app":"x"}: `selector` does not match template `labels`',
        ),
        ("deployments", {**SPEC, "replicas": -1}, "spec.replicas", "Invalid value: -1: must be greater than or equal"),
        ("statefulsets", {"selector": {}}, "spec.template.spec.containers", "Required value"),
        ("jobs", {"template": TEMPLATE}, "spec.template.spec.restartPolicy", 'Unsupported value: "Always"'),
        ("cronjobs", {"jobTemplate": {"spec": {"template": ENDING}}}, "spec.schedule", "Required value"),
        (
            "cronjobs",
            {"schedule": "1 2 3", "jobTemplate": {"spec": {"template": ENDING}}},
            "spec.schedule",
            'Invalid value: "1 2 3": expected exactly 5 fields, found 3: [1 2 3]',
        ),
        ("pods", {"containers": [{"name": "A", "image": "i"}]}, "spec.containers[0].name", 'Invalid value: "A"'),
        ("pods", {"containers": [{"name": "a"}]}, "spec.containers[0].image", "Required value"),
        ("pods", {"containers": [{"image": "i"}]}, "spec.containers[0].name", "Required value"),
        (
            "pods",
            {"containers": [{"name": "a", "image": "i"}] * 2},
            "spec.containers[1].name",
            'Duplicate value: "a"',
        ),
        (
            "pods",
            {"containers": [{"name": "a", "image": "i"}], "volumes": [{"name": "v"}] * 2},
            "spec.volumes[1].name",
            'Duplicate value: "v"',
        ),
    ],
)
async def test_what_could_never_run_is_refused(world: World, plural: str, spec: Json, field: str, why: str) -> None:
    assert (await fields_refused(world, plural, spec=spec))[field].startswith(why)


@pytest.mark.parametrize(
    ("plural", "spec", "change", "field"),
    [
        ("deployments", SPEC, {"selector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}}, "selector"),
        ("statefulsets", SPEC, {"serviceName": "other"}, "serviceName"),
        ("jobs", {"template": ENDING}, {"template": {"spec": {"restartPolicy": "OnFailure"}}}, "template"),
    ],
)
async def test_what_others_rely_on_cannot_change(
    world: World, plural: str, spec: Json, change: Json, field: str
) -> None:
    await made(world, plural, spec=spec)
    with pytest.raises(StatusError, match=rf"spec.{field}: Invalid value: .*: field is immutable"):
        await world.patch(plural, "x", {"spec": change})


async def test_another_spec_is_another_generation_and_other_labels_are_not(world: World) -> None:
    await made(world, "deployments", spec=SPEC)
    labelled = await world.patch("deployments", "x", {"metadata": {"labels": {"a": "b"}}})
    assert labelled.object["metadata"]["generation"] == 1
    scaled = await world.patch("deployments", "x", {"spec": {"replicas": 2}})
    assert scaled.object["metadata"]["generation"] == 2


@pytest.mark.parametrize(
    ("resources", "quality"),
    [
        ({}, "BestEffort"),
        ({"requests": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}, "Burstable"),
    ],
)
async def test_a_pod_waits_since_nothing_runs_it(world: World, resources: Json, quality: str) -> None:
    pod = await made(world, "pods", spec={"containers": [{"name": "a", "image": "i", "resources": resources}]})
    assert pod["status"] == {"phase": "Pending", "qosClass": quality}


@pytest.mark.parametrize("plural", ["deployments", "pods", "configmaps", "leases"])
async def test_names_can_stand_in_dns(world: World, plural: str) -> None:
    with pytest.raises(StatusError, match="metadata.name: Invalid value: .*RFC 1123 subdomain"):
        await world.create(plural, "Upper")


@pytest.mark.parametrize(
    ("plural", "spec"), [("deployments", SPEC), ("services", {"ports": [{"port": 80}]}), ("persistentvolumeclaims", {})]
)
async def test_a_status_is_written_apart(world: World, plural: str, spec: Json) -> None:
    await made(world, plural, spec=spec, status={"conditions": [{"type": "Sent", "status": "True"}]})
    patched = await world.patch(plural, "x", {"status": {"conditions": [{"type": "Sent", "status": "True"}]}})
    assert "conditions" not in (patched.object.get("status") or {})
    told = Patch(PatchType.MERGE, {"status": {"conditions": [{"type": "Told", "status": "True"}]}})
    await world.kind(plural).subresource("patch", "shop", "x", "status", told, world.ask())
    kept = await world.patch(plural, "x", {"metadata": {"labels": {"a": "b"}}, "status": None})
    assert [each["type"] for each in kept.object["status"]["conditions"]] == ["Told"]


@pytest.mark.parametrize(
    ("plural", "spec"),
    [
        ("deployments", SPEC),
        ("replicationcontrollers", {"template": TEMPLATE}),
        ("pods", TEMPLATE["spec"]),
        ("jobs", {"template": ENDING}),
    ],
)
async def test_who_makes_a_workload_is_told_that_nothing_runs_it(world: World, plural: str, spec: Json) -> None:
    ask, kind = world.ask(), world.kind(plural)
    made = await kind.create("shop", {"metadata": {"name": "w"}, "spec": spec}, ask)
    assert ask.warnings == [NOT_RUN]
    again = world.ask()
    await kind.update("shop", "w", made.object, again)
    assert again.warnings == []


async def test_a_deployment_config_begins_with_nothing_deployed(world: World) -> None:
    stored = await made(world, "deploymentconfigs", spec={"template": TEMPLATE, "strategy": {"type": "Recreate"}})
    assert stored["status"]["latestVersion"] == 0
    assert stored["spec"]["strategy"]["recreateParams"] == {"timeoutSeconds": 600}


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"strategy": {"type": "Sudden"}}, 'spec.strategy.type: Invalid value: "Sudden": unsupported strategy type'),
        ({"triggers": [{"type": "ImageChange"}]}, "imageChangeParams: Required value"),
    ],
)
async def test_a_deployment_config_that_could_never_deploy_is_refused(world: World, more: Json, complaint: str) -> None:
    with pytest.raises(StatusError, match=complaint):
        await made(world, "deploymentconfigs", spec={"template": TEMPLATE, **more})
