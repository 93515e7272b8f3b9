"""The answers to what-ifs: what every session of a chunk would take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from agenttrace.critical_path.arrays import Ints
from agenttrace.critical_path.measures.chunk import Chunk
from agenttrace.critical_path.measures.joins import branches
from agenttrace.critical_path.readings import OtherReading
from agenttrace.critical_path.schedule import Schedule, plan, plan_network, walls
from agenttrace.critical_path.spans import PHASE
from agenttrace.critical_path.what_if.bench import Bench
from agenttrace.critical_path.what_if.caching import prefill_shares
from agenttrace.critical_path.what_if.changing import changed_gaps
from agenttrace.critical_path.what_if.fan_out import slot_waits, with_slot_waits
from agenttrace.critical_path.what_if.questions import Questions
from agenttrace.critical_path.what_if.spec import Change, FanOut, FullCache, Spec
from agenttrace.model.vocabulary import Phase
from agenttrace.serving.prefill_time import PrefillTime

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "session": pl.Int64,
    "place": pl.Int64,
    "change": pl.String,
    "wall_ns": pl.Int64,
    "saved_ns": pl.Int64,
    "selected": pl.List(pl.Int64),
    "other_saved_ns": pl.Int64,
}


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    bench: Bench
    measured: Chunk
    questions: Questions

    @property
    def costs_known(self) -> bool:
        """Whether prefill's cost is known of any model."""
        service = self.questions.service
        return service is not None and any(
            isinstance(service.cost_of(model), PrefillTime) for model in self.questions.models
        )


def what_ifs(
    bench: Bench, measured: Chunk, questions: Questions, other: OtherReading | None = None
) -> pl.DataFrame:
    """One row a session and question, in order of session and question.

    `selected`: how many spans each of the changes concerns; `wall_ns` is null where it cannot be told what a
    session would take. `other_saved_ns`: what is saved in the other reading; null where a session has none, or
    where the change is about branches or the cache.
    """
    specs = questions.specs
    if not specs or not len(bench.walls):
        return pl.DataFrame(schema=SCHEMA)
    answers = [_answer(_Trial(bench, measured, questions), place, spec) for place, spec in enumerate(specs)]
    found = pl.concat(answers)
    if other is None:
        return found.with_columns(pl.lit(None, pl.Int64).alias("other_saved_ns")).sort("session", "place")
    again = _in_the_other(bench, other, specs)
    return found.join(again, on=["session", "place"], how="left").sort("session", "place")


def _in_the_other(bench: Bench, other: OtherReading, specs: Sequence[Spec]) -> pl.DataFrame:
    """What the changes of gaps save in the other reading: `session`, `place`, `other_saved_ns`."""
    there = Bench(other.trace, plan(other.graph))
    place_of = {name: place for place, name in enumerate(bench.graph.spans.names.to_pylist())}
    session = np.array([place_of[name] for name in other.graph.spans.names.to_pylist()], np.int64)
    schema = {"session": pl.Int64, "place": pl.Int64, "other_saved_ns": pl.Int64}
    found = [pl.DataFrame(schema=schema)]
    for place, spec in enumerate(specs):
        gaps = there.gaps
        if not all(isinstance(change, Change) for change in spec.changes):
            continue
        for change in spec.changes:
            if isinstance(change, Change):
                gaps, _ = changed_gaps(gaps, there.stretches, change)
        saved = there.walls - walls(there.schedule, gaps)
        row = {"session": session, "place": np.full(len(session), place), "other_saved_ns": saved}
        found.append(pl.DataFrame(row, schema=schema))
    return pl.concat(found)


def _answer(trial: _Trial, place: int, spec: Spec) -> pl.DataFrame:
    before = trial.bench.walls
    after, selected = _tried(trial, spec)
    known = after is not None
    wall = pl.Series(after if known else [None] * len(before), dtype=pl.Int64)
    return pl.DataFrame(
        {
            "session": np.arange(len(before)),
            "wall_ns": wall,
            "saved_ns": pl.Series(before) - wall,
            "selected": pl.Series(selected.tolist(), dtype=pl.List(pl.Int64)),
        }
    ).select(
        "session",
        pl.lit(place, pl.Int64).alias("place"),
        pl.lit(spec.text).alias("change"),
        "wall_ns",
        "saved_ns",
        "selected",
    )


def _tried(trial: _Trial, spec: Spec) -> tuple[Ints | None, Ints]:
    """What every session takes with all changes of a what-if, None if that cannot be told.

    Besides, of every session (a row) how many spans each of the changes (a column) selects.
    """
    gaps, schedule = trial.bench.gaps, trial.bench.schedule
    counts = np.zeros((len(trial.bench.walls), len(spec.changes)), np.int64)
    known, span = True, np.zeros(0, np.int64)
    for place, change in enumerate(spec.changes):
        match change:
            case Change():
                gaps, chosen = changed_gaps(gaps, trial.bench.stretches, change)
                span = np.unique(trial.bench.stretches.occurrence[chosen])
            case FullCache():
                gaps, span = _all_cached(trial, gaps)
                known &= trial.costs_known
            case _:
                schedule, span = _limited(trial, schedule, change)
        counts[:, place] = np.bincount(trial.bench.graph.spans.session[span], minlength=len(counts))
    return walls(schedule, gaps) if known else None, counts


def _all_cached(trial: _Trial, gaps: Ints) -> tuple[Ints, Ints]:
    """Gaps with shorter prefills, and the requests that have one."""
    service = trial.questions.service
    if service is None or not trial.costs_known:
        return gaps, np.zeros(0, np.int64)
    shares = prefill_shares(trial.measured.spans, service)
    row = shares.get_column("row").to_numpy()
    share = np.ones(len(trial.bench.graph.spans))
    share[row] = shares.get_column("share").to_numpy()
    stretches = trial.bench.stretches
    prefill = np.flatnonzero((stretches.phase == PHASE[Phase.PREFILL]) & (share[stretches.occurrence] < 1))
    changed = gaps.copy()
    changed[prefill] = np.rint(gaps[prefill] * share[stretches.occurrence[prefill]]).astype(np.int64)
    return changed, np.unique(stretches.occurrence[prefill])


def _limited(trial: _Trial, schedule: Schedule, change: FanOut) -> tuple[Schedule, Ints]:
    """A schedule in which branches wait for slots, and the branches that do.

    Where branches wait for one another besides, a slot could make them wait for themselves: in a chunk in which
    that happens, sessions are taken one by one, and those that it happens in stay as they are.
    """
    calls = branches(trial.measured)
    columns = {"group": calls.group, "row": calls.row, "graph_start": calls.start, "graph_end": calls.end}
    later, earlier = slot_waits(pl.DataFrame(columns), change.most)
    try:
        return _with_waits(schedule, later, earlier), later
    except ValueError:
        session = schedule.graph.spans.session[later]
    keep = np.zeros(len(later), np.bool_)
    for number in np.unique(session):
        tried = keep | (session == number)
        try:
            _with_waits(schedule, later[session == number], earlier[session == number])
        except ValueError:
            continue
        keep = tried
    return _with_waits(schedule, later[keep], earlier[keep]), later[keep]


def _with_waits(schedule: Schedule, later: Ints, earlier: Ints) -> Schedule:
    graph = schedule.graph
    return plan_network(graph, with_slot_waits(schedule.network, graph.nodes.n, later, earlier))
