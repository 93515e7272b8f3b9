"""Sessions written as Agentic Mooncake and read again are the same work: what waits for what, tokens, prefixes."""

import json
from pathlib import Path

import numpy as np
import pytest

from agenttrace.ingest.reading import read
from agenttrace.replay.choices import Load
from agenttrace.replay.outcome import Outcome
from agenttrace.replay.playing import set_stage
from agenttrace.replay.workload import Workload, read_workload
from agenttrace.report.agentic_mooncake import to_agentic_mooncake

SAMPLES = Path(__file__).resolve().parents[3] / "sample_traces"
MS = 1_000_000


def _written(workload: Workload, folder: Path) -> Path:
    file = folder / "plays.jsonl"
    file.write_bytes(b"".join(to_agentic_mooncake(workload)))
    return file


def _played(workload: Workload, length_ms: int) -> Outcome:
    """If every request takes so long."""
    each = np.full(len(workload.requests), length_ms * MS)
    return set_stage(workload, Load.RECORDED, 0).play_constant((each // 2, each))


@pytest.mark.parametrize("name", ["A", "B"])
def test_a_capture_written_and_read_again_is_played_alike(name: str, tmp_path: Path) -> None:
    (file,) = sorted((SAMPLES / "dynamo-captures" / name).glob("request-trace*"))
    workload = read_workload(read(file))
    again = read_workload(read(_written(workload, tmp_path)))
    assert len(again.requests) == len(workload.requests)
    assert again.prompts.block_tokens == workload.prompts.block_tokens
    assert sum(map(len, again.prompts.prefixes.paths)) > 0
    for length_ms in (1, 80, 3_000):
        one, other = _played(workload, length_ms), _played(again, length_ms)
        # Gaps below 0, of clocks of whole milliseconds, are none there.
        assert np.sort(other.sent) == pytest.approx(np.sort(one.sent), abs=3 * MS)
        assert np.sort(other.done) == pytest.approx(np.sort(one.done), abs=3 * MS)


def test_a_fan_out_keeps_its_waits(tmp_path: Path) -> None:
    workload = read_workload(read(SAMPLES / "agentic-mooncake" / "fan-out.jsonl"))
    lines = [json.loads(line) for line in _written(workload, tmp_path).read_text().splitlines()]
    head, *rows = lines
    assert (head["version"], head["block_size"]) == (2, 64)
    first = next(row for row in rows if row["input_length"] == 200)
    child = next(row for row in rows if row["input_length"] == 100)
    joined = next(row for row in rows if row["input_length"] == 320)
    assert first["not_before_ms"] == 0
    assert {
        "request_id": first["request_id"],
        "trigger": "dispatch",
        "delay_ms": 15.0,
        "relation": "spawn",
    } in (child["dependencies"])
    waits = {(one["relation"], one["trigger"], one["delay_ms"]) for one in joined["dependencies"]}
    assert {("sequence", "completion", 30.0), ("join", "completion", 2.5)} <= waits
    assert len(joined["hash_ids"]) == 5


def test_redacted_lines_name_nothing(tmp_path: Path) -> None:
    workload = read_workload(read(SAMPLES / "agentic-mooncake" / "fan-out.jsonl"))
    text = b"".join(to_agentic_mooncake(workload, redact=True)).decode()
    assert "some-model" not in text
    assert '"play"' not in text
    assert tmp_path.is_dir()
