"""Analyses gathered from parts: what is of use is all there, whatever is cut off on the way."""

from dataclasses import fields
from random import Random

import polars as pl
import pytest

from agenttrace.critical_path import cutting
from agenttrace.critical_path.analysis import Analysis, analyze
from agenttrace.critical_path.cutting import Floor, cut
from agenttrace.critical_path.gathering import Gathering
from agenttrace.critical_path.other_reading import summed_reading
from agenttrace.critical_path.serving_summary import summarise_serving
from agenttrace.critical_path.summary import summarise
from agenttrace.critical_path.tail.comparison import compare_tail
from agenttrace.ingest.reading import read
from agenttrace.model.schema import FINDINGS
from agenttrace.model.trace import Trace
from agenttrace.serving.looks import seen_in
from agenttrace.serving.service import fit_service
from contract.trace_files import SAMPLES

RUN = SAMPLES / "dynamo-captures" / "A" / "request-trace.000000.jsonl.gz"
DETAILED, HEAVIEST = 3, 7


@pytest.fixture(scope="module")
def trace() -> Trace:
    return read(RUN)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "DETAILED_SESSIONS", DETAILED)
    monkeypatch.setattr(cutting, "HEAVIEST_ROWS", HEAVIEST)


def _gathered(trace: Trace, seed: int, *, use_floor: bool) -> Analysis:
    names = [str(name) for name in trace.sessions["session"].to_pylist()]
    Random(seed).shuffle(names)
    service = fit_service(seen_in(trace))
    gathering = Gathering()
    for at in range(0, len(names), 2):
        part = analyze(trace.only(names[at : at + 2]), service=service, ranked=())
        gathering.add(cut(part, frozenset(), gathering.floor if use_floor else Floor()))
    return gathering.analysis(FINDINGS.empty, trace.sources)


def _in_order(frame: pl.DataFrame) -> pl.DataFrame:
    plain = frame.with_columns(pl.col(pl.Categorical).cast(pl.String)).drop("each", strict=False)
    return plain.sort(plain.columns, nulls_last=True)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_cut_off_early_would_be_cut_off_late(trace: Trace, seed: int) -> None:
    late, early = (_gathered(trace, seed, use_floor=use) for use in (False, True))

    for each in fields(Analysis):
        one, other = (_in_order(getattr(found, each.name)) for found in (late, early))
        assert one.equals(other), each.name


def test_all_together_is_what_it_is_at_once(trace: Trace) -> None:
    whole, gathered = analyze(trace, ranked=()), _gathered(trace, 0, use_floor=True)

    assert summarise(gathered) == summarise(whole)
    assert compare_tail(gathered.sessions, gathered.parts) == compare_tail(whole.sessions, whole.parts)
    assert summed_reading(gathered) == summed_reading(whole)
    assert summarise_serving(gathered) == summarise_serving(whole)
    assert gathered.sources.select("path", "sessions").equals(whole.sources.select("path", "sessions"))
    for name in ("calls", "busy_ns", "critical_ns", "sessions"):
        by_name = [
            dict(found.tools.group_by("name").agg(pl.col(name).sum()).iter_rows())
            for found in (whole, gathered)
        ]
        assert by_name[0] == by_name[1]


def test_the_slowest_sessions_have_their_lists_and_the_heaviest_rows_are_there(trace: Trace) -> None:
    whole, gathered = analyze(trace, ranked=()), _gathered(trace, 1, use_floor=True)
    slowest = whole.sessions.sort("active_ns", "session", descending=[True, False]).head(DETAILED)["session"]

    for name in ("turns", "top", "near_critical", "compactions"):
        own = getattr(whole, name).filter(pl.col("session").is_in(slowest.implode()))
        assert _in_order(getattr(gathered, name)).equals(_in_order(own)), name
    others = whole.joins.filter(~pl.col("session").is_in(slowest.implode()))
    heaviest = others["wall_ns"].sort(descending=True).head(HEAVIEST).to_list()
    there = gathered.joins.filter(~pl.col("session").is_in(slowest.implode()))["wall_ns"]
    assert there.sort(descending=True).to_list() == heaviest


def test_sessions_with_many_requests_leave_no_room_for_others(
    trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutting, "DETAILED_REQUESTS", 1)

    assert _gathered(trace, 0, use_floor=True).turns["session"].n_unique() == 1
