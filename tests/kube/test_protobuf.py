"""Bodies as kubectl sends them, byte for byte, and bytes nobody should send."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.base.values import Json
from roadstead.kube.protobuf import MAGIC, Unreadable, decode

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
}


def sent(kind: str) -> bytes:
    return base64.b64decode(SENT[kind])


@pytest.mark.parametrize("kind", SENT)
def test_what_kubectl_sends_is_read_as_the_json_it_stands_for(kind: str) -> None:
    found = decode(sent(kind))
    assert found.pop("kind") == kind
    assert found.pop("apiVersion") in ("v1", "rbac.authorization.k8s.io/v1")
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
