"""Servers that prefill and servers that decode: what a fit makes of a trace that names both."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from agenttrace.ingest.reading import read
from agenttrace.replay.fitting.platform import Fitted, fit_platform
from agenttrace.replay.workload import read_workload

START, MS = 1_767_225_600_000_000_000, 1_000_000


def _fitted(folder: Path, prefill_workers: int) -> Fitted:
    """Of 60 requests that never meet: 20 ms and 10 us a token to the first token, then 5 ms a token."""
    draw = random.Random(3)
    rows = []
    for place in range(60):
        prompt, answer = draw.randint(16, 4_000), draw.randint(10, 60)
        start = START + place * 10_000 * MS
        first = start + 20 * MS + prompt * 10_000
        rows.append(
            {"session": f"s{place % 6}", "span": place, "kind": "request", "name": "chat", "start": start}
            | {"end": first + (answer - 1) * 5 * MS, "first_token": first, "queue_ns": 0}
            | {"input_tokens": prompt, "cache_read_tokens": 0, "output_tokens": answer}
            | {"worker": 100, "prefill_worker": 1 + place % prefill_workers}
        )
    file = folder / "t.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = fit_platform(read_workload(read(file)))
    assert found is not None
    return found


def test_prefills_that_hold_up_nobody_are_told_by_what_requests_wait(tmp_path: Path) -> None:
    value = _fitted(tmp_path, 3).platform.value

    assert value("prefill_step") == pytest.approx(20 * MS, rel=0.01)
    assert value("prefill_per_token") == pytest.approx(10_000, rel=0.01)
    assert value("step") == pytest.approx(5 * MS, rel=0.01)


def test_both_kinds_of_workers_are_counted(tmp_path: Path) -> None:
    served = _fitted(tmp_path, 3).platform.deployment(None)

    assert (served.replicas, served.decode_replicas) == (3, 1)


def test_such_a_fit_gives_its_own_requests_again(tmp_path: Path) -> None:
    left = _fitted(tmp_path, 1).residuals

    assert left.prefill == pytest.approx(1, rel=0.01)
    assert left.decode == pytest.approx(1, rel=0.01)
