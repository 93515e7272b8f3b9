"""What times tell of spans: ends that are the run's are no span's, and an end that is not told is no end."""

from agenttrace.critical_path.analysis import analyze
from agenttrace.model.trace import Trace
from unit.ingest.assembly.rows import Row, codes, span, trace_of

S = 10**9


def _phases(trace: Trace) -> dict[str, float]:
    found: dict[str, float] = {}
    for row in analyze(trace).segments.iter_rows(named=True):
        found[row["phase"]] = found.get(row["phase"], 0) + (row["end_ns"] - row["start_ns"]) / S
    return found


def test_it_is_the_agent_programs_where_requests_say_what_they_answer() -> None:
    rows = [span("c", "r1", "request", 0, 2), span("c", "r2", "request", 5, 6, trigger="tool_result")]
    assert _phases(trace_of(rows)) == {"model": 3, "harness": 3}


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


def test_what_a_program_asks_of_itself_lasts_as_long_as_what_it_holds() -> None:
    trace = trace_of(
        [
            span("m", "i", "other", 1, None, own_phase="harness"),
            span("m", "r", "request", 1, 5, parent_key="i"),
        ]
    )

    ends = {row["source_id"]: (row["end_ns"], row["status"]) for row in trace.spans.to_pylist()}
    assert ends["i"] == (5 * 10**9, None)
    assert "unfinished" not in codes(trace)


def test_an_interaction_without_an_end_lasts_as_long_as_what_it_holds() -> None:
    trace = trace_of(
        [
            span("m", "i", "interaction", 1, None),
            span("m", "r", "request", 1, 5, parent_key="i"),
            span("m", "t", "tool", 5, None),
        ]
    )

    ends = {row["source_id"]: (row["end_ns"], row["status"]) for row in trace.spans.to_pylist()}
    assert ends["i"] == (5 * 10**9, None)
    (finding,) = [row for row in trace.findings.to_pylist() if row["code"] == "unfinished"]
    assert finding["count"] == 1
