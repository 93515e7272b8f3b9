"""When sessions begin."""

import numpy as np

from agenttrace.replay.choices import Load
from agenttrace.replay.load import arrivals, recorded_lanes

MS = 1_000_000


def test_lanes_beyond_the_sessions_cost_nothing() -> None:
    start, wall = np.array([0, 5, 10]), np.array([5, 5, 5])
    found = arrivals(start, wall, Load.CLOSED, 10**12)
    assert found.order == [0, 1, 2]
    assert len(found.at) == 3


def test_a_session_that_ends_a_moment_after_the_next_began_runs_in_the_same_lane() -> None:
    """Three lanes; the fourth session begins 7 ms before the first is over."""
    start, wall = np.array([0, 800, 1_600, 19_993]) * MS, np.array([20_000, 20_000, 20_000, 20_000]) * MS

    assert recorded_lanes(start, wall) == 3
    assert arrivals(start, wall, Load.CLOSED, 4).at == [0, 800 * MS, 1_600 * MS, 2_400 * MS]
