"""Signatures of images (image-api contract, section 5)."""

import pytest

from roadstead.base.values import Json
from roadstead.streams import signatures

GOOD: Json = {"metadata": {"name": "sha256:1@s"}, "type": "AtomicImageV1", "content": "aGk="}
NOTHING_ELSE = '"LastProbeTime":null,"LastTransitionTime":null,"Reason":"","Message":""'
UNSET = "must be unset for unknown signature state"


def conditions(**states: str) -> list[Json]:
    return [{"type": kind, "status": status} for kind, status in states.items()]


@pytest.mark.parametrize(
    ("more", "errors"),
    [
        ({}, []),
        (
            {"metadata": {"name": "i@s", "labels": {"a": "b"}, "annotations": {"a": "b"}}},
            [
                "metadata.labels: Forbidden: signature labels cannot be set",
                "metadata.annotations: Forbidden: signature annotations cannot be set",
            ],
        ),
        (
            {"metadata": {"name": "i@s@t"}},
            ['metadata.name: Invalid value: "i@s@t": name must be of format <imageName>@<signatureName>'],
        ),
        (
            {"metadata": {}},
            ['metadata.name: Invalid value: "": name must be of format <imageName>@<signatureName>'],
        ),
        ({"type": "", "content": ""}, ["type: Required value", "content: Required value"]),
        (
            {"conditions": conditions(Trusted="True")},
            [
                f'conditions: Invalid value: [{{"Type":"Trusted","Status":"True",{NOTHING_ELSE}}}]: '
                'missing "ForImage" condition type',
            ],
        ),
        (
            {"conditions": conditions(ForImage="True")},
            [
                f'conditions: Invalid value: [{{"Type":"ForImage","Status":"True",{NOTHING_ELSE}}}]: '
                'missing "Trusted" condition type',
            ],
        ),
        ({"conditions": conditions(Trusted="True", ForImage="True"), "imageIdentity": "q.test/a"}, []),
        ({"conditions": conditions(Other="True")}, []),
        ({"imageIdentity": "q.test/a"}, [f'imageIdentity: Invalid value: "q.test/a": {UNSET}']),
        (
            {
                "conditions": conditions(Trusted="Unknown", ForImage="True"),
                "signedClaims": {"a": "b"},
                "issuedBy": {"commonName": "me"},
                "issuedTo": {"commonName": "me"},
            },
            [
                f'signedClaims: Invalid value: {{"a":"b"}}: {UNSET}',
                f'issuedBy: Invalid value: {{"Organization":"","CommonName":"me"}}: {UNSET}',
                f'issuedTo: Invalid value: {{"Organization":"","CommonName":"me","PublicKeyID":""}}: {UNSET}',
            ],
        ),
    ],
)
def test_signatures_that_are_refused(more: Json, errors: list[str]) -> None:
    found = signatures.validate({**GOOD, **more})
    assert [str(each) for each in found] == errors


def test_a_client_cannot_say_that_its_signature_was_verified() -> None:
    claimed = {"conditions": conditions(Trusted="True"), "created": "x", "imageIdentity": "x", "signedClaims": {}}
    assert signatures.prepare_create({**GOOD, **claimed, "issuedBy": {}, "issuedTo": {}}) == GOOD


@pytest.mark.parametrize(
    ("new", "added"),
    [
        ({"metadata": {"name": "other"}, "type": "T", "content": "b3Ro"}, True),
        ({"metadata": {"name": "other"}, "type": "T", "content": "aGk="}, True),
        ({"metadata": {"name": "sha256:1@s"}, "type": "T", "content": "b3Ro"}, False),
        ({"metadata": {"name": "other"}, "type": "AtomicImageV1", "content": "aGk="}, False),
    ],
)
def test_a_signature_is_added_once_by_name_and_by_content(new: Json, added: bool) -> None:
    image: Json = {"metadata": {"name": "sha256:1"}, "signatures": [GOOD]}
    assert signatures.with_signature(image, new) == ({**image, "signatures": [GOOD, new]} if added else None)
    assert image["signatures"] == [GOOD]


def test_the_last_signature_takes_the_list_with_it() -> None:
    image: Json = {"metadata": {"name": "sha256:1"}}
    signed = signatures.with_signature(image, GOOD)
    assert signed is not None
    assert signatures.without_signature(signed, "sha256:1@s") == image
    assert signatures.without_signature(signed, "sha256:1@t") is None
    both = {**signed, "signatures": [GOOD, {**GOOD, "metadata": {"name": "x@y"}}]}
    assert (signatures.without_signature(both, "x@y") or {})["signatures"] == [GOOD]


def test_a_full_name_has_two_parts() -> None:
    assert signatures.split_name("sha256:1@s") == ("sha256:1", "s")
    assert signatures.split_name("sha256:1") is None
