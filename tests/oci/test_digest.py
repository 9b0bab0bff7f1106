"""Digests name bytes exactly, or are refused by rule."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.oci.digest import ALGORITHMS, EMPTY, EMPTY_GZIP_TAR, Digest, Hasher, InvalidDigest

HEX = "0123456789abcdef" * 8


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_a_digest_of_each_algorithm_reads_and_writes_the_same_text(algorithm: str) -> None:
    text = f"{algorithm}:{HEX[: ALGORITHMS[algorithm]]}"
    digest = Digest.parse(text)
    assert str(digest) == text
    assert digest == Digest(algorithm, HEX[: ALGORITHMS[algorithm]])


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "must be written <algorithm>:<hex>"),
        ("latest", "must be written <algorithm>:<hex>"),
        ("sha256:", "must be written <algorithm>:<hex>"),
        (f":{HEX[:64]}", "must be written <algorithm>:<hex>"),
        (f"SHA256:{HEX[:64]}", "must be written <algorithm>:<hex>"),
        (f"sha256:{HEX[:64]}\n", "must be written <algorithm>:<hex>"),
        (f" sha256:{HEX[:64]}", "must be written <algorithm>:<hex>"),
        (f"sha256:{HEX[:63]}/", "must be written <algorithm>:<hex>"),
        (f"sha256:{'٣' * 64}", "must be written <algorithm>:<hex>"),
        (f"sha256:{HEX[:63]}", "sha256 has 64 hexadecimal digits, this one has 63"),
        (f"sha512:{HEX[:64]}", "sha512 has 128 hexadecimal digits, this one has 64"),
        (f"sha256:{HEX[:64].upper()}", "must be lower-case hexadecimal"),
        (f"sha256:{HEX[:63]}g", "must be lower-case hexadecimal"),
        (f"md5:{HEX[:32]}", "algorithm 'md5' is not supported; use one of sha256, sha384, sha512"),
        (f"sha256+b64:{HEX[:64]}", "algorithm 'sha256+b64' is not supported"),
    ],
)
def test_what_is_no_digest_is_refused_by_the_rule_it_breaks(text: str, rule: str) -> None:
    with pytest.raises(InvalidDigest) as refusal:
        Digest.parse(text)
    assert rule in refusal.value.message


def test_a_refusal_shows_a_long_text_in_part_only() -> None:
    with pytest.raises(InvalidDigest) as refusal:
        Digest.parse("sha256:" + "a" * 1_000_000)
    assert len(refusal.value.message) < 400


@given(st.text())
def test_any_text_is_a_digest_or_refused(text: str) -> None:
    try:
        assert str(Digest.parse(text)) == text
    except InvalidDigest as refusal:
        refusal.message.encode("ascii")


@given(st.lists(st.binary()), st.sampled_from(sorted(ALGORITHMS)))
def test_pieces_hash_like_the_whole(pieces: list[bytes], algorithm: str) -> None:
    hasher = Hasher(algorithm)
    for piece in pieces:
        hasher.update(piece)
    whole = b"".join(pieces)
    assert hasher.digest() == Digest.of(whole, algorithm) == Digest.parse(str(hasher.digest()))
    assert hasher.digest().hex == hashlib.new(algorithm, whole).hexdigest()


def test_a_hasher_can_be_asked_in_between() -> None:
    hasher = Hasher()
    assert hasher.digest() == EMPTY
    hasher.update(memoryview(b"ab"))
    assert hasher.digest() == Digest.of(b"ab")
    hasher.update(bytearray(b"c"))
    assert hasher.digest() == Digest.of(b"abc")


def test_an_algorithm_not_kept_cannot_be_computed() -> None:
    with pytest.raises(InvalidDigest, match="'md5' is not supported"):
        Digest.of(b"", "md5")
    with pytest.raises(InvalidDigest, match="'sha1' is not supported"):
        Hasher("sha1")


def test_the_well_known_empty_digests_are_digests() -> None:
    assert str(EMPTY) == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert Digest.parse(str(EMPTY_GZIP_TAR)) == EMPTY_GZIP_TAR


def test_digests_can_be_keys_and_be_sorted() -> None:
    one, other = Digest.of(b"1"), Digest.of(b"2")
    assert {one: "x"}[Digest.parse(str(one))] == "x"
    assert sorted([one, other], key=str) == sorted([other, one])
