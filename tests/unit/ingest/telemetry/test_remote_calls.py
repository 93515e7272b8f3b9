"""Both sides of a call between services: ids of their own, one clock, and messages that nobody waits for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.telemetry.plain import PlainEvent, PlainSpan
from agenttrace.ingest.telemetry.remote_calls import handed_over, on_one_clock, with_own_ids

T0 = 10**18
MS = 10**6


def _span(name: str, parent: str | None, at: tuple[int, int], service: str, kind: str = "") -> PlainSpan:
    """From and to in milliseconds after T0."""
    return PlainSpan(
        "t",
        name,
        parent,
        name,
        T0 + at[0] * MS,
        T0 + at[1] * MS,
        resource={"service.name": service},
        kind=kind,
    )


def _family(spans: list[PlainSpan]) -> list[tuple[str | None, str | None]]:
    return [(span.span_id, span.parent_id) for span in spans]


def _bounds(spans: list[PlainSpan]) -> list[tuple[int, int]]:
    return [((span.start_ns - T0) // MS, (span.end_ns - T0) // MS) for span in spans]


def test_the_servers_side_of_a_shared_id_is_a_child_of_the_clients() -> None:
    spans = [
        _span("in", "call", (30, 40), "orders"),
        _span("call", "root", (20, 60), "orders", "server"),
        _span("call", "root", (10, 70), "web", "client"),
        _span("root", None, (0, 80), "web"),
        _span("callback", "call", (12, 14), "web"),
    ]

    assert _family(with_own_ids(spans)) == [
        ("in", "call@orders"),
        ("call@orders", "call"),
        ("call", "root"),
        ("root", None),
        ("callback", "call"),
    ]


def test_an_id_that_only_a_server_has_stays_as_it_is() -> None:
    spans = [_span("call", "root", (20, 60), "orders", "server"), _span("in", "call", (30, 40), "orders")]

    assert with_own_ids(spans) == spans


def test_a_service_that_answers_again_has_another_span() -> None:
    spans = [
        _span("call", None, (0, 90), "web", "client"),
        _span("call", None, (50, 80), "a", "server"),
        _span("call", None, (10, 40), "a", "server"),
        replace(_span("call", None, (0, 0), "a", "server"), start_ns=0, end_ns=0),
        _span("of a", "call", (20, 30), "a"),
    ]

    assert [span.span_id for span in with_own_ids(spans)] == ["call", "call@a.2", "call@a", "call@a", "of a"]


def test_pieces_of_one_side_are_no_other_side() -> None:
    spans = [
        _span("call", "root", (20, 60), "orders", "server"),
        _span("call", "root", (20, 60), "orders"),
        _span("call", "root", (20, 60), ""),
        _span("in", "call", (30, 40), "orders"),
    ]

    assert with_own_ids(spans) == spans


def test_a_piece_of_the_servers_side_goes_with_it() -> None:
    spans = [
        replace(_span("call", None, (0, 0), "orders"), start_ns=0, end_ns=0),
        _span("call", None, (10, 40), "orders", "server"),
        _span("call", None, (0, 50), "web", "client"),
    ]

    assert [span.span_id for span in with_own_ids(spans)] == ["call@orders", "call@orders", "call"]


def test_equal_ids_in_two_traces_are_two_calls() -> None:
    here = _span("call", None, (0, 9), "web", "client")
    there = replace(_span("call", None, (0, 9), "orders", "server"), trace_id="other")

    assert with_own_ids([here, there]) == [here, there]


def test_two_servers_under_one_id_keep_their_own_work() -> None:
    spans = [
        _span("call", None, (0, 90), "web", "client"),
        _span("call", None, (10, 40), "a", "server"),
        _span("call", None, (50, 80), "b", "server"),
        _span("of a", "call", (20, 30), "a"),
        _span("of b", "call", (60, 70), "b"),
    ]

    assert [span.parent_id for span in with_own_ids(spans)[3:]] == ["call@a", "call@b"]


def test_a_server_before_its_call_is_moved_to_its_middle_with_all_that_it_did() -> None:
    """call 10..70 lasts 60; the server, 20 long, seems to start at -30: 20 before and 20 after it remain."""
    recorder = Recorder()
    spans = [
        _span("root", None, (0, 80), "web"),
        _span("call", "root", (10, 70), "web", "client"),
        _span("answer", "call", (-30, -10), "orders", "server"),
        replace(
            _span("inside", "answer", (-25, -15), "orders", "client"),
            events=[PlainEvent("x", T0 - 20 * MS), PlainEvent("timeless", 0)],
        ),
        _span("deeper", "inside", (-24, -16), "store", "server"),
    ]

    moved = on_one_clock(spans, recorder)

    assert _bounds(moved) == [(0, 80), (10, 70), (30, 50), (35, 45), (36, 44)]
    assert [event.t_ns for event in moved[3].events] == [T0 + 40 * MS, 0]
    assert [span.clock_shift_ns // MS for span in moved] == [0, 0, 60, 60, 60]
    (finding,) = recorder.trace().findings.to_pylist()
    assert (finding["code"], finding["count"]) == ("clock_shifted", 3)
    assert "60.000 ms" in finding["example"]


def test_a_server_longer_than_its_call_begins_with_it() -> None:
    spans = [_span("call", None, (10, 20), "web", "client"), _span("x", "call", (0, 50), "orders", "server")]

    assert _bounds(on_one_clock(spans, Recorder())) == [(10, 20), (10, 60)]


@pytest.mark.parametrize(
    "answer",
    [
        _span("x", "call", (8, 50), "orders", "server"),
        _span("x", "call", (60, 90), "orders", "server"),
        _span("x", "call", (-30, -10), "orders"),
        _span("x", "call", (-30, -10), "web", "server"),
        _span("x", "call", (-30, -10), "", "server"),
        _span("x", "call", (-200_000_000, -199_999_990), "orders", "server"),
        replace(_span("x", "call", (0, 50), "orders", "server"), start_ns=0),
        replace(_span("x", "call", (0, 50), "orders", "server"), end_ns=0),
    ],
    ids=[
        "whole ms",
        "caller gave up",
        "no server",
        "same service",
        "no service",
        "days",
        "no start",
        "no end",
    ],
)
def test_what_may_be_right_or_cannot_be_known_stays(answer: PlainSpan) -> None:
    recorder = Recorder()
    spans = [_span("call", None, (10, 70), "web", "client"), answer]

    assert on_one_clock(spans, recorder) == spans
    assert recorder.trace().findings.num_rows == 0


def test_spans_that_contain_each_other_stay() -> None:
    spans = [_span("a", "b", (10, 70), "web", "client"), _span("b", "a", (0, 9), "orders", "server")]

    assert on_one_clock(spans, Recorder()) == spans


def test_only_the_consumer_of_a_producer_is_in_the_background() -> None:
    spans = [
        _span("send", None, (0, 1), "web", "producer"),
        _span("take", "send", (5, 9), "mail", "consumer"),
        _span("log", "send", (5, 9), "mail"),
        _span("poll", None, (5, 9), "mail", "consumer"),
    ]

    assert [span.background for span in handed_over(spans)] == [False, True, False, False]
