"""Rows are found by what they are called, never by a hash that happens to be the same."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.ingest.assembly import lookup
from agenttrace.ingest.assembly.lookup import NONE, KeyIndex

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
        patch.setattr(lookup, "_hash", lambda: (pl.col("sid") * 0).cast(pl.UInt64).alias("hash"))
        found = KeyIndex(*_series(pairs)).find(*_series(asked))
    assert found.tolist() == [_first(pairs, wanted) for wanted in asked]
