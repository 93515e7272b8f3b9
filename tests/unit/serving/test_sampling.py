"""What is kept of more rows than memory holds: whole stretches, and the same ones in whatever order they came."""

from __future__ import annotations

from random import Random
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.serving import sampling
from agenttrace.serving.looks import Look, Looks
from agenttrace.serving.observations import met_nobody
from agenttrace.serving.sampling import Sample
from agenttrace.serving.token_costs import STATED
from timeline import MS
from unit.serving.servers import observed, serve

WIDTH = 10


def taken(times: list[int], pieces: int, most: int) -> Sample:
    """The times taken in so many pieces."""
    sample = Sample("at", WIDTH, pl.DataFrame(schema={"at": pl.Int64}))
    with patch.object(sampling, "MOST_ROWS", most):
        for piece in range(pieces):
            sample = sample.and_also(pl.DataFrame({"at": times[piece::pieces]}, schema={"at": pl.Int64}))
    return sample


@given(
    times=st.lists(st.integers(-5_000, 5_000), max_size=400),
    pieces=st.integers(1, 7),
    most=st.integers(20, 200),
    random=st.randoms(use_true_random=False),
)
def test_neither_order_nor_pieces_change_what_is_kept(
    times: list[int], pieces: int, most: int, random: Random
) -> None:
    once = taken(times, 1, most)
    shuffled = random.sample(times, len(times))
    again = taken(shuffled, pieces, most)
    assert again.level == once.level
    assert sorted(again.rows["at"]) == sorted(once.rows["at"])


def test_a_stretch_is_kept_whole_and_there_are_no_more_rows_than_wanted() -> None:
    times = list(range(20_000))
    kept = set(taken(times, 3, 1_000).rows["at"])
    assert 200 < len(kept) <= 1_000
    stretches = {at // WIDTH for at in kept}
    assert kept == {at for at in times if at // WIDTH in stretches}


def test_what_lies_in_few_stretches_is_kept_whatever_it_is() -> None:
    times = [3] * 500 + [14] * 500
    assert taken(times, 2, 100).rows.height == 1_000


@pytest.mark.parametrize("most", [10**6, 2_000])
def test_whoever_met_somebody_is_told_inside_of_what_is_kept(most: int) -> None:
    rows = serve(3_000, 1_500 * MS)
    looks = Looks()
    with patch.object(sampling, "MOST_ROWS", most):
        looks.add(Look(observed(rows), pl.DataFrame(schema=STATED)))
    kept = looks.together().waits
    assert kept.height == (3_000 if most > 3_000 else pytest.approx(1_500, abs=500))
    free = kept.filter(pl.Series(met_nobody(kept))).get_column("row").to_list()
    truly = observed(rows).filter(pl.Series(met_nobody(observed(rows)))).get_column("row").to_list()
    assert len(free) > kept.height / 4
    assert len(set(free) - set(truly)) <= 0.02 * len(free)
