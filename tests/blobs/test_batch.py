"""Bytes gathered for one trip to the disk."""

from hypothesis import given
from hypothesis import strategies as st

from roadstead.blobs.batch import LARGEST_OF_SMALL, SMALL, Batch


@given(st.lists(st.sampled_from([0, 1, 7, SMALL - 1, SMALL, SMALL + 1, 100_000])))
def test_a_batch_holds_the_pieces_in_order_and_their_length(sizes: list[int]) -> None:
    pieces = [bytes([number % 256]) * size for number, size in enumerate(sizes)]
    batch = Batch()
    for piece in pieces:
        batch.add(piece)
    assert b"".join(batch.pieces) == b"".join(pieces)
    assert batch.length == sum(sizes)


def test_large_pieces_are_not_copied_and_small_ones_are_put_together() -> None:
    large, batch = b"x" * SMALL, Batch()
    for piece in (large, b"a", b"b", b"c", large):
        batch.add(piece)
    assert batch.pieces[0] is large
    assert batch.pieces[1:] == [b"abc", large]


def test_small_pieces_do_not_grow_without_end() -> None:
    batch = Batch()
    for _ in range(3 * LARGEST_OF_SMALL // 1000):
        batch.add(b"x" * 1000)
    assert max(map(len, batch.pieces)) < LARGEST_OF_SMALL + SMALL
