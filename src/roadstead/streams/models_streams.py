"""The shapes of streams and of the views on them; no I/O. image-api contract, 6.1, 8 and 10 to 13.

What a shape cannot say (tags sorted and each once, defaults that depend on settings) is in `specs.normalise`.
"""

from roadstead.kube.objectmeta import OBJECT_META, OBJECT_REFERENCE, kind_shape
from roadstead.kube.schema import Shape, boolean, integer, list_of, map_of, object_of, text, time
from roadstead.streams.models_images import IMAGE

IMPORT_POLICY = Shape(
    "TagImportPolicy",
    {
        "insecure": boolean(description="Reach the registry without checking its certificate, or without TLS."),
        "scheduled": boolean(description="Import again from time to time."),
        "importMode": text(
            called="v1.ImportModeType",
            description="Legacy: one platform of an index. PreserveOriginal: the index as it is.",
        ),
    },
)

REFERENCE_POLICY = Shape(
    "TagReferencePolicy",
    {
        "type": text(
            called="v1.TagReferencePolicyType",
            default="Source",
            required=True,
            description="Source, or Local: pulls go through our registry.",
        )
    },
)

TAG_REFERENCE = Shape(
    "TagReference",
    {
        "name": text(default="", required=True, description="The tag."),
        "annotations": map_of(
            text(), null=True, required=True, description="Notes, such as description, for people and programs."
        ),
        "from": object_of(OBJECT_REFERENCE, description="What the tag follows: DockerImage, ImageStreamTag or -Image."),
        "reference": boolean(description="Only point at the image; never import it."),
        "generation": integer(null=True, required=True, description="Set it to 0 to ask for a fresh import."),
        "importPolicy": object_of(IMPORT_POLICY, default={}, description="How it is imported."),
        "referencePolicy": object_of(REFERENCE_POLICY, default={}, description="Where pulls of it go."),
    },
    description="What a tag is asked to be.",
)

TAG_EVENT = Shape(
    "TagEvent",
    {
        "created": time(null=True, required=True, description="Since when."),
        "dockerImageReference": text(default="", required=True, description="The pull spec."),
        "image": text(
            default="", required=True, description="The digest of the image; empty for a tag that only points."
        ),
        "generation": integer(default=0, required=True, description="Which wish it fulfils."),
    },
    description="What a tag named from some moment on.",
)

TAG_EVENT_CONDITION = Shape(
    "TagEventCondition",
    {
        "type": text(called="v1.TagEventConditionType", default="", required=True, description="ImportSuccess."),
        "status": text(called="v1.ConditionStatus", default="", required=True, description="False: the import failed."),
        "lastTransitionTime": time(null=True, description="Since when."),
        "reason": text(description="Why, in one word."),
        "message": text(description="Why, for people."),
        "generation": integer(default=0, required=True, description="Which wish it is about."),
    },
    description="Why the last import of a tag failed; absent when it did not.",
)

TAG_HISTORY = Shape(
    "NamedTagEventList",
    {
        "tag": text(default="", required=True, description="The tag."),
        "items": list_of(object_of(TAG_EVENT), null=True, required=True, description="The newest first."),
        "conditions": list_of(object_of(TAG_EVENT_CONDITION), description="Why the last import failed."),
    },
    description="What a tag names now (first) and named before.",
)

LOOKUP_POLICY = Shape(
    "ImageLookupPolicy",
    {"local": boolean(default=False, required=True, description="Pods of the namespace may name the stream's tags.")},
)

STREAM_SPEC = Shape(
    "ImageStreamSpec",
    {
        "lookupPolicy": object_of(
            LOOKUP_POLICY, default={}, description="Whether the stream stands for pull specs in its namespace."
        ),
        "dockerImageRepository": text(description="Deprecated: import all tags of this repository."),
        "tags": list_of(object_of(TAG_REFERENCE), merge_key="name", description="What the tags are asked to be."),
    },
    description="What the stream is asked to be.",
)

STREAM_STATUS = Shape(
    "ImageStreamStatus",
    {
        "dockerImageRepository": text(
            default="", required=True, description="Where the images are, for the cluster itself."
        ),
        "publicDockerImageRepository": text(description="Where the images are, from outside."),
        "tags": list_of(object_of(TAG_HISTORY), merge_key="tag", description="What the tags are and were."),
    },
    description="What the stream is.",
)

IMAGE_STREAM = kind_shape(
    "ImageStream",
    {
        "spec": object_of(STREAM_SPEC, default={}, description="What the stream is asked to be."),
        "status": object_of(STREAM_STATUS, default={}, description="What the stream is."),
    },
    described="A repository as the API sees it: tags, what they should be, and all they have been.",
)

IMAGE_STREAM_TAG = kind_shape(
    "ImageStreamTag",
    {
        "tag": object_of(TAG_REFERENCE, null=True, required=True, description="What the tag is asked to be."),
        "generation": integer(default=0, required=True, description="Which wish of the tag it shows."),
        "lookupPolicy": object_of(LOOKUP_POLICY, default={}, description="That of the stream."),
        "conditions": list_of(object_of(TAG_EVENT_CONDITION), description="Why the last import failed."),
        "image": object_of(IMAGE, default={}, description="The image."),
    },
    described="The image one tag of a stream names now.",
)

IMAGE_TAG = kind_shape(
    "ImageTag",
    {
        "spec": object_of(TAG_REFERENCE, null=True, required=True, description="What the tag is asked to be."),
        "status": object_of(TAG_HISTORY, null=True, required=True, description="What it is and was."),
        "image": object_of(IMAGE, null=True, required=True, description="The image it names now."),
    },
    described="One tag of a stream: what it should be, what it is, and the image.",
)

IMAGE_STREAM_IMAGE = kind_shape(
    "ImageStreamImage",
    {"image": object_of(IMAGE, default={}, description="The image.")},
    described="One image a stream names or named.",
)

IMAGE_STREAM_MAPPING = kind_shape(
    "ImageStreamMapping",
    {
        "image": object_of(IMAGE, default={}, description="The image."),
        "tag": text(default="", required=True, description="The tag it gets."),
    },
    described="Puts an image into a stream under a tag.",
)

BLOB_REFERENCES = Shape(
    "ImageBlobReferences",
    {
        "imageMissing": boolean(default=False),
        "layers": list_of(text(), null=True),
        "config": text(null=True),
        "manifests": list_of(text()),
    },
)

LAYER_DATA = Shape("ImageLayerData", {"size": integer(null=True), "mediaType": text(default="", required=True)})

IMAGE_STREAM_LAYERS = Shape(
    "ImageStreamLayers",
    {
        "kind": text(),
        "apiVersion": text(),
        "metadata": object_of(OBJECT_META, default={}),
        "blobs": map_of(object_of(LAYER_DATA), default={}),
        "images": map_of(object_of(BLOB_REFERENCES), default={}),
    },
    description="Every image a stream ever named, and the blobs they are made of.",
)
