"""Clients that push small images and remember every word the server gave them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

from roadstead.testing.asking import Answer, Client

NAMESPACE = "crash"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
STREAMS = "/apis/image.openshift.io/v1/imagestreams"


def sha256(data: bytes) -> str:
    """The digest as registries write it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@dataclass(frozen=True)
class SmallImage:
    """Two blobs and a manifest, different for every name."""

    name: str

    @property
    def config(self) -> bytes:
        return json.dumps({"architecture": "amd64", "os": "linux", "config": {"Labels": {"name": self.name}}}).encode()

    @property
    def layer(self) -> bytes:
        return f"layer of {self.name}\n".encode() * 400

    @property
    def layer_digest(self) -> str:
        return sha256(self.layer)

    @property
    def manifest(self) -> bytes:
        def described(kind: str, data: bytes) -> dict[str, object]:
            return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": sha256(data), "size": len(data)}

        parts = {"config": described("config.v1+json", self.config), "layers": [described("layer.v1.tar", self.layer)]}
        return json.dumps({"schemaVersion": 2, "mediaType": MANIFEST_TYPE, **parts}).encode()


@dataclass
class Upload:
    """An upload whose last word has not come: where it goes on, how many bytes were acknowledged, and the blob."""

    location: str
    acknowledged: int
    data: bytes


@dataclass
class Tag:
    """What a tag may point to: what was answered with 201 last, or any digest asked for since."""

    promised: str | None = None
    asked: list[str] = field(default_factory=list)


@dataclass
class Ledger:
    """What a server promised, and what it was only asked for. One writer each; `merge` brings them together."""

    blobs: set[tuple[str, str]] = field(default_factory=set)
    """(repository, digest) that were answered with 201."""
    manifests: dict[tuple[str, str], bytes] = field(default_factory=dict)
    """(repository, digest) that were answered with 201, with their bytes."""
    tags: dict[tuple[str, str], Tag] = field(default_factory=dict)
    """(repository, tag) that were asked for."""
    asked: set[tuple[str, str]] = field(default_factory=set)
    """(repository, digest) of every blob sent, whatever was answered."""
    uploads: dict[str, Upload] = field(default_factory=dict)
    """Uploads under way, by their id."""
    revision: int = 0
    """The highest resourceVersion seen."""

    def merge(self, other: Ledger) -> None:
        """Adds what another ledger, begun later, knows."""
        self.blobs |= other.blobs
        self.manifests.update(other.manifests)
        for key, later in other.tags.items():
            known = [] if later.promised else self.tags.get(key, Tag()).asked
            promised = later.promised or self.tags.get(key, Tag()).promised
            self.tags[key] = Tag(promised, [*known, *later.asked])
        self.asked |= other.asked
        self.uploads.update(other.uploads)
        self.revision = max(self.revision, other.revision)


def push(client: Client, repository: str, tag: str, image: SmallImage, ledger: Ledger) -> str:
    """Pushes an image step by step; the digest. Raises one of `asking.Broken` when the server goes away."""
    for data in (image.config, image.layer):
        push_blob(client, repository, data, ledger)
    digest = sha256(image.manifest)
    ledger.tags.setdefault((repository, tag), Tag()).asked.append(digest)
    target = f"/v2/{repository}/manifests/{tag}"
    expect(client.request("PUT", target, image.manifest, {"Content-Type": MANIFEST_TYPE}), 201)
    ledger.manifests[repository, digest] = image.manifest
    ledger.tags[repository, tag] = Tag(digest)
    return digest


def push_blob(client: Client, repository: str, data: bytes, ledger: Ledger) -> None:
    """An upload in two parts: one PATCH, then the rest with the closing PUT."""
    digest, half = sha256(data), len(data) // 2
    begun = expect(client.request("POST", f"/v2/{repository}/blobs/uploads/", b""), 202)
    upload = Upload(begun.headers["Location"], 0, data)
    ledger.uploads[begun.headers["Docker-Upload-UUID"]] = upload
    patched = expect(client.request("PATCH", upload.location, data[:half]), 202)
    upload.location, upload.acknowledged = patched.headers["Location"], half
    ledger.asked.add((repository, digest))
    expect(client.request("PUT", f"{upload.location}&digest={digest}", data[half:]), 201)
    del ledger.uploads[begun.headers["Docker-Upload-UUID"]]
    ledger.blobs.add((repository, digest))


def note_revision(client: Client, ledger: Ledger) -> None:
    """Asks the API how far it is."""
    streams = expect(client.get(f"{STREAMS}?limit=1"), 200).json()
    ledger.revision = max(ledger.revision, int(streams["metadata"]["resourceVersion"]))


def make_namespace(client: Client, name: str = NAMESPACE) -> None:
    """The namespace the images go to."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    assert client.send_json("POST", "/api/v1/namespaces", namespace).status in (201, 409)


def expect(answer: Answer, status: int) -> Answer:
    """The answer, which must have this status."""
    assert answer.status == status, (answer.status, answer.body[:500])
    return answer
