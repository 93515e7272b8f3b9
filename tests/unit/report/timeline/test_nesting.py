"""One bar for a request and the server's view of it: drawn, and as it is told."""

from agenttrace.report.timeline.nesting import innermost_slices
from agenttrace.report.timeline.timeline import Timeline, timelines
from timeline import EPOCH, MS, draw

VIEWS = """
    session           |============|
      request client  |==========  |
        request server| qqppdddd   |
      tool a          |          ==|  after client
        other inside  |          = |
"""
CHAIN = """
    session           |============|
      other chain     |============|
        request r     |======      |
        tool a        |      ======|  after r
"""


def _timeline(drawing: str) -> Timeline:
    (found,) = timelines(draw(drawing).trace)
    return found


def _slices(timeline: Timeline, place: int) -> list[tuple[str, int, int]]:
    rows = timeline.slices.filter(place=place).iter_rows(named=True)
    return [(row["phase"], (row["start_ns"] - EPOCH) // MS, (row["end_ns"] - EPOCH) // MS) for row in rows]


def test_a_request_shows_the_phases_of_the_servers_view_of_it() -> None:
    timeline = _timeline(VIEWS)
    seen = timeline.spans.filter(inner=False)
    assert seen["kind"].to_list() == ["request", "tool"]
    assert set(seen["row"]) == {0}
    place = timeline.spans["kind"].to_list().index("request")
    assert _slices(timeline, place) == [
        ("network", 0, 1),
        ("queue", 1, 3),
        ("prefill", 3, 5),
        ("decode", 5, 9),
        ("network", 9, 10),
    ]


def test_inner_spans_have_rows_of_their_own_below() -> None:
    inner = _timeline(VIEWS).spans.filter(inner=True)
    assert set(inner["row"]) == {1}
    assert inner.height == 2


def test_the_time_of_inner_spans_on_the_path_is_that_of_the_outermost_too() -> None:
    spans = _timeline(VIEWS).spans
    assert spans.filter(inner=False)["critical_ns"].to_list() == [10 * MS, 2 * MS]
    assert spans.filter(inner=True)["critical_ns"].sum() == 9 * MS


def test_what_wraps_a_whole_chain_hides_nothing() -> None:
    spans = _timeline(CHAIN).spans
    assert spans["inner"].to_list() == [False] * 3
    assert sorted(spans["row"]) == [0, 1, 1]


def test_the_deepest_is_seen_and_of_the_equally_deep_the_latest() -> None:
    slices = [(0, 0, 10, 7), (1, 2, 6, 1), (1, 4, 8, 2), (2, 5, 7, 3)]
    assert list(innermost_slices(slices)) == [
        (0, 2, 7),
        (2, 4, 1),
        (4, 5, 2),
        (5, 7, 3),
        (7, 8, 2),
        (8, 10, 7),
    ]
    assert list(innermost_slices([(0, 0, 2, 1), (1, 1, 2, 1), (0, 3, 4, 1)])) == [(0, 2, 1), (3, 4, 1)]
