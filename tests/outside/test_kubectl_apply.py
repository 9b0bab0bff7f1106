"""kubectl applies from its own side and from the server's, diffs, and moves from one to the other."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
import yaml

from tests.outside.programs import Shell

pytestmark = pytest.mark.outside


def kubectl(shell: Shell, *arguments: str, input: object = "", fails: bool = False) -> str:
    text = input if isinstance(input, str) else yaml.safe_dump(input)
    return shell.run("kubectl", "-n", "shop", *arguments, input=text, fails=fails)


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def stream(name: str, *tags: str, image: str = "quay.io/a/b:1") -> dict[str, Any]:
    spec = [{"name": tag, "from": {"kind": "DockerImage", "name": image}, "reference": True} for tag in tags]
    return {
        "apiVersion": "image.openshift.io/v1",
        "kind": "ImageStream",
        "metadata": {"name": name},
        "spec": {"tags": spec},
    }


def shown(shell: Shell, kind: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(kubectl(shell, "get", kind, name, "-o", "json", "--show-managed-fields"))
    return found


def test_an_apply_from_the_clients_side_creates_changes_and_leaves_alone(shell: Shell) -> None:
    assert kubectl(shell, "apply", "-f", "-", input=config_map("c1", a="1", b="2")) == "configmap/c1 created\n"
    assert kubectl(shell, "apply", "-f", "-", input=config_map("c1", a="1", b="2")) == "configmap/c1 unchanged\n"
    assert kubectl(shell, "apply", "-f", "-", input=config_map("c1", a="3")) == "configmap/c1 configured\n"
    assert shown(shell, "cm", "c1")["data"] == {"a": "3"}


def test_an_apply_from_the_servers_side_says_who_manages_what(shell: Shell) -> None:
    server_side = ("apply", "--server-side", "-f", "-")
    assert kubectl(shell, *server_side, input=stream("s1", "a", "b")) == (
        "imagestream.image.openshift.io/s1 serverside-applied\n"
    )
    before = shown(shell, "is", "s1")["metadata"]
    kubectl(shell, *server_side, input=stream("s1", "a", "b"))
    assert shown(shell, "is", "s1")["metadata"] == before
    refused = kubectl(
        shell, *server_side, "--field-manager=other", input=stream("s1", "a", image="quay.io/a/b:2"), fails=True
    )
    assert 'Apply failed with 1 conflict: conflict with "kubectl": .spec.tags[name="a"].from' in refused
    kubectl(
        shell,
        *server_side,
        "--field-manager=other",
        "--force-conflicts",
        input=stream("s1", "a", image="quay.io/a/b:2"),
    )
    kubectl(shell, *server_side, input=stream("s1", "b"))
    assert [tag["name"] for tag in shown(shell, "is", "s1")["spec"]["tags"]] == ["a", "b"]
    assert {each["manager"] for each in shown(shell, "is", "s1")["metadata"]["managedFields"]} == {"kubectl", "other"}


def test_what_was_applied_from_the_clients_side_moves_to_the_servers(shell: Shell) -> None:
    kubectl(shell, "apply", "-f", "-", input=config_map("c2", a="1", b="2"))
    kubectl(shell, "apply", "--server-side", "-f", "-", input=config_map("c2", a="3"))
    found = shown(shell, "cm", "c2")
    assert found["data"] == {"a": "3"}
    entries = [(each["manager"], each["operation"]) for each in found["metadata"]["managedFields"]]
    assert ("kubectl", "Apply") in entries
    assert "kubectl-client-side-apply" not in [manager for manager, _ in entries]
    kubectl(shell, "apply", "-f", "-", input=config_map("c2", c="4"))
    assert shown(shell, "cm", "c2")["data"] == {"c": "4"}


def test_it_moves_to_a_manager_of_another_name_without_a_word(shell: Shell) -> None:
    kubectl(shell, "apply", "-f", "-", input=config_map("c4", a="1"))
    move = ("kubectl", "-n", "shop", "apply", "--server-side", "--field-manager=gitops", "-f", "-")
    assert shell.warned(*move, input=yaml.safe_dump(config_map("c4", a="1"))) == ""
    found = shown(shell, "cm", "c4")["metadata"]
    assert [each["manager"] for each in found["managedFields"]] == ["gitops"]
    assert "annotations" not in found


@pytest.mark.parametrize("field", ["labels", "annotations"])
def test_the_last_label_is_taken_out_of_a_file(shell: Shell, field: str) -> None:
    plain = config_map(f"m-{field}", a="1")
    marked = {**plain, "metadata": {**plain["metadata"], field: {"tier": "front"}}}
    kubectl(shell, "apply", "--server-side", "-f", "-", input=marked)
    kubectl(shell, "apply", "--server-side", "-f", "-", input=plain)
    assert field not in shown(shell, "cm", f"m-{field}")["metadata"]


@pytest.mark.parametrize("side", [(), ("--server-side",)])
def test_a_diff_shows_what_an_apply_would_change_and_changes_nothing(shell: Shell, side: tuple[str, ...]) -> None:
    name = f"d{len(side)}"
    kubectl(shell, "apply", *side, "-f", "-", input=config_map(name, a="old"))
    command = ["kubectl", "-n", "shop", "diff", *side, "-f", "-"]
    text = yaml.safe_dump(config_map(name, a="new"))
    done = subprocess.run(command, input=text, capture_output=True, text=True, env=shell.environment, check=False)
    assert done.returncode == 1, done.stderr
    assert "-  a: old" in done.stdout
    assert "+  a: new" in done.stdout
    assert shown(shell, "cm", name)["data"] == {"a": "old"}
    same = yaml.safe_dump(config_map(name, a="old"))
    assert subprocess.run(command, input=same, env=shell.environment, text=True, check=False).returncode == 0


def test_plain_writes_are_written_down_under_the_name_of_their_command(shell: Shell) -> None:
    kubectl(shell, "create", "-f", "-", input=config_map("c3", a="1"))
    kubectl(shell, "label", "cm", "c3", "tier=front")
    kubectl(shell, "patch", "cm", "c3", "-p", '{"data":{"a":"2"}}')
    entries = {each["manager"]: each["fieldsV1"] for each in shown(shell, "cm", "c3")["metadata"]["managedFields"]}
    assert entries["kubectl-label"] == {"f:metadata": {"f:labels": {".": {}, "f:tier": {}}}}
    assert entries["kubectl-patch"] == {"f:data": {"f:a": {}}}


DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "shop/web:v1"}]},
        },
    },
}


def test_a_deployment_is_scaled_and_waited_for(shell: Shell) -> None:
    kubectl(shell, "apply", "-f", "-", input=DEPLOYMENT)
    assert kubectl(shell, "scale", "deployment/web", "--replicas=5") == "deployment.apps/web scaled\n"
    assert kubectl(shell, "get", "deployment", "web", "-o", "jsonpath={.spec.replicas}/{.metadata.generation}") == "5/2"
    assert "Expected replicas to be 1, was 5" in kubectl(
        shell, "scale", "deployment/web", "--current-replicas=1", "--replicas=9", fails=True
    )
    condition = '{"status":{"conditions":[{"type":"Available","status":"True"}],"readyReplicas":5}}'
    kubectl(shell, "patch", "deployment", "web", "--subresource=status", "--type=merge", "-p", condition)
    kubectl(shell, "wait", "--for=condition=Available", "deployment/web", "--timeout=10s")
    kubectl(shell, "wait", "--for=jsonpath={.status.readyReplicas}=5", "deployment/web", "--timeout=10s")
    assert kubectl(shell, "get", "deployment", "web", "-o", "jsonpath={.metadata.generation}") == "2"
    assert "timed out" in kubectl(
        shell, "wait", "--for=condition=Progressing", "deployment/web", "--timeout=1s", fails=True
    )


def test_a_secret_written_as_text_is_managed_as_data(shell: Shell) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s3"}, "stringData": {"a": "b"}}
    kubectl(shell, "apply", "-f", "-", input=secret)
    entries = shown(shell, "secret", "s3")["metadata"]["managedFields"]
    assert entries[0]["fieldsV1"]["f:data"] == {".": {}, "f:a": {}}
    kubectl(shell, "apply", "--server-side", "-f", "-", input={**secret, "stringData": {"a": "c"}})
    assert shown(shell, "secret", "s3")["data"] == {"a": "Yw=="}


def test_an_object_is_edited_and_read_in_every_form(shell: Shell) -> None:
    kubectl(shell, "create", "-f", "-", input=config_map("e1", a="old"))
    editor = {**shell.environment, "EDITOR": "sed -i s/old/new/"}
    command = ["kubectl", "-n", "shop", "edit", "configmap", "e1"]
    done = subprocess.run(command, capture_output=True, text=True, env=editor, check=False)
    assert (done.returncode, done.stdout) == (0, "configmap/e1 edited\n"), done.stderr
    forms = {
        "json": '"a": "new"',
        "yaml": "a: new",
        "wide": "e1 ",
        "name": "configmap/e1",
        "jsonpath={.data.a}": "new",
        "go-template={{.data.a}}": "new",
        "custom-columns=A:.data.a": "new",
    }
    for form, text in forms.items():
        assert text in kubectl(shell, "get", "cm", "e1", "-o", form), form
    assert "e1" in kubectl(shell, "get", "cm", "--sort-by=.metadata.name", "--show-labels", "--chunk-size=1")
    assert "new" in kubectl(shell, "describe", "cm", "e1")


@pytest.mark.parametrize("kind", ["ImageStreamTag", "ImageTag"])
def test_a_tag_is_applied_from_the_servers_side(shell: Shell, kind: str) -> None:
    source = {"kind": "DockerImage", "name": "quay.io/a/b:1"}
    field = "tag" if kind == "ImageStreamTag" else "spec"
    tag = {field: {"name": "v1", "from": source, "reference": True}}
    config = {"apiVersion": "image.openshift.io/v1", "kind": kind, "metadata": {"name": f"t-{field}:v1"}, **tag}
    kubectl(shell, "apply", "--server-side", "-f", "-", input=config)
    source["name"] = "quay.io/a/b:2"
    kubectl(shell, "apply", "--server-side", "-f", "-", input=config)
    found = shown(shell, "is", f"t-{field}")["spec"]["tags"]
    assert [(each["name"], each["from"]["name"]) for each in found] == [("v1", "quay.io/a/b:2")]
