"""Bodies as kubectl sends them, byte for byte, and bytes nobody should send."""

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.base.values import Json
from roadstead.kube.protobuf import MAGIC, Unreadable, decode
from roadstead.kube.wirewords import Field, Message, kinds

SENT = {
    # What kubectl 1.32 posts for `kubectl create namespace shop` and its relatives.
    "Namespace": ("azhzAAoPCgJ2MRIJTmFtZXNwYWNlEhwKFAoEc2hvcBIAGgAiACoAMgA4AEIAEgAaAgoAGgAiAA=="),
    "ConfigMap": ("azhzAAoPCgJ2MRIJQ29uZmlnTWFwEhsKEQoBYxIAGgAiACoAMgA4AEIAEgYKAWESAWIaACIA"),
    "Secret": ("azhzAAoMCgJ2MRIGU2VjcmV0Eh0KEQoBcxIAGgAiACoAMgA4AEIAEgYKAWsSAXYaABoAIgA="),
    "ServiceAccount": ("azhzAAoUCgJ2MRIOU2VydmljZUFjY291bnQSFwoVCgVyb2JvdBIAGgAiACoAMgA4AEIAGgAiAA=="),
    "RoleBinding": (
        "azhzAAorChxyYmFjLmF1dGhvcml6YXRpb24uazhzLmlvL3YxEgtSb2xlQmluZGluZxKhAQoVCgFwEgAaBHNob3Ai"
        "ACoAMgA4AEIAEigKBFVzZXISGXJiYWMuYXV0aG9yaXphdGlvbi5rOHMuaW8aA2JvYiIAEh8KDlNlcnZpY2VBY2Nv"
        "dW50EgAaBXJvYm90IgRzaG9wGj0KGXJiYWMuYXV0aG9yaXphdGlvbi5rOHMuaW8SC0NsdXN0ZXJSb2xlGhNzeXN0"
        "ZW06aW1hZ2UtcHVsbGVyGgAiAA=="
    ),
    "ClusterRoleBinding": (
        "azhzAAoyChxyYmFjLmF1dGhvcml6YXRpb24uazhzLmlvL3YxEhJDbHVzdGVyUm9sZUJpbmRpbmcSbwoRCgFwEgAa"
        "ACIAKgAyADgAQgASKgoFR3JvdXASGXJiYWMuYXV0aG9yaXphdGlvbi5rOHMuaW8aBGRldnMiABouChlyYmFjLmF1"
        "dGhvcml6YXRpb24uazhzLmlvEgtDbHVzdGVyUm9sZRoEdmlldxoAIgA="
    ),
    "ResourceQuota": (
        "azhzAAoTCgJ2MRINUmVzb3VyY2VRdW90YRJFChEKAXESABoAIgAqADIAOABCABIuCiwKJWNvdW50L2ltYWdlc3Ry"
        "ZWFtcy5pbWFnZS5vcGVuc2hpZnQuaW8SAwoBNRoAGgAiAA=="
    ),
    "Deployment": (
        "azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50EqsBChsKAWQSABoAIgAqADIAOABCAFoICgNhcHASAWQSfggAEgoKCA"
        "oDYXBwEgFkGmYKGgoAEgAaACIAKgAyADgAQgBaCAoDYXBwEgFkEkgSKgoBYhIFYS9iOjEqADIKCgAQABhQIgAqAEIA"
        "agByAIABAIgBAJABAKIBABoAMgBCAEoAUgBYAGAAaACCAQCKAQCaAQDCAQAiAgoAKAA4ABoMCAAQABgAIAAoADgAGg"
        "AiAA=="
    ),
    "Service": (
        "azhzAAoNCgJ2MRIHU2VydmljZRJkChsKAXMSABoAIgAqADIAOABCAFoICgNhcHASAXMSQQocCgY4MC13ZWISA1RDUB"
        "hQIgkIARAAGgN3ZWIoABIICgNhcHASAXMaACIJQ2x1c3RlcklQOgBCAFIAWgBgAGgAGgIKABoAIgA="
    ),
    "CronJob": (
        "azhzAAoTCghiYXRjaC92MRIHQ3JvbkpvYhKeAQoRCgFjEgAaACIAKgAyADgAQgAShgEKBkBkYWlseRoAKnoKEQoBYx"
        "IAGgAiACoAMgA4AEIAEmUyYwoQCgASABoAIgAqADIAOABCABJPEigKAWMSBWEvYjoyGgRlY2hvGgJoaSoAQgBqAHIA"
        "gAEAiAEAkAEAogEAGglPbkZhaWx1cmUyAEIASgBSAFgAYABoAIIBAIoBAJoBAMIBABoAGgAiAA=="
    ),
    "Ingress": (
        "azhzAAofChRuZXR3b3JraW5nLms4cy5pby92MRIHSW5ncmVzcxJIChEKAWkSABoAIgAqADIAOABCABIvGi0KB2Zvby"
        "5jb20SIgogCh4KBC9iYXISDyINCgRzdmMxEgUKABCQPxoFRXhhY3QaAgoAGgAiAA=="
    ),
}
READ: dict[str, Json] = {
    "Namespace": {"metadata": {"name": "shop"}, "spec": {}, "status": {}},
    "ConfigMap": {"metadata": {"name": "c"}, "data": {"a": "b"}},
    "Secret": {"metadata": {"name": "s"}, "data": {"k": "dg=="}},
    "ServiceAccount": {"metadata": {"name": "robot"}},
    "RoleBinding": {
        "metadata": {"name": "p", "namespace": "shop"},
        "subjects": [
            {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "bob"},
            {"kind": "ServiceAccount", "name": "robot", "namespace": "shop"},
        ],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:image-puller"},
    },
    "ClusterRoleBinding": {
        "metadata": {"name": "p"},
        "subjects": [{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "devs"}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
    },
    "ResourceQuota": {
        "metadata": {"name": "q"},
        "spec": {"hard": {"count/imagestreams.image.openshift.io": "5"}},
    },
    "Deployment": {
        "metadata": {"name": "d", "labels": {"app": "d"}},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": "d"}},
            "template": {
                "metadata": {"labels": {"app": "d"}},
                "spec": {"containers": [{"name": "b", "image": "a/b:1", "ports": [{"containerPort": 80}]}]},
            },
        },
    },
    "Service": {
        "metadata": {"name": "s", "labels": {"app": "s"}},
        "spec": {
            "ports": [{"name": "80-web", "protocol": "TCP", "port": 80, "targetPort": "web"}],
            "selector": {"app": "s"},
            "type": "ClusterIP",
        },
    },
    "CronJob": {
        "metadata": {"name": "c"},
        "spec": {
            "schedule": "@daily",
            "jobTemplate": {
                "metadata": {"name": "c"},
                "spec": {
                    "template": {
                        "spec": {
                            "containers": [{"name": "c", "image": "a/b:2", "command": ["echo", "hi"]}],
                            "restartPolicy": "OnFailure",
                        }
                    }
                },
            },
        },
    },
    "Ingress": {
        "metadata": {"name": "i"},
        "spec": {
            "rules": [
                {
                    "host": "foo.com",
                    "http": {
                        "paths": [
                            {
                                "path": "/bar",
                                "backend": {"service": {"name": "svc1", "port": {"number": 8080}}},
                                "pathType": "Exact",
                            }
                        ]
                    },
                }
            ]
        },
    },
}


