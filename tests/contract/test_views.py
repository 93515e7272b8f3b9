"""One run told by several sources is one run: no request twice, each fact from who knows it best, in any order."""

import gzip
import itertools
import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest

from agenttrace.critical_path.analysis import Analysis, analyze
from agenttrace.ingest.reading import read
from agenttrace.model.trace import Trace
from contract.table_rows import difference, substance
from contract.trace_files import SAMPLES

CAPTURES = SAMPLES / "dynamo-captures"
REQUESTS, SERVER, CLIENT = (
    "request-trace.000000.jsonl.gz",
    "otlp-traces.pb.gz",
    "harness-otlp-traces.pb.gz",
)
VIEWS = (REQUESTS, SERVER, CLIENT)
TOGETHER = [views for size in (2, 3) for views in itertools.combinations(VIEWS, size)]
STORY = ("claude-code/33min.jsonl", "dynamo/33min.jsonl.gz", "otlp/33min.jsonl.gz")
STORIES = [views for size in (2, 3) for views in itertools.combinations(STORY, size)]
COUNTS = ("requests", "main_requests", "subagents", "subagent_requests", "tool_calls")

every_run = pytest.mark.parametrize("run", ["A", "B"])


@cache
def _trace(*names: str) -> Trace:
    return read([SAMPLES / name for name in names])


@cache
def _analysis(*names: str) -> Analysis:
    return analyze(_trace(*names))


def _of(run: str, *views: str) -> list[str]:
    return [f"dynamo-captures/{run}/{view}" for view in views]


def _sums(analysis: Analysis, *columns: str) -> dict[str, int]:
    return {column: int(analysis.sessions[column].sum()) for column in columns}


def _walls(analysis: Analysis) -> dict[str, int]:
    return dict(analysis.sessions.select("session", "wall_ns").iter_rows())


@every_run
@pytest.mark.parametrize("views", TOGETHER, ids=" + ".join)
def test_views_of_one_run_are_one_run(run: str, views: tuple[str, ...]) -> None:
    together = _analysis(*_of(run, *views))
    knowing = REQUESTS if REQUESTS in views else CLIENT

    assert together.sessions.height == 24
    assert _sums(together, *COUNTS) == _sums(_analysis(*_of(run, knowing)), *COUNTS)


@every_run
def test_each_fact_is_from_who_knows_it_best(run: str) -> None:
    together, server, client = (_analysis(*_of(run, *views)) for views in (VIEWS, (REQUESTS,), (CLIENT,)))
    shares = ("path_queue_ns", "path_prefill_ns")

    assert _walls(together) == _walls(client)
    assert sum(_sums(together, *shares).values()) == pytest.approx(
        sum(_sums(server, *shares).values()), rel=0.002
    )
    for name, of_server in _sums(server, *shares).items():  # how both are parted is an estimate
        assert _sums(together, name)[name] == pytest.approx(of_server, rel=0.05)
    assert _sums(together, "path_tool_ns") == _sums(client, "path_tool_ns")
    assert _sums(together, "compactions", "retries", "input_tokens", "cache_read_tokens") == _sums(
        server, "compactions", "retries", "input_tokens", "cache_read_tokens"
    )


@every_run
@pytest.mark.parametrize("views", [views for views in TOGETHER if REQUESTS in views], ids=" + ".join)
def test_what_requests_are_for_is_told_of_all_their_views(run: str, views: tuple[str, ...]) -> None:
    together = _sums(_analysis(*_of(run, *views)), "purpose_compaction_ns", "path_user_ns")
    alone = _sums(_analysis(*_of(run, REQUESTS)), "purpose_compaction_ns")

    assert together["purpose_compaction_ns"] == pytest.approx(alone["purpose_compaction_ns"], rel=0.01)
    assert together["path_user_ns"] == 0


@every_run
def test_what_the_server_did_not_see_is_network(run: str) -> None:
    together = _analysis(*_of(run, *VIEWS)).sessions
    network = (together["path_network_ns"] / together["wall_ns"]).to_list()

    assert min(network) > 0
    assert max(network) < 0.01


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_all_views_of_two_runs_that_share_their_ids_are_two_runs(seed: int) -> None:
    files = [*_of("A", *VIEWS), *_of("B", *VIEWS)]
    shuffled = Random(seed).sample(files, len(files))  # seeded, not secret
    both = analyze(read([SAMPLES / name for name in shuffled]))
    apart = [_analysis(*_of(run, *VIEWS)) for run in "AB"]

    assert both.sessions.height == 48
    assert _sums(both, *COUNTS) == {name: sum(_sums(each, name)[name] for each in apart) for name in COUNTS}
    assert sorted(both.sessions["wall_ns"]) == sorted(
        wall for each in apart for wall in _walls(each).values()
    )


