"""The few rules that some plain kinds have; no I/O."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.rules import Rules
from roadstead.auth.escalation import refused_grant
from roadstead.auth.rbac import Rules as Policy
from roadstead.base.values import Json
from roadstead.kube import names, status
from roadstead.kube.status import FieldError
from roadstead.resources import secrettypes
from roadstead.resources.plain import RBAC, SECRETS

OPAQUE = "Opaque"
LARGEST_SECRET = 1024 * 1024
_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")


class SecretRules(Rules):
    """What is written as text is kept as bytes; the type never changes."""

    def taken_in(self, obj: Json) -> Json:
        """Texts are data in another form."""
        return _with_data(obj)

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        """A new secret; raises StatusError (422)."""
        name = obj["metadata"]["name"]
        wrong = [status.invalid_value("metadata.name", name, complaint) for complaint in names.dns_subdomain(name)]
        return _passed(_with_data({**obj, "type": obj.get("type") or OPAQUE}), wrong)

    async def on_update(self, new: Json, old: Json, ask: Ask) -> Json:
        """A changed secret; raises StatusError (422)."""
        secret = _with_data({**new, "type": new.get("type") or old.get("type")})
        errors = []
        if secret["type"] != old.get("type"):
            errors.append(status.invalid_value("type", secret["type"], "field is immutable"))
        if old.get("immutable") and (not secret.get("immutable") or secret.get("data") != old.get("data")):
            errors.append(status.forbidden_field("data", "field is immutable when `immutable` is set"))
        return _passed(secret, errors)


class GrantRules(Rules):
    """Roles and bindings: nobody hands out more than they have, and a binding keeps its role."""

    def __init__(self, resource: Resource, policy: Callable[[], Policy]) -> None:
        """`policy` gives the roles and bindings in force."""
        self._resource, self._policy = resource, policy

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        """A new role or binding; raises StatusError (403, 422)."""
        obj = _with_groups(obj)
        self._check(obj, _reference_errors(obj), ask)
        return obj

    async def on_update(self, new: Json, old: Json, ask: Ask) -> Json:
        """A changed one; what is granted already may be written again by anyone who may write it."""
        new = _with_groups(new)
        errors = _reference_errors(new)
        if new.get("roleRef") != old.get("roleRef"):
            errors.append(status.invalid_value("roleRef", new.get("roleRef"), "cannot change roleRef"))
        same = all(new.get(key) == old.get(key) for key in ("rules", "aggregationRule", "roleRef", "subjects"))
        self._check(new, errors, None if same else ask)
        return new

    def _check(self, obj: Json, errors: list[FieldError], ask: Ask | None) -> None:
        name = obj["metadata"]["name"]
        if errors:
            raise status.invalid(self._resource.kind, RBAC, name, errors)
        why = refused_grant(self._policy(), ask.user, obj) if ask else ""
        if why:
            raise status.forbidden(self._resource.group_resource, name, why)


def _with_data(secret: Json) -> Json:
    texts = secret.get("stringData") or {}
    rest = {key: value for key, value in secret.items() if key != "stringData"}
    if not isinstance(texts, dict) or not texts:
        return rest
    encoded = {str(key): base64.b64encode(str(text).encode()).decode() for key, text in texts.items()}
    return {**rest, "data": {**(secret.get("data") or {}), **encoded}}


def _passed(secret: Json, errors: list[FieldError]) -> Json:
    data = secret.get("data") or {}
    if not isinstance(data, dict):
        raise status.bad_request(
            'Secret in version "v1" cannot be handled as a Secret: data must be an object of texts'
        )
    size = 0
    for key, value in data.items():
        if not _KEY.fullmatch(key):
            errors.append(status.invalid_value(f"data[{key}]", key, "a key holds letters, digits, '-', '_' or '.'"))
        size += _decoded_size(f"data[{key}]", value, errors)
    if size > LARGEST_SECRET:
        errors.append(status.too_long("data", LARGEST_SECRET))
    errors += secrettypes.errors_of(secret)
    if errors:
        raise status.invalid(SECRETS.kind, "", secret["metadata"]["name"], errors)
    return secret


def _decoded_size(field: str, value: object, errors: list[FieldError]) -> int:
    try:
        if isinstance(value, str):
            return len(base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True))
    except (binascii.Error, ValueError):
        pass
    errors.append(status.invalid_value(field, "", "must be base64"))
    return 0


def _with_groups(obj: Json) -> Json:
    """The API groups of role and subjects, filled in where there is only one they can be of."""
    filled = dict(obj)
    if isinstance(obj.get("roleRef"), dict):
        filled["roleRef"] = {"apiGroup": RBAC, **obj["roleRef"]}
    if isinstance(obj.get("subjects"), list):
        filled["subjects"] = [_with_group(each) for each in obj["subjects"]]
    return filled


def _with_group(subject: object) -> object:
    if isinstance(subject, dict) and subject.get("kind") in ("User", "Group"):
        return {"apiGroup": RBAC, **subject}
    return subject


def _reference_errors(obj: Json) -> list[FieldError]:
    if not obj["kind"].endswith("Binding"):
        return []
    reference = obj.get("roleRef")
    reference = reference if isinstance(reference, dict) else {}
    errors = []
    kinds = ("Role", "ClusterRole") if obj["kind"] == "RoleBinding" else ("ClusterRole",)
    if reference.get("kind") not in kinds:
        errors.append(status.not_supported("roleRef.kind", str(reference.get("kind") or ""), kinds))
    if not reference.get("name"):
        errors.append(status.required("roleRef.name"))
    return errors