def sent(kind: str) -> bytes:
    return base64.b64decode(SENT[kind])


@pytest.mark.parametrize("kind", SENT)
def test_what_kubectl_sends_is_read_as_the_json_it_stands_for(kind: str) -> None:
    found = decode(sent(kind))
    assert found.pop("kind") == kind
    assert found.pop("apiVersion").endswith("v1")
    empty = {name: value for name, value in READ[kind].items() if value != {}}
    assert found == empty


@pytest.mark.parametrize("kind", SENT)
def test_a_body_that_ends_early_is_refused_or_read_up_to_a_whole_field(kind: str) -> None:
    body = sent(kind)
    for end in range(len(MAGIC), len(body)):
        try:
            assert isinstance(decode(body[:end]), dict)
        except Unreadable:
            continue


def test_a_body_without_the_mark_is_refused_with_what_to_send() -> None:
    with pytest.raises(Unreadable, match="send application/json"):
        decode(b"{}")


def test_a_kind_without_a_table_is_refused_by_name() -> None:
    body = sent("Namespace").replace(b"Namespace", b"Namespaze")
    with pytest.raises(Unreadable, match="Namespaze is not read as protobuf here"):
        decode(body)


def test_text_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(Unreadable, match="UTF-8"):
        decode(sent("Namespace").replace(b"shop", b"sh\xff\xfe"))


