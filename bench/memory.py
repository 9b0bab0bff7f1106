"""Resident memory of the whole process: with many images stored, and while a large blob goes in and out.

.venv/bin/python bench/memory.py [--images 20000] [--blob-mib 1024]
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
from serving import Served, roadstead

CLIENTS = 12
REPOSITORIES = 400
MIB = 1024 * 1024
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG, LAYER = "application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar"


def main() -> None:
    """Fill, move, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--blob-mib", type=int, default=1024)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, roadstead(Path(folder)) as served:
        _tell(served, "empty")
        asyncio.run(_measure(served, chosen.images, chosen.blob_mib))


async def _measure(served: Served, images: int, blob_mib: int) -> None:
    headers = {"Authorization": f"Bearer {served.token}"}
    async with aiohttp.ClientSession(served.url, headers=headers) as session:
        numbers = iter(range(images))
        await asyncio.gather(*(_push_some(session, numbers) for _ in range(CLIENTS)))
        _tell(served, f"{images} images stored")
        digest = await _upload(session, blob_mib)
        _tell(served, f"{blob_mib} MiB uploaded")
        async with session.get(f"/v2/bench/app0/blobs/{digest}") as reply:
            async for _ in reply.content.iter_chunked(MIB):
                pass
        _tell(served, f"{blob_mib} MiB downloaded")


async def _push_some(session: aiohttp.ClientSession, numbers: Iterator[int]) -> None:
    for number in numbers:  # shared by all clients: each takes the next
        repository = f"bench/app{number % REPOSITORIES}"
        layer = await _blob(session, repository, b"layer")
        config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Env": [f"N={number}"]}}).encode()
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "digest": await _blob(session, repository, config), "size": len(config)},
            "layers": [{"mediaType": LAYER, "digest": layer, "size": 5}],
        }
        tag = f"/v2/{repository}/manifests/t{number // REPOSITORIES}"
        async with session.put(tag, data=json.dumps(manifest), headers={"Content-Type": MANIFEST}) as reply:
            reply.raise_for_status()


async def _blob(session: aiohttp.ClientSession, repository: str, data: bytes) -> str:
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    async with session.post(f"/v2/{repository}/blobs/uploads/?digest={digest}", data=data) as reply:
        reply.raise_for_status()
    return digest


async def _upload(session: aiohttp.ClientSession, mib: int) -> str:
    piece, hasher = bytes(range(256)) * 4096, hashlib.sha256()
    for _ in range(mib):
        hasher.update(piece)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(mib):
            yield piece

    digest = f"sha256:{hasher.hexdigest()}"
    async with session.post("/v2/bench/app0/blobs/uploads/") as reply:
        place = reply.headers["Location"].partition("/v2/")[2]
    async with session.put(f"/v2/{place}&digest={digest}", data=pieces()) as reply:
        reply.raise_for_status()
    return digest


def _tell(served: Served, when: str) -> None:
    now, highest = served.memory_mib()
    print(f"{when}: {now:.0f} MiB resident, {highest:.0f} MiB at its highest", flush=True)


if __name__ == "__main__":
    main()
