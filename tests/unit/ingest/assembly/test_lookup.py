"""Rows are found by what they are called, never by a hash that happens to be the same."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.ingest.assembly import lookup
from agenttrace.ingest.assembly.lookup import NONE, KeyIndex, numbered, pairs_of

_PAIRS = st.lists(st.tuples(st.integers(0, 2), st.none() | st.text("ab", max_size=2)), max_size=20)


def _series(pairs: list[tuple[int, str | None]]) -> tuple[pl.Series, pl.Series]:
    return (
        pl.Series([sid for sid, _ in pairs], dtype=pl.Int64),
        pl.Series([key for _, key in pairs], dtype=pl.String),
    )


def _first(pairs: list[tuple[int, str | None]], wanted: tuple[int, str | None]) -> int:
    return pairs.index(wanted) if wanted[1] is not None and wanted in pairs else NONE


@given(_PAIRS, _PAIRS)
def test_the_first_row_of_the_key_is_found(
    pairs: list[tuple[int, str | None]], asked: list[tuple[int, str | None]]
) -> None:
    found = KeyIndex(*_series(pairs)).find(*_series(asked))
    assert found.tolist() == [_first(pairs, wanted) for wanted in asked]


@given(_PAIRS, _PAIRS)
def test_equal_hashes_are_not_equal_keys(
    pairs: list[tuple[int, str | None]], asked: list[tuple[int, str | None]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookup, "_hashes", lambda sid, _: np.zeros(len(sid), np.uint64))
        found = KeyIndex(*_series(pairs)).find(*_series(asked))
    assert found.tolist() == [_first(pairs, wanted) for wanted in asked]


@given(pairs=_PAIRS, collide=st.booleans())
def test_rows_are_numbered_by_session_and_key_in_their_order(
    pairs: list[tuple[int, str | None]],
    collide: bool,  # noqa: FBT001  # hypothesis names it
) -> None:
    sid, key = _series(pairs)
    with pytest.MonkeyPatch.context() as patch:
        if collide:
            patch.setattr(lookup, "_hashes", lambda sid, _: np.zeros(len(sid), np.uint64))
        number, first = numbered(sid.to_numpy(), key)
    distinct = list(dict.fromkeys(pairs))
    assert number.tolist() == [distinct.index(pair) for pair in pairs]
    assert first.tolist() == [pairs.index(pair) for pair in distinct]


@given(st.lists(st.integers(-1, 4), max_size=12), st.lists(st.integers(-1, 4), max_size=12))
def test_all_pairs_of_equal_keys_are_found(keys: list[int], others: list[int]) -> None:
    first, second = pairs_of(np.array(keys, np.int64), np.array(others, np.int64))
    expected = [(i, j) for i, key in enumerate(keys) for j, other in enumerate(others) if key == other]
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == expected
