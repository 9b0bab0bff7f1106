"""The shapes of images: Image, ImageSignature and what is inside them; no I/O. image-api contract, 4.1 and 5."""

from roadstead.kube.objectmeta import kind_shape
from roadstead.kube.schema import Shape, base64, integer, list_of, map_of, object_of, text, time
from roadstead.streams import docker10

LAYER = Shape(
    "ImageLayer",
    {
        "name": text(default="", required=True, description="The digest of its blob."),
        "size": integer(default=0, required=True, description="Its size in bytes."),
        "mediaType": text(default="", required=True),
    },
    description="One layer of an image: the digest of its blob, its size in bytes and its media type.",
)

CHILD_MANIFEST = Shape(
    "ImageManifest",
    {
        "digest": text(default="", required=True, description="The digest of its manifest."),
        "mediaType": text(default="", required=True),
        "manifestSize": integer(default=0, required=True, description="The size of its manifest in bytes."),
        "architecture": text(default="", required=True, description="Such as amd64."),
        "os": text(default="", required=True, description="Such as linux."),
        "variant": text(description="Such as v8."),
    },
    description="One entry of an index: the manifest for one platform.",
)

SIGNATURE_CONDITION = Shape(
    "SignatureCondition",
    {
        "type": text(called="v1.SignatureConditionType", default="", required=True, description="Such as Trusted."),
        "status": text(called="v1.ConditionStatus", default="", required=True, description="True, False or Unknown."),
        "lastProbeTime": time(null=True),
        "lastTransitionTime": time(null=True),
        "reason": text(),
        "message": text(),
    },
)

ISSUER = Shape("SignatureIssuer", {"organization": text(), "commonName": text()})

SUBJECT = Shape(
    "SignatureSubject",
    {"organization": text(), "commonName": text(), "publicKeyID": text(default="", required=True)},
)

IMAGE_SIGNATURE = kind_shape(
    "ImageSignature",
    {
        "type": text(default="", required=True, description="How the content is to be read; usually AtomicImageV1."),
        "content": base64(null=True, required=True, description="The signature itself."),
        "conditions": list_of(
            object_of(SIGNATURE_CONDITION), merge_key="type", description="What those found who checked it."
        ),
        "imageIdentity": text(description="The pull spec the signature is for, as found inside it."),
        "signedClaims": map_of(text(), description="What the signature says."),
        "created": time(description="When it was made."),
        "issuedBy": object_of(ISSUER, description="Who signed."),
        "issuedTo": object_of(SUBJECT, description="For whom."),
    },
    described="A signature of an image, made and checked by others; it is kept here.",
)

IMAGE = kind_shape(
    "Image",
    {
        "dockerImageReference": text(description="Where the image came from: a pull spec by digest."),
        "dockerImageMetadata": docker10.metadata_field(),
        "dockerImageMetadataVersion": text(default=docker10.VERSION),
        "dockerImageManifest": text(description="The manifest as text; empty when it is kept as a blob."),
        "dockerImageLayers": list_of(object_of(LAYER), description="Base first; absent for an index."),
        # The name of a signature is in its metadata: merging by a plain `name` could never work (WART-26).
        "signatures": list_of(object_of(IMAGE_SIGNATURE), merge_key="metadata.name", description="Its signatures."),
        "dockerImageSignatures": list_of(base64()),
        "dockerImageManifestMediaType": text(description="The media type of the manifest."),
        "dockerImageConfig": text(description="The config document as text; empty when it is kept as a blob."),
        "dockerImageManifests": list_of(object_of(CHILD_MANIFEST), description="The entries of an index."),
    },
    described="One manifest, named by its digest, and what it says about itself.",
)
