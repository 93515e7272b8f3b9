"""Time of which no source says what ran in it is of unknown phase; ends that are the run's are no span's."""

from agenttrace.critical_path.analysis import analyze
from agenttrace.model.trace import Trace
from unit.ingest.assembly.rows import Row, codes, span, trace_of

S = 10**9


def _phases(trace: Trace) -> dict[str, float]:
    found: dict[str, float] = {}
    for row in analyze(trace).segments.iter_rows(named=True):
        found[row["phase"]] = found.get(row["phase"], 0) + (row["end_ns"] - row["start_ns"]) / S
    return found


def test_what_lies_between_requests_is_unknown_where_nothing_else_is_told() -> None:
    trace = trace_of([span("c", "r1", "request", 0, 2), span("c", "r2", "request", 5, 6)])
    assert _phases(trace) == {"model": 3, "unknown": 3}
    assert "only_requests" in codes(trace)


def test_it_is_the_agent_programs_where_tools_are_told_too() -> None:
    rows = [
        span("c", "r1", "request", 0, 2),
        span("c", "t", "tool", 3, 4),
        span("c", "r2", "request", 5, 6),
    ]
    trace = trace_of(rows)
    assert _phases(trace) == {"model": 3, "tool": 1, "harness": 2}
    assert "only_requests" not in codes(trace)


def test_it_is_the_agent_programs_where_requests_say_what_they_answer() -> None:
    rows = [span("c", "r1", "request", 0, 2), span("c", "r2", "request", 5, 6, trigger="tool_result")]
    assert _phases(trace_of(rows)) == {"model": 3, "harness": 3}


def test_an_agent_whose_requests_are_not_told_spends_unknown_time() -> None:
    trace = trace_of([span("c", "a", "agent", 0, 9), span("c", "t", "tool", 3, 4, parent_key="a")])
    assert _phases(trace) == {"unknown": 8, "tool": 1}
    assert "no_requests" in codes(trace)


def _closed_at_once(last_ends: float) -> list[Row]:
    """A run of ten seconds that closes its spans when it is over, but for the last."""
    rows = [span("c", "root", "agent", 0, 10)]
    for number in range(7):
        kind = "request" if number % 2 else "tool"
        rows.append(span("c", f"s{number}", kind, number, 10, parent_key="root"))
    rows.append(span("c", "last", "request", 7, last_ends, parent_key="root"))
    return rows


def test_calls_that_all_end_with_the_run_have_no_known_length() -> None:
    trace = trace_of(_closed_at_once(9.999))
    assert _phases(trace) == {"unknown": 10}
    assert "ends_together" in codes(trace)
    calls = [row for row in trace.spans.to_pylist() if row["kind"] in {"request", "tool"}]
    assert {(row["end_ns"] - row["start_ns"], row["end_evidence"]) for row in calls} == {(0, "unknown")}


def test_one_that_ends_before_shows_that_ends_are_told() -> None:
    trace = trace_of(_closed_at_once(9))
    assert "ends_together" not in codes(trace)
    assert "unknown" not in _phases(trace)


def test_what_is_done_at_an_unknown_instant_did_not_run_on() -> None:
    trace = trace_of(
        [
            span("c", "r", "request", 0, 2),
            span("c", "done", "tool", 2, None, status="ok"),
            span("c", "open", "tool", 2, None),
        ]
    )
    status = {row["source_id"]: row["status"] for row in trace.spans.to_pylist() if row["kind"] == "tool"}
    assert sorted(status.values()) == ["ok", "unfinished"]
    assert {"end_untold", "unfinished"} <= codes(trace)
