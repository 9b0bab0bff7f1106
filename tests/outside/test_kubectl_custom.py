"""kubectl makes a kind of its own, uses it like any other, and takes it away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.outside.programs import Shell

pytestmark = pytest.mark.outside

DEFINITION = r"""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: crontabs.stable.example.com}
spec:
  group: stable.example.com
  scope: Namespaced
  names: {plural: crontabs, singular: crontab, kind: CronTab, shortNames: [ct], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        description: What is done when.
        properties:
          spec:
            type: object
            required: [cronSpec]
            properties:
              cronSpec: {type: string, pattern: '^(\S+\s){4}\S+$', description: The five fields of a crontab.}
              replicas: {type: integer, minimum: 1, maximum: 10, default: 1}
          status:
            type: object
            properties:
              replicas: {type: integer}
    additionalPrinterColumns:
    - {name: Spec, type: string, jsonPath: .spec.cronSpec}
    - {name: Replicas, type: integer, jsonPath: .spec.replicas}
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}
"""
CRONTAB = """
apiVersion: stable.example.com/v1
kind: CronTab
metadata: {name: mine}
spec: {cronSpec: "* * * * */5"}
"""


def kubectl(shell: Shell, *arguments: str, input: str = "", fails: bool = False) -> str:
    return shell.run("kubectl", "-n", "shop", *arguments, input=input, fails=fails)


@pytest.fixture
def custom(shell: Shell) -> Iterator[Shell]:
    kubectl(shell, "apply", "-f", "-", input=DEFINITION)
    kubectl(shell, "wait", "--for=condition=established", "crd/crontabs.stable.example.com", "--timeout=10s")
    yield shell
    kubectl(shell, "delete", "crd", "crontabs.stable.example.com", "--ignore-not-found")


def test_a_custom_resource_is_applied_shown_scaled_and_changed(custom: Shell) -> None:
    assert "created" in kubectl(custom, "apply", "-f", "-", input=CRONTAB)
    assert "unchanged" in kubectl(custom, "apply", "-f", "-", input=CRONTAB)
    heads, row = kubectl(custom, "get", "ct").splitlines()
    assert heads.split() == ["NAME", "SPEC", "REPLICAS"]
    assert row.split() == ["mine", "*", "*", "*", "*", "*/5", "1"]
    assert "crontab.stable.example.com/mine" in kubectl(custom, "get", "all")
    kubectl(custom, "scale", "ct/mine", "--replicas=3")
    assert kubectl(custom, "get", "ct", "mine", "-o", "jsonpath={.spec.replicas}") == "3"
    kubectl(custom, "patch", "ct", "mine", "--subresource=status", "--type=merge", "-p", '{"status":{"replicas":3}}')
    kubectl(custom, "wait", "--for=jsonpath={.status.replicas}=3", "ct/mine", "--timeout=10s")


def test_a_custom_resource_has_owners_field_by_field(custom: Shell) -> None:
    kubectl(custom, "apply", "--server-side", "-f", "-", input=CRONTAB)
    other = CRONTAB.replace("*/5", "*/7")
    apply = ("apply", "--server-side", "--field-manager=other", "-f", "-")
    assert 'conflict with "kubectl": .spec.cronSpec' in kubectl(custom, *apply, input=other, fails=True)
    kubectl(custom, *apply, "--force-conflicts", input=other)
    assert kubectl(custom, "get", "ct", "mine", "-o", "jsonpath={.spec.cronSpec}") == "* * * * */7"


def test_a_custom_kind_is_explained(custom: Shell) -> None:
    told = kubectl(custom, "explain", "crontab.spec")
    assert "cronSpec\t<string> -required-" in told
    assert "The five fields of a crontab." in told


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("* * * * */5", "never"), "spec.cronSpec in body should match"),
        (("cronSpec", "cronspec"), 'unknown field "spec.cronspec"'),
        (('{cronSpec: "* * * * */5"}', '{cronSpec: "* * * * *", replicas: 11}'), "should be less than or equal to 10"),
    ],
)
def test_a_custom_resource_that_breaks_the_schema_is_refused(custom: Shell, change: tuple[str, str], said: str) -> None:
    assert said in kubectl(custom, "create", "-f", "-", input=CRONTAB.replace(*change), fails=True)


def test_deleting_the_definition_deletes_the_objects(custom: Shell) -> None:
    kubectl(custom, "create", "-f", "-", input=CRONTAB)
    kubectl(custom, "delete", "crd", "crontabs.stable.example.com", "--timeout=20s")
    said = kubectl(custom, "get", "crontabs", fails=True)
    assert "doesn't have a resource type" in said or "could not find the requested resource" in said
    kubectl(custom, "apply", "-f", "-", input=DEFINITION)
    assert kubectl(custom, "get", "ct", "-o", "name") == ""
