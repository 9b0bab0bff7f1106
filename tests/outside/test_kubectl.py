"""kubectl sees pushes as they happen, and reads and changes what was pushed. Only what 1.20 and 1.32 both do."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator

import pytest

from roadstead.testing.asking import Client
from tests.outside.images import Image
from tests.outside.programs import Lines, Shell
from tests.outside.test_referrers import push_image

pytestmark = pytest.mark.outside
PUSHES = 11


@pytest.fixture
def registry(shell: Shell) -> Iterator[Client]:
    """The registry, with one image in the stream `shop/web`."""
    with shell.server.ask_registry() as client:
        push_image(client, "shop/web", Image("web"))
        yield client


@pytest.mark.usefixtures("registry")
def test_a_push_shows_in_a_watch_at_once(shell: Shell, record_property: Callable[[str, object], None]) -> None:
    with shell.watching("kubectl", "get", "imagestreams", "-A", "-w") as lines:
        lines.when(lambda line: line.split()[:2] == ["shop", "web"], 10)
        delays = [push_and_time(shell, lines, f"watched{number}") for number in range(PUSHES)]
    record_property("milliseconds_from_201_to_line", [round(1000 * delay, 1) for delay in delays])
    record_property("median_milliseconds", round(1000 * statistics.median(delays), 1))


def push_and_time(shell: Shell, lines: Lines, name: str) -> float:
    """Seconds from the push's 201 to the line that shows the tag; below zero when the line was faster."""
    with shell.server.ask_registry() as registry:
        push_image(registry, f"shop/{name}", Image(name))
        answered = time.monotonic()
    return lines.when(lambda line: line.split()[:2] == ["shop", name] and "v1" in line.split(), 2) - answered


def kubectl(shell: Shell, *arguments: str, input: str = "") -> str:
    return shell.run("kubectl", *arguments, "-n", "shop", input=input)


def stream(shell: Shell, name: str = "web") -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = json.loads(kubectl(shell, "get", "is", name, "-o", "json"))
    return found


@pytest.mark.usefixtures("registry")
def test_streams_and_their_tags_are_read_as_tables_and_as_yaml(shell: Shell) -> None:
    assert "name: web" in kubectl(shell, "get", "is", "web", "-o", "yaml")
    assert kubectl(shell, "get", "imagestreams").splitlines()[0].split()[:2] == ["NAME", "IMAGE"]
    assert "web:v1" in kubectl(shell, "get", "istag")
    digest = kubectl(shell, "get", "istag", "web:v1", "-o", "jsonpath={.image.metadata.name}")
    assert digest == Image("web").digest


@pytest.mark.usefixtures("registry")
def test_a_tag_is_deleted(shell: Shell, registry: Client) -> None:
    push_image(registry, "shop/gone", Image("gone"))
    kubectl(shell, "delete", "istag", "gone:v1")
    assert registry.get("/v2/shop/gone/manifests/v1").status == 404
    assert "not found" in shell.run("kubectl", "get", "istag", "gone:v1", "-n", "shop", fails=True)


@pytest.mark.usefixtures("registry")
def test_streams_are_labelled_and_annotated(shell: Shell) -> None:
    kubectl(shell, "label", "is", "web", "tier=front", "--overwrite")
    kubectl(shell, "annotate", "is", "web", "note=for the front", "--overwrite")
    assert "web" in kubectl(shell, "get", "is", "-l", "tier=front", "-o", "name")
    assert stream(shell)["metadata"]["annotations"]["note"] == "for the front"
    kubectl(shell, "label", "is", "web", "tier-")
    assert kubectl(shell, "get", "is", "-l", "tier=front", "-o", "name") == ""


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    ("kind", "patch"),
    [
        ("merge", '{"metadata":{"annotations":{"by":"merge"}}}'),
        ("strategic", '{"metadata":{"annotations":{"by":"strategic"}}}'),
        ("json", '[{"op":"add","path":"/metadata/annotations/by","value":"json"}]'),
    ],
)
def test_streams_are_patched(shell: Shell, kind: str, patch: str) -> None:
    kubectl(shell, "annotate", "is", "web", "by=nobody", "--overwrite")
    kubectl(shell, "patch", "is", "web", "--type", kind, "-p", patch)
    assert stream(shell)["metadata"]["annotations"]["by"] == kind


def test_a_namespace_with_a_role_binding_is_made(shell: Shell) -> None:
    shell.run("kubectl", "create", "namespace", "yard")
    bind = ("rolebinding", "pullers", "--clusterrole=system:image-puller", "--user=alice")
    shell.run("kubectl", "create", *bind, "-n", "yard")
    found = shell.run("kubectl", "get", "rolebinding", "pullers", "-n", "yard", "-o", "jsonpath={.subjects[0].name}")
    assert found == "alice"
    shell.run("kubectl", "delete", "namespace", "yard")
    assert "not found" in shell.run("kubectl", "get", "namespace", "yard", fails=True)


def test_a_stream_is_created_from_a_file_and_deleted(shell: Shell) -> None:
    made = {"apiVersion": "image.openshift.io/v1", "kind": "ImageStream", "metadata": {"name": "filed"}}
    kubectl(shell, "create", "-f", "-", input=json.dumps(made))
    assert "filed" in kubectl(shell, "get", "is", "-o", "name")
    kubectl(shell, "delete", "is", "filed")
    assert "filed" not in kubectl(shell, "get", "is", "-o", "name")


@pytest.mark.usefixtures("registry")
def test_image_stream_tags_cannot_be_watched_and_kubectl_is_told(shell: Shell) -> None:
    said = shell.run("kubectl", "get", "istag", "-n", "shop", "-w", "--request-timeout=10s", fails=True)
    assert "watch is not supported on resources of kind" in said or "MethodNotAllowed" in said
