"""What kernels find of a session is what is found without them."""

from __future__ import annotations

from dataclasses import fields
from random import Random

import polars as pl
import pytest

from agenttrace.critical_path.analysis import analyze_chunk
from agenttrace.critical_path.graph import build_graph
from agenttrace.critical_path.schedule import plan
from agenttrace.critical_path.what_if.bench import Bench
from agenttrace.critical_path.what_if.questions import ask
from agenttrace.critical_path.what_if.ranking import ranking
from agenttrace.model.trace import Trace
from agenttrace.native import library
from contract.trace_cases import every_trace, trace
from contract.trace_files import TraceFile
from passes import without_kernels
from strategies import Wildness, draw_session, together

pytestmark = pytest.mark.skipif(
    library() is None, reason="without kernels: there was no C compiler, or AGENTTRACE_NATIVE is off"
)

CHANGES = ("decode*0.5", "tool:*=0", "fanout<=2", "cache=1.0")


def _tables(given: Trace) -> dict[str, pl.DataFrame]:
    found = analyze_chunk(given, ask(CHANGES, given.spans))
    changes = ranking(Bench(given, plan(build_graph(given))))
    return {each.name: getattr(found, each.name) for each in fields(found)} | {"ranking": changes}


def _agree(given: Trace, monkeypatch: pytest.MonkeyPatch) -> None:
    by_kernels = _tables(given)
    with monkeypatch.context() as patch:
        without_kernels(patch)
        without = _tables(given)
    assert [name for name, table in by_kernels.items() if not table.equals(without[name])] == []


@pytest.mark.parametrize("tens", range(10))
def test_kernels_change_nothing_in_hundreds(tens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(20 * tens, 20 * tens + 20):
        random = Random(seed)
        wild = Wildness(overruns=random.choice([0.0, 0.1, 0.5]), alike=random.choice([0.0, 0.5]))
        size = random.choice([4, 20, 80])
        rows = together(draw_session(random, wild, f"s{n}", size) for n in range(random.choice([1, 3, 9])))
        _agree(rows.trace(), monkeypatch)


@every_trace
def test_kernels_change_nothing_of_a_real_session(file: TraceFile, monkeypatch: pytest.MonkeyPatch) -> None:
    _agree(trace(file).timed(), monkeypatch)
