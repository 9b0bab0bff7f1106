"""The tags by which cosign hangs things on an image."""

from __future__ import annotations

import pytest

from roadstead.oci.attachments import names_for, subject_of
from roadstead.oci.digest import Digest

IMAGE = Digest.of(b"image")


def test_each_kind_has_its_tag_and_the_tag_says_what_it_hangs_on() -> None:
    assert names_for(IMAGE) == tuple(f"sha256-{IMAGE.hex}.{kind}" for kind in ("sig", "att", "sbom"))
    assert {subject_of(name) for name in names_for(IMAGE)} == {IMAGE}


def test_a_digest_too_long_for_a_tag_has_none() -> None:
    assert names_for(Digest.of(b"image", "sha512")) == ()


@pytest.mark.parametrize(
    "tag", ["", "v1", f"sha256-{IMAGE.hex}", f"sha256-{IMAGE.hex}.zip", "sha256-ab.sig", f"md5-{IMAGE.hex}.sig"]
)
def test_other_tags_hang_on_nothing(tag: str) -> None:
    assert subject_of(tag) is None
