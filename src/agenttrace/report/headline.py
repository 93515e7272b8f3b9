"""The answer in words: the sentence that a report begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agenttrace.critical_path.slowness import IDLE
from agenttrace.model.vocabulary import Phase
from agenttrace.units import format_count, format_duration, format_share

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agenttrace.critical_path.analysis import Analysis
    from agenttrace.critical_path.summary import Summary

_NAMED_PHASES = 4
_NAMED_SHARE = 0.03
_IDLE_SHARE = 0.01
_BRANCH_SHARE = 0.05


def answer(analysis: Analysis, summary: Summary) -> str:
    """One sentence, two clauses: what the time was, and what kept a fan-out waiting."""
    begin = _one(summary) if summary.sessions == 1 else _many(summary)
    return f"{begin}{_branch_clause(analysis, summary)}."


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 session`, `24 sessions`."""
    return f"{format_count(count)} {one if count == 1 else many or one + 's'}"


def counted(row: Mapping[str, int]) -> str:
    """What there is in the sessions, in one line."""
    by_whom = (
        f" ({format_count(row['main_requests'])} main, {format_count(row['subagent_requests'])} by subagents)"
    )
    parts = [
        plural(row["requests"], "request") + (by_whom if row["subagent_requests"] else ""),
        plural(row["main_turns"], "turn") if row["main_turns"] != row["main_requests"] else "",
        plural(row["subagents"], "subagent") if row["subagents"] else "",
        plural(row["tool_calls"], "tool call"),
        plural(row["compactions"], "compaction") if row["compactions"] else "",
        plural(row["retries"], "retry", "retries") if row["retries"] else "",
        plural(row["errors"], "error") if row["errors"] else "",
        f"up to {row['max_parallel']} at once" if row["max_parallel"] > 1 else "",
    ]
    return " · ".join(part for part in parts if part)


def _one(summary: Summary) -> str:
    total = summary.total_ns
    active = _active_ns(summary)
    if _is_idle(summary):
        waits = ", ".join(
            f"{format_duration(summary.critical_path_ns[phase])} {_IDLE_WORDS[phase]}"
            for phase in IDLE
            if summary.critical_path_ns[phase]
        )
        shares = f": {_shares(summary)}" if active else ""
        return f"{format_duration(total)}, of which {waits} and {format_duration(active)} active{shares}"
    return f"{format_duration(total)}, of which {_shares(summary)}"


_IDLE_WORDS = {Phase.USER: "waiting for the user", Phase.SUSPENDED: "suspended"}


def _many(summary: Summary) -> str:
    counted_sessions = plural(summary.sessions, "session")
    wall, active = summary.wall_ns, summary.active_ns
    if not _is_idle(summary):
        between = f"median {format_duration(wall.p50)}, slowest {format_duration(wall.max)}"
        return f"{counted_sessions}, {between}; together {_shares(summary)}"
    waits = [_IDLE_WORDS[phase] for phase in IDLE if summary.critical_path_ns[phase]]
    return (
        f"{counted_sessions}, median {format_duration(active.p50)} active, slowest {format_duration(active.max)}; "
        f"of the active time together {_shares(summary)}; "
        f"with the time {' or '.join(waits)}: median {format_duration(wall.p50)}, longest {format_duration(wall.max)}"
    )


def _shares(summary: Summary) -> str:
    """The phases that the active time mostly went to; the largest one in any case."""
    active = _active_ns(summary)
    phases = [(ns, name) for name, ns in summary.critical_path_ns.items() if name not in IDLE and ns]
    phases.sort(key=lambda pair: -pair[0])
    named = [pair for pair in phases[:_NAMED_PHASES] if pair[0] >= _NAMED_SHARE * active] or phases[:1]
    return (
        ", ".join(f"{format_share(ns, active)} {_phase_words(name)}" for ns, name in named)
        or "no time at all"
    )


def _phase_words(name: str) -> str:
    return {
        Phase.MODEL.value: "model (not split further)",
        Phase.HARNESS.value: "the agent program itself",
        Phase.UNKNOWN.value: "unknown",
        Phase.BACKOFF.value: "waiting to retry",
    }.get(name, name)


def _branch_clause(analysis: Analysis, summary: Summary) -> str:
    waited = int(analysis.sessions["straggler_ns"].sum())
    whole, words = (_active_ns(summary), "active time") if _is_idle(summary) else (summary.total_ns, "time")
    if not waited or waited < _BRANCH_SHARE * whole:
        return ""
    who = "the session" if summary.sessions == 1 else "they"
    return f"; {format_share(waited, whole)} of the {words} {who} waited for one slow branch of a fan-out"


def _active_ns(summary: Summary) -> int:
    return summary.total_ns - sum(summary.critical_path_ns[phase] for phase in IDLE)


def _is_idle(summary: Summary) -> bool:
    """Whether active and wall time have to be told apart."""
    return _active_ns(summary) < (1 - _IDLE_SHARE) * summary.total_ns


def mostly(shares: Iterable[tuple[str, int]]) -> str:
    """Which word most of it is, with its share unless it is all: `measured`, `derived 87 %`."""
    ranked = sorted(shares, key=lambda pair: -pair[1])
    total = sum(ns for _, ns in ranked)
    if not total:
        return ""
    word, ns = ranked[0]
    return word if ns >= 0.995 * total else f"{word} {format_share(ns, total)}"
