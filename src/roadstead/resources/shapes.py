"""The fields of the image kinds, described once; no I/O (image-api contract, sections 4.1, 5, 6.1, 8 and 10 to 14)."""

from __future__ import annotations

from roadstead.kube.objectmeta import OBJECT_META, OBJECT_REFERENCE, kind_shape
from roadstead.kube.schema import (
    Field,
    Shape,
    base64,
    boolean,
    integer,
    list_of,
    map_of,
    object_of,
    text,
    time,
)
from roadstead.streams.docker10 import metadata_field

# -- images

LAYER = Shape(
    "ImageLayer",
    {
        "name": text(required=True, default=""),
        "size": integer(required=True, default=0),
        "mediaType": text(required=True, default=""),
    },
)
CHILD = Shape(
    "ImageManifest",
    {
        "digest": text(required=True, default=""),
        "mediaType": text(required=True, default=""),
        "manifestSize": integer(required=True, default=0),
        "architecture": text(required=True, default=""),
        "os": text(required=True, default=""),
        "variant": text(),
    },
)
_SIGNER = {"organization": text(), "commonName": text()}
SIGNATURE_CONDITION = Shape(
    "SignatureCondition",
    {
        "type": text(required=True, default=""),
        "status": text(required=True, default=""),
        "lastProbeTime": time(null=True),
        "lastTransitionTime": time(null=True),
        "reason": text(),
        "message": text(),
    },
)
_SIGNATURE: dict[str, Field] = {
    "type": text(required=True, default="", description="How the content is to be read, such as AtomicImageV1."),
    "content": base64(required=True, null=True),
    "conditions": list_of(object_of(SIGNATURE_CONDITION), merge_key="type"),
    "imageIdentity": text(),
    "signedClaims": map_of(text()),
    "created": time(),
    "issuedBy": object_of(Shape("SignatureIssuer", _SIGNER)),
    "issuedTo": object_of(Shape("SignatureSubject", {**_SIGNER, "publicKeyID": text(default="")})),
}
IMAGE_SIGNATURE = kind_shape("ImageSignature", _SIGNATURE)
_EMBEDDED_SIGNATURE = Shape("ImageSignature", {"metadata": object_of(OBJECT_META, default={}), **_SIGNATURE})
_IMAGE: dict[str, Field] = {
    "dockerImageReference": text(description="Where the image came from: a pull spec by digest."),
    "dockerImageMetadata": metadata_field(),
    "dockerImageMetadataVersion": text(),
    "dockerImageManifest": text(),
    "dockerImageLayers": list_of(object_of(LAYER), keep=True, description="The layers, base first."),
    # The name of a signature sits in its metadata; merging by a bare `name` would never find it (wart 26).
    "signatures": list_of(object_of(_EMBEDDED_SIGNATURE), merge_key="metadata.name"),
    "dockerImageSignatures": list_of(base64()),
    "dockerImageManifestMediaType": text(),
    "dockerImageConfig": text(),
    "dockerImageManifests": list_of(object_of(CHILD), description="The entries of an index."),
}
IMAGE = kind_shape("Image", _IMAGE)
_EMBEDDED_IMAGE = Shape("Image", {"kind": text(), "apiVersion": text(), "metadata": object_of(OBJECT_META), **_IMAGE})

# -- streams

IMPORT_POLICY = Shape(
    "TagImportPolicy",
    {
        "insecure": boolean(description="Accept plain HTTP and unknown certificates when importing."),
        "scheduled": boolean(description="Import again now and then."),
        "importMode": text(description="Legacy, or PreserveOriginal to keep indexes whole."),
    },
)
REFERENCE_POLICY = Shape(
    "TagReferencePolicy", {"type": text(description="Source, or Local to pull through this registry.")}
)
TAG_REFERENCE = Shape(
    "TagReference",
    {
        "name": text(required=True, default=""),
        "annotations": map_of(text(), null=True),
        "from": object_of(OBJECT_REFERENCE),
        "reference": boolean(description="Keep the location only; import nothing."),
        "generation": integer(null=True, keep=True, description="0 asks for a new import."),
        "importPolicy": object_of(IMPORT_POLICY, default={}),
        "referencePolicy": object_of(REFERENCE_POLICY, default={}),
    },
)
TAG_EVENT = Shape(
    "TagEvent",
    {
        "created": time(null=True),
        "dockerImageReference": text(required=True, keep=True, default=""),
        "image": text(required=True, keep=True, default=""),
        "generation": integer(required=True, default=0),
    },
)
TAG_CONDITION = Shape(
    "TagEventCondition",
    {
        "type": text(required=True, default=""),
        "status": text(required=True, default=""),
        "lastTransitionTime": time(null=True),
        "reason": text(),
        "message": text(),
        "generation": integer(required=True, default=0),
    },
)
TAG_HISTORY = Shape(
    "NamedTagEventList",
    {
        "tag": text(required=True, default=""),
        "items": list_of(object_of(TAG_EVENT), null=True, description="What the tag named, newest first."),
        "conditions": list_of(object_of(TAG_CONDITION)),
    },
)
LOOKUP_POLICY = Shape("ImageLookupPolicy", {"local": boolean(required=True, default=False)})
IMAGE_STREAM = kind_shape(
    "ImageStream",
    {
        "spec": object_of(
            Shape(
                "ImageStreamSpec",
                {
                    "lookupPolicy": object_of(LOOKUP_POLICY, default={}),
                    "dockerImageRepository": text(),
                    "tags": list_of(object_of(TAG_REFERENCE), merge_key="name"),
                },
            ),
            default={},
        ),
        "status": object_of(
            Shape(
                "ImageStreamStatus",
                {
                    "dockerImageRepository": text(default="", keep=True),
                    "publicDockerImageRepository": text(),
                    "tags": list_of(object_of(TAG_HISTORY), merge_key="tag"),
                },
            ),
            default={},
        ),
    },
)

# -- views

IMAGE_STREAM_TAG = kind_shape(
    "ImageStreamTag",
    {
        "tag": object_of(TAG_REFERENCE, null=True),
        "generation": integer(default=0),
        "lookupPolicy": object_of(LOOKUP_POLICY, default={}),
        "conditions": list_of(object_of(TAG_CONDITION)),
        "image": object_of(_EMBEDDED_IMAGE, default={}),
    },
)
IMAGE_TAG = kind_shape(
    "ImageTag",
    {
        "spec": object_of(TAG_REFERENCE, null=True),
        "status": object_of(TAG_HISTORY, null=True),
        "image": object_of(_EMBEDDED_IMAGE, null=True),
    },
)
IMAGE_STREAM_IMAGE = kind_shape("ImageStreamImage", {"image": object_of(_EMBEDDED_IMAGE, default={})})
IMAGE_STREAM_MAPPING = kind_shape(
    "ImageStreamMapping", {"image": object_of(_EMBEDDED_IMAGE, default={}), "tag": text(required=True)}
)
