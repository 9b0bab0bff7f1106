"""kubectl deletes with each propagation, waits for finalizers, and takes namespaces with all that is in them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.outside.programs import Shell
from tests.outside.test_kubectl_apply import DEPLOYMENT, config_map, kubectl

pytestmark = pytest.mark.outside


def family(shell: Shell, name: str) -> None:
    """A deployment with a replica set of its own."""
    deployment = {**DEPLOYMENT, "metadata": {"name": name}}
    kubectl(shell, "create", "-f", "-", input=deployment)
    uid = kubectl(shell, "get", "deployment", name, "-o", "jsonpath={.metadata.uid}")
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "uid": uid, "blockOwnerDeletion": True}
    metadata: dict[str, Any] = {"name": f"{name}-1", "ownerReferences": [owner], "labels": {"of": name}}
    spec = {"selector": DEPLOYMENT["spec"]["selector"], "template": DEPLOYMENT["spec"]["template"]}  # type: ignore[index]
    kubectl(
        shell,
        "create",
        "-f",
        "-",
        input={"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec},
    )


@pytest.mark.parametrize("how", ["background", "foreground"])
def test_what_a_deployment_owns_goes_with_it(shell: Shell, how: str) -> None:
    family(shell, how)
    assert f'deployment.apps "{how}" deleted' in kubectl(shell, "delete", "deployment", how, f"--cascade={how}")
    kubectl(shell, "wait", "--for=delete", "replicaset", f"{how}-1", "--timeout=10s")
    assert kubectl(shell, "get", "rs", "-l", f"of={how}", "-o", "name") == ""


def test_an_orphan_stays_without_its_owner(shell: Shell) -> None:
    family(shell, "left")
    kubectl(shell, "delete", "deployment", "left", "--cascade=orphan")
    found = json.loads(kubectl(shell, "get", "rs", "left-1", "-o", "json"))
    assert "ownerReferences" not in found["metadata"]


def test_many_are_deleted_by_label_and_a_dry_run_deletes_none(shell: Shell) -> None:
    for name in ("m1", "m2", "m3"):
        kubectl(shell, "create", "-f", "-", input=config_map(name, a="1"))
        kubectl(shell, "label", "cm", name, f"round={'first' if name != 'm3' else 'second'}")
    kubectl(shell, "delete", "cm", "-l", "round=first", "--dry-run=server")
    assert len(kubectl(shell, "get", "cm", "-l", "round", "-o", "name").split()) == 3
    kubectl(shell, "delete", "cm", "-l", "round=first")
    assert kubectl(shell, "get", "cm", "-l", "round", "-o", "name") == "configmap/m3\n"


def test_a_namespace_goes_with_all_that_is_in_it(shell: Shell) -> None:
    shell.run("kubectl", "create", "namespace", "depot")
    shell.run("kubectl", "-n", "depot", "create", "configmap", "held", "--from-literal=a=1")
    shell.run("kubectl", "-n", "depot", "create", "secret", "generic", "s", "--from-literal=a=1")
    hold = '{"metadata":{"finalizers":["example.test/hold"]}}'
    shell.run("kubectl", "-n", "depot", "patch", "configmap", "held", "--type=merge", "-p", hold)
    shell.run("kubectl", "delete", "namespace", "depot", "--wait=false")
    state = json.loads(shell.run("kubectl", "get", "namespace", "depot", "-o", "json"))["status"]
    assert state["phase"] == "Terminating"
    assert "example.test/hold in 1 resource instances" in json.dumps(state["conditions"])
    refused = shell.run("kubectl", "-n", "depot", "create", "configmap", "late", fails=True)
    assert "because it is being terminated" in refused
    free = '{"metadata":{"finalizers":null}}'
    shell.run("kubectl", "-n", "depot", "patch", "configmap", "held", "--type=merge", "-p", free)
    shell.run("kubectl", "wait", "--for=delete", "namespace/depot", "--timeout=20s")
