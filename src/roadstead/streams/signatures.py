"""Rules of ImageSignatures, which live inside their Image; no I/O. image-api contract, section 5."""

from roadstead.base.values import Json
from roadstead.kube.fielderrors import FieldError, forbidden_field, invalid_value, required
from roadstead.streams import pullspec

UNUSABLE_NAME = "ImageSignatures must be accessed with <imageName>@<signatureName>"

_VERIFIED = ("imageIdentity", "signedClaims", "issuedBy", "issuedTo")
"""What only somebody who verified the signature can know."""

_PAIR = ("Trusted", "ForImage")
_CONDITION = {"type": "", "status": "", "lastProbeTime": None, "lastTransitionTime": None, "reason": "", "message": ""}
_ISSUER = {"organization": "", "commonName": ""}
_SIGNERS = {"issuedBy": _ISSUER, "issuedTo": {**_ISSUER, "publicKeyID": ""}}


def split_name(name: str) -> tuple[str, str] | None:
    """Image and signature of a full name (`sha256:…@name`), or None when it is not one."""
    return pullspec.split_image_name(name)


def prepare_create(signature: Json) -> Json:
    """A signature as a client may send it: nothing in it counts as verified."""
    cleared = {"conditions", "created", *_VERIFIED}
    return {key: value for key, value in signature.items() if key not in cleared}


def validate(signature: Json, path: str = "") -> list[FieldError]:
    """The rules of section 5; `path` is put before every field (`signatures[0].` inside an Image)."""
    meta = signature.get("metadata") or {}
    errors = []
    if meta.get("labels"):
        errors.append(forbidden_field(f"{path}metadata.labels", "signature labels cannot be set"))
    if meta.get("annotations"):
        errors.append(forbidden_field(f"{path}metadata.annotations", "signature annotations cannot be set"))
    name = str(meta.get("name") or "")
    if split_name(name) is None:
        text = "name must be of format <imageName>@<signatureName>"
        errors.append(invalid_value(f"{path}metadata.name", name, text))
    errors += [required(path + key) for key in ("type", "content") if not signature.get(key)]
    return errors + _validate_conditions(signature, path)


def with_signature(image: Json, signature: Json) -> Json | None:
    """`image` with `signature` added, or None when it has one of that name, or of that type and content."""
    present = image.get("signatures") or []
    if any(_is_same(each, signature) for each in present):
        return None
    return {**image, "signatures": [*present, signature]}


def without_signature(image: Json, name: str) -> Json | None:
    """`image` without the signature of that full name, or None when it has none."""
    present = image.get("signatures") or []
    left = [each for each in present if (each.get("metadata") or {}).get("name") != name]
    if len(left) == len(present):
        return None
    others = {key: value for key, value in image.items() if key != "signatures"}
    return {**others, "signatures": left} if left else others


def _validate_conditions(signature: Json, path: str) -> list[FieldError]:
    states = {str(each.get("type")): each.get("status") for each in signature.get("conditions") or []}
    errors = []
    present = [kind for kind in _PAIR if kind in states]
    if len(present) == 1:
        missing = next(kind for kind in _PAIR if kind not in states)
        conditions = [_spelt(each, _CONDITION) for each in signature.get("conditions") or []]
        errors.append(invalid_value(f"{path}conditions", conditions, f'missing "{missing}" condition type'))
    if states.get("Trusted", "Unknown") == "Unknown":
        for key in _VERIFIED:
            if signature.get(key):
                text = "must be unset for unknown signature state"
                value = _spelt(signature[key], _SIGNERS[key]) if key in _SIGNERS else signature[key]
                errors.append(invalid_value(path + key, value, text))
    return errors


def _spelt(value: Json, fields: Json) -> Json:
    """A value as upstream's refusals print it: every field, with a capital."""
    return {f"{name[0].upper()}{name[1:]}": value.get(name, empty) for name, empty in fields.items()}


def _is_same(one: Json, other: Json) -> bool:
    same_name = (one.get("metadata") or {}).get("name") == (other.get("metadata") or {}).get("name")
    return same_name or all(one.get(key) == other.get(key) for key in ("type", "content"))
