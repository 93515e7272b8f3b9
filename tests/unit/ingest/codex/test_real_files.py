"""Real rollouts: what their records say by a plain count of them, a reading must say too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agenttrace.critical_path.analysis import analyze
from agenttrace.ingest.reading import read

Record = dict[str, Any]


def _files(shared_data: Path) -> list[Path]:
    return sorted((shared_data / "sessions" / "codex").glob("*.jsonl"))


def _own(path: Path) -> list[Record]:
    """The records after a copied history: those from the first turn on that is younger than the thread."""
    records = [json.loads(line) for line in path.read_bytes().splitlines()]
    thread = records[0]["payload"]["id"]
    if "forked_from_id" not in records[0]["payload"]:
        return records
    turns = (n for n, one in enumerate(records) if one["payload"].get("turn_id", "") > thread)
    return records[next(turns) :]


def _sums(records: list[Record]) -> list[Any]:
    infos = (one["payload"].get("info") for one in records if one["payload"].get("type") == "token_count")
    return [info["total_token_usage"] for info in infos if info]


def test_requests_are_the_changes_of_the_sum_of_tokens(shared_data: Path) -> None:
    for path in _files(shared_data):
        records = _own(path)
        sums = _sums(records)
        forked = records[0]["type"] != "session_meta"
        changes = sum(a != b for a, b in zip(sums, sums[1:], strict=False)) + (not forked)
        (session,) = analyze(read(path)).sessions.to_dicts()

        assert session["requests"] == changes, path.name
        last, first = sums[-1], sums[0] if forked else {}
        assert session["output_tokens"] == last["output_tokens"] - first.get("output_tokens", 0), path.name


def test_compactions_are_the_records_of_them(shared_data: Path) -> None:
    for path in _files(shared_data):
        written = sum(one["type"] == "compacted" for one in _own(path))
        assert analyze(read(path)).sessions["compactions"].to_list() == [written], path.name


def test_turns_last_as_long_as_they_say(shared_data: Path) -> None:
    """What lies outside the turns is waiting for the user: to the second, as the program counts."""
    path = next(path for path in _files(shared_data) if "0.136.0" in path.name)
    records = _own(path)
    ends = [
        one["payload"] for one in records if one["payload"].get("type") in ("task_complete", "turn_aborted")
    ]
    stated = sum(one["duration_ms"] for one in ends) / 1000
    (session,) = analyze(read(path)).sessions.to_dicts()
    spans = read(path).spans.to_pylist()
    pauses = sum(
        row["end_ns"] - row["start_ns"]
        for row in spans
        if row["kind"] == "user_wait" and spans[row["parent"]]["kind"] != "tool"
    )
    last_turn = max(one["payload"]["started_at"] for one in records if "started_at" in one["payload"])
    before_last = last_turn * 10**9 - session["start_ns"] - pauses

    assert before_last / 10**9 == pytest.approx(stated, abs=10)
