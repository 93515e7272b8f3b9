"""How the numbers of a comparison are put: values in their unit, changes as factors, percent or points."""

from __future__ import annotations

from agenttrace.diff.metrics import BY_NAME, Metric, Unit
from agenttrace.diff.policy import Budget
from agenttrace.diff.result import Comparison
from agenttrace.diff.verdicts import Answer
from agenttrace.units import format_duration, format_tokens

_FACTOR_FROM = 2.0


def value(metric: str | Metric, of: float | None) -> str:
    """`12.4 s`, `96 %`, `1.25`; an en dash for null."""
    unit = (BY_NAME[metric] if isinstance(metric, str) else metric).unit
    if of is None:
        return "–"
    if unit is Unit.NS:
        return format_duration(round(of))
    if unit is Unit.SHARE:
        return f"{100 * of:.1f} %"
    if unit is Unit.TOKENS:
        return format_tokens(round(of))
    return f"{of:.1f} /s" if unit is Unit.RATE else f"{of:.2f}"


def change(metric: str | Metric, of: float | None) -> str:
    """`+12 %`, `12.8 ×`, `-3.0 pp` (percentage points); an en dash for null."""
    relative = (BY_NAME[metric] if isinstance(metric, str) else metric).relative
    if of is None:
        return "–"
    if not relative:
        return f"{round(100 * of, 1) + 0.0:+.1f} pp"  # adding 0 takes the sign from nothing
    if of >= _FACTOR_FROM:
        return f"{of:.1f} ×" if of < 1000 else f"{of:,.0f} ×"
    percent = 100 * (of - 1)
    return f"{percent:+.1f} %" if abs(percent) < 10 else f"{percent:+.0f} %"


def between(metric: str | Metric, ends: tuple[float, float] | None) -> str:
    """An interval of a change: `-12 to +14 %`, or `-12 % to 2.1 ×`."""
    if ends is None:
        return "–"
    low, high = (change(metric, end).rsplit(" ", 1) for end in ends)
    return f"{low[0]} to {' '.join(high)}" if low[1] == high[1] else f"{' '.join(low)} to {' '.join(high)}"


def moved(ns: int) -> str:
    """A duration with its sign: `+94.4 s`."""
    return ("+" if ns > 0 else "") + format_duration(ns)


def p_value(of: float | None) -> str:
    """Three places, or that it is smaller."""
    if of is None:
        return "–"
    return "<0.001" if of < 0.001 else f"{of:.3f}"


def changed(one: Answer) -> str:
    """The change of a gate; the difference where there is no ratio: `+26.0 s`."""
    metric = BY_NAME[one.gate.metric]
    if one.difference is None:
        return change(metric, one.change)
    if metric.unit is Unit.NS:
        return moved(round(one.difference))
    return f"{one.difference:+.2f}"


def limits(budget: Budget, metric: str) -> str:
    """`at most 600 s`, `at least 90 %`."""
    told = (("at most", budget.most), ("at least", budget.least))
    return ", ".join(f"{words} {value(metric, of)}" for words, of in told if of is not None)


def without_counterpart(of: Comparison) -> str:
    """How many sessions of the baseline the candidate has nothing to compare with."""
    return f"{of.pairing.unmatched[0]} of {of.sessions[0]} sessions of the baseline have no counterpart"
