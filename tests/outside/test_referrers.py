"""What cosign does without its program: an artifact that names a subject, and finding it from the subject."""

from __future__ import annotations

import json

import pytest

from roadstead.testing.asking import Client
from roadstead.testing.running import Server
from tests.outside.images import CONFIG, INDEX, MANIFEST, Image, described, sha256

pytestmark = pytest.mark.outside
SIGNATURE = "application/vnd.dev.sigstore.bundle.v0.3+json"
EMPTY = b"{}"


def push_blob(registry: Client, repository: str, data: bytes) -> None:
    """In one request, as the specification allows it."""
    target = f"/v2/{repository}/blobs/uploads/?digest={sha256(data)}"
    assert registry.request("POST", target, data, {"Content-Type": "application/octet-stream"}).status == 201


def push_image(registry: Client, repository: str, image: Image) -> None:
    for data in (image.config, image.layer):
        push_blob(registry, repository, data)
    target = f"/v2/{repository}/manifests/v1"
    assert registry.request("PUT", target, image.manifest, {"Content-Type": MANIFEST}).status == 201


def signature_of(image: Image) -> tuple[bytes, bytes]:
    """A bundle, and the artifact manifest that ties it to the image."""
    bundle = json.dumps({"mediaType": SIGNATURE, "signs": image.digest}).encode()
    artifact = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": SIGNATURE,
        "config": described("application/vnd.oci.empty.v1+json", EMPTY),
        "layers": [described(SIGNATURE, bundle)],
        "subject": described(MANIFEST, image.manifest),
        "annotations": {"dev.sigstore.bundle.content": "message-signature"},
    }
    return bundle, json.dumps(artifact).encode()


def test_an_artifact_with_a_subject_is_found_from_the_subject(server: Server) -> None:
    image = Image("signed")
    bundle, artifact = signature_of(image)
    with server.ask_registry() as registry:
        push_image(registry, "shop/signed", image)
        for data in (EMPTY, bundle):
            push_blob(registry, "shop/signed", data)
        target = f"/v2/shop/signed/manifests/{sha256(artifact)}"
        answer = registry.request("PUT", target, artifact, {"Content-Type": MANIFEST})
        assert (answer.status, answer.headers["OCI-Subject"]) == (201, image.digest)
        found = registry.get(f"/v2/shop/signed/referrers/{image.digest}")
        assert found.headers["Content-Type"] == INDEX
        (entry,) = found.json()["manifests"]
        pulled = registry.get(f"/v2/shop/signed/manifests/{entry['digest']}")
    assert entry == {
        "mediaType": MANIFEST,
        "artifactType": SIGNATURE,
        "digest": sha256(artifact),
        "size": len(artifact),
        "annotations": {"dev.sigstore.bundle.content": "message-signature"},
    }
    assert pulled.body == artifact


def test_referrers_are_filtered_by_type_and_empty_where_there_are_none(server: Server) -> None:
    image = Image("filtered")
    bundle, artifact = signature_of(image)
    with server.ask_registry() as registry:
        push_image(registry, "shop/filtered", image)
        for data in (EMPTY, bundle):
            push_blob(registry, "shop/filtered", data)
        assert registry.get(f"/v2/shop/filtered/referrers/{image.digest}").json()["manifests"] == []
        target = f"/v2/shop/filtered/manifests/{sha256(artifact)}"
        assert registry.request("PUT", target, artifact, {"Content-Type": MANIFEST}).status == 201
        other = registry.get(f"/v2/shop/filtered/referrers/{image.digest}?artifactType={CONFIG}")
        same = registry.get(f"/v2/shop/filtered/referrers/{image.digest}?artifactType={SIGNATURE.replace('+', '%2B')}")
    assert other.json()["manifests"] == []
    assert [entry["digest"] for entry in same.json()["manifests"]] == [sha256(artifact)]
    assert other.headers["OCI-Filters-Applied"] == "artifactType"
