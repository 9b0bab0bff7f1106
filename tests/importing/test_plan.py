"""What an import looks at, and each thing once (image-api contract, 14.1 to 14.3)."""

from typing import Any

import pytest

from roadstead.base.values import Json
from roadstead.importing import plan
from roadstead.importing.plan import Look

DIGEST = "sha256:" + "ab" * 32
BLANK: Json = {"metadata": {"name": "web", "namespace": "shop"}}


def wanted(*names: str, **more: Any) -> Json:
    return {"spec": {"images": [item(name) for name in names], **more}}


def item(name: str, to: str = "", **policy: Any) -> Json:
    said = {"from": {"kind": "DockerImage", "name": name}, "importPolicy": policy}
    return {**said, "to": {"name": to}} if to else said


def one(name: str, **policy: Any) -> Look:
    (asked,) = plan.images({"spec": {"images": [item(name, **policy)]}}, BLANK)
    assert asked.look is not None
    return asked.look


def test_short_names_mean_docker_hub() -> None:
    assert str(one("mysql:8")) == "docker.io/library/mysql:8"
    assert str(one("index.docker.io/a/b")) == "docker.io/a/b:latest"
    assert str(one("q.test:5000/a/b/c:v1")) == "q.test:5000/a/b/c:v1"


def test_a_digest_wins_over_a_tag() -> None:
    look = one(f"q.test/a:v1@{DIGEST}")
    assert (look.by_digest, str(look)) == (True, f"q.test/a@{DIGEST}")
    assert plan.images(wanted(f"q.test/a:v1@{DIGEST}"), BLANK)[0].tag is None


def test_the_same_manifest_is_looked_at_once_however_it_is_spelled() -> None:
    names = ("docker.io/mysql", "docker.io/library/mysql:latest", "index.docker.io/mysql", "docker.io/mysql:8")
    asked = plan.images(wanted(*names), BLANK)
    assert [str(each) for each in plan.looks(asked)] == ["docker.io/library/mysql:latest", "docker.io/library/mysql:8"]
    assert tuple(each.spec.exact() for each in asked) == names


@pytest.mark.parametrize("name", ["mysql", "mysql:8", "lib/mysql", f"mysql@sha256:{'a' * 64}"])
def test_a_name_without_a_registry_is_shown_with_docker_hub_and_may_lie_elsewhere(name: str) -> None:
    (look,) = plan.looks(plan.images(wanted(name), BLANK))
    assert look.wanted.exact() == (name if "l:8" in name or "@" in name else f"{name}:latest")
    assert str(look).startswith("docker.io/")


def test_an_insecure_look_is_another_one() -> None:
    both = [item("q.test/a:v1", "x", insecure=True), item("q.test/a:v1", "y")]
    assert len(plan.looks(plan.images({"spec": {"images": both}}, BLANK))) == 2


def test_the_target_tag_may_prefer_a_platform() -> None:
    annotations = {plan.PREFER_ARCHITECTURE: "s390x", plan.PREFER_SYSTEM: "linux"}
    stream = {**BLANK, "spec": {"tags": [{"name": "z", "annotations": annotations}]}}
    pair = {"spec": {"images": [item("q.test/a:v1", "z"), item("q.test/a:v1", "other")]}}
    first, second = plan.looks(plan.images(pair, stream))
    assert (first.architecture, first.system) == ("s390x", "linux")
    assert (second.architecture, second.system) == ("", "")


def test_the_star_of_old_clients_names_no_image() -> None:
    (asked,) = plan.images(wanted("*"), BLANK)
    assert asked.look is None
    assert asked.refused is not None
    assert asked.refused["message"].startswith("Internal error occurred: unable to parse docker reference *:latest")
    assert "kind" not in asked.refused


def test_a_lone_host_names_no_repository() -> None:
    (asked,) = plan.images(wanted("quay.io:5000"), BLANK)
    assert asked.refused is not None
    assert asked.refused["reason"] == "Invalid"


def test_a_repository_is_looked_at_tag_by_tag_as_the_request_says() -> None:
    policy = {"insecure": True, "importMode": "PreserveOriginal"}
    spec = {"repository": {"from": {"kind": "DockerImage", "name": "lib/many"}, "importPolicy": policy}}
    found = plan.repository({"spec": spec})
    assert found is not None
    assert found.look("t1") == Look("docker.io", "lib/many", "t1", insecure=True, preserve=True, short="lib/many")
    assert found.asked("t1").spec.exact() == "lib/many:t1"
    assert plan.repository(wanted("mysql")) is None