@given(st.binary(max_size=200))
def test_any_bytes_give_an_object_or_a_refusal(noise: bytes) -> None:
    for body in (MAGIC + noise, sent("RoleBinding")[:40] + noise, noise):
        try:
            assert isinstance(decode(body), dict)
        except Unreadable:
            continue


def varint(value: int) -> bytes:
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def encoded(message: Message, obj: Json) -> bytes:
    """An object in the binary form: the reading turned round."""
    out = b""
    for number, field in message.fields.items():
        if field.form == "inline":
            assert isinstance(field.type, Message)
            out += chunk(number, encoded(field.type, obj))
        elif field.name in obj:
            value = obj[field.name]
            items = value if field.form == "list" else [value]
            if field.form == "map":
                items = [{"key": key, "value": held} for key, held in value.items()]
                pair = Message({1: Field("key", "text"), 2: Field("value", field.type)})
                out += b"".join(chunk(number, encoded(pair, each)) for each in items)
                continue
            out += b"".join(one(number, field, each) for each in items)
    return out


def one(number: int, field: Field, value: Any) -> bytes:
    if isinstance(field.type, Message):
        return chunk(number, encoded(field.type, value))
    if field.type in ("int", "bool"):
        return varint(number << 3) + varint(int(value))
    return chunk(number, CONTENT[field.type](value))


def moment(text: str) -> bytes:
    """Seconds and nanoseconds of a time."""
    time = datetime.fromisoformat(text)
    return varint(8) + varint(int(time.timestamp())) + varint(16) + varint(time.microsecond * 1000)


CONTENT: dict[str, Callable[[Any], bytes]] = {
    "text": lambda value: str(value).encode(),
    "bytes": base64.b64decode,
    "quantity": lambda value: chunk(1, value.encode()),
    "texts": lambda value: b"".join(chunk(1, each.encode()) for each in value),
    "raw": lambda value: chunk(1, orjson.dumps(value)),
    "port": lambda value: varint(8) + varint(1) + chunk(3, value.encode()),
    "time": moment,
    "microtime": moment,
}


def chunk(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


PLAIN = {
    "int": 7, "bool": True, "text": "x", "bytes": "eA==", "quantity": "1Gi", "texts": ["a", "b"], "raw": {"a": 1},
    "port": "web", "time": "2026-11-25T00:00:00Z", "microtime": "2026-11-25T00:00:00.000001Z",
}  # fmt: skip


def full(message: Message, depth: int = 0) -> Json:
    """An object that says something about every field of a message, down to some depth."""
    found: Json = {}
    for field in message.fields.values():
        if isinstance(field.type, Message) and depth > 12:
            continue
        value: Any = full(field.type, depth + 1) if isinstance(field.type, Message) else PLAIN[field.type]
        if field.form == "inline":
            found.update(value)
        else:
            found[field.name] = {"list": [value], "map": {"k": value}}.get(field.form, value)
    return found


@pytest.mark.parametrize("kind", kinds(), ids="/".join)
def test_every_field_of_every_kind_is_read(kind: tuple[str, str]) -> None:
    version, name = kind
    obj = full(kinds()[kind])
    head = chunk(1, version.encode()) + chunk(2, name.encode())
    body = MAGIC + chunk(1, head) + chunk(2, encoded(kinds()[kind], obj))
    assert decode(body) == {"kind": name, "apiVersion": version, **obj}


def test_a_number_that_may_be_absent_is_kept_when_it_is_zero() -> None:
    assert READ["Deployment"]["spec"]["replicas"] == 0


def plainly(number: int, value: bytes) -> bytes:
    return bytes([number << 3 | 2, len(value)]) + value


def test_delete_options_are_read_whatever_the_group_of_what_is_deleted() -> None:
    raw = bytes([1 << 3, 30]) + plainly(2, plainly(1, b"uid-1")) + plainly(4, b"Background") + plainly(5, b"All")
    for version in (b"v1", b"rbac.authorization.k8s.io/v1", b"apps/v1"):
        about = plainly(1, version) + plainly(2, b"DeleteOptions")
        found = decode(MAGIC + plainly(1, about) + plainly(2, raw))
        assert {key: value for key, value in found.items() if key not in ("kind", "apiVersion")} == {
            "gracePeriodSeconds": 30,
            "preconditions": {"uid": "uid-1"},
            "propagationPolicy": "Background",
            "dryRun": ["All"],
        }
