"""What pairs requests: an id, where few sources have it, or tokens, where nothing else has the same."""

import polars as pl
import pytest

from agenttrace.ingest.joining.candidates import PAIRS, same_ids, same_tokens


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


@pytest.mark.parametrize(
    ("sets", "expected"),
    [
        (["s", "t", "s", "t"], {(0, 2), (1, 3)}),
        (["s", "t", "u", "v"], set()),
        (["s", "s", "s", "s"], set()),
        (["s", "t", "s", "v"], {(0, 2)}),
        ([None, None, None, None], set()),
    ],
)
def test_equal_tokens_pair_within_a_session_that_keys_have_joined(
    sets: list[str | None], expected: set[tuple[int, int]]
) -> None:
    """Two requests of a client and two of a gateway, all of the same tokens: which is which, the sessions tell."""
    requests = pl.DataFrame(
        {
            "row": pl.Series(range(4), dtype=pl.UInt32),
            "origin": pl.Series([0, 0, 1, 1], dtype=pl.Int32),
            "view": ["client", "client", "gateway", "gateway"],
            "set": pl.Series(sets, dtype=pl.String),
            "input_tokens": [90] * 4,
            "output_tokens": [7] * 4,
        }
    )

    assert set(same_tokens(requests, pl.DataFrame(schema=PAIRS)).iter_rows()) == expected
