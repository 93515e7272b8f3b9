"""All that has to be known of a replay: of what was asked for, of the sessions, and of what came out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agenttrace.model.trace import Trace
from agenttrace.replay.caution import Caution
from agenttrace.replay.cautions import cautions
from agenttrace.replay.choices import Load
from agenttrace.replay.concurrency import concurrency_cautions, left_out
from agenttrace.replay.gained import queue_cautions
from agenttrace.replay.targets import Target
from agenttrace.replay.workload import Workload

if TYPE_CHECKING:
    from agenttrace.replay.platforms.shared_settings import Unused
    from agenttrace.replay.replaying import Replayed, Scenario

_OFF = 0.1
"""How far a fit may miss the sessions that it was made from."""


def cautions_before(
    trace: Trace, workload: Workload, targets: Sequence[Target], baseline: Target | None, scenario: Scenario
) -> list[Caution]:
    """What is known before anything is played."""
    found = [
        Caution("does_not_fit", "warning", 1, f"{target.platform}: {'; '.join(target.notes)}")
        for target in targets
        if not target.fits
    ]
    found += left_out(trace)
    found += concurrency_cautions(workload, scenario.load, scenario.lanes)
    return found + cautions(workload, targets, baseline)


def cautions_of_settings(unused: Sequence[Unused], scenario: Scenario) -> list[Caution]:
    """What was set and has nothing to do."""
    said = [f"--set {one.name}: no such number of {', '.join(one.platforms)}" for one in unused]
    if scenario.lanes is not None and scenario.load is not Load.CLOSED:
        said.append(
            f"--lanes {scenario.lanes}: only a closed load has lanes, and this one is {scenario.load.value}"
        )
    return [Caution("setting_not_used", "warning", 1, one) for one in said]


def cautions_after(found: Replayed) -> list[Caution]:
    """What is known when it was played."""
    said = [*_of_the_fit(found), *queue_cautions(found)]
    if found.draws == 1:
        what = "one draw: intervals hold nothing of jitter, and of numbers what each does alone"
        said.append(Caution("one_draw", "warning", 1, what))
    return said


def _of_the_fit(found: Replayed) -> list[Caution]:
    """Whether the fit fails on the trace that it was made from."""
    if found.self_ratio is None or all(abs(ratio - 1) <= _OFF for ratio in found.self_ratio):
        return []
    p50, p95 = (f"{100 * (ratio - 1):+.1f} %" for ratio in found.self_ratio)
    said = (
        f"the fit on its own trace gives {p50} at p50, {p95} at p95: it does not say what these servers do, and gains "
        "over them say nothing"
    )
    return [Caution("fit_off", "warning", 1, said)]
