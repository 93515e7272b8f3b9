"""What is drawn of a session is the session: nothing overlaps, nothing is missing, the path is whole."""

from itertools import pairwise

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.critical_path.graph import build_graph
from agenttrace.critical_path.path import find_critical_path
from agenttrace.critical_path.segments import path_segments
from agenttrace.report.html.session_data import session_data
from agenttrace.report.timeline.rows import free_rows
from agenttrace.report.timeline.thinning import thinned
from agenttrace.report.timeline.timeline import Timeline, timelines
from strategies import Rows, Wildness, sessions
from unit.report.html.unpacking import unpacked, unpacked_slices, unpacked_spans

WILD = Wildness()


def _timeline(rows: Rows) -> Timeline:
    trace = rows.trace()
    (found,) = timelines(trace)
    return found


@given(sessions(WILD, spans=14))
def test_the_path_tiles_the_session_and_is_the_engines(rows: Rows) -> None:
    timeline = _timeline(rows)
    path = timeline.path
    edges = list(zip(path["start_ns"], path["end_ns"], strict=True))
    assert all(before[1] == after[0] for before, after in pairwise(edges))
    assert sum(end - start for start, end in edges) == timeline.end_ns - timeline.start_ns
    graph = build_graph(rows.trace())
    segments = path_segments(graph, find_critical_path(graph))
    assert edges == sorted(zip(segments.start.tolist(), segments.end.tolist(), strict=True))


@given(sessions(WILD, spans=14))
def test_nothing_overlaps_in_a_row_and_every_slice_lies_in_its_span(rows: Rows) -> None:
    timeline = _timeline(rows)
    for before, after in pairwise(timeline.spans.rows(named=True)):
        if (before["lane"], before["row"]) == (after["lane"], after["row"]):
            assert before["end_ns"] <= after["start_ns"]
    spans = timeline.spans.rows(named=True)
    for row in timeline.slices.iter_rows(named=True):
        span = spans[row["place"]]
        assert span["start_ns"] <= row["start_ns"] < row["end_ns"] <= span["end_ns"]


@given(sessions(WILD, spans=14))
def test_every_span_but_lanes_is_drawn_once_with_its_time_on_the_path(rows: Rows) -> None:
    timeline = _timeline(rows)
    holders = {"session", "agent", "interaction"}
    wanted = [row["span"] for row in rows.trace().spans.to_pylist() if row["kind"] not in holders]
    assert sorted(timeline.spans["span"].to_list()) == wanted
    drawn = timeline.path.drop_nulls("place")
    seen = timeline.spans.filter(~pl.col("inner"))["critical_ns"]
    assert seen.sum() == (drawn["end_ns"] - drawn["start_ns"]).sum()


@given(sessions(WILD, spans=14))
def test_what_lies_in_another_span_lies_in_it_and_shows_through(rows: Rows) -> None:
    timeline = _timeline(rows)
    spans = timeline.spans.rows(named=True)
    for span in spans:
        outer = spans[span["outer"]]
        assert not outer["inner"]
        assert outer["lane"] == span["lane"]
        assert outer["start_ns"] <= span["start_ns"] <= span["end_ns"] <= outer["end_ns"]
        assert span["inner"] == (outer is not span)
    for before, after in pairwise(timeline.slices.rows(named=True)):
        if before["place"] == after["place"]:
            assert before["end_ns"] <= after["start_ns"]
    length = pl.col("end_ns") - pl.col("start_ns")
    told = timeline.slices.group_by("place").agg(length.sum())
    assert all(spans[place]["end_ns"] - spans[place]["start_ns"] == ns for place, ns in told.iter_rows())


@given(sessions(WILD, spans=14))
def test_the_page_gets_every_nanosecond(rows: Rows) -> None:
    timeline = _timeline(rows)
    data = session_data(timeline)
    zero = timeline.start_ns
    told = [
        {
            **{name: row[name] for name in ("span", "lane", "row")},
            "start": row["start_ns"] - zero,
            "end": row["end_ns"] - zero,
        }
        for row in timeline.spans.iter_rows(named=True)
    ]
    assert unpacked_spans(data) == told
    slices = timeline.slices.with_columns(phase=timeline.slices["phase"].to_physical()).rows()
    assert unpacked_slices(data) == [
        (place, phase, start - zero, end - zero) for place, phase, start, end in slices
    ]
    assert sum(unpacked(data["path"]["length_ns"], data["path"]["n"])) == data["wall_ns"]


@given(sessions(WILD, spans=14), st.integers(1, 12))
def test_thinning_leaves_the_path_and_forgets_the_shortest(rows: Rows, most: int) -> None:
    whole = _timeline(rows)
    thin = thinned(whole, most)
    assert thin.spans.height == min(most, whole.spans.height)
    columns = ["start_ns", "end_ns", "phase", "lane"]
    assert thin.path.select(columns).equals(whole.path.select(columns))
    names = dict(enumerate(thin.spans["span"].to_list()))
    before = dict(enumerate(whole.spans["span"].to_list()))
    for old, new in zip(whole.path["place"], thin.path["place"], strict=True):
        assert new is None or names[new] == before[old]
    assert session_data(thin)["spans"]["n"] == thin.spans.height


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), max_size=40))
def test_a_row_is_taken_only_when_all_above_it_are_busy(pairs: list[tuple[int, int]]) -> None:
    intervals = sorted((start, start + length) for start, length in pairs)
    rows = free_rows([start for start, _ in intervals], [end for _, end in intervals])
    for place, (start, end) in enumerate(intervals):
        for other in range(place):
            same = rows[other] == rows[place]
            assert not (same and intervals[other][1] > start and end > intervals[other][0])
        busy = {rows[other] for other in range(place) if intervals[other][1] > start}
        assert rows[place] == min(set(range(len(busy) + 1)) - busy)
