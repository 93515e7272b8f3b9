"""What no server can be asked for takes what it took, and the rest what servers make of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from agenttrace.ingest.reading import read
from agenttrace.replay.choices import Load
from agenttrace.replay.fleet import Deployment
from agenttrace.replay.playing import set_stage
from agenttrace.replay.replaying import requested
from agenttrace.replay.replica import Limits
from agenttrace.replay.steps import AffineSteps
from agenttrace.replay.workload import Workload, read_workload

START, SECOND = 1_767_225_600_000_000_000, 10**9
TOLD = {"input_tokens": 100, "output_tokens": 11, "cache_read_tokens": 0}
QUICK = Deployment(AffineSteps(1e6, 0, 0, 5e6, 0, 0), replicas=1, limits=Limits())
"""A prefill takes 5 ms, ten further tokens 10 ms."""


def _workload(folder: Path, *requests: Mapping[str, object]) -> Workload:
    rows = [
        {"session": "s", "span": place + 1, "kind": "request", "name": "chat", **tokens}
        | {"start": START + place * SECOND, "end": START + (place + 1) * SECOND}
        for place, tokens in enumerate(requests)
    ]
    file = folder / "t.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read_workload(read(file))


@pytest.mark.parametrize("load", [Load.CLOSED, Load.ISOLATED])
@pytest.mark.parametrize(
    "unknown",
    [
        {"input_tokens": 100},
        {"output_tokens": 11},
        {**TOLD, "output_tokens": 2, "output_quality": "placeholder"},
    ],
)
def test_a_request_of_unknown_tokens_keeps_its_time(
    tmp_path: Path, unknown: dict[str, object], load: Load
) -> None:
    workload = _workload(tmp_path, TOLD, unknown, TOLD)
    outcome = set_stage(workload, load, 1).play(QUICK)

    assert (outcome.done - outcome.sent).tolist() == [15_000_000, SECOND, 15_000_000]
    assert outcome.wall.tolist() == [SECOND + 30_000_000]


def test_its_time_is_none_of_the_servers(tmp_path: Path) -> None:
    workload = _workload(tmp_path, TOLD, {"input_tokens": 100}, TOLD)
    told = requested(workload, set_stage(workload, Load.CLOSED, 1).play(QUICK))

    assert told.ttft.tolist() == [5_000_000] * 2
    assert told.itl.tolist() == [1_000_000] * 2
    assert len(told.turn) == 3


def test_final_counts_are_played_whatever_their_size(tmp_path: Path) -> None:
    workload = _workload(tmp_path, {**TOLD, "output_tokens": 2, "output_quality": "final"})
    outcome = set_stage(workload, Load.CLOSED, 1).play(QUICK)

    assert outcome.wall.tolist() == [6_000_000]
