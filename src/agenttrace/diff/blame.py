"""The change of the mean wall time, divided exactly: by phase, then by tool, agent, model, purpose and turn."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from agenttrace.critical_path.tail.parts import DIMENSIONS
from agenttrace.diff.pairing import Pairing
from agenttrace.diff.summaries import DIVIDED
from agenttrace.model.vocabulary import Phase

REST = "(rest)"
_QUEUE = f"path_{Phase.QUEUE.value}_ns"
_DIVIDED = [phase.value for phase in DIVIDED]


@dataclass(frozen=True, slots=True)
class Share:
    """What one part adds to the mean wall time of a session."""

    by: str
    name: str
    delta_ns: int


@dataclass(frozen=True, slots=True, eq=False)
class Blame:
    """`change_ns` of the mean wall time per session; the phases sum to it, and so do the shares of each `by`."""

    change_ns: int
    base_ns: int
    candidate_ns: int
    phases: Mapping[str, int]
    shares: Sequence[Share]


def divide_change(pairing: Pairing) -> Blame:
    """Tasks weigh alike where sides are paired, else sessions; times are those seen, of failed sessions too."""
    sides = [_weighted(frame, paired=pairing.paired) for frame in _told_alike(pairing)]
    base, candidate = (sum(_totals(frame, "parts", "phase").values()) for frame in sides)
    change = round(candidate - base)
    deltas = {by: _deltas(sides, "parts", by, change) for by in DIMENSIONS}
    deltas["turn"] = _deltas(sides, "turns", "turn", change)
    phases = {phase.value: deltas["phase"].get(phase.value, 0) for phase in Phase}
    shares = [
        Share(by, name, delta)
        for by in ("tool", "agent", "model", "purpose", "turn")
        for name, delta in sorted(deltas[by].items(), key=lambda one: (-abs(one[1]), one[0]))
    ]
    return Blame(change, round(base), round(candidate), phases, shares)


def _told_alike(pairing: Pairing) -> Sequence[pl.DataFrame]:
    """Both sides; where one does not divide its requests into phases, the other's are not divided either."""
    sides = (pairing.base, pairing.candidate)
    if all(frame.get_column(_QUEUE).is_not_null().all() for frame in sides):
        return sides
    part = pl.element().struct
    phase = (
        pl.when(part.field("phase").is_in(_DIVIDED))
        .then(pl.lit(Phase.MODEL.value))
        .otherwise(part.field("phase"))
    )
    return [
        frame.with_columns(pl.col("parts").list.eval(part.with_fields(phase.alias("phase"))))
        for frame in sides
    ]


def _weighted(frame: pl.DataFrame, *, paired: bool) -> pl.DataFrame:
    if not frame.height:
        return frame.with_columns(weight=pl.lit(0.0))
    each = 1 / pl.len().over("task") / pl.col("task").n_unique() if paired else 1 / pl.len()
    return frame.with_columns(weight=each)


def _totals(frame: pl.DataFrame, column: str, by: str) -> dict[str, float]:
    """Mean time per session in each part."""
    rows = frame.select("weight", column).explode(column).drop_nulls(column).unnest(column)
    summed = (
        rows.group_by(pl.col(by).fill_null(REST).alias("name"))
        .agg(mean=(pl.col("weight") * pl.col("length_ns")).sum())
        .sort("name")
    )
    return dict(summed.iter_rows())


def _deltas(sides: Sequence[pl.DataFrame], column: str, by: str, change: int) -> dict[str, int]:
    """Whole nanoseconds that sum to `change`: the largest remainders are rounded up."""
    base, candidate = (_totals(frame, column, by) for frame in sides)
    names = sorted({*base, *candidate})
    exact = [candidate.get(name, 0.0) - base.get(name, 0.0) for name in names]
    whole = [math.floor(value) for value in exact]
    rising = sorted(range(len(names)), key=lambda place: (whole[place] - exact[place], names[place]))
    left = change - sum(whole)
    for step in range(abs(left)):
        whole[rising[step % len(rising)]] += 1 if left > 0 else -1
    return dict(zip(names, whole, strict=True))
