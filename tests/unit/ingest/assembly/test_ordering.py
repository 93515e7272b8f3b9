"""Orders of packed integers are those that Python's own sort gives."""

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agenttrace.ingest.assembly import ordering
from agenttrace.ingest.assembly.ordering import order_of, order_of_texts, ordered_further, reached_before

_INT64 = st.integers(-(2**63), 2**63 - 1)
_KEYS = st.lists(st.tuples(st.integers(0, 3), _INT64, st.booleans(), st.integers(-2, 2), _INT64), min_size=1)
_FEW = st.lists(st.tuples(st.integers(0, 2), st.integers(-1, 1)), max_size=40)


def _columns(rows: list[tuple[int, ...]]) -> list[np.ndarray]:
    return [np.array(column) for column in zip(*rows, strict=True)]


@example([(0, -(2**63), False, 0, 2**63 - 1), (0, 2**63 - 1, True, 0, -(2**63)), (0, -(2**63), False, 0, 0)])
@given(_KEYS)
def test_keys_of_any_size_are_compared_one_after_the_other(rows: list[tuple[int, ...]]) -> None:
    assert order_of(*_columns(rows)).tolist() == sorted(range(len(rows)), key=rows.__getitem__)


@given(_FEW)
def test_equal_rows_stay_in_their_order(rows: list[tuple[int, ...]]) -> None:
    keys = _columns(rows) if rows else [np.empty(0, np.int64)] * 2
    assert order_of(*keys).tolist() == sorted(range(len(rows)), key=rows.__getitem__)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 2), st.none() | st.text("ab", max_size=2))))
def test_what_ties_is_ordered_by_the_columns_of_the_frame_with_nulls_last(
    rows: list[tuple[int, int, str | None]],
) -> None:
    keys = [np.array([row[place] for row in rows], np.int64) for place in (0, 1)]
    names = [row[2] for row in rows]
    frame = pl.DataFrame({"name": names}, schema={"name": pl.String})

    order = ordered_further(order_of(*keys), keys, frame)

    found = [(rows[row][:2], rows[row][2] is None, rows[row][2] or "") for row in order.tolist()]
    assert found == sorted(found)
    assert sorted(order.tolist()) == list(range(len(rows)))


@pytest.mark.parametrize("bits", [62, 63, 64])
def test_a_key_that_does_not_fit_goes_on_in_the_next_word(bits: int) -> None:
    wide = np.array([2**bits - 1, 0, 2**bits - 1, 2**bits - 2], np.uint64)
    narrow = np.array([5, 7, 4, 9])
    assert order_of(wide, narrow).tolist() == [1, 3, 2, 0]
    assert order_of(narrow, wide).tolist() == [2, 0, 1, 3]


_TEXTS = st.lists(
    st.tuples(st.integers(0, 2), st.text("a\0é", max_size=3), st.text("a\0b", max_size=10)), max_size=30
)


@given(rows=_TEXTS, kernels=st.booleans())
def test_texts_are_in_the_order_of_their_bytes_in_each_group(
    rows: list[tuple[int, str, str]],
    kernels: bool,  # noqa: FBT001  # hypothesis names it
) -> None:
    keys = [(group, (first * 4 + last).encode()) for group, first, last in rows]
    with pytest.MonkeyPatch.context() as patch:
        if not kernels:
            patch.setattr(ordering, "heads", lambda *_: None)
        texts = pl.Series([text.decode() for _, text in keys], dtype=pl.String)
        order = order_of_texts(np.array([group for group, _ in keys], np.int64), texts)
    assert order.tolist() == sorted(range(len(keys)), key=keys.__getitem__)


@given(_FEW)
def test_what_came_before_in_a_group_reached_its_highest_end(rows: list[tuple[int, ...]]) -> None:
    rows = sorted(rows, key=lambda row: row[0])
    group, end = _columns(rows) if rows else [np.empty(0, np.int64)] * 2
    follows, reach = reached_before(end, group)
    for place, (of, _) in enumerate(rows):
        before = [last for other, last in rows[:place] if other == of]
        assert bool(follows[place]) == bool(before)
        assert not before or reach[place] == max(before)
