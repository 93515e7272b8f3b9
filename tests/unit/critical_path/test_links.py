"""Stated and inferred dependencies: which event they hang on, which are left out, which win."""

from __future__ import annotations

import pytest

from agenttrace.critical_path.graph import build_graph
from agenttrace.critical_path.predecessors import EXPLICIT, INFERRED, TREE
from timeline import Row, check, draw, trace_of


def _span(number: int, kind: str, start: int, end: int, **more: object) -> Row:
    row: Row = {"span": number, "parent": None if not number else 0, "kind": kind, "name": f"{kind}{number}"}
    return row | {"start_ns": start, "end_ns": end} | more


def _known(text: str) -> dict[str, int]:
    """How each span knows what its start waited for longest."""
    drawing = draw(text)
    return {
        span.name: int(known)
        for span, known in zip(drawing.spans, drawing.graph.predecessors.known, strict=False)
    }


def test_a_link_is_explicit_a_guess_and_time_are_inferred_a_parent_is_neither() -> None:
    known = _known("""
        session     |==========|
          tool a    |==        |
          tool b    |  ==      |  after a
          tool c    |    ==    |
          tool d    |      ==  |  guess c
          tool e    |=         |
    """)
    assert known == {
        "session": TREE,
        "a": TREE,
        "e": TREE,
        "b": EXPLICIT,
        "c": INFERRED,
        "d": INFERRED,
    }


def test_a_stated_mention_before_the_start_is_hung_on_rather_than_the_start() -> None:
    spans = [_span(0, "session", 0, 12), _span(1, "request", 0, 10), _span(2, "tool", 6, 12)]
    link = {"from_span": 1, "to_span": 2}
    marks = [
        {"mark": number, "span": 1, "t_ns": t, "refers_to": refers}
        for number, (t, refers) in enumerate([(3, 2), (5, 2), (5, 0), (7, 2)])
    ]
    graph = build_graph(trace_of(spans, [link], marks))
    assert graph.nodes.t[graph.predecessors.node[2]] == 5
    assert build_graph(trace_of(spans, [link])).nodes.t[graph.predecessors.node[2]] == 6


def test_a_mark_outside_its_span_is_moved_and_counted() -> None:
    spans = [_span(0, "session", 0, 12), _span(1, "request", 0, 5), _span(2, "tool", 6, 12)]
    marks = [{"mark": 0, "span": 1, "t_ns": 9}]
    graph = build_graph(trace_of(spans, [{"from_span": 1, "to_span": 2, "from_mark": 0}], marks))
    assert graph.nodes.t[graph.predecessors.node[2]] == 5
    assert list(graph.found) == ["mark_outside"]


@pytest.mark.parametrize("mark", [7, 1])
def test_a_mark_that_is_not_there_or_in_another_span_stands_for_the_end(mark: int) -> None:
    spans = [_span(0, "session", 0, 12), _span(1, "request", 0, 5), _span(2, "tool", 6, 12)]
    marks = [{"mark": 0, "span": 1, "t_ns": 3}, {"mark": 1, "span": 2, "t_ns": 8}]
    graph = build_graph(trace_of(spans, [{"from_span": 1, "to_span": 2, "from_mark": mark}], marks))
    assert graph.predecessors.node[2] == len(graph.spans) + 1


@pytest.mark.parametrize(("source", "target"), [(1, 1), (1, 0), (2, 1)])
def test_what_cannot_be_waited_for_is_left_out(source: int, target: int) -> None:
    spans = [_span(0, "session", 0, 12), _span(1, "tool", 0, 5), _span(2, "tool", 6, 12)]
    graph = build_graph(trace_of(spans, [{"from_span": source, "to_span": target}]))
    assert list(graph.found) == ["link_backwards"]


def test_of_two_dependencies_at_once_the_one_of_the_later_span_binds() -> None:
    check("""
        session   |##======|
          tool a  | ====   |
          tool b  |  ###   |
          tool c  |     ###|  after a b
    """)


def test_joining_background_work_adds_to_what_time_says() -> None:
    check("""
        session     |========|
          tool x    |==      |  background
          request r |#####   |
          request s |     ###|  joins x
    """)


def test_joining_work_that_was_waited_for_says_all() -> None:
    check("""
        session     |==###===|
          tool x    |##      |
          request r |=====   |
          request s |     ###|  joins x
    """)


def test_a_circle_of_links_is_cut_and_counted() -> None:
    spans = [
        _span(0, "session", 0, 9),
        _span(1, "tool", 3, 3),
        _span(2, "tool", 3, 3),
        _span(3, "tool", 3, 9),
    ]
    links = [{"from_span": one, "to_span": two} for one, two in ((1, 2), (2, 1), (2, 3))]
    graph = build_graph(trace_of(spans, links))
    assert {code: rows.tolist() for code, rows in graph.found.items()} == {"link_cycle": [1, 2]}
    assert graph.predecessors.known[3] == EXPLICIT


def test_in_a_circle_the_inferred_link_goes_first() -> None:
    spans = [_span(0, "session", 0, 9), _span(1, "tool", 3, 3), _span(2, "tool", 3, 3)]
    links = [{"from_span": 1, "to_span": 2}, {"from_span": 2, "to_span": 1, "explicit": False}]
    graph = build_graph(trace_of(spans, links))
    assert graph.found["link_cycle"].tolist() == [1]
    assert graph.predecessors.known[2] == EXPLICIT


def test_calls_that_touch_are_serial_and_a_call_of_no_length_is_none() -> None:
    spans = [_span(0, "session", 0, 9), _span(1, "request", 0, 2)]
    spans += [_span(2, "tool", 2, 4), _span(3, "tool", 4, 4), _span(4, "tool", 4, 9)]
    links = [{"from_span": 1, "to_span": target} for target in (2, 3, 4)]
    graph = build_graph(trace_of(spans, links))
    assert graph.predecessors.node[4] == len(spans) + 2
    assert graph.predecessors.known[4] == INFERRED
