"""kubectl explains every kind, and leaves the checking of files to the server."""

from __future__ import annotations

import json

import pytest

from tests.outside.programs import Shell

pytestmark = pytest.mark.outside


def stream(**spec: object) -> str:
    made = {"apiVersion": "image.openshift.io/v1", "kind": "ImageStream", "metadata": {"name": "filed"}, "spec": spec}
    return json.dumps(made)


def tag(name: str, source: str) -> dict[str, object]:
    return {"name": name, "from": {"kind": "DockerImage", "name": source}}


def kubectl(shell: Shell, *arguments: str, input: str = "", fails: bool = False) -> str:
    return shell.run("kubectl", "-n", "shop", *arguments, input=input, fails=fails)


def test_the_tags_of_a_stream_are_explained_to_the_last_field(shell: Shell) -> None:
    told = kubectl(shell, "explain", "is.spec.tags", "--recursive")
    assert "FIELD: tags <[]TagReference>" in told
    assert "importMode\t<string>" in told


@pytest.mark.parametrize("form", ["plaintext", "plaintext-openapiv2"])
def test_a_stream_is_explained_from_either_version(shell: Shell, form: str) -> None:
    told = kubectl(shell, "explain", "imagestream", f"--output={form}")
    assert "A repository as the API sees it" in told.replace("\n     ", " ")


def test_a_file_is_applied_and_applied_again_with_server_side_checks(shell: Shell) -> None:
    first = stream(tags=[tag("v1", "quay.io/a/b:v1"), tag("v2", "quay.io/a/b:v2")])
    assert "created" in kubectl(shell, "apply", "-f", "-", input=first)
    assert "unchanged" in kubectl(shell, "apply", "-f", "-", input=first)
    second = stream(tags=[tag("v2", "quay.io/a/b:v2.1"), tag("v3", "quay.io/a/b:v3")])
    assert "configured" in kubectl(shell, "apply", "-f", "-", input=second)
    left = kubectl(shell, "get", "is", "filed", "-o", "jsonpath={range .spec.tags[*]}{.name}={.from.name} {end}")
    assert left == "v2=quay.io/a/b:v2.1 v3=quay.io/a/b:v3 "
    kubectl(shell, "delete", "is", "filed")


def test_a_misspelt_field_is_refused_by_name(shell: Shell) -> None:
    for verb in ("create", "apply"):
        said = kubectl(shell, verb, "-f", "-", input=stream(tag=[]), fails=True)
        assert 'unknown field "spec.tag"' in said


def test_a_misspelt_field_is_only_warned_about_when_that_is_asked_for(shell: Shell) -> None:
    said = shell.warned("kubectl", "-n", "shop", "create", "--validate=warn", "-f", "-", input=stream(tag=[]))
    assert 'Warning: unknown field "spec.tag"' in said
    kubectl(shell, "delete", "is", "filed")


def test_every_kind_is_explained_to_the_last_field(shell: Shell) -> None:
    kinds = kubectl(shell, "api-resources", "--no-headers", "-o", "name").split()
    assert {"deployments.apps", "imagestreams.image.openshift.io", "routes.route.openshift.io"} <= set(kinds)
    for kind in kinds:
        assert "FIELDS:" in kubectl(shell, "explain", kind, "--recursive")


def test_the_containers_of_a_deployment_are_explained(shell: Shell) -> None:
    told = kubectl(shell, "explain", "deployment.spec.template.spec.containers")
    assert "imagePullPolicy\t<string>" in told
    assert "enum: Always, Never, IfNotPresent" in told


WORKLOADS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: registry.test/shop/web:v1, ports: [{containerPort: 8080}]}
      - {name: side, image: registry.test/shop/side:v1}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data: {a: b}
"""


def test_workloads_are_applied_by_their_lists_keys(shell: Shell) -> None:
    said = kubectl(shell, "apply", "-f", "-", input=WORKLOADS)
    assert "deployment.apps/web created" in said
    assert kubectl(shell, "apply", "-f", "-", input=WORKLOADS).count("unchanged") == 2
    kubectl(shell, "set", "image", "deployment/web", "side=registry.test/shop/side:v2")
    kubectl(shell, "apply", "-f", "-", input=WORKLOADS.replace("web:v1", "web:v3"))
    path = "jsonpath={.spec.template.spec.containers[*].image}"
    images = kubectl(shell, "get", "deployment", "web", "-o", path)
    assert images == "registry.test/shop/web:v3 registry.test/shop/side:v1"
    kubectl(shell, "delete", "-f", "-", input=WORKLOADS)
