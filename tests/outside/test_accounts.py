"""Service accounts as people use them: tokens by kubectl, logins by podman and skopeo, pull secrets that just work."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.outside.images import Image
from tests.outside.programs import Shell
from tests.outside.test_referrers import push_image

pytestmark = pytest.mark.outside
SECONDS = 10.0


def kubectl(shell: Shell, *arguments: str, input: str = "", fails: bool = False) -> str:
    return shell.run("kubectl", *arguments, "-n", "shop", input=input, fails=fails).strip()


def login(shell: Shell, program: str, token: str, *, fails: bool = False) -> str:
    options = ("-u", "anything", "--password-stdin", f"--cert-dir={shell.certs}")
    return shell.run(program, "login", *options, shell.server.host, input=token, fails=fails)


def until(seen: Callable[[], str]) -> str:
    """What is there in the end: loops work on their own time."""
    end = time.monotonic() + SECONDS
    while not (found := seen()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


def pull_secret(shell: Shell, account: str) -> str:
    """The docker config in the managed secret of an account."""

    def look() -> str:
        named = kubectl(shell, "get", "sa", account, "-o", "jsonpath={.imagePullSecrets[0].name}")
        data = named and kubectl(shell, "get", "secret", named, "-o", r"jsonpath={.data.\.dockercfg}")
        text = base64.b64decode(data).decode() if data else ""
        return text if len(text) > 2 else ""

    kubectl(shell, "wait", f"--for=jsonpath={{.metadata.name}}={account}", f"sa/{account}", "--timeout=10s")
    return until(look)


@pytest.mark.parametrize("program", ["podman", "skopeo"])
def test_a_token_made_by_kubectl_is_a_password_until_its_account_goes(shell: Shell, program: str) -> None:
    kubectl(shell, "create", "serviceaccount", "ci")
    token = kubectl(shell, "create", "token", "ci", "--duration", "20m")
    login(shell, program, token)
    kubectl(shell, "delete", "serviceaccount", "ci")
    login(shell, program, token, fails=True)
    kubectl(shell, "create", "serviceaccount", "ci")
    login(shell, program, token, fails=True)
    kubectl(shell, "delete", "serviceaccount", "ci")


def test_kubectl_makes_tokens_for_an_audience_bound_to_a_secret(shell: Shell) -> None:
    kubectl(shell, "create", "secret", "generic", "leash")
    bound = ("--bound-object-kind", "Secret", "--bound-object-name", "leash")
    token = kubectl(shell, "create", "token", "builder", "--audience", "roadstead-registry", *bound)
    login(shell, "skopeo", token)
    kubectl(shell, "delete", "secret", "leash")
    login(shell, "skopeo", token, fails=True)
    assert "less than 10 minutes" in kubectl(shell, "create", "token", "builder", "--duration", "1m", fails=True)
    assert "not found" in kubectl(shell, "create", "token", "builder", *bound, fails=True)


def test_a_token_secret_is_filled_in_and_ends_with_the_secret(shell: Shell) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/service-account-token",
        "metadata": {"name": "forever", "annotations": {"kubernetes.io/service-account.name": "builder"}},
    }
    kubectl(shell, "apply", "-f", "-", input=json.dumps(secret))
    data = until(lambda: kubectl(shell, "get", "secret", "forever", "-o", "jsonpath={.data.token}"))
    token = base64.b64decode(data).decode()
    login(shell, "podman", token)
    kubectl(shell, "delete", "secret", "forever")
    login(shell, "podman", token, fails=True)


def test_the_managed_secret_of_the_default_account_pulls_and_does_not_push(shell: Shell) -> None:
    with shell.server.ask_registry() as client:
        push_image(client, "shop/web", Image("web"))
    # The server of these tests was told to take any port, so its secrets name port 0.
    entry = next(iter(json.loads(pull_secret(shell, "default")).values()))
    config = {"auths": {shell.server.host: entry}}
    file = Path(shell.folder) / "pull.json"
    file.write_text(json.dumps(config))
    options = ("--authfile", str(file))
    source = f"docker://{shell.server.host}/shop/web:v1"
    shell.run("skopeo", "inspect", *options, f"--cert-dir={shell.certs}", source)
    refused = shell.run(
        "skopeo", "copy", *options, f"--src-cert-dir={shell.certs}", f"--dest-cert-dir={shell.certs}",
        source, f"docker://{shell.server.host}/shop/other:v1", fails=True,
    )  # fmt: skip
    assert "unauthorized" in refused or "authentication required" in refused


def test_can_i_answers_for_an_account_with_its_own_token(shell: Shell) -> None:
    token = kubectl(shell, "create", "token", "builder")
    plain = ("--token", token, "--kubeconfig", str(tokenless(shell)))
    assert kubectl(shell, "auth", "can-i", "create", "imagestreams", *plain) == "yes"
    assert "system:serviceaccount:shop:builder" in kubectl(shell, "auth", "whoami", *plain)
    listed = kubectl(shell, "auth", "can-i", "--list", *plain).splitlines()
    assert ["imagestreams.image.openshift.io", "[]", "[]", "[create]"] in [line.split() for line in listed]
    refused = shell.run("kubectl", "auth", "can-i", "delete", "imagestreams", "-n", "shop", *plain, fails=True)
    assert refused.startswith("no") or refused == ""


def tokenless(shell: Shell) -> Path:
    """The administrator's kubeconfig without the administrator."""
    config = json.loads(shell.run("kubectl", "config", "view", "--raw", "-o", "json"))
    config["users"] = [{"name": "admin", "user": {}}]
    file = Path(shell.folder) / "tokenless.kubeconfig"
    file.write_text(json.dumps(config))
    return file
