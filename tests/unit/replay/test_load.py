"""When sessions begin."""

import numpy as np

from agenttrace.replay.choices import Load
from agenttrace.replay.load import arrivals


def test_lanes_beyond_the_sessions_cost_nothing() -> None:
    start, wall = np.array([0, 5, 10]), np.array([5, 5, 5])
    found = arrivals(start, wall, Load.CLOSED, 10**12)
    assert found.order == [0, 1, 2]
    assert len(found.at) == 3
