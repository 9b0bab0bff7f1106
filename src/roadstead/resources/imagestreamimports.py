"""ImageStreamImport: known by name, so that clients find out what it says; importing itself is not there yet."""

from __future__ import annotations

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import View
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.served import Outcome
from roadstead.base.values import Json
from roadstead.kube.status import StatusError
from roadstead.resources.streamrules import GROUP

IMAGE_STREAM_IMPORTS = Resource(
    GROUP,
    "v1",
    "imagestreamimports",
    "imagestreamimport",
    "ImageStreamImport",
    namespaced=True,
    verbs=("create",),
    stored=False,
    slow=True,
)
_REFUSAL = (
    "this version of Roadstead does not import images from other registries; "
    "copy them instead, for example: skopeo copy docker://SOURCE docker://THIS-REGISTRY/NAMESPACE/STREAM:TAG"
)


class ImageStreamImports(View):
    """Answers honestly."""

    resource = IMAGE_STREAM_IMPORTS

    async def create(self, namespace: str, obj: Json, ask: Ask) -> Outcome:
        """Raises StatusError (501) that says what to do instead."""
        failure: Json = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        raise StatusError({**failure, "message": _REFUSAL, "reason": "NotImplemented", "code": 501})
