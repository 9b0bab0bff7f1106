"""What discovery tells about versions."""

import pytest

from roadstead.kube.versions import storage_version_hash


@pytest.mark.parametrize(
    ("group", "version", "kind", "hash_"),
    [
        ("", "v1", "Pod", "xPOwRZ+Yhw8="),
        ("image.openshift.io", "v1", "ImageStream", "mwmf9lCqOiA="),
        ("image.openshift.io", "v1", "Image", "FX/i8Tt+3Fc="),
    ],
)
def test_the_storage_version_hash_is_the_one_real_servers_show(group: str, version: str, kind: str, hash_: str) -> None:
    assert storage_version_hash(group, version, kind) == hash_
