"""The shape of an ImageStreamImport; no I/O. image-api contract, section 14.1."""

from roadstead.kube.objectmeta import OBJECT_REFERENCE, kind_shape
from roadstead.kube.schema import Field, Shape, anything, boolean, list_of, object_of, text
from roadstead.streams.models_images import IMAGE
from roadstead.streams.models_streams import IMAGE_STREAM, IMPORT_POLICY, REFERENCE_POLICY

TARGET = Shape("LocalObjectReference", {"name": text()})


def _wanted(target: dict[str, Field]) -> dict[str, Field]:
    return {
        "from": object_of(OBJECT_REFERENCE, default={}, required=True, description="Where: a DockerImage pull spec."),
        **target,
        "importPolicy": object_of(IMPORT_POLICY, default={}),
        "referencePolicy": object_of(REFERENCE_POLICY, default={}),
        "includeManifest": boolean(description="Show manifest and config as texts."),
    }


IMAGE_IMPORT_SPEC = Shape("ImageImportSpec", _wanted({"to": object_of(TARGET, description="The tag it gets.")}))

REPOSITORY_IMPORT_SPEC = Shape("RepositoryImportSpec", _wanted({}))

IMAGE_IMPORT_STATUS = Shape(
    "ImageImportStatus",
    {
        "status": anything(default={}, required=True, description="Success, or why not."),
        "image": object_of(IMAGE),
        "tag": text(description="The tag it was found under."),
        "manifests": list_of(object_of(IMAGE), description="The entries of an index that is imported as it is."),
    },
)

REPOSITORY_IMPORT_STATUS = Shape(
    "RepositoryImportStatus",
    {
        "status": anything(default={}),
        "images": list_of(object_of(IMAGE_IMPORT_STATUS)),
        "additionalTags": list_of(text(), description="Tags that are there and were not imported."),
    },
)

IMPORT_SPEC = Shape(
    "ImageStreamImportSpec",
    {
        "import": boolean(default=False, required=True, description="Keep what is found; otherwise only look."),
        "repository": object_of(REPOSITORY_IMPORT_SPEC, description="Import the first tags of a whole repository."),
        "images": list_of(object_of(IMAGE_IMPORT_SPEC)),
    },
)

IMPORT_STATUS = Shape(
    "ImageStreamImportStatus",
    {
        "import": object_of(IMAGE_STREAM, description="The stream afterwards."),
        "repository": object_of(REPOSITORY_IMPORT_STATUS),
        "images": list_of(object_of(IMAGE_IMPORT_STATUS), description="One for each of spec.images, in their order."),
    },
)

IMAGE_STREAM_IMPORT = kind_shape(
    "ImageStreamImport",
    {"spec": object_of(IMPORT_SPEC, default={}), "status": object_of(IMPORT_STATUS, default={})},
    described="Asks other registries for images and, if wanted, keeps them as tags of a stream.",
)
