"""What a secret of a well-known type must hold (Kubernetes API, 1.32 level); no I/O."""

from __future__ import annotations

import base64
import binascii

import orjson

from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.status import FieldError
from roadstead.resources.plain.cells import map_at, text_at

DOCKER = {"kubernetes.io/dockercfg": ".dockercfg", "kubernetes.io/dockerconfigjson": ".dockerconfigjson"}
"""Keys that hold JSON for container tools."""
NEEDED = {"kubernetes.io/tls": ("tls.crt", "tls.key"), "kubernetes.io/ssh-auth": ("ssh-privatekey",)}
BASIC, BASIC_KEYS = "kubernetes.io/basic-auth", ("username", "password")
ACCOUNT_TOKEN, ACCOUNT = "kubernetes.io/service-account-token", "kubernetes.io/service-account.name"
REDACTED = "<secret contents redacted>"


def errors_of(secret: Json) -> list[FieldError]:
    """What the type of a secret asks for and the secret does not have; contents are never repeated."""
    kind, data = text_at(secret, "type"), map_at(secret, "data")
    if kind in DOCKER:
        return _docker_errors(data, DOCKER[kind])
    if kind == BASIC:
        missing = BASIC_KEYS if not data.keys() & set(BASIC_KEYS) else ()
        return [status.required(f"data[{key}]") for key in missing]
    if kind == ACCOUNT_TOKEN and not text_at(secret, "metadata", "annotations", ACCOUNT):
        return [status.required(f"metadata.annotations[{ACCOUNT}]")]
    return [status.required(f"data[{key}]") for key in NEEDED.get(kind, ()) if key not in data]


def _docker_errors(data: Json, key: str) -> list[FieldError]:
    if key not in data:
        return [status.required(f"data[{key}]")]
    try:
        readable = isinstance(orjson.loads(base64.b64decode(str(data[key]), validate=True)), dict)
    except (binascii.Error, ValueError):
        readable = False
    return [] if readable else [status.invalid_value(f"data[{key}]", REDACTED, "must be a JSON object")]
