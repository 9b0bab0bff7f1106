"""Signatures that another registry offers (import-and-triggers contract, section 8)."""

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from roadstead.base.values import Json
from roadstead.importing.signing import LARGEST_BYTES, MOST, wants_signatures, with_signatures
from roadstead.streams import signatures

DIGEST = "sha256:" + "a" * 64
NOW = datetime(2026, 11, 23, 18, 49, 39, tzinfo=UTC)


def image(*held: Json, reference: str = f"q.test/a@{DIGEST}", **annotations: str) -> Json:
    about = {"name": DIGEST, "annotations": annotations}
    return {"metadata": about, "dockerImageReference": reference, **({"signatures": list(held)} if held else {})}


def offer(text: str, **other: Any) -> Json:
    content = base64.b64encode(text.encode()).decode()
    return {"schemaVersion": 2, "type": "atomic", "name": f"{DIGEST}@x", "content": content, **other}


def test_a_signature_is_named_after_its_content() -> None:
    signed = with_signatures(image(), [offer("one")], NOW)
    assert signed is not None
    (found,) = signed["signatures"]
    assert found["metadata"]["name"] == f"{DIGEST}@{hashlib.sha256(b'one').hexdigest()}"
    assert (found["type"], found["metadata"]["creationTimestamp"]) == ("AtomicImageV1", "2026-11-23T18:49:39Z")
    assert signatures.validate(found) == []


def test_what_is_known_is_kept_and_not_added_again() -> None:
    signed = with_signatures(image(), [offer("one"), offer("one")], NOW)
    assert signed is not None
    assert len(signed["signatures"]) == 1
    assert with_signatures(signed, [offer("one")], NOW) is None
    again = with_signatures(signed, [offer("two")], NOW)
    assert again is not None
    assert again["signatures"][0] == signed["signatures"][0]


def test_when_there_would_be_too_many_none_is_added() -> None:
    held = [{"metadata": {"name": f"{DIGEST}@{number}"}} for number in range(MOST - 1)]
    assert with_signatures(image(*held), [offer("one")], NOW) is not None
    assert with_signatures(image(*held), [offer("one"), offer("two")], NOW) is None


@pytest.mark.parametrize(
    "odd",
    [
        offer("one", type="cosign"),
        offer("one", content="not base64!"),
        offer("one", content=7),
        offer("x" * (LARGEST_BYTES + 1)),
        {},
    ],
)
def test_what_is_no_signature_of_this_kind_is_left_out(odd: Json) -> None:
    assert with_signatures(image(), [odd], NOW) is None


def test_only_images_that_live_elsewhere_are_asked_about() -> None:
    assert wants_signatures(image())
    assert not wants_signatures(image(**{"openshift.io/image.managed": "true"}))
    assert not wants_signatures(image(reference="q.test/a:v1"))
    assert not wants_signatures(image(reference="not a reference"))
