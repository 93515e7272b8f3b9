"""What a fit makes of one session whose requests hardly meet: no decode stands still for another's prefill."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from agenttrace.ingest.reading import read
from agenttrace.replay.cautions import cautions
from agenttrace.replay.fitting.platform import Fitted, fit_platform
from agenttrace.replay.measured_target import measured_target
from agenttrace.replay.policies import Policies
from agenttrace.replay.quantities import Identified
from agenttrace.replay.workload import Workload, read_workload

START, MS = 1_767_225_600_000_000_000, 1_000_000
REQUESTS = 60


def _workload(folder: Path, *, queued: bool = False) -> Workload:
    """20 ms and 10 us a token to the first token, or a bit more, then 5 ms a token.

    `queued`: each is sent before the one before it is answered, and waits until that is over.
    """
    draw = random.Random(3)
    rows = []
    last = START
    for place in range(REQUESTS):
        prompt, answer = draw.randint(16, 4_000), draw.randint(10, 60)
        start = START + place * (1 if queued else 10_000) * MS
        begun = max(start, last)
        first = begun + round((20 * MS + prompt * 10_000) * draw.uniform(0.95, 1.05))
        last = first + (answer - 1) * 5 * MS
        rows.append(
            {"session": "s", "span": place, "kind": "request", "name": "chat", "start": start, "end": last}
            | {"first_token": first, "queue_ns": begun - start, "worker": 1}
            | {"input_tokens": prompt, "cache_read_tokens": 0, "output_tokens": answer}
        )
    file = folder / "t.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read_workload(read(file))


def _fitted(workload: Workload) -> Fitted:
    found = fit_platform(workload)
    assert found is not None
    return found


def _codes(workload: Workload) -> list[str]:
    target = measured_target(_fitted(workload).platform, Policies(), None)
    return [one.code for one in cautions(workload, [], target)]


def test_prefill_is_told_by_waits_of_those_that_met_no_load(tmp_path: Path) -> None:
    workload = _workload(tmp_path)
    numbers = _fitted(workload).platform.numbers

    assert numbers["prefill_step"].value == pytest.approx(20 * MS, rel=0.1)
    assert numbers["prefill_per_token"].value == pytest.approx(10_000, rel=0.1)
    assert numbers["step"].value == pytest.approx(5 * MS, rel=0.01)
    assert numbers["prefill_per_token"].identified is Identified.YES
    assert "phase_not_identified" not in _codes(workload)


def test_one_session_gives_intervals_by_its_requests(tmp_path: Path) -> None:
    number = _fitted(_workload(tmp_path)).platform.numbers["prefill_per_token"]

    assert number.low is not None
    assert number.high is not None
    assert number.low < number.value < number.high


def test_a_phase_that_nothing_tells_is_said(tmp_path: Path) -> None:
    workload = _workload(tmp_path, queued=True)
    (prefill,) = [
        one
        for one in cautions(workload, [], measured_target(_fitted(workload).platform, Policies(), None))
        if one.code == "phase_not_identified"
    ]

    assert prefill.severity == "warning"
    assert "how long prefill takes" in prefill.example
    assert "none is taken" in prefill.example
