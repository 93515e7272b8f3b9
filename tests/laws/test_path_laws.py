"""L1-L4, L7, L8 for the engine: on any session, and against the same rules told slowly (`slow_engine.py`)."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.critical_path.graph import Graph, build_graph
from agenttrace.critical_path.network import weave
from agenttrace.critical_path.path import find_critical_path
from agenttrace.critical_path.schedule import plan, retime
from agenttrace.critical_path.segments import path_segments, segment_table
from agenttrace.model.schema import SEGMENTS
from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Evidence
from laws.slow_engine import slow_sessions
from passes import take_events
from strategies import Rows, Wildness, draw_session, sessions, together
from timeline import MS

Segment = dict[str, Any]
TAME = Wildness(overruns=0.0)
COARSE = Wildness(unit_ns=10 * MS)
ALIKE = Wildness(alike=1.0)
IDENTITIES = ("span", "parent", "from_span", "to_span", "refers_to")


def _segments(trace: Trace) -> list[Segment]:
    graph = build_graph(trace)
    rows: list[Segment] = segment_table(graph, path_segments(graph, find_critical_path(graph))).to_pylist()
    return rows


def _totals(trace: Trace) -> Counter[tuple[str, str, str, str]]:
    total: Counter[tuple[str, str, str, str]] = Counter()
    for one in _segments(trace):
        total[one["session"], one["phase"], one["purpose"], one["evidence"]] += (
            one["end_ns"] - one["start_ns"]
        )
    return total


# L1: the segments tile the session


@given(sessions())
def test_segments_tile_the_session(rows: Rows) -> None:
    segments = _segments(rows.trace())
    at = rows.spans[0]["start_ns"]
    for one in segments:
        assert one["start_ns"] == at < one["end_ns"]
        at = one["end_ns"]
    assert at == rows.spans[0]["end_ns"]


@given(sessions())
def test_neighbouring_segments_differ(rows: Rows) -> None:
    told = ("span", "phase", "purpose", "evidence", "inferred")
    looks = [tuple(one[name] for name in told) for one in _segments(rows.trace())]
    assert all(one != other for one, other in pairwise(looks))


@given(sessions())
def test_a_span_is_only_blamed_while_it_runs(rows: Rows) -> None:
    graph = build_graph(rows.trace())
    segments = path_segments(graph, find_critical_path(graph))
    assert (segments.start >= graph.forest.start[segments.span]).all()
    assert (segments.end <= graph.forest.end[segments.span]).all()


# L2: no span is blamed while a child that it waited for is running


@given(sessions())
def test_no_event_of_the_path_waited_longer_for_something_else(rows: Rows) -> None:
    graph = build_graph(rows.trace())
    network = weave(graph.forest, graph.nodes, graph.blocks, graph.dependencies)
    done = _recorded(graph, network.size)
    for node in find_critical_path(graph).node.tolist():
        waited = network.source[network.target == node]
        before = graph.predecessors.node[node]
        assert (done[waited] <= done[before]).all() if len(waited) else before == -1


@given(sessions())
def test_no_span_is_blamed_before_a_child_ends_that_it_waited_for(rows: Rows) -> None:
    rows.links.clear()
    graph = build_graph(rows.trace())
    segments = path_segments(graph, find_critical_path(graph))
    forest = graph.forest
    for span, start, end in zip(segments.span, segments.start, segments.end, strict=True):
        ended = (forest.end > start) & (forest.end <= end) & (forest.end > forest.start)
        child = (forest.parent == span) & (np.arange(len(forest.parent)) != span)
        assert not (ended & child & graph.spans.blocking).any()


def _recorded(graph: Graph, size: int) -> np.ndarray:
    """When each node was, those that mean "all up to here" among them."""
    network = weave(graph.forest, graph.nodes, graph.blocks, graph.dependencies)
    done = np.concatenate([graph.nodes.t, np.full(size - len(graph.nodes), np.iinfo(np.int64).min)])
    made = network.target >= len(graph.nodes)
    for _ in range(int(made.sum())):
        before = done.copy()
        np.maximum.at(done, network.target[made], done[network.source[made]])
        if (before == done).all():
            break
    return done


# L3: the epoch, the order of rows and the names of spans do not matter


@given(sessions(), st.integers(0, 10**18))
def test_a_shift_in_time_shifts_the_path(rows: Rows, by: int) -> None:
    before = _segments(rows.trace())
    for row in (*rows.spans, *rows.marks):
        for name in ("start_ns", "end_ns", "t_ns", "first_token_ns"):
            if row.get(name) is not None:
                row[name] += by
    for one in before:
        one["start_ns"] += by
        one["end_ns"] += by
    assert _segments(rows.trace()) == before


@given(sessions(ALIKE), st.randoms(use_true_random=False))
def test_other_ids_and_another_order_give_the_same_path(rows: Rows, random: Random) -> None:
    before = _named(rows)
    _rename(rows, random)
    assert _named(rows) == before


@given(sessions(COARSE), st.integers(2, 5))
def test_scaled_times_scale_the_path(rows: Rows, by: int) -> None:
    before = _segments(rows.trace())
    for row in (*rows.spans, *rows.marks):
        for name in list(row):
            if name.endswith("_ns") and row[name] is not None:
                row[name] *= by
    for one in before:
        one["start_ns"] *= by
        one["end_ns"] *= by
    assert _segments(rows.trace()) == before


@given(sessions(), sessions())
def test_a_session_does_not_depend_on_those_beside_it(one: Rows, other: Rows) -> None:
    for row in (*other.spans, *other.links, *other.marks, *other.agents):
        row["session"] = "t"
    alone = _segments(one.trace()) + _segments(other.trace())
    assert _segments(together([one, other]).trace()) == alone


def _named(rows: Rows) -> list[Any]:
    """The path with spans as what they are, not as numbers."""
    spans = {row["span"]: row for row in rows.spans}
    told = ("kind", "name", "start_ns", "end_ns", "purpose", "start_evidence", "end_evidence")
    return [
        [
            *(spans[one["span"]][name] for name in told),
            *(value for name, value in one.items() if name != "span"),
        ]
        for one in _segments(rows.trace())
    ]


def _rename(rows: Rows, random: Random) -> None:
    numbers = list(range(1, len(rows.spans)))
    random.shuffle(numbers)
    new = dict(enumerate([0, *numbers]))
    for row in (*rows.spans, *rows.links, *rows.marks, *rows.agents):
        for name in IDENTITIES:
            if row.get(name) is not None:
                row[name] = new.get(row[name], row[name])
    rows.spans.sort(key=lambda row: row["span"])
    random.shuffle(rows.links)
    random.shuffle(rows.marks)


# L4: phases, purposes and evidence each partition the wall time


@given(sessions())
def test_every_instant_has_one_phase_one_purpose_one_evidence(rows: Rows) -> None:
    wall = rows.spans[0]["end_ns"] - rows.spans[0]["start_ns"]
    assert _totals(rows.trace()).total() == wall


@given(sessions(), st.sampled_from(list(Evidence)))
def test_evidence_is_never_better_than_that_of_the_instants(rows: Rows, evidence: Evidence) -> None:
    for row in rows.spans:
        row["start_evidence"] = row["end_evidence"] = evidence.value
        for name in [name for name in row if name.endswith("_ns") and name not in {"start_ns", "end_ns"}]:
            del row[name]
    for row in rows.marks:
        row["evidence"] = evidence.value
    order = [one.value for one in Evidence]
    assert all(order.index(one["evidence"]) >= order.index(evidence.value) for one in _segments(rows.trace()))


# L7 and L8: the frozen graph, run forward


@given(sessions())
def test_unchanged_gaps_give_the_recorded_times(rows: Rows) -> None:
    graph = build_graph(rows.trace())
    assert (graph.gaps >= 0).all()
    np.testing.assert_array_equal(retime(plan(graph), graph.gaps), graph.nodes.t)


@given(sessions(), st.integers(0, 2**32 - 1))
def test_shorter_gaps_make_nothing_later(rows: Rows, seed: int) -> None:
    graph = build_graph(rows.trace())
    kept = np.random.default_rng(seed).integers(0, 5, len(graph.nodes))
    kept[graph.spans.first] = 4
    schedule = plan(graph)
    assert (retime(schedule, graph.gaps * kept // 4) <= graph.nodes.t).all()


# The same rules, told slowly


@given(sessions(spans=12))
def test_the_slow_engine_finds_the_same(rows: Rows) -> None:
    _agree(rows)


@pytest.mark.parametrize("tens", range(25))
def test_the_slow_engine_finds_the_same_in_thousands(tens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    take_events(tens, monkeypatch)
    for seed in range(100 * tens, 100 * tens + 100):
        random = Random(seed)
        wild = Wildness(overruns=random.choice([0.0, 0.1, 0.5]))
        size = random.choice([4, 9, 20])
        _agree(together(draw_session(random, wild, f"s{n}", size) for n in range(random.choice([1, 1, 2]))))


def _agree(rows: Rows) -> None:
    trace = rows.trace()
    graph = build_graph(trace)
    segments = segment_table(graph, path_segments(graph, find_critical_path(graph))).to_pylist()
    slow = slow_sessions(trace)
    assert segments == [
        dict(zip(SEGMENTS.arrow.names, (name, *segment), strict=True))
        for name, session in slow.items()
        for segment in session.segments()
    ]
    assert _repairs({code: len(found) for code, found in graph.found.items()}) == _repairs(
        sum((session.found for session in slow.values()), Counter())
    )
    _agree_on_times(graph, slow)


def _repairs(found: Any) -> dict[str, int]:
    return {code: count for code, count in found.items() if count and not code.startswith("link_")}


def _agree_on_times(graph: Graph, slow: Any) -> None:
    """With gaps multiplied by what kind of event they precede."""
    nodes = graph.nodes
    n = nodes.n
    factor = np.full(len(nodes), 5)
    factor[:n], factor[n : 2 * n], factor[nodes.marks_from :] = 2, 3, 0
    factor[graph.spans.first] = 1
    fast = retime(plan(graph), graph.gaps * factor)
    factors = {"start": 2, "end": 3, "cut": 5, "mark": 0, "reached": 0}
    for number, session in enumerate(slow.values()):
        first = graph.spans.first[number]
        gaps = {
            event: gap * (1 if event == ("start", 0) else factors[event[0]])
            for event, gap in session.gaps().items()
        }
        times = session.retimed(gaps)
        for span in session.spans:
            assert fast[first + span] == times["start", span]
            assert fast[n + first + span] == times["end", span]
