"""L5 and L6: slack and drag of every span, against what the session takes when it is run forward again."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given

from agenttrace.critical_path.arrays import Ints
from agenttrace.critical_path.floats import FOREVER
from agenttrace.critical_path.graph import Graph, build_graph
from agenttrace.critical_path.margins import Margins, find_margins
from agenttrace.critical_path.schedule import Schedule, plan, walls
from agenttrace.critical_path.stretches import stretches_before
from laws.slow_engine import slow_sessions
from passes import take_events
from strategies import Rows, Wildness, draw_session, sessions, together

FAR = 10**15


class Tried:
    """A trace whose gaps are changed, one span at a time."""

    def __init__(self, rows: Rows) -> None:
        self.graph: Graph = build_graph(rows.trace())
        self.schedule: Schedule = plan(self.graph)
        self.margins: Margins = find_margins(self.schedule)
        self.before: Ints = walls(self.schedule, self.graph.gaps)
        self.owner: Ints = stretches_before(self.graph, np.arange(len(self.graph.nodes))).span
        self.owner[self.graph.spans.first] = -1

    def lost(self, gaps: Ints) -> int:
        """What all sessions together take less."""
        return int((self.before - walls(self.schedule, gaps)).sum())

    def without(self, span: int) -> int:
        return self.lost(np.where(self.owner == span, 0, self.graph.gaps))

    def later(self, span: int, by: int) -> int:
        """What all sessions take more if the end of a span comes later."""
        gaps = self.graph.gaps
        gaps[self.graph.nodes.n + span] += by
        return -self.lost(gaps)


def _check_drag(tried: Tried) -> None:
    assert tried.margins.drag.tolist() == [tried.without(span) for span in range(tried.graph.nodes.n)]


def _check_slack(tried: Tried) -> None:
    for span, slack in enumerate(tried.margins.slack.tolist()):
        if slack == FOREVER:
            assert tried.later(span, FAR) == 0
        else:
            assert (tried.later(span, slack), tried.later(span, slack + 1)) == (0, 1)


@given(sessions())
def test_drag_is_what_the_session_loses(rows: Rows) -> None:
    _check_drag(Tried(rows))


@given(sessions())
def test_an_end_may_be_as_much_later_as_its_slack_and_no_more(rows: Rows) -> None:
    _check_slack(Tried(rows))


@pytest.mark.parametrize("tens", range(20))
def test_slack_and_drag_in_thousands(tens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    take_events(tens, monkeypatch)
    for seed in range(100 * tens, 100 * tens + 100):
        random = Random(seed)
        wild = Wildness(overruns=random.choice([0.0, 0.1, 0.5]))
        size = random.choice([4, 9, 20, 40])
        tried = Tried(
            together(draw_session(random, wild, f"s{n}", size) for n in range(random.choice([1, 1, 2])))
        )
        _check_drag(tried)
        _check_slack(tried)


@given(sessions())
def test_what_is_off_the_path_may_be_shorter(rows: Rows) -> None:
    tried = Tried(rows)
    gaps = tried.graph.gaps
    for span in np.flatnonzero(tried.margins.slack > 0).tolist():
        node = tried.graph.nodes.n + span
        shorter = gaps.copy()
        shorter[node] //= 2
        assert tried.lost(shorter) == 0


@given(sessions())
def test_nothing_gains_more_than_the_way_round_costs(rows: Rows) -> None:
    """With all that is inside a span at once: exactly that, or all that it takes."""
    tried = Tried(rows)
    graph = tried.graph
    inside = _descendants(graph)
    for span in np.flatnonzero(tried.margins.round_way >= 0).tolist():
        mine = inside[span]
        own = mine[graph.nodes.span].copy()
        own[span] = False
        gone = tried.lost(np.where(own, 0, graph.gaps))
        length = int(graph.forest.end[span] - graph.forest.start[span])
        assert gone == min(length, int(tried.margins.round_way[span]))


def _descendants(graph: Graph) -> np.ndarray:
    n = graph.nodes.n
    inside = np.eye(n, dtype=np.bool_)
    for span in range(n):
        above = int(graph.forest.parent[span])
        while above != int(graph.forest.parent[above]):
            inside[above, span] = True
            above = int(graph.forest.parent[above])
        inside[above, span] = True
    return inside


@pytest.mark.parametrize("tens", range(10))
def test_the_slow_engine_finds_the_same_margins(tens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    take_events(tens, monkeypatch)
    for seed in range(100 * tens, 100 * tens + 100):
        random = Random(seed)
        trace = draw_session(random, Wildness(overruns=random.choice([0.0, 0.3])), spans=12).trace()
        margins = find_margins(plan(build_graph(trace)))
        (session,) = slow_sessions(trace).values()
        assert margins.drag.tolist() == [session.drag(span) for span in session.spans]
        slack = [None if one == FOREVER else one for one in margins.slack.tolist()]
        assert slack == [session.slack(span) for span in session.spans]
