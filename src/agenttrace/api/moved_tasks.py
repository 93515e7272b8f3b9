"""The most moved tasks of a comparison, to be drawn side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agenttrace.diff.comparison import Comparison
    from agenttrace.report.diff.html.pairs import DrawnPair
    from agenttrace.report.timeline.timeline import Timeline

DRAWN = 4

Draw = Callable[[Sequence[str]], "dict[str, Timeline]"]


def draw_movers(of: Comparison, baseline: Draw, candidate: Draw) -> Sequence[DrawnPair]:
    """Those whose time changed at all, of each side what it has traces of."""
    from agenttrace.report.diff.html.pairs import DrawnPair  # noqa: PLC0415  # hardly ever wanted

    moved = [one for one in of.movers if one.baseline_ns != one.candidate_ns][:DRAWN]
    before = baseline([one.baseline_session for one in moved])
    after = candidate([one.candidate_session for one in moved])
    return [
        DrawnPair(one.task, before.get(one.baseline_session), after.get(one.candidate_session))
        for one in moved
    ]
