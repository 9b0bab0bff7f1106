"""The signature extension older clients still call (registry contract, section 12)."""

from __future__ import annotations

import base64
import binascii

import orjson

from roadstead.apimachinery.collection import Collection
from roadstead.apimachinery.served import Served
from roadstead.base.values import Json
from roadstead.base.web import Reply
from roadstead.dataplane.admitted import Admitted
from roadstead.dataplane.manifests import AskOf
from roadstead.kube.status import StatusError
from roadstead.oci.digest import Digest
from roadstead.oci.errors import OciError
from roadstead.repositories.pull import Pull

SIGNATURE_BYTES = 256 * 1024
ATOMIC_API = "AtomicImageV1"
ATOMIC = "atomic"


class SignatureHandlers:
    """Handlers of `/extensions/v2/<name>/signatures/<digest>`."""

    def __init__(self, images: Collection, signatures: Served, pull: Pull, ask_of: AskOf) -> None:
        """`signatures` serves imagesignatures."""
        self._images, self._signatures, self._pull, self._ask_of = images, signatures, pull, ask_of

    async def get(self, ask: Admitted) -> Reply:
        """GET: every signature of the image, as containers/image reads them; 404 without the image."""
        image = await self._image(ask, Digest.parse(ask.reference))
        if image is None:
            return Reply(404)
        shown = [_shown(signature) for signature in image.get("signatures") or ()]
        body = orjson.dumps({"signatures": shown})
        return Reply(200, {"Content-Type": "application/json; charset=utf-8"}, body)

    async def put(self, ask: Admitted) -> Reply:
        """PUT: one more signature; 409 SIGNATURE_EXISTS when it is there already."""
        digest = Digest.parse(ask.reference)
        signature = _parsed(await ask.request.read(SIGNATURE_BYTES))
        if await self._image(ask, digest) is None:
            return Reply(404)
        if not signature["metadata"]["name"].startswith(f"{digest}@"):
            raise OciError("SIGNATURE_INVALID", f"a signature of this image is named {digest}@<a name of its own>")
        try:
            await self._signatures.create("", signature, self._ask_of(ask))
        except StatusError as refused:
            raise _coded(refused) from None
        return Reply(201, {"Content-Length": "0"})

    async def _image(self, ask: Admitted, digest: Digest) -> Json | None:
        """The image, when the repository asked holds it: images of others must not show through."""
        if not await self._pull.shows_manifest(ask.repository, digest):
            return None
        return self._images.peek("", str(digest))


def _shown(signature: Json) -> Json:
    kind = signature.get("type", "")
    return {
        "schemaVersion": 2,
        "name": signature.get("metadata", {}).get("name", ""),
        # containers/image reads and trusts only this spelling.
        "type": ATOMIC if kind == ATOMIC_API else kind,
        "content": signature.get("content", ""),
    }


def _parsed(body: bytes) -> Json:
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise OciError("SIGNATURE_INVALID", "the signature is not JSON") from None
    if not isinstance(sent, dict) or sent.get("schemaVersion") != 2:
        raise OciError("SIGNATURE_INVALID", "a signature is an object with schemaVersion 2")
    name, kind, content = sent.get("name"), sent.get("type") or ATOMIC_API, sent.get("content")
    if not isinstance(name, str) or not isinstance(kind, str) or not isinstance(content, str):
        raise OciError("SIGNATURE_INVALID", "name, type and content of a signature are texts")
    try:
        base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise OciError("SIGNATURE_INVALID", "the content of a signature is base64") from None
    meta = {"name": name}
    head = {"kind": "ImageSignature", "apiVersion": "image.openshift.io/v1"}
    return {**head, "metadata": meta, "type": kind, "content": content}


def _coded(refused: StatusError) -> OciError:
    match refused.code:
        case 409:
            return OciError("SIGNATURE_EXISTS", refused.message)
        case 401 | 403:
            return OciError("DENIED", refused.message)
        case 404:
            return OciError("MANIFEST_UNKNOWN", refused.message)
        case _:
            return OciError("SIGNATURE_INVALID", refused.message)
