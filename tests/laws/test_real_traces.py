"""L1, L4, L6 and L7 on every trace at hand: segments tile the wall time, each partition sums to it exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import agenttrace
from agenttrace.critical_path.analysis import Analysis
from agenttrace.critical_path.graph import build_graph
from agenttrace.critical_path.margins import find_margins
from agenttrace.critical_path.schedule import plan, retime, walls
from agenttrace.critical_path.stretches import stretches_before
from agenttrace.errors import UnknownFormatError
from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Evidence, Phase, Purpose

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted(
    path
    for path in (ROOT / "sample_traces").rglob("*")
    if path.is_file() and path.suffix in {".jsonl", ".gz"} and "truth" not in path.name
)


def check(analysis: Analysis) -> None:
    sessions = analysis.sessions
    for prefix, words in (("path", Phase), ("purpose", Purpose), ("evidence", Evidence)):
        total = sessions.select(pl.sum_horizontal(f"{prefix}_{word.value}_ns" for word in words)).to_series()
        assert (total == sessions.get_column("wall_ns")).all(), prefix
    segments = analysis.segments.sort("session", "start_ns")
    follows = pl.col("start_ns") == pl.col("end_ns").shift(1).over("session")
    assert segments.select(follows.fill_null(value=True).all()).item()
    assert segments.select((pl.col("end_ns") > pl.col("start_ns")).all()).item() in {True, None}
    turns = analysis.turns.filter(pl.col("agent") == 0)
    phases = turns.select(pl.sum_horizontal(f"phase_{phase.value}_ns" for phase in Phase)).to_series()
    assert (phases == turns.get_column("wall_ns")).all()


@pytest.mark.parametrize("path", SAMPLES, ids=[str(path.relative_to(ROOT)) for path in SAMPLES])
def test_samples(path: Path) -> None:
    check(agenttrace.analyze(agenttrace.read(path)))


def check_margins(trace: Trace) -> None:
    """The recorded times come out again, and the largest drags are what sessions lose."""
    graph = build_graph(trace.timed())
    schedule = plan(graph)
    np.testing.assert_array_equal(retime(schedule, graph.gaps), graph.nodes.t)
    drag = find_margins(schedule).drag
    owner = stretches_before(graph, np.arange(len(graph.nodes))).span
    owner[graph.spans.first] = -1
    before = walls(schedule, graph.gaps).sum()
    for span in np.argsort(drag)[-5:].tolist():
        assert before - walls(schedule, np.where(owner == span, 0, graph.gaps)).sum() == drag[span]


@pytest.mark.parametrize("path", SAMPLES, ids=[str(path.relative_to(ROOT)) for path in SAMPLES])
def test_margins_of_samples(path: Path) -> None:
    check_margins(agenttrace.read(path))


def test_every_third_party_trace_in_a_known_format(shared_data: Path) -> None:
    checked = 0
    for folder in ("dynamo", "otel", "sessions/claude-code"):
        for path in sorted((shared_data / folder).rglob("*")):
            if not path.is_file():
                continue
            try:
                trace = agenttrace.read(path)
            except UnknownFormatError:
                continue
            check(agenttrace.analyze(trace))
            check_margins(trace)
            checked += trace.sessions.num_rows
    assert checked > 200


def test_a_folder_of_everything_is_read_in_one_go(shared_data: Path) -> None:
    analysis = agenttrace.analyze(agenttrace.read(shared_data / "sessions" / "claude-code"))

    check(analysis)
    assert analysis.sessions.height > 10
