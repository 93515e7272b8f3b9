"""Sessions without times: nothing is inferred of their instants, and nothing divides them."""

import json
from pathlib import Path
from typing import Any

import pytest

from agenttrace.critical_path.analysis import analyze
from agenttrace.ingest.assembly.assemble import ReadSource, assemble
from agenttrace.ingest.reading import read
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Evidence, HashScope, Purpose, SpanKind
from contract.table_rows import difference, substance
from contract.trace_files import SAMPLES

SECOND = 10**9
HOUR = 3600 * SECOND
WORKLOADS = (SAMPLES / "mooncake", SAMPLES / "agentic-mooncake", SAMPLES / "applied-compute")


def _assembled(*, timed: bool | None) -> Trace:
    """A session in which much could be inferred from times.

    Its main agent asks, runs two tools at once, of which one ends just after its next request begins, goes on
    with a much shorter prompt, and an hour later with a tool's result that no tool gave; a background agent
    ended before that.
    """
    recorder = Recorder()
    recorder.session(session_key="s", timed=timed)
    recorder.agent(session_key="s", agent_key="other", background=True)
    for number, (start, agent, trigger, blocks) in enumerate(_REQUESTS):
        _span(recorder, f"r{number}", SpanKind.REQUEST, start, agent_key=agent, trigger=trigger,
              input_tokens=4 * len(blocks), output_tokens=9)  # fmt: skip
        recorder.prefix(
            session_key="s", span_key=f"r{number}", block_size=4, blocks=blocks, scope=HashScope.SOURCE.value
        )
    for number, length in enumerate((9 * SECOND, 10 * SECOND + 1_000_000)):
        _span(recorder, f"t{number}", SpanKind.TOOL, SECOND, end_ns=SECOND + length)
    return assemble([ReadSource("made up", "mooncake", 0, recorder.trace())])


_REQUESTS: tuple[tuple[int, str | None, str, list[int]], ...] = (
    (0, None, "user_message", [1, 2]),
    (HOUR // 2, "other", "user_message", [7]),
    (11 * SECOND, None, "tool_result", [*range(1, 9000)]),
    (12 * SECOND, None, "user_message", [1, *range(9001, 9100)]),
    (HOUR, None, "tool_result", [1, *range(9001, 9200)]),
    (2 * HOUR, None, "user_message", [1, *range(9001, 9300)]),
)


def _span(recorder: Recorder, key: str, kind: SpanKind, start: int, **facts: Any) -> None:
    end = Evidence.UNKNOWN if "end_ns" not in facts else Evidence.MEASURED
    recorder.span(
        session_key="s",
        span_key=key,
        kind=kind.value,
        purpose=Purpose.TURN.value,
        start_ns=start,
        start_evidence=Evidence.MEASURED.value,
        end_evidence=end.value,
        **facts,
    )


def _codes(trace: Trace) -> set[str]:
    return {row["code"] for row in trace.findings.to_pylist()}


def test_nothing_is_inferred_of_a_session_without_times() -> None:
    trace = _assembled(timed=False)

    requests = [row for row in trace.spans.to_pylist() if row["kind"] == "request"]
    assert {row["kind"] for row in trace.spans.to_pylist()} == {"session", "agent", "request", "tool"}
    assert trace.links.num_rows == 0
    assert {row["status"] for row in requests} == {None}
    assert {row["purpose"] for row in requests} == {"turn"}
    held = [row for row in trace.spans.to_pylist() if row["kind"] != "tool"]
    assert {row["end_evidence"] for row in held} == {"unknown"}
    assert all(row["start_ns"] == row["end_ns"] for row in requests)
    assert _codes(trace) == {"no_timings"}


def test_of_the_same_rows_with_times_much_is_inferred() -> None:
    """Else the test before this one could not fail."""
    trace = _assembled(timed=None)

    assert trace.sessions["timed"].to_pylist() == [True]
    rows = trace.spans.to_pylist()
    assert {"user_wait"} <= {row["kind"] for row in rows}
    assert {row["kind"] for row in trace.links.to_pylist()} == {"feeds", "joins"}
    assert {"unfinished", "compaction_inferred"} <= _codes(trace)
    assert "no_timings" not in _codes(trace)


def test_hashes_of_one_source_tell_no_prompts_of_others_apart() -> None:
    assert _assembled(timed=False).sessions["first_prompt_fingerprint"].to_pylist() == [None]


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda path: path.name)
def test_beside_a_trace_with_times_a_workload_changes_nothing(workload: Path) -> None:
    alone = SAMPLES / "claude-code" / "fan-out.jsonl"

    together = read([alone, workload])

    assert difference(substance(together.timed()), substance(read(alone))) == {}
    analysis = analyze(together)
    assert analysis.sessions.height == 1
    assert analysis.sessions["wall_ns"].to_list() == analyze(read(alone)).sessions["wall_ns"].to_list()
    assert "no_timings" in analysis.findings["code"].to_list()


def test_the_same_tokens_in_two_workloads_are_not_one_request(tmp_path: Path) -> None:
    told = [{"input_length": 600 + n, "output_length": 7 + n, "hash_ids": [n, n + 1]} for n in range(5)]
    alike = {
        "mooncake.jsonl": [row | {"timestamp": 0, "session_id": "s"} for row in told],
        "agentic.jsonl": [
            row | {"request_id": f"r{n}", "play_id": "p", "not_before_ms": 0} for n, row in enumerate(told)
        ],
    }
    for name, rows in alike.items():
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))

    trace = read(tmp_path)

    assert trace.sessions["timed"].to_pylist() == [False, False]
    assert [row["kind"] for row in trace.spans.to_pylist()].count("request") == 10


def test_a_trace_without_workloads_is_itself() -> None:
    trace = read(SAMPLES / "claude-code" / "fan-out.jsonl")

    assert trace.timed() is trace
    assert read(WORKLOADS[0]).timed().spans.num_rows == 0
