"""An id pairs the requests of few sources; what everybody has is nobody's."""

import polars as pl
import pytest

from agenttrace.ingest.joining.candidates import same_ids


def _requests(sources: int, each: int = 1) -> pl.DataFrame:
    count = sources * each
    columns = {
        "row": pl.Series(range(count), dtype=pl.UInt32),
        "origin": pl.Series([row // each for row in range(count)], dtype=pl.Int32),
        "span": pl.Series(range(count), dtype=pl.UInt64),
        "id_a": pl.Series([7] * count, dtype=pl.UInt64),
        "id_b": pl.Series([None] * count, dtype=pl.UInt64),
    }
    return pl.DataFrame(columns)


@pytest.mark.parametrize(("sources", "pairs"), [(1, 0), (2, 1), (5, 10), (32, 496), (33, 0), (2_000, 0)])
def test_an_id_of_many_sources_pairs_nobody(sources: int, pairs: int) -> None:
    assert same_ids(_requests(sources)).height == pairs


@pytest.mark.parametrize(("each", "pairs"), [(8, 8 * 8 + 2 * 28), (9, 0)])
def test_an_id_that_a_source_has_often_pairs_nobody(each: int, pairs: int) -> None:
    assert same_ids(_requests(2, each)).height == pairs
