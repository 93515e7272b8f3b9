"""Sentences beside the numbers of a replay: what gains are over, why an interval is wide, which phase a gain is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agenttrace.replay.blocks import UNLIMITED
from agenttrace.replay.gained import gained
from agenttrace.replay.wide import wide_for
from agenttrace.report.quantity_words import interval_words, names_shown
from agenttrace.units import format_share

if TYPE_CHECKING:
    from agenttrace.replay.replaying import Answer, Replayed

_LEAST_SHARE = 0.01


def baseline_note(replayed: Replayed) -> str:
    """What gains are over."""
    if replayed.baseline is None:
        return "gain: recorded times over simulated ones, for nobody tells what served the sessions"
    served = replayed.baseline.build({})
    servers = served.replicas + served.decode_replicas
    many = "1 server" if servers == 1 else f"{servers} servers"
    limit = served.limits.sequences
    limited = "" if limit >= UNLIMITED else f", {limit} sequences at once on each at most"
    learnt = "learnt from this trace" if replayed.self_ratio is not None else "named for it"
    if any(row["code"] == "no_recorded_times" for row in replayed.findings):
        learnt = "the first platform, for nothing was recorded"
    otherwise = "" if replayed.self_ratio is not None else " (--baseline-replicas says otherwise)"
    return (
        f"gain: the baseline's time over the platform's, both simulated, with the same random numbers; the baseline is "
        f"{learnt}: {many}{otherwise}{limited}"
    )


def width_note(answer: Answer) -> str | None:
    """Why the gain's interval is wide; None where it is not."""
    wide = wide_for(answer)
    if wide is None:
        return None
    name = names_shown([answer.projected.target.platform])
    if wide.cause == "sampling":
        return f"{name}: the interval is wide because there are so few sessions"
    if wide.cause == "simulation":
        return f"{name}: the interval is wide because draws of jitter differ"
    if wide.cause == "extrapolation":
        return f"{name}: the interval is wide because the load is beyond what the fit has seen"
    if wide.most is None:
        return f"{name}: the interval is wide because the platform's numbers have ranges"
    row = wide.most
    between = interval_words(answer.projected.target, row.parameter, row.low, row.high)
    return (
        f"{name}: the interval is wide because the platform's numbers have ranges, {row.parameter} the most: {between} "
        f"alone gives {row.gain_low:.2f} to {row.gain_high:.2f} ×"
    )


def gained_by_phase(replayed: Replayed, answer: Answer) -> str | None:
    """Which phases make the gain; None where nothing is gained."""
    by_phase = gained(replayed, answer)
    whole = sum(by_phase.values())
    if whole <= 0:
        return None
    most = sorted(by_phase.items(), key=lambda row: -row[1])
    told = [
        f"{name} {format_share(value, whole)}" for name, value in most if abs(value) > _LEAST_SHARE * whole
    ]
    hidden = any(value < -_LEAST_SHARE * whole for value in by_phase.values())
    why = "; what grows was hidden behind what was slower before, or waits longer" if hidden else ""
    return f"of what is gained: {', '.join(told)}{why}"
