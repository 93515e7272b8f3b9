"""What is known of the captures, told by those who made them: a reading must say the same."""

import gzip
import json
from functools import cache, partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from agenttrace.critical_path.analysis import Analysis, analyze
from agenttrace.ingest.reading import read
from agenttrace.model.vocabulary import Evidence, Phase, Purpose, SpanKind
from contract.table_rows import difference, frame, substance
from contract.trace_cases import cases, every_trace, of_format, trace
from contract.trace_files import SHARED, TraceFile, content, lines_of, objects_of

MILLISECOND = 1_000_000
RUNS = ("A", "B", "C-disagg", "D-claude-headers")
EXPECTED = {"A": (24, 600), "B": (24, 600), "C-disagg": (6, 150), "D-claude-headers": (3, 75)}
WALL_TOLERANCE_NS = 25 * MILLISECOND
SERVER_TOLERANCE_NS = 50 * MILLISECOND
"""The server knows nothing of what its client did before the first request and after the last answer."""

TRACES = "request-trace.000000.jsonl.gz"
LOGS = "otlp-logs.pb.gz"
SERVER = ("otlp-traces.pb.gz", "otlp-traces.json.gz")
HARNESS = ("harness-otlp-traces.pb.gz", "harness-otlp-traces.json.gz")
SAME_IN_LOGS = ("agents", "spans", "marks", "links", "prefixes")
"""What is told of sessions differs: of which format they are."""
PARTITIONS = {"path": Phase, "purpose": Purpose, "evidence": Evidence}

every_run = pytest.mark.parametrize("run", RUNS)
every_transcript = pytest.mark.parametrize("file", cases(of_format("claude-code")))
every_session_log = pytest.mark.parametrize("file", cases(of_format("claude-code") + of_format("codex")))


@cache
def _analysis(*names: str) -> Analysis:
    return analyze(read([SHARED / "dynamo" / name for name in names]))


# The request trace of NVIDIA Dynamo


@every_run
def test_sessions_requests_and_tokens_are_those_of_the_capture(run: str, shared_data: Path) -> None:
    facts = json.loads((shared_data / "dynamo" / run / "expected-facts.json").read_text())
    sessions = _analysis(f"{run}/{TRACES}").sessions

    assert sessions.height == facts["n_runs"] == EXPECTED[run][0]
    assert sessions["requests"].sum() == facts["n_request_end"] == EXPECTED[run][1]
    assert sessions["input_tokens"].sum() == facts["sum_input_tokens"]
    assert sessions["output_tokens"].sum() == facts["sum_output_tokens"]
    assert sessions["cache_read_tokens"].sum() == facts["sum_cached_tokens"]
    assert sessions["tool_calls"].sum() == facts["trace_events"]["tool_start"]


@every_run
def test_agents_compactions_and_retries_are_those_of_the_capture(run: str, shared_data: Path) -> None:
    facts = json.loads((shared_data / "dynamo" / run / "expected-facts.json").read_text())
    sessions = _analysis(f"{run}/{TRACES}").sessions

    assert sessions["subagents"].sum() + sessions.height == facts["n_dynamo_sessions"]
    assert sessions["compactions"].sum() == facts["client_status"]["compaction/ok"]
    assert sessions["retries"].sum() == facts["client_status"]["retry/ok"]


@every_run
def test_wall_times_are_those_that_the_client_measured(run: str, shared_data: Path) -> None:
    sessions = _analysis(f"{run}/{TRACES}").sessions

    _assert_same_walls(sessions, _truth(shared_data / "dynamo" / run), WALL_TOLERANCE_NS)


@every_run
def test_what_the_server_timed_is_taken_to_the_millisecond(run: str, shared_data: Path) -> None:
    facts = json.loads((shared_data / "dynamo" / run / "expected-facts.json").read_text())
    spans = frame(read(shared_data / "dynamo" / run / TRACES).spans).filter(pl.col("kind") == "request")

    for column, stated in (("queue_ns", "prefill_wait_time_ms"), ("prefill_ns", "prefill_time_ms")):
        assert spans[column].min() == pytest.approx(facts[stated]["min"] * MILLISECOND, abs=1)
        assert spans[column].max() == pytest.approx(facts[stated]["max"] * MILLISECOND, abs=1)


