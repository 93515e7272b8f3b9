"""What `agenttrace noise` shows."""

from __future__ import annotations

from collections.abc import Iterator

from agenttrace.diff.noise import Noise
from agenttrace.diff.spread import ENOUGH_RUNS
from agenttrace.report.cells import Column, Section, Words
from agenttrace.report.diff.wording import change


def noise_section(of: Noise) -> Section:
    """By metric how much runs differ, and the smallest change that one run a side would show."""
    rows = tuple(
        (
            Words(one.metric, "strong"),
            Words(f"{100 * one.run_sd:.1f} %"),
            Words(f"{100 * one.within_sd:.1f} %", "faint"),
            Words(change(one.metric, one.smallest)),
        )
        for one in of.metrics
    )
    columns = (
        Column("metric", "text"),
        Column("runs differ by"),
        Column("chance alone"),
        Column("seen from"),
    )
    return Section("Noise between runs of one deployment", columns, rows, tuple(_notes(of)))


def _notes(of: Noise) -> Iterator[str]:
    yield f"{of.runs} runs, {of.sessions} sessions of {of.tasks} tasks, by {of.paired_by}; deviations of logarithms"
    if of.left_out:
        yield f"left out: {of.left_out} sessions of tasks that not every run has"
    yield "seen from: the change of a geometric mean that one run a side shows in 80 of 100 comparisons"
    if of.runs < ENOUGH_RUNS:
        yield (
            f"fewer than {ENOUGH_RUNS} runs may look alike by chance: a comparison assumes 5 % of those that lack, "
            "or what run_drift says"
        )
