"""What the JSON document says of what may be otherwise: the other reading, changes asked for, changes that help."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from agenttrace.critical_path.other_reading import Reading, session_readings, summed_reading
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
    found: Row = {
        "without_inferred_joins": _reading(summed_reading(analysis)),
        "recommendations": [_recommendation(one) for one in recommendations(analysis)],
    }
    answers = summed_what_ifs(analysis)
    return found | ({"what_if": [_what_if(one) for one in answers]} if answers else {})


def changes_of_sessions(analysis: Analysis) -> Callable[[str], Row]:
    """What is said of a session by its name; recommendations are null where it was not looked at."""
    answers = _answers(analysis.what_if)
    changes = session_recommendations(analysis)
    readings = session_readings(analysis)

    def of_session(name: str) -> Row:
        return {
            "without_inferred_joins": _reading(readings.get(name)),
            "what_if": answers.get(name, []),
            "recommendations": [_recommendation(one) for one in changes[name]] if name in changes else None,
        }

    return of_session


def _reading(other: Reading | None) -> Row | None:
    """The other reading, null where there is none; its path is told where it differs."""
    if other is None:
        return None
    return {
        "inferred_joins": other.inferred_joins,
        "moved_ns": other.moved_ns,
        "differs": other.differs,
        "critical_path_ns": dict(other.critical_path_ns) if other.differs else None,
    }


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
        "selected": sum(one.selected),
        "selected_by_part": list(one.selected),
    }


def _answers(what_if: pl.DataFrame) -> dict[str, list[Row]]:
    """The answers to each session's what-ifs, in the order of the questions."""
    answers: dict[str, list[Row]] = {}
    columns = ("change", "wall_ns", "saved_ns", "other_saved_ns")
    for session, *told in what_if.sort("session", "place").select("session", *columns).iter_rows():
        change, wall, saved, other = told
        answer = {"change": change, "wall_ns": wall, "saved_ns": saved}
        if other is not None:
            answer["saved_without_inferred_joins_ns"] = other
        answers.setdefault(session, []).append(answer)
    return answers