def test_views_in_any_order_are_the_same() -> None:
    names = _of("A", *VIEWS)
    expected = substance(_trace(*names))

    for order in itertools.permutations(names):
        assert difference(substance(read([SAMPLES / name for name in order])), expected) == {}


@pytest.mark.parametrize("views", STORIES, ids=" + ".join)
def test_one_story_told_by_transcript_server_and_telemetry_is_one(views: tuple[str, ...]) -> None:
    together = _analysis(*views)
    alone = _sums(_analysis("claude-code/33min.jsonl"), *COUNTS, "main_turns", "compactions", "output_tokens")

    assert together.sessions.height == 1
    assert _sums(together, *alone) == alone


def test_of_three_views_of_a_story_each_gives_its_part() -> None:
    together = _analysis(*STORY)
    server = _sums(_analysis(STORY[1]), "path_queue_ns", "path_prefill_ns")
    shares = _sums(together, *server, "path_user_ns", "path_harness_ns", "path_model_ns")

    assert shares["path_queue_ns"] == pytest.approx(server["path_queue_ns"], rel=0.01)
    assert shares["path_prefill_ns"] == pytest.approx(server["path_prefill_ns"], rel=0.01)
    assert shares["path_model_ns"] < 10**9
    assert shares["path_harness_ns"] < 12 * 10**9
    assert int(together.sessions["wall_ns"][0]) == int(_analysis(STORY[2]).sessions["wall_ns"][0])


@pytest.mark.parametrize("ahead_ms", [-3_600_000, -1_500, 90_000])
def test_a_clock_that_differs_is_corrected_and_told(tmp_path: Path, ahead_ms: int) -> None:
    shifted = tmp_path / "requests.jsonl"
    shifted.write_bytes(_requests_by_another_clock(ahead_ms))
    client = CAPTURES / "A" / CLIENT

    together = read([shifted, client])

    assert _walls(analyze(together)) == _walls(_analysis(*_of("A", CLIENT)))
    assert _sums(analyze(together), *COUNTS) == _sums(_analysis(*_of("A", REQUESTS, CLIENT)), *COUNTS)
    (finding,) = [row for row in together.findings.to_pylist() if row["code"] == "clock_shifted"]
    assert finding["file"] == str(shifted)
    assert ("ahead of" if ahead_ms > 0 else "behind") in finding["example"]
    starts = pl.DataFrame(pl.from_arrow(together.spans)).filter(pl.col("kind") == "other")
    plain = pl.DataFrame(pl.from_arrow(_trace(*_of("A", REQUESTS, CLIENT)).spans)).filter(
        pl.col("kind") == "other"
    )
    moved, unmoved = (frame.select("source_id", "start_ns") for frame in (starts, plain))
    both = moved.join(unmoved, on="source_id", suffix="_unmoved")
    assert both.height > 100
    assert max((both["start_ns"] - both["start_ns_unmoved"]).abs().to_list()) < 5_000_000
    assert set(starts["start_evidence"].cast(pl.String)) == {"estimated"}


def _requests_by_another_clock(ahead_ms: int) -> bytes:
    lines = gzip.decompress((CAPTURES / "A" / REQUESTS).read_bytes()).splitlines()
    return b"".join(json.dumps(_moved(json.loads(line), ahead_ms)).encode() + b"\n" for line in lines)


def _moved(value: Any, ahead_ms: int) -> Any:
    """The record with every wall-clock time in it moved."""
    if isinstance(value, list):
        return [_moved(each, ahead_ms) for each in value]
    if not isinstance(value, dict):
        return value
    clocks = {"event_time_unix_ms", "request_received_ms", "started_at_unix_ms", "ended_at_unix_ms"}
    return {
        key: each + ahead_ms if key in clocks and each is not None else _moved(each, ahead_ms)
        for key, each in value.items()
    }


def test_runs_that_only_look_alike_are_not_joined(tmp_path: Path) -> None:
    """The same tokens at the same time, by two clients of one engine: of each two requests agree by chance."""
    one = _written(tmp_path / "one.jsonl", "a", [(0, 10), (20, 30), (40, 50), (60, 70)])
    other = _written(tmp_path / "other.jsonl", "b", [(0, 10), (20, 30), (40, 50), (60, 70)])

    assert analyze(read([one, other])).sessions.height == 2


def _written(path: Path, session: str, times: list[tuple[int, int]]) -> Path:
    rows = [
        {
            "schema": "dynamo.request.trace.v1",
            "event_type": "request_end",
            "event_time_unix_ms": 1_795_417_720_000 + end,
            "agent_context": {"session_id": session},
            "request": {
                "request_id": f"{session}-{number}",
                "input_tokens": 1000,
                "output_tokens": 20,
                "request_received_ms": 1_795_417_720_000 + start,
                "total_time_ms": end - start,
            },
        }
        for number, (start, end) in enumerate(times)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
