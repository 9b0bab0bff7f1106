"""After a kill: everything promised is there, nothing shown is wrong, and no leftovers remain."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from roadstead.testing.asking import Client
from roadstead.testing.running import Server
from tests.crash.pushing import STREAMS, Ledger, Tag, expect, note_revision, sha256


@dataclass
class Walk:
    """What the API names, and what could be pulled of it."""

    tags: dict[tuple[str, str], str] = field(default_factory=dict)
    manifests: dict[tuple[str, str], bytes] = field(default_factory=dict)
    blobs: set[tuple[str, str]] = field(default_factory=set)
    revision: int = 0


def survey(server: Server, ledger: Ledger) -> Walk:
    """Holds a server that has just started to the ledger, to what it shows itself, and to its folder."""
    check_folder(server.folder)
    with server.ask_registry() as registry, server.ask_api() as api:
        walk = pull_everything(registry, api)
        assert walk.revision >= ledger.revision
        check_promises(registry, ledger, walk)
        check_requests(registry, ledger, walk)
        check_uploads(registry, server.folder, ledger)
        note_revision(api, ledger)
    return walk


def pull_everything(registry: Client, api: Client) -> Walk:
    """Pulls each image of each tag's whole history, in all streams of all namespaces, with every blob of it."""
    listed = expect(api.get(STREAMS), 200).json()
    walk = Walk(revision=int(listed["metadata"]["resourceVersion"]))
    for stream in listed["items"]:
        repository = f"{stream['metadata']['namespace']}/{stream['metadata']['name']}"
        assert int(stream["metadata"]["resourceVersion"]) <= walk.revision
        for tag in stream["status"].get("tags", ()):
            pull_history(registry, repository, tag, walk)
    return walk


def pull_history(registry: Client, repository: str, tag: dict[str, Any], walk: Walk) -> None:
    newest, *_ = digests = [item["image"] for item in tag["items"]]
    body = expect(registry.get(f"/v2/{repository}/manifests/{tag['tag']}"), 200).body
    assert sha256(body) == newest
    walk.tags[repository, tag["tag"]] = newest
    for digest in digests:
        pull_image(registry, repository, digest, walk)


def pull_image(registry: Client, repository: str, digest: str, walk: Walk) -> None:
    if (repository, digest) in walk.manifests:
        return
    body = expect(registry.get(f"/v2/{repository}/manifests/{digest}"), 200).body
    assert sha256(body) == digest
    walk.manifests[repository, digest] = body
    manifest = json.loads(body)
    for blob in (manifest["config"], *manifest["layers"]):
        if (repository, blob["digest"]) not in walk.blobs:
            pull_blob(registry, repository, blob["digest"], walk)


def pull_blob(registry: Client, repository: str, digest: str, walk: Walk) -> None:
    assert sha256(expect(registry.get(f"/v2/{repository}/blobs/{digest}"), 200).body) == digest
    walk.blobs.add((repository, digest))


def check_promises(registry: Client, ledger: Ledger, walk: Walk) -> None:
    """Every 201 holds: by tag, by digest, and for single blobs."""
    for key, tag in ledger.tags.items():
        found = walk.tags.get(key)
        assert found in (tag.promised, *tag.asked), key
        ledger.tags[key] = Tag(found)  # what it is now is what it has to stay
    for (repository, digest), body in ledger.manifests.items():
        pull_image(registry, repository, digest, walk)
        assert walk.manifests[repository, digest] == body
    for repository, digest in ledger.blobs - walk.blobs:
        pull_blob(registry, repository, digest, walk)


def check_requests(registry: Client, ledger: Ledger, walk: Walk) -> None:
    """A blob that was sent and not acknowledged is there whole, or not at all."""
    for repository, digest in ledger.asked - ledger.blobs:
        answer = registry.get(f"/v2/{repository}/blobs/{digest}")
        assert answer.status in (200, 404), answer
        assert answer.status == 404 or sha256(answer.body) == digest


def check_uploads(registry: Client, folder: Path, ledger: Ledger) -> None:
    """An upload goes on from what was acknowledged, or has become the blob; the client then begins again."""
    for id, upload in ledger.uploads.items():
        answer = registry.get(upload.location.partition("?")[0])
        if answer.status == 204:
            held = int(answer.headers["Range"].partition("-")[2]) + 1
            assert upload.acknowledged <= held or upload.acknowledged == 0
            assert upload.data.startswith((folder / "uploads" / id / "data").read_bytes())
        else:
            assert answer.status == 404
            assert upload.acknowledged == 0 or file_of(folder, sha256(upload.data)).exists()


def check_folder(folder: Path) -> None:
    """Whatever has a blob's name is that blob; nothing is left aside; every upload can go on."""
    for file in (folder / "blobs").glob("*/*/*"):
        assert hashlib.new(file.parts[-3], file.read_bytes()).hexdigest() == file.name
    assert not list((folder / "tmp").glob("*"))
    for upload in (folder / "uploads").glob("*"):
        assert sorted(path.name for path in upload.iterdir()) == ["data", "note.json"]
    assert not list(folder.glob("*.new"))


def file_of(folder: Path, digest: str) -> Path:
    algorithm, _, hexadecimal = digest.partition(":")
    return folder / "blobs" / algorithm / hexadecimal[:2] / hexadecimal