# The same runs, seen by others


@every_run
@pytest.mark.usefixtures("shared_data")
def test_the_request_trace_as_log_records_gives_the_same_rows(run: str) -> None:
    file, logs = (read(SHARED / "dynamo" / run / name) for name in (TRACES, LOGS))

    tables = [substance(each) for each in (file, logs)]
    assert difference(*({name: each[name] for name in SAME_IN_LOGS} for each in tables)) == {}


@every_run
@pytest.mark.usefixtures("shared_data")
@pytest.mark.parametrize("names", [(TRACES, LOGS), (LOGS, TRACES)])
def test_a_request_trace_and_its_log_records_are_counted_once(run: str, names: tuple[str, str]) -> None:
    together = _analysis(*(f"{run}/{name}" for name in names)).sessions
    alone = _analysis(f"{run}/{TRACES}").sessions

    assert (together.height, together["requests"].sum()) == EXPECTED[run]
    for column in ("wall_ns", "input_tokens", "output_tokens", "tool_calls", "compactions", "retries"):
        assert together[column].to_list() == alone[column].to_list()


@every_run
@pytest.mark.parametrize("name", HARNESS)
def test_the_harness_spans_alone_tell_the_same_run(run: str, name: str, shared_data: Path) -> None:
    sessions = _analysis(f"{run}/{name}").sessions

    assert (sessions.height, sessions["requests"].sum()) == EXPECTED[run]
    _assert_same_walls(sessions, _truth(shared_data / "dynamo" / run), WALL_TOLERANCE_NS)


@every_run
@pytest.mark.parametrize("name", SERVER)
def test_the_server_spans_alone_tell_the_same_run(run: str, name: str, shared_data: Path) -> None:
    sessions = _analysis(f"{run}/{name}").sessions.filter(pl.col("requests") > 0)

    assert (sessions.height, sessions["requests"].sum()) == EXPECTED[run]
    _assert_same_walls(sessions, _truth(shared_data / "dynamo" / run), SERVER_TOLERANCE_NS)


@pytest.mark.usefixtures("shared_data")
@pytest.mark.parametrize("name", HARNESS)
def test_two_runs_that_share_all_their_ids_stay_two_runs(name: str) -> None:
    sessions = _analysis(f"A/{name}", f"B/{name}").sessions

    assert (sessions.height, sessions["requests"].sum()) == (48, 1200)


@pytest.mark.usefixtures("shared_data")
@pytest.mark.parametrize("names", [SERVER, HARNESS])
def test_one_run_in_two_encodings_is_one_run(names: tuple[str, str]) -> None:
    sessions = _analysis(*(f"A/{name}" for name in names)).sessions.filter(pl.col("requests") > 0)

    assert (sessions.height, sessions["requests"].sum()) == (24, 600)


@every_run
@pytest.mark.usefixtures("shared_data")
def test_two_encodings_of_one_run_say_the_same(run: str) -> None:
    for binary, text in (SERVER, HARNESS):
        traces = [read(SHARED / "dynamo" / run / name) for name in (binary, text)]
        assert difference(*map(substance, traces)) == {}


def _truth(folder: Path) -> list[tuple[int, int]]:
    records = map(json.loads, gzip.decompress((folder / "harness-truth.jsonl.gz").read_bytes()).splitlines())
    return [
        (round(record["t0"] * MILLISECOND), round(record["t1"] * MILLISECOND))
        for record in records
        if record["type"] == "session"
    ]


