"""Pieces of a text behind each other are what slicing it gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.native import library
from agenttrace.native.gathering import gather

pytestmark = pytest.mark.skipif(
    library() is None, reason="without kernels: there was no C compiler, or AGENTTRACE_NATIVE is off"
)


@given(st.binary(max_size=60), st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=8))
def test_pieces_in_any_order_overlapping_or_empty_are_those_of_the_text(
    text: bytes, places: list[tuple[float, float]]
) -> None:
    bounds = [sorted((round(low * len(text)), round(high * len(text)))) for low, high in places]
    begin, end = (np.array([pair[side] for pair in bounds], np.int64) for side in (0, 1))

    gathered = gather(text, begin, end)

    assert gathered is not None
    offsets, data = gathered
    pieces = [text[low:high] for low, high in bounds]
    assert offsets.tolist() == np.cumsum([0, *map(len, pieces)]).tolist()
    assert data.tobytes() == b"".join(pieces)


def test_bounds_may_lie_anywhere_in_memory() -> None:
    bounds = np.array([[0, 2], [1, 4], [3, 3]])

    gathered = gather(memoryview(b"abcd"), bounds[::-1, 0], bounds[::-1, 1])

    assert gathered is not None
    assert gathered[1].tobytes() == b"bcdab"


def test_a_piece_that_ends_before_it_begins_is_refused() -> None:
    assert gather(b"abcdef", np.array([4, 0]), np.array([1, 6])) is None
