"""Workloads that state no times: what they say of order, arrivals and pauses is what is played."""

import json
from pathlib import Path

import numpy as np
import pytest

from agenttrace.ingest.reading import read
from agenttrace.replay.choices import Load
from agenttrace.replay.fleet import Deployment
from agenttrace.replay.playing import set_stage
from agenttrace.replay.replica import Limits
from agenttrace.replay.retimed import retimed
from agenttrace.replay.steps import AffineSteps
from agenttrace.replay.untimed import is_untimed
from agenttrace.replay.workload import read_workload

SAMPLES = Path(__file__).resolve().parents[3] / "sample_traces"
MS = 1_000_000
STEPS = AffineSteps(10.0 * MS, 0.0, 0.0, 0.0, 0.0, 0.0)


def _sent_ms(file: Path, length_ms: int) -> tuple[list[float], float]:
    """When requests are sent, ascending, and how long the last session takes, if every request takes so long."""
    workload = read_workload(read(file))
    stage = set_stage(workload, Load.RECORDED, 0)
    each = np.full(len(workload.requests), length_ms * MS)
    outcome = stage.play_constant((each, each))
    return sorted((outcome.sent / MS).tolist()), float(outcome.wall.max()) / MS


def test_a_fan_out_waits_for_what_it_says_and_with_the_pause_of_each_wait() -> None:
    sent, wall = _sent_ms(SAMPLES / "agentic-mooncake" / "fan-out.jsonl", 100)
    # The child hangs on the sending of the first request; the watcher and the sequence on its end.
    assert sent == [0, 15, 105, 515, 617.5]
    assert wall == 717.5


def test_where_servers_are_slow_the_other_wait_of_a_join_binds() -> None:
    sent, _ = _sent_ms(SAMPLES / "agentic-mooncake" / "fan-out.jsonl", 0)
    assert sent == [0, 5, 15, 415, 417.5]


def test_the_longer_pause_of_two_waits_counts(tmp_path: Path) -> None:
    file = tmp_path / "two.jsonl"
    head = {"schema": "dynamo.agentic_mooncake", "version": 2, "block_size": 64, "hash_id_scope": "local"}
    one = {"play_id": "p", "session_id": "m", "input_length": 64, "output_length": 4, "hash_ids": [1]}
    waits = [
        {"request_id": "a", "trigger": "completion", "delay_ms": 900.0, "relation": "sequence"},
        {"request_id": "b", "trigger": "completion", "delay_ms": 10.0, "relation": "join"},
    ]
    rows = [
        head,
        {**one, "request_id": "a", "not_before_ms": 0.0},
        {**one, "request_id": "b", "session_id": "s", "dependencies": [{**waits[0], "delay_ms": 0.0}]},
        {**one, "request_id": "c", "dependencies": waits},
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert _sent_ms(file, 100)[0] == [0, 100, 1_000]
    assert _sent_ms(file, 2_000)[0] == [0, 2_000, 4_010]


@pytest.mark.parametrize("name", ["agentic-mooncake", "mooncake", "applied-compute", "weka"])
def test_every_workload_is_served_whole_and_can_be_analysed_then(name: str) -> None:
    for file in sorted((SAMPLES / name).glob("*.json*")):
        trace = read(file)
        workload = read_workload(trace)
        assert workload.timed is not is_untimed(trace)
        outcome = set_stage(workload, Load.CLOSED, 2).play(Deployment(STEPS, 1, Limits()))
        assert (outcome.done >= outcome.first).all()
        assert (outcome.end >= outcome.start).all()
        moved = retimed(trace, outcome)
        assert moved.timed().sessions.num_rows == len(workload.names)
        starts, ends = (moved.spans[name].to_numpy() for name in ("start_ns", "end_ns"))
        assert (ends >= starts).all()
