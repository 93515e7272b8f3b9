"""Other lengths for the gaps that a change selects."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from agenttrace.critical_path.arrays import Bools, Ints, order_by, run_starts
from agenttrace.critical_path.spans import KIND
from agenttrace.critical_path.what_if.selection import StretchGaps
from agenttrace.critical_path.what_if.spec import Change, Operator
from agenttrace.model.vocabulary import SpanKind

_LONGEST_NS = 2**61
_HOLDING = [KIND[kind] for kind in (SpanKind.SESSION, SpanKind.AGENT, SpanKind.INTERACTION)]


def changed_gaps(gaps: Ints, of: StretchGaps, change: Change) -> tuple[Ints, Bools]:
    """The gaps after the change, and which ones it selects.

    `*` scales every gap, to whole nanoseconds. `=`, `+` and `-` are meant of each occurrence: of all the time that
    one span has in the selection. Its gaps are scaled by what that takes, their sum is exact, and not below 0;
    where they have no time as yet, all goes to the last of them. What only holds others (a session, an agent) and
    has no time in the selection is no occurrence.
    """
    chosen = of.select(change.terms)
    changed = gaps.copy()
    if change.operator is Operator.SCALE:
        changed[chosen] = scaled(gaps[chosen], change.factor)
    else:
        at = _that_occur(gaps, of, np.flatnonzero(chosen))
        order, _ = order_by(of.occurrence[at], of.graph.nodes.t[at], _places(of, at))
        at = at[order]
        changed[at] = _by_occurrence(gaps[at], of.occurrence[at], change)
    return changed, chosen


def _that_occur(gaps: Ints, of: StretchGaps, at: Ints) -> Ints:
    """Those of these gaps whose occurrence has time, or is no mere holder of others."""
    spends = np.bincount(of.occurrence[at], gaps[at] > 0, len(of.graph.spans)) > 0
    holds = np.isin(of.graph.spans.kind, _HOLDING)
    return at[(spends | ~holds)[of.occurrence[at]]]


def scaled(values: Ints, factor: Fraction) -> Ints:
    """To the nearest integer, halves up; not beyond what a session can last."""
    most = _LONGEST_NS if not factor else int(min(Fraction(_LONGEST_NS), _LONGEST_NS / factor))
    values = np.minimum(values, most)
    whole, rest = np.divmod(values, factor.denominator)
    return whole * factor.numerator + (2 * rest * factor.numerator + factor.denominator) // (
        2 * factor.denominator
    )


def _places(of: StretchGaps, node: Ints) -> Ints:
    """Within an instant ends come last."""
    n = of.graph.nodes.n
    return ((node >= n) & (node < 2 * n)).astype(np.int64)


def _by_occurrence(gap: Ints, occurrence: Ints, change: Change) -> Ints:
    """`gap` by occurrence and time."""
    if not len(gap):
        return gap
    first = np.flatnonzero(run_starts(occurrence))
    length = np.diff(np.append(first, len(gap)))
    total = np.add.reduceat(gap, first)
    wanted = {
        Operator.SET: np.full(len(total), change.duration_ns),
        Operator.ADD: np.minimum(total, _LONGEST_NS - change.duration_ns) + change.duration_ns,
        Operator.SUBTRACT: np.maximum(total - change.duration_ns, 0),
    }[change.operator]
    reached = np.cumsum(gap)
    reached -= np.repeat(reached[first] - gap[first], length)
    share = reached / np.maximum(np.repeat(total, length), 1)
    target = np.minimum(
        np.floor(share * np.repeat(wanted, length)).astype(np.int64), np.repeat(wanted, length)
    )
    target[first + length - 1] = wanted
    before = np.concatenate([[0], target[:-1]])
    before[first] = 0
    unchanged = np.repeat(wanted == total, length)  # a share is a float, and would move a nanosecond
    return np.where(unchanged, gap, target - before)
