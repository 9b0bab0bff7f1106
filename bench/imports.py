"""How fast images come in from another registry: Debian's docker-registry on loopback, plain HTTP, as the other one.

    .venv/bin/python bench/imports.py [--tags 1000] [--rounds 3]

Prints medians as a table. The repository of 50 tags has shared layers and a config of its own for each tag. The tags of
the second measurement are indexes of five platforms, imported as they are (PreserveOriginal): each brings six manifests
and five configs. Importing again finds nothing changed. Both registries and the client share the machine.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from serving import Served, peer, roadstead

from roadstead.testing import builders
from roadstead.testing.builders import Content

PLATFORMS = ("amd64", "arm64", "s390x", "ppc64le", "riscv64")
PER_IMPORT, SIDE_BY_SIDE, PUSHERS = 50, 4, 8
PATH = "/apis/image.openshift.io/v1/namespaces/bench/imagestreamimports"
Json = dict[str, object]


class Pusher:
    """One connection to the other registry."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)

    def manifest(self, repository: str, reference: str, content: Content) -> None:
        self._ask("PUT", f"/v2/{repository}/manifests/{reference}", content.data, content.media_type)

    def blob(self, repository: str, blob: Content) -> None:
        where = self._ask("POST", f"/v2/{repository}/blobs/uploads/", b"", "")
        target = f"{urlsplit(where).path}?{urlsplit(where).query}&digest={blob.digest}"
        self._ask("PUT", target, blob.data, "application/octet-stream")

    def _ask(self, method: str, target: str, body: bytes, media_type: str) -> str:
        self._connection.request(method, target, body, {"Content-Type": media_type} if media_type else {})
        reply = self._connection.getresponse()
        reply.read()
        if reply.status >= 300:
            raise SystemExit(f"{method} {target}: {reply.status}")
        return reply.headers.get("Location", "")


def image(name: str, architecture: str, shared: Sequence[Content]) -> Content:
    """An image with the shared layers and a config of its own."""
    config = builders.config(f"{name} {architecture}")
    fields = {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config.described(),
        "layers": [layer.described() for layer in shared],
    }
    return builders.manifest(fields, (config, *shared))


def fill(url: str, repository: str, tags: Sequence[str], *, platforms: Sequence[str]) -> None:
    """Pushes the tags: single images, or indexes when there are platforms."""
    shared = [builders.layer(f"shared {number}") for number in range(3)]
    first = Pusher(url)
    for layer in shared:
        first.blob(repository, layer)

    def push(some: Sequence[str]) -> None:
        pusher = Pusher(url)
        for tag in some:
            children = [image(tag, each, shared) for each in platforms or ("amd64",)]
            for child in children:
                pusher.blob(repository, child.blobs[0])
                pusher.manifest(repository, child.digest if platforms else tag, child)
            if platforms:
                pairs = zip(children, platforms, strict=True)
                entries = [child.described(platform={"os": "linux", "architecture": name}) for child, name in pairs]
                index = {"mediaType": "application/vnd.oci.image.index.v1+json", "manifests": entries}
                pusher.manifest(repository, tag, builders.manifest(index))

    lanes = [tags[lane::PUSHERS] for lane in range(PUSHERS)]
    with ThreadPoolExecutor(PUSHERS) as threads:
        list(threads.map(push, lanes))


def post(server: Served, body: Json) -> Json:
    """One import; its status, in which everything must have worked."""
    connection = http.client.HTTPConnection(urlsplit(server.api).netloc, timeout=600)
    headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"}
    connection.request("POST", f"{PATH}?timeout=10m", json.dumps(body), headers)
    reply = connection.getresponse()
    found = json.loads(reply.read())
    if reply.status != 201:
        raise SystemExit(f"{reply.status}: {found}")
    status: Json = found["status"]
    return status


def answers(status: Json) -> list[Json]:
    repository = status.get("repository")
    found = repository["images"] if isinstance(repository, dict) else status["images"]
    assert isinstance(found, list)
    failed = [each for each in found if each["status"]["status"] != "Success"]
    if failed:
        raise SystemExit(f"{len(failed)} failed: {failed[0]['status']}")
    return found


def repository_import(server: Served, elsewhere: str, name: str) -> int:
    """A whole repository, as `oc import-image --all` asks for it; the number of tags that came."""
    source = {"from": {"kind": "DockerImage", "name": f"{elsewhere}/lib/{name}"}, "importPolicy": {"insecure": True}}
    return len(answers(post(server, {"metadata": {"name": name}, "spec": {"import": True, "repository": source}})))


def many_imports(server: Served, elsewhere: str, stream: str, tags: Sequence[str]) -> int:
    """Tags in groups, several imports at a time, each into a stream of its own; the number of images that came."""
    policy = {"insecure": True, "importMode": "PreserveOriginal"}

    def one(start: int) -> int:
        items = [
            {
                "from": {"kind": "DockerImage", "name": f"{elsewhere}/lib/many:{tag}"},
                "to": {"name": tag},
                "importPolicy": policy,
            }
            for tag in tags[start : start + PER_IMPORT]
        ]
        body: Json = {"metadata": {"name": f"{stream}-{start}"}, "spec": {"import": True, "images": items}}
        return sum(1 + len(each["manifests"]) for each in answers(post(server, body)))  # type: ignore[arg-type]

    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        return sum(threads.map(one, range(0, len(tags), PER_IMPORT)))


def timed(work: Callable[[], int]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def measure(server: Served, other: Served, tags: Sequence[str], rounds: int) -> dict[str, list[float]]:
    """Seconds by what was done; every round brings images nobody has seen."""
    elsewhere, rows = urlsplit(other.url).netloc, dict[str, list[float]]()

    def add(name: str, work: Callable[[], int]) -> None:
        rows.setdefault(name, []).append(timed(work))

    for turn in range(rounds):
        name = f"fifty{turn}"
        fill(other.url, f"lib/{name}", [f"1.{turn}{number:02d}" for number in range(50)], platforms=())
        add("repository of 50 tags", partial(repository_import, server, elsewhere, name))
        add("the same again", partial(repository_import, server, elsewhere, name))
    fill(other.url, "lib/many", tags, platforms=PLATFORMS)
    add(f"{len(tags)} tags of 5 platforms", partial(many_imports, server, elsewhere, "many", tags))
    add("all of them again", partial(many_imports, server, elsewhere, "many", tags))
    return rows


def main() -> None:
    """Measures, and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tags", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    os.environ["ROADSTEAD_OUTBOUND_ALLOW"] = "127.0.0.0/8"
    tags = [f"t{number:04d}" for number in range(chosen.tags)]
    with tempfile.TemporaryDirectory() as folder:
        here, there = Path(folder) / "here", Path(folder) / "there"
        there.mkdir()
        with peer(there) as other, roadstead(here) as server:
            rows = measure(server, other, tags, chosen.rounds)
            memory = server.memory_mib()[1]
    print("| import | seconds |\n|---|--:|")
    for name, seconds in rows.items():
        print(f"| {name} | {statistics.median(seconds):.2f} |")
    print(f"\nMemory at its highest: {memory:.0f} MiB")


if __name__ == "__main__":
    main()
