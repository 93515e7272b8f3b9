"""What the JSON document says of changes: those that were asked for, and those that would help."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from agenttrace.critical_path.what_if.summing import (
    Recommendation,
    WhatIf,
    recommendations,
    session_recommendations,
    summed_what_ifs,
)
from agenttrace.report.serving_objects import quantile_object

if TYPE_CHECKING:
    import polars as pl

    from agenttrace.critical_path.analysis import Analysis

Row = dict[str, Any]


def changes_of_all(analysis: Analysis) -> Row:
    """`summary.recommendations`, and `summary.what_if` where changes were asked for."""
    found: Row = {"recommendations": [_recommendation(one) for one in recommendations(analysis)]}
    answers = summed_what_ifs(analysis)
    return found | ({"what_if": [_what_if(one) for one in answers]} if answers else {})


def changes_of_sessions(analysis: Analysis) -> Callable[[str], Row]:
    """What is said of a session by its name; recommendations are null where it was not looked at."""
    answers = _answers(analysis.what_if)
    changes = session_recommendations(analysis)

    def of_session(name: str) -> Row:
        return {
            "what_if": answers.get(name, []),
            "recommendations": [_recommendation(one) for one in changes[name]] if name in changes else None,
        }

    return of_session


def _recommendation(one: Recommendation) -> Row:
    return {
        "change": one.change,
        "saved_ns": one.saved_ns,
        "share": round(one.share, 6),
        "stops_helping_at": one.stops_helping_at,
        "without_ns": one.without_ns,
        "curve_ns": one.curve_ns,
        "sessions": one.sessions,
    }


def _what_if(one: WhatIf) -> Row:
    saved = one.saved_ns
    return {
        "change": one.change,
        "wall_ns": quantile_object(one.wall_ns) if one.wall_ns else None,
        "saved_ns": {"p50": saved.p50, "p95": saved.p95, "mean": saved.mean} if saved else None,
        "selected": one.selected,
    }


def _answers(what_if: pl.DataFrame) -> dict[str, list[Row]]:
    """The answers to each session's what-ifs, in the order of the questions."""
    answers: dict[str, list[Row]] = {}
    told = what_if.sort("session", "place").select("session", "change", "wall_ns", "saved_ns")
    for session, change, wall, saved in told.iter_rows():
        answers.setdefault(session, []).append({"change": change, "wall_ns": wall, "saved_ns": saved})
    return answers
