"""An image stream's shape, small copies of which many tests here share."""

from roadstead.kube.objectmeta import OBJECT_META, OBJECT_REFERENCE, kind_shape
from roadstead.kube.schema import Shape, anything, boolean, integer, list_of, map_of, object_of, text, time

IMPORT_POLICY = Shape("TagImportPolicy", {"insecure": boolean(), "importMode": text(default="Legacy")})
REFERENCE_POLICY = Shape("TagReferencePolicy", {"type": text(default="Source")})
TAG = Shape(
    "TagReference",
    {
        "name": text(default=""),
        "annotations": map_of(text(), null=True),
        "from": object_of(OBJECT_REFERENCE),
        "reference": boolean(),
        "generation": integer(null=True),
        "importPolicy": object_of(IMPORT_POLICY, default={}),
        "referencePolicy": object_of(REFERENCE_POLICY, default={}),
    },
)
LOOKUP = Shape("ImageLookupPolicy", {"local": boolean(default=False)})
SPEC = Shape(
    "ImageStreamSpec",
    {
        "lookupPolicy": object_of(LOOKUP, default={}),
        "dockerImageRepository": text(),
        "tags": list_of(object_of(TAG), merge_key="name"),
    },
)
EVENT = Shape("TagEvent", {"created": time(), "image": text(default=""), "generation": integer(default=0)})
EVENTS = Shape(
    "NamedTagEventList", {"tag": text(default=""), "items": list_of(object_of(EVENT), null=True), "extra": anything()}
)
STATUS = Shape(
    "ImageStreamStatus",
    {"dockerImageRepository": text(default=""), "tags": list_of(object_of(EVENTS), merge_key="tag")},
)
STREAM = kind_shape("ImageStream", {"spec": object_of(SPEC, default={}), "status": object_of(STATUS, default={})})

SIGNATURE = Shape("ImageSignature", {"metadata": object_of(OBJECT_META, default={}), "type": text(default="")})
IMAGE = kind_shape(
    "Image",
    {
        "signatures": list_of(object_of(SIGNATURE), merge_key="metadata.name"),
        "dockerImageMetadata": anything(replace=True),
    },
)
