"""What a replay says of sessions, as a frame: percentiles of wall times and gains with their intervals."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

import polars as pl

from agenttrace.replay.percentiles import PERCENTS, is_enough
from agenttrace.units import format_duration

if TYPE_CHECKING:
    from agenttrace.replay.percentiles import Estimate
    from agenttrace.replay.replaying import Answer, Replayed

_NUMBERS = ("wall_ns", "baseline_ns", "gain")
_COLUMNS: dict[str, type[pl.DataType]] = {
    "platform": pl.String,
    "model": pl.String,
    "percent": pl.Int64,
    **{
        f"{name.removesuffix('_ns')}{end}{'_ns' if name.endswith('_ns') else ''}": pl.Float64
        for name in _NUMBERS
        for end in ("", "_low", "_high")
    },
    "enough": pl.Boolean,
}


def percentile_rows(replayed: Replayed) -> pl.DataFrame:
    """A row for each platform that fits and each percentile."""
    rows = [_row(replayed, answer, place) for answer in replayed.answers for place in range(len(PERCENTS))]
    return pl.DataFrame(rows, schema=_COLUMNS)


def told_rows(table: pl.DataFrame) -> list[list[str]]:
    """The frame for people; the first row is the heading."""
    rows = [["platform", "", "takes", "instead of", "gain"]]
    for row in table.iter_rows(named=True):
        few = "" if row["enough"] else " (too few sessions)"
        rows.append(
            [
                row["platform"],
                f"p{row['percent']}{few}",
                _between("wall", row),
                _between("baseline", row),
                f"{row['gain']:.2f} x ({row['gain_low']:.2f} to {row['gain_high']:.2f})",
            ]
        )
    return rows


def _row(replayed: Replayed, answer: Answer, place: int) -> dict[str, Any]:
    target = answer.projected.target
    return {
        "platform": target.platform,
        "model": target.model,
        "percent": PERCENTS[place],
        **_estimate("wall", "_ns", answer.projected.wall[place]),
        **_estimate("baseline", "_ns", replayed.baseline_wall[place]),
        **_estimate("gain", "", answer.projected.gain[place]),
        "enough": is_enough(PERCENTS[place], replayed.sessions),
    }


def _estimate(name: str, unit: str, of: Estimate) -> dict[str, float]:
    return {f"{name}{unit}": of.value, f"{name}_low{unit}": of.low, f"{name}_high{unit}": of.high}


def _between(name: str, row: dict[str, Any]) -> str:
    value, low, high = (row[f"{name}{end}_ns"] for end in ("", "_low", "_high"))
    if isnan(value):
        return "unknown"
    return f"{_told(value)} ({_told(low)} to {_told(high)})"


def _told(ns: float) -> str:
    return "unknown" if isnan(ns) else format_duration(round(ns))
