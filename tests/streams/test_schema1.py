"""The oldest kind of manifest, read without trust in what it holds (image-api contract, section 4.3)."""

import base64

import orjson

from roadstead.streams import schema1


def test_odd_histories_of_the_oldest_kind_tell_nothing() -> None:
    odd = {"schemaVersion": 1, "fsLayers": [{}, {}], "history": [{"v1Compatibility": "x"}, {"v1Compatibility": 5}]}
    assert [each["size"] for each in schema1.layers(odd)] == [0, 0]
    assert schema1.metadata(odd)["Id"] == ""
    assert schema1.metadata({})["Id"] == ""


def test_signatures_are_no_part_of_what_is_hashed() -> None:
    payload = '{\n   "schemaVersion": 1'
    protected = orjson.dumps({"formatLength": len(payload), "formatTail": base64.b64encode(b"\n}").decode()})
    header = base64.urlsafe_b64encode(protected).decode().rstrip("=")
    signed = payload + ',\n   "signatures": [{"protected": "' + header + '"}]\n}'
    assert schema1.payload(signed) == payload.encode() + b"\n}"
    for odd in ("{}", "[]", "x", '{"signatures": [{"protected": "e30"}]}', '{"signatures": [5]}'):
        assert schema1.payload(odd) == odd.encode()