def _assert_same_walls(sessions: pl.DataFrame, truth: list[tuple[int, int]], tolerance_ns: int) -> None:
    """Each true session is the nearest to one that was found, and none is found twice."""
    found = list(zip(sessions["start_ns"].to_list(), sessions["end_ns"].to_list(), strict=True))
    nearest = [min(found, key=partial(_distance, true)) for true in truth]
    off = [abs((f[1] - f[0]) - (t[1] - t[0])) for f, t in zip(nearest, truth, strict=True)]

    assert len(set(nearest)) == len(truth)
    assert max(off) <= tolerance_ns, f"{max(off) / MILLISECOND} ms off"


def _distance(a: tuple[int, int], b: tuple[int, int]) -> int:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


# Transcripts of Claude Code


@every_transcript
def test_requests_are_the_distinct_answers_of_a_model(file: TraceFile) -> None:
    requests = analyze(trace(file)).sessions["requests"].sum()

    assert requests == len(_answers(content(file.path)))


@every_transcript
def test_compactions_are_the_boundaries_that_were_written(file: TraceFile) -> None:
    boundaries = {
        record.get("uuid")
        for record in objects_of(content(file.path))
        if (record.get("type"), record.get("subtype")) == ("system", "compact_boundary")
    }
    compactions = frame(trace(file).spans).filter(pl.col("kind") == SpanKind.COMPACTION)

    assert compactions.height == len(boundaries)


@every_session_log
def test_a_prefix_of_a_transcript_beside_the_whole_is_counted_once(file: TraceFile, tmp_path: Path) -> None:
    lines = list(lines_of(content(file.path)))
    prefix, whole = tmp_path / "checkpoint-1.jsonl", tmp_path / "checkpoint-2.jsonl"
    prefix.write_bytes(b"\n".join(lines[: len(lines) * 2 // 3 + 1]))
    whole.write_bytes(content(file.path))

    both, alone = substance(read([prefix, whole])), substance(read(whole))

    for table in ("sessions", "agents", "spans"):
        assert difference({table: both[table]}, {table: alone[table]}) == {}


def _answers(data: bytes) -> set[tuple[Any, Any]]:
    """(message.id, requestId) of each answer, also of those that progress records repeat of subagents."""
    found = set()
    for record in objects_of(data):
        inner = record.get("data") if record.get("type") == "progress" else None
        copy = inner.get("message") if isinstance(inner, dict) else None
        for said in (record, copy):
            if isinstance(said, dict) and said.get("type") == "assistant":
                message = said["message"]
                if message.get("model") != "<synthetic>":
                    found.add((message.get("id"), said.get("requestId")))
    return found


# The laws, on every real file


@every_trace
def test_phases_purposes_and_evidence_each_sum_to_the_wall_time(file: TraceFile) -> None:
    sessions = analyze(trace(file)).sessions

    for prefix, words in PARTITIONS.items():
        columns = [f"{prefix}_{word.value}_ns" for word in words]
        total = sessions.select(total=pl.sum_horizontal(columns))["total"]
        assert total.to_list() == sessions["wall_ns"].to_list(), prefix
        assert sessions.filter(pl.min_horizontal(columns) < 0).is_empty(), prefix
    assert (sessions["end_ns"] - sessions["start_ns"]).to_list() == sessions["wall_ns"].to_list()


@every_trace
def test_the_segments_tile_the_wall_time(file: TraceFile) -> None:
    analysis = analyze(trace(file))
    ordered = analysis.segments.sort("session", "start_ns")
    gaps = ordered.with_columns(before=pl.col("end_ns").shift(1).over("session")).drop_nulls("before")
    outer = ordered.group_by("session").agg(pl.col("start_ns").min(), pl.col("end_ns").max())
    expected = analysis.sessions.filter(pl.col("wall_ns") > 0).select("session", "start_ns", "end_ns")

    assert gaps.filter(pl.col("before") != pl.col("start_ns")).is_empty()
    assert ordered.filter(pl.col("end_ns") <= pl.col("start_ns")).is_empty()
    assert outer.sort("session").rows() == expected.sort("session").rows()
