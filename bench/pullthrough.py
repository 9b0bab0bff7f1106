"""Pulling through beside pulling directly: a large blob by curl and by skopeo, the first byte, many clients at once.

The other registry is Debian's docker-registry, except where the first byte and the fetches are counted: there it is one
of the tests, which knows when it sent its first byte and what it was asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web
from serving import Served, peer, roadstead

from roadstead.testing.builders import Content, config, manifest
from roadstead.testing.upstream import UpstreamRegistry

MIB = 1 << 20
LAYER = "application/vnd.oci.image.layer.v1.tar"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True)
class Large:
    """An image with one large layer, pushed to the other registry under a tag."""

    tag: str
    layer: str
    size: int


def ask(url: str, method: str = "GET", body: Any = None, token: str = "", kind: str = "application/json") -> Any:
    """One request; the answer, open."""
    headers = {"Content-Type": kind, **({"Authorization": f"Bearer {token}"} if token else {})}
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    return urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method))


def push(base: str, data: bytes, digest: str) -> None:
    """A blob, in one request."""
    location = ask(f"{base}/blobs/uploads/", "POST", b"").headers["Location"]
    joint = "&" if "?" in location else "?"
    ask(f"{location}{joint}digest={digest}", "PUT", data, kind="application/octet-stream").close()


def push_large(other: Served, tag: str, mebibytes: int) -> Large:
    """Random bytes as the only layer of an image `team/big:TAG`."""
    base, data = f"{other.url}/v2/team/big", os.urandom(mebibytes * MIB)
    digest, head = "sha256:" + hashlib.sha256(data).hexdigest(), config(tag)
    for body, name in ((data, digest), (head.data, head.digest)):
        push(base, body, name)
    layer = {"mediaType": LAYER, "digest": digest, "size": len(data)}
    document = manifest({"mediaType": MANIFEST, "config": head.described(), "layers": [layer]})
    ask(f"{base}/manifests/{tag}", "PUT", document.data, kind=MANIFEST).close()
    return Large(tag, digest, len(data))


def imports(ours: Served, reference: str, stream: str, tag: str) -> None:
    """The tag of a stream in `bench`, imported from the other registry over plain http."""
    item = {"from": {"kind": "DockerImage", "name": reference}, "to": {"name": tag}, "importPolicy": {"insecure": True}}
    head = {"kind": "ImageStreamImport", "apiVersion": "image.openshift.io/v1", "metadata": {"name": stream}}
    body = {**head, "spec": {"import": True, "images": [item]}}
    url = f"{ours.api}/apis/image.openshift.io/v1/namespaces/bench/imagestreamimports"
    with ask(url, "POST", body, ours.token) as answer:
        status = json.load(answer)["status"]["images"][0]["status"]
    assert status["status"] == "Success", status


def curl(url: str, token: str = "") -> tuple[float, float]:
    """Seconds to the first byte and to the last."""
    command = ["curl", "-sSf", "-o", os.devnull, "-w", "%{time_starttransfer} %{time_total}", url]
    done = subprocess.run(
        [*command, "-H", f"Authorization: Bearer {token}"], capture_output=True, text=True, check=True
    )
    first, last = done.stdout.split()
    return float(first), float(last)


def skopeo(folder: Path, reference: str, token: str = "") -> float:
    """Seconds of a copy into a folder, which checks the digest."""
    shutil.rmtree(folder / "copy", ignore_errors=True)
    login = ["--src-creds", f"admin:{token}"] if token else ["--src-no-creds"]
    started = time.monotonic()
    subprocess.run(
        ["skopeo", "copy", "-q", "--src-tls-verify=false", *login, f"docker://{reference}", f"dir:{folder}/copy"],
        check=True,
    )
    return time.monotonic() - started


def large(folder: Path, rounds: int, mebibytes: int) -> None:
    """One large blob: directly, through us for the first time, and from our copy."""
    os.environ.update(ROADSTEAD_OUTBOUND_ALLOW="127.0.0.1", ROADSTEAD_IMAGES_AUTH_FILES="none")
    (folder / "peer").mkdir()
    with peer(folder / "peer") as other, roadstead(folder / "ours") as ours:
        host, here = (each.url.removeprefix("http://") for each in (other, ours))
        found: dict[str, list[float]] = {}
        for number in range(2 * rounds):
            one = push_large(other, f"v{number}", mebibytes)
            imports(ours, f"{host}/team/big:{one.tag}", "big", one.tag)
            if number % 2:
                found.setdefault("skopeo directly", []).append(skopeo(folder, f"{host}/team/big:{one.tag}"))
                through = skopeo(folder, f"{here}/bench/big:{one.tag}", ours.token)
                found.setdefault("skopeo through", []).append(through)
                found.setdefault("skopeo copy", []).append(skopeo(folder, f"{here}/bench/big:{one.tag}", ours.token))
                continue
            mine = f"{ours.url}/v2/bench/big/blobs/{one.layer}"
            found.setdefault("curl directly", []).append(curl(f"{other.url}/v2/team/big/blobs/{one.layer}")[1])
            found.setdefault("curl through", []).append(curl(mine, ours.token)[1])
            time.sleep(1)
            found.setdefault("curl copy", []).append(curl(mine, ours.token)[1])
        for client in ("curl", "skopeo"):
            medians = {name: statistics.median(found[f"{client} {name}"]) for name in ("directly", "through", "copy")}
            ratio = statistics.median(
                through / direct
                for through, direct in zip(found[f"{client} through"], found[f"{client} directly"], strict=True)
            )
            times = "  ".join(f"{name} {seconds:.2f} s" for name, seconds in medians.items())
            print(f"{mebibytes} MiB by {client}: {times}  ratio {ratio:.2f}")
        print(f"memory of Roadstead at its highest: {ours.memory_mib()[1]:.0f} MiB")


async def small(folder: Path, rounds: int, clients: int) -> None:
    """The first byte after the upstream's, and the fetches that many clients make."""
    sent: list[float] = []

    async def waits(request: web.BaseRequest) -> web.StreamResponse | None:
        if request.method != "GET" or "/blobs/" not in request.path:
            return None
        answer = web.StreamResponse()
        data = upstream.repositories["team/slow"].blobs[request.path.rpartition("/")[2]]
        answer.content_length = len(data)
        await asyncio.sleep(0.05)
        await answer.prepare(request)
        sent.append(time.monotonic())
        await answer.write(data[:65536])
        await asyncio.sleep(0.3)
        await answer.write(data[65536:])
        return answer

    upstream = UpstreamRegistry()
    upstream.before.append(waits)
    loop, pool = asyncio.get_running_loop(), ThreadPoolExecutor(clients)
    await upstream.start()
    with roadstead(folder / "small") as ours:
        delays, fetches = [], []
        for number in range(2 * rounds):
            blob = Content(os.urandom(4 * MIB), LAYER)
            made = _one_layer(blob, f"slow{number}")
            upstream.add("team/slow", made, f"v{number}")
            reference = f"{upstream.host}/team/slow:v{number}"
            await loop.run_in_executor(pool, imports, ours, reference, "slow", f"v{number}")
            url = f"{ours.url}/v2/bench/slow/blobs/{blob.digest}"
            before = len(upstream.asked("GET", blob.digest))
            if number % 2:
                jobs = [loop.run_in_executor(pool, curl, url, ours.token) for _ in range(clients)]
                await asyncio.gather(*jobs)
                fetches.append(len(upstream.asked("GET", blob.digest)) - before)
            else:
                arrived = await loop.run_in_executor(pool, first_byte, url, ours.token)
                delays.append(arrived - sent[-1])
    await upstream.stop()
    usual, worst = (1000 * each for each in (statistics.median(delays), max(delays)))
    print(f"first byte after the upstream's: {usual:.1f} ms, at most {worst:.1f} ms")
    print(f"{clients} clients and one new blob: {max(fetches)} fetch of the other registry")


def first_byte(url: str, token: str) -> float:
    """When the first byte of a body is here."""
    with ask(url, token=token) as answer:
        answer.read(1)
        arrived = time.monotonic()
        while answer.read(MIB):
            pass
    return arrived


def _one_layer(blob: Content, name: str) -> Content:
    head = config(name)
    fields = {"mediaType": MANIFEST, "config": head.described(), "layers": [blob.described()]}
    return manifest(fields, (head, blob))


def main() -> None:
    """Measures, and prints a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--clients", type=int, default=50)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="roadstead-bench-") as place:
        large(Path(place), chosen.rounds, chosen.mib)
        asyncio.run(small(Path(place), chosen.rounds, chosen.clients))


if __name__ == "__main__":
    main()
