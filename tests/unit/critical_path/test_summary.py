"""Percentiles and sums over sessions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.critical_path.summary import percentile, quantiles, summarise
from agenttrace.model.vocabulary import Phase
from unit.report.analyses import S, analysis_of, many_sessions, session_row


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([7], 99, 7),
        ([1, 2], 50, 2),  # 1.5: halves go up
        ([10, 20, 30], 50, 20),
        ([10, 20, 30, 40], 90, 37),
        ([0, 2**62], 50, 2**61),  # exact where floats are not
        ([2**62, 2**62 + 1], 99, 2**62 + 1),
    ],
)
def test_a_percentile_lies_between_its_two_neighbours(values: list[int], percent: int, expected: int) -> None:
    assert percentile(values, percent) == expected


@given(st.lists(st.integers(0, 10**12), min_size=1), st.sampled_from([50, 90, 95, 99]))
def test_percentiles_are_those_of_numpy(values: list[int], percent: int) -> None:
    assert percentile(sorted(values), percent) == pytest.approx(
        float(np.quantile(values, percent / 100)), abs=0.6
    )


def test_no_session_has_no_percentiles() -> None:
    assert quantiles([]).p50 is None
    assert quantiles([]).n == 0


@pytest.mark.parametrize(("n", "p95", "p99"), [(59, False, False), (60, True, False), (300, True, True)])
def test_percentiles_say_whether_n_carries_them(n: int, p95: bool, p99: bool) -> None:  # noqa: FBT001
    assert quantiles(range(n)).enough == {"p95": p95, "p99": p99}


def test_the_order_of_values_does_not_matter() -> None:
    assert quantiles([3, 1, 2]) == quantiles([1, 2, 3])


def test_each_partition_of_the_sum_is_the_sum_of_the_wall_times() -> None:
    summary = summarise(many_sessions())
    assert summary.total_ns == sum(many_sessions().sessions["wall_ns"])
    assert sum(summary.critical_path_by_purpose_ns.values()) == summary.total_ns
    assert sum(summary.evidence_ns.values()) == summary.total_ns


def test_sums_are_over_sessions() -> None:
    rows = [session_row(name, {Phase.DECODE: 2 * S, Phase.USER: S}) for name in "ab"]
    summary = summarise(analysis_of(rows))
    assert (summary.sessions, summary.requests) == (2, 20)
    assert summary.critical_path_ns[Phase.DECODE] == 4 * S
    assert summary.critical_path_ns[Phase.QUEUE] == 0
    assert summary.busy_ns[Phase.DECODE] == 8 * S
    assert (summary.wall_ns.p50, summary.active_ns.p50) == (3 * S, 2 * S)
