"""kubectl makes the kinds around images with its own short forms, and shows them in its tables."""

from __future__ import annotations

import base64
import json

import pytest

from tests.outside.programs import Shell

pytestmark = pytest.mark.outside

MADE = {
    ("deployment", "web", "--image=shop/web:1", "--replicas=2", "--port=8080"): "deployment.apps/web created",
    ("job", "once", "--image=shop/web:1", "--", "true"): "job.batch/once created",
    ("cronjob", "nightly", "--image=shop/web:1", "--schedule=0 3 * * *", "--", "true"): "cronjob.batch/nightly created",
    ("service", "clusterip", "web", "--tcp=80:8080"): "service/web created",
    ("service", "externalname", "far", "--external-name=far.test"): "service/far created",
    ("ingress", "web", "--rule=web.test/=web:80"): "ingress.networking.k8s.io/web created",
    ("configmap", "settings", "--from-literal=a=b"): "configmap/settings created",
    ("secret", "generic", "password", "--from-literal=a=b"): "secret/password created",
    (
        "secret", "docker-registry", "pull", "--docker-server=r.test", "--docker-username=u", "--docker-password=p",
    ): "secret/pull created",
    ("serviceaccount", "robot"): "serviceaccount/robot created",
    ("role", "reader", "--verb=get", "--resource=pods"): "role.rbac.authorization.k8s.io/reader created",
    ("rolebinding", "readers", "--role=reader", "--user=al"): "rolebinding.rbac.authorization.k8s.io/readers created",
    ("poddisruptionbudget", "web", "--selector=app=web", "--min-available=1"): "poddisruptionbudget.policy/web created",
    ("quota", "few", "--hard=count/deployments.apps=1,secrets=99"): "resourcequota/few created",
}  # fmt: skip


@pytest.fixture(scope="module")
def made() -> set[str]:
    """Nothing is there yet."""
    return set()


@pytest.fixture
def shop(shell: Shell, made: set[str]) -> Shell:
    """A namespace `forms` with one of everything."""
    if not made:
        shell.run("kubectl", "create", "namespace", "forms")
        for arguments, said in MADE.items():
            assert said in kubectl(shell, "create", *arguments)
        made.add("all")
    return shell


def kubectl(shell: Shell, *arguments: str, input: str = "", fails: bool = False) -> str:
    return shell.run("kubectl", "-n", "forms", *arguments, input=input, fails=fails)


def rows(shell: Shell, *arguments: str) -> list[list[str]]:
    """The cells of a table, without its head."""
    return [line.split() for line in kubectl(shell, "get", *arguments).splitlines()[1:]]


def test_everything_shows_in_its_table(shop: Shell) -> None:
    assert rows(shop, "deployments")[0][:4] == ["web", "0/2", "0", "0"]
    assert rows(shop, "jobs")[0][:3] == ["once", "Running", "0/1"]
    assert rows(shop, "cronjobs")[0][:8] == ["nightly", "0", "3", "*", "*", "*", "<none>", "False"]
    services = {row[0]: row for row in rows(shop, "services", "-o", "wide")}
    assert services["web"][1:5] == ["ClusterIP", "<none>", "<none>", "80/TCP"]
    assert services["far"][1:4] == ["ExternalName", "<none>", "far.test"]
    assert rows(shop, "ingress")[0][:3] == ["web", "<none>", "web.test"]
    wide = rows(shop, "deployments", "-o", "wide")[0]
    assert wide[-3:] == ["web", "shop/web:1", "app=web"]
    everything = kubectl(shop, "get", "all", "-o", "name").split()
    assert {"deployment.apps/web", "job.batch/once", "cronjob.batch/nightly", "service/web"} <= set(everything)


def test_a_pull_secret_holds_a_docker_config(shop: Shell) -> None:
    secret = json.loads(kubectl(shop, "get", "secret", "pull", "-o", "json"))
    assert secret["type"] == "kubernetes.io/dockerconfigjson"
    config = json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))
    key = {"username": "u", "password": "p", "auth": base64.b64encode(b"u:p").decode()}
    assert config == {"auths": {"r.test": key}}


def test_what_was_not_said_is_filled_in(shop: Shell) -> None:
    deployment = json.loads(kubectl(shop, "get", "deployment", "web", "-o", "json"))
    assert deployment["spec"]["strategy"]["type"] == "RollingUpdate"
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    assert (container["imagePullPolicy"], container["ports"][0]["protocol"]) == ("IfNotPresent", "TCP")


def test_a_quota_counts_and_refuses(shop: Shell) -> None:
    refused = kubectl(shop, "create", "deployment", "two", "--image=shop/web:1", fails=True)
    assert "exceeded quota: few, requested: count/deployments.apps=1, used: count/deployments.apps=1" in refused
    kubectl(shop, "wait", "--for=jsonpath={.status.used.count/deployments\\.apps}=1", "quota/few", "--timeout=10s")
    assert "count/deployments.apps  1     1" in kubectl(shop, "describe", "quota", "few")


def test_a_deployment_that_could_never_work_is_refused_field_by_field(shop: Shell) -> None:
    body = """
    {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "bad"}, "spec": {
      "selector": {"matchLabels": {"a": "b"}},
      "template": {"metadata": {"labels": {"a": "c"}}, "spec": {"containers": [{"name": "x"}]}}}}
    """
    refused = kubectl(shop, "apply", "-f", "-", input=body, fails=True)
    assert "`selector` does not match template `labels`" in refused
    assert "spec.template.spec.containers[0].image: Required value" in refused


def test_other_short_forms_work_on_what_is_there(shop: Shell) -> None:
    assert "service/shown exposed" in kubectl(shop, "expose", "deployment", "web", "--port=80", "--name=shown")
    assert "image updated" in kubectl(shop, "set", "image", "deployment/web", "web=shop/web:2")
    assert "env updated" in kubectl(shop, "set", "env", "deployment/web", "A=b")
    assert "pod/one created" in kubectl(shop, "run", "one", "--image=shop/web:1")
    assert rows(shop, "pods")[0][:3] == ["one", "0/1", "Pending"]
    assert "does not have a host assigned" in kubectl(shop, "logs", "one", fails=True)
    assert "job.batch/now created" in kubectl(shop, "create", "job", "now", "--from=cronjob/nightly")


def test_events_are_listed(shop: Shell) -> None:
    event = {
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": "pushed"}, "type": "Normal", "reason": "Pushed",
        "message": "a new image", "involvedObject": {"kind": "ImageStream", "name": "web", "namespace": "forms"},
    }  # fmt: skip
    kubectl(shop, "create", "-f", "-", input=json.dumps(event))
    found = [row for row in rows(shop, "events") if "imagestream/web" in row]
    assert found[0][1:] == ["Normal", "Pushed", "imagestream/web", "a", "new", "image"]


def test_the_server_says_how_it_is(shop: Shell) -> None:
    assert "Kubernetes control plane is running at" in shop.run("kubectl", "cluster-info")
    assert shop.run("kubectl", "get", "--raw", "/livez?verbose").splitlines()[0] == "[+]ping ok"
    assert shop.run("kubectl", "get", "--raw", "/readyz/log") == "ok"
    assert "v1.32" in shop.run("kubectl", "version")
    assert "# TYPE" in shop.run("kubectl", "get", "--raw", "/metrics")
