"""What-ifs and recommendations over all sessions of an analysis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agenttrace.critical_path.other_reading import DIFFERENCE
from agenttrace.critical_path.summary import Quantiles, percentile, quantiles

if TYPE_CHECKING:
    import polars as pl

    from agenttrace.critical_path.analysis import Analysis

EIGHTHS = 8
HALF = 4
MOST = 10
_CURVE = tuple(f"saved_{step}" for step in range(EIGHTHS))
_WHOLE = 0.99
"""Who has this share of what a change can save at all has it all."""


@dataclass(frozen=True, slots=True)
class Saved:
    """How much less the percentiles and the mean of the wall times are; negative where they are more."""

    p50: int
    p95: int
    mean: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A change in all sessions. `wall_ns` and `saved_ns` are null where the answer is not known.

    `selected`: how many spans each of its parts concerned. `other_saved_ns`: what is saved in all if no join
    between agents is inferred; null where that makes no difference.
    """

    change: str
    wall_ns: Quantiles | None
    saved_ns: Saved | None
    total_saved_ns: int
    total_wall_ns: int
    selected: tuple[int, ...]
    other_saved_ns: int | None = None

    @property
    def differs(self) -> bool:
        """Whether the two readings say different things."""
        other = self.total_saved_ns if self.other_saved_ns is None else self.other_saved_ns
        return abs(other - self.total_saved_ns) > DIFFERENCE * self.total_wall_ns


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A change that would help: half of the time that it selects, `change`, or all of it.

    Sums over the `sessions` that were looked at; `wall_ns` is what these take. `curve_ns`: what is saved with
    0, 1, 2, ... 7 eighths of the time left. `stops_helping_at`: the part of the time below which shortening it
    more gives next to nothing, for the path has moved elsewhere; null where it goes on helping.
    """

    selection: str
    saved_ns: int
    without_ns: int
    wall_ns: int
    sessions: int
    curve_ns: tuple[int, ...]
    stops_helping_at: float | None

    @property
    def change(self) -> str:
        """In the grammar of what-ifs."""
        return f"{self.selection}*0.5"

    @property
    def share(self) -> float:
        """Of the wall time."""
        return self.saved_ns / self.wall_ns if self.wall_ns else 0.0


def summed_what_ifs(analysis: Analysis) -> list[WhatIf]:
    """One for each question, in the order of the questions."""
    found = []
    for _, rows in analysis.what_if.sort("place", "session").group_by("place", maintain_order=True):
        known = rows.drop_nulls("wall_ns")
        after, saved = known["wall_ns"].to_list(), known["saved_ns"].to_list()
        before = [wall + gain for wall, gain in zip(after, saved, strict=True)]
        found.append(
            WhatIf(
                change=rows["change"][0],
                wall_ns=quantiles(after) if after else None,
                saved_ns=_saved(before, after) if after else None,
                total_saved_ns=sum(saved),
                total_wall_ns=sum(before),
                selected=tuple(map(sum, zip(*rows["selected"].to_list(), strict=True))),
                other_saved_ns=_other(known),
            )
        )
    return found


def _other(known: pl.DataFrame) -> int | None:
    if known["other_saved_ns"].null_count() == known.height:
        return None
    return int(known["other_saved_ns"].fill_null(known["saved_ns"]).sum())


def _saved(before: Sequence[int], after: Sequence[int]) -> Saved:
    old, new = sorted(before), sorted(after)
    p50, p95 = (percentile(old, percent) - percentile(new, percent) for percent in (50, 95))
    return Saved(p50, p95, round((sum(before) - sum(after)) / len(before)))


def recommendations(analysis: Analysis) -> list[Recommendation]:
    """Over all sessions that were looked at, what saves most first."""
    return _recommended(analysis.ranking)


def session_recommendations(analysis: Analysis) -> dict[str, list[Recommendation]]:
    """Of each session that was looked at."""
    groups = analysis.ranking.group_by("session", maintain_order=True)
    return {str(session): _recommended(rows) for (session,), rows in groups}


def _recommended(ranking: pl.DataFrame) -> list[Recommendation]:
    wall, sessions = 0, 0
    curves: dict[str, list[int]] = {}
    for row in ranking.select("change", "wall_ns", *_CURVE).iter_rows():
        change, session_wall, *curve = row
        if change is None:
            wall, sessions = wall + session_wall, sessions + 1
        else:
            so_far = curves.get(change, [0] * EIGHTHS)
            curves[change] = [one + other for one, other in zip(so_far, curve, strict=True)]
    found = [
        Recommendation(
            selection=change,
            saved_ns=curve[HALF],
            without_ns=curve[0],
            wall_ns=wall,
            sessions=sessions,
            curve_ns=tuple(curve),
            stops_helping_at=stopping_point(curve),
        )
        for change, curve in curves.items()
    ]
    found.sort(key=lambda one: (-one.saved_ns, -one.without_ns, one.selection))
    return found[:MOST]


def stopping_point(curve_ns: Sequence[int]) -> float | None:
    """The factor below which next to nothing more is saved, between two steps where their lines meet."""
    whole = curve_ns[0]
    flat = max(step for step in range(EIGHTHS) if curve_ns[step] >= _WHOLE * whole)
    if not flat:
        return None
    steps = [*curve_ns, 0, 0]
    falls = steps[flat + 1] - steps[flat + 2]
    if flat + 1 == EIGHTHS or falls <= 0:
        return flat / EIGHTHS
    back = min(1.0, (whole - steps[flat + 1]) / falls)
    return round((flat + 1 - back) / EIGHTHS, 3)
