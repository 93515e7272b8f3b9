"""Real transcripts, read where they lie, against counts made naively."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agenttrace.ingest.assembly.assemble import ReadSource, assemble
from agenttrace.ingest.formats.claude_code import CLAUDE_CODE
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from unit.ingest.claude_code.chat import read

_PAIR = ("entireio-cli/v2.1.17_7e-72a8d8fdb8-0.jsonl", "entireio-cli/v2.1.17_35-111b46167b-0.jsonl")


@pytest.fixture(scope="module")
def transcripts(shared_data: Path) -> list[Path]:
    found = sorted((shared_data / "sessions" / "claude-code").rglob("*.jsonl"))
    if not found:
        pytest.skip("no transcripts in the shared data")
    return found


def _records(file: Path) -> Iterator[dict[str, Any]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield json.loads(line)


def _answers(file: Path) -> Iterator[dict[str, Any]]:
    """Lines of answers, and copies of subagents' lines."""
    for record in _records(file):
        copy = record.get("data", {}).get("message") if record.get("type") == "progress" else None
        for each in (record, copy):
            if isinstance(each, dict) and each.get("type") == "assistant":
                yield each


def test_each_is_recognised(transcripts: list[Path]) -> None:
    assert all(CLAUDE_CODE.sniff(Source(str(file)).head) for file in transcripts)


def test_requests_are_the_distinct_pairs_of_ids_that_a_model_answered(transcripts: list[Path]) -> None:
    for file in transcripts:
        pairs = {
            (answer["message"]["id"], answer.get("requestId"))
            for answer in _answers(file)
            if answer["message"]["model"] != "<synthetic>"
        }
        keys = {span["span_key"] for span in read(file).of("request") if span["purpose"] != "failed_attempt"}
        assert keys == {f"req:{message}:{request}" for message, request in pairs}, file


def test_compactions_are_the_boundaries(transcripts: list[Path]) -> None:
    for file in transcripts:
        boundaries = sum(record.get("subtype") == "compact_boundary" for record in _records(file))
        assert len(read(file).of("compaction")) == boundaries, file


def test_nothing_is_negative_lost_or_unreadable(transcripts: list[Path]) -> None:
    for file in transcripts:
        reading = read(file)
        assert reading.records == sum(1 for _ in _records(file))
        for span in reading.spans.values():
            assert span["end_ns"] is None or span["start_ns"] <= span["end_ns"], (file, span)
        keys = set(reading.spans) | set(reading.agents)
        assert all(link["from_key"] in keys and link["to_key"] in keys for link in reading.links), file
        unexpected = {
            "broken_line",
            "field_unusable",
            "unknown_record",
            "negative_duration",
            "time_goes_back",
        }
        assert not unexpected & set(reading.findings), (file, reading.findings)


def test_every_request_starts_after_what_it_waited_for(transcripts: list[Path]) -> None:
    for file in transcripts:
        reading = read(file)
        for link in reading.links:
            source, target = reading.spans.get(link["from_key"]), reading.spans[link["to_key"]]
            if source is not None and source["end_ns"] is not None:
                assert (link["at_ns"] or source["end_ns"]) <= target["start_ns"], (file, link)


def test_a_prefix_and_its_superset_count_once(shared_data: Path) -> None:
    files = [shared_data / "sessions" / "claude-code" / name for name in _PAIR]
    part, whole = (read(file) for file in files)
    assert set(part.spans) < set(whole.spans)
    for key, span in part.spans.items():
        assert (span["start_ns"], span["kind"]) == (whole.spans[key]["start_ns"], whole.spans[key]["kind"])
    traces = [assemble([_source(file) for file in chosen]) for chosen in (files, files[1:])]
    assert traces[0].spans.num_rows == traces[1].spans.num_rows
    assert traces[0].sessions.num_rows == 1


def test_a_compaction_holds_the_request_of_its_own_file(shared_data: Path) -> None:
    folder = shared_data / "sessions" / "claude-code" / "marot-spotter"
    files = sorted(folder.glob("*/subagents/agent-acompact-*.jsonl"))
    assert len(files) == 3
    for file in files:
        (request,) = read(file).of("request")
        main = read(folder / f"{file.parts[-3]}.jsonl")
        outer = main.spans[request["parent_key"]]
        assert outer["kind"] == "compaction"
        assert outer["start_ns"] <= request["start_ns"] < request["end_ns"] <= outer["end_ns"]


def test_an_agents_own_file_and_its_copies_agree(shared_data: Path) -> None:
    folder = shared_data / "sessions" / "claude-code" / "marot-spotter"
    for file in sorted(folder.glob("*/subagents/agent-a[0-9a-f]*[0-9a-f].jsonl")):
        main = folder / f"{file.parts[-3]}.jsonl"
        if "acompact" in file.name or not main.exists():
            continue
        own, copied = read(file), read(main)
        shared = set(own.spans) & set(copied.spans)
        assert shared
        for key in shared:
            assert own.spans[key]["agent_key"] == copied.spans[key]["agent_key"]
            assert abs(own.spans[key]["start_ns"] - copied.spans[key]["start_ns"]) < 10**9


def _source(file: Path) -> ReadSource:
    recorder = Recorder()
    CLAUDE_CODE.read(Source(str(file)), recorder)
    return ReadSource(str(file), CLAUDE_CODE.id, file.stat().st_size, recorder.trace())
