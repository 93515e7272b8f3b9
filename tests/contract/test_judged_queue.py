"""Queue out of prefill, on two captures of the same work: A's server was hardly loaded, B's overloaded.

Requests are matched by agent and turn order: both runs were made with the same seeds.
"""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from agenttrace.critical_path.analysis import Analysis, analyze
from agenttrace.ingest.reading import read
from agenttrace.model.trace import Trace
from agenttrace.serving.looks import seen_in
from agenttrace.serving.parting import part_queue
from agenttrace.serving.service import Service, fit_service
from contract.trace_files import SHARED

TRACES = "request-trace.000000.jsonl.gz"
HARNESS = "harness-otlp-traces.json.gz"


@cache
def _trace(run: str, name: str = TRACES) -> Trace:
    return read(SHARED / "dynamo" / run / name)


@cache
def _service(run: str, name: str = TRACES) -> Service:
    return fit_service(seen_in(_trace(run, name)))


@cache
def _analysis(run: str, calibration: str | None = None) -> Analysis:
    service = _service(calibration).as_calibration() if calibration else None
    return analyze(_trace(run), service=service)


def _first_token_wait(run: str, name: str = TRACES) -> int:
    spans = pl.DataFrame(pl.from_arrow(_trace(run, name).spans.select(["start_ns", "first_token_ns"])))
    return int((spans["first_token_ns"] - spans["start_ns"]).sum())


def _busy(run: str, phase: str, calibration: str | None = None) -> int:
    return int(_analysis(run, calibration).sessions[f"busy_{phase}_ns"].sum())


def test_what_b_waits_longer_is_queue_by_as_calibration(shared_data: Path) -> None:  # noqa: ARG001
    longer = _first_token_wait("B") - _first_token_wait("A")
    queued = _busy("B", "queue", "A") - _busy("A", "queue")

    assert 0.90 <= queued / longer <= 1.02


def test_bs_remaining_prefill_is_as_for_equal_tokens(shared_data: Path) -> None:  # noqa: ARG001
    """The same prompts, though B's cache held less of them: its prefill is compared where both computed as much."""
    sides = []
    for run in ("A", "B"):
        trace = part_queue(_trace(run), _service("A").as_calibration()).trace
        frame = pl.DataFrame(pl.from_arrow(trace.spans)).filter(pl.col("input_tokens").is_not_null())
        uncached = pl.col("input_tokens") - pl.col("cache_read_tokens")
        sides.append(frame.select(tokens=uncached // 100, prefill="prefill_ns"))
    means = [side.group_by("tokens").agg(pl.col("prefill").mean(), n=pl.len()) for side in sides]
    both = means[0].join(means[1], on="tokens").filter((pl.col("n") >= 5) & (pl.col("n_right") >= 5))

    assert both.height >= 8
    assert (both["prefill_right"] / both["prefill"]).is_between(0.7, 1.3).all()


def test_a_itself_hardly_queues_and_tools_take_as_long_in_both(shared_data: Path) -> None:  # noqa: ARG001
    assert _busy("A", "queue") <= 0.10 * _first_token_wait("A")
    assert abs(_busy("B", "tool", "A") / _busy("A", "tool") - 1) < 0.03


@pytest.mark.parametrize("name", [TRACES, HARNESS])
def test_b_alone_finds_nearly_all_of_its_queue(name: str, shared_data: Path) -> None:  # noqa: ARG001
    longer = _first_token_wait("B", name) - _first_token_wait("A", name)
    parted = part_queue(_trace("B", name)).totals

    assert not parted["bound"].any()
    assert 0.90 <= parted["queue_ns"].sum() / longer <= 1.02


@pytest.mark.parametrize(
    ("first", "last"), [(60, 240), (30, 150), (100, 300), (60, 120), (200, 260), (40, 80)]
)
def test_a_window_that_never_met_an_idle_server_gives_a_lower_bound(
    first: int,
    last: int,
    shared_data: Path,  # noqa: ARG001
) -> None:
    trace = _trace("B")
    start = np.array(trace.spans["start_ns"])
    second = (start - start.min()) / 1e9
    inside = pa.array((second >= first) & (second <= last))
    (time,) = fit_service(seen_in(replace(trace, spans=trace.spans.filter(inside)))).times.values()

    assert time.bound
