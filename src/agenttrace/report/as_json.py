"""The analysis for programs: the document of `analyze --format json`, and its lines for `jsonl`.

Names and meanings are promised in the contracts; null is what the trace does not say. Every capped list has
the number of all its entries beside it, as `<list>_total`. The same analysis gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from agenttrace.critical_path.other_reading import Reading, session_readings, summed_reading
from agenttrace.critical_path.summary import Quantiles, summarise
from agenttrace.critical_path.what_if.summing import (
    Recommendation,
    WhatIf,
    recommendations,
    session_recommendations,
    summed_what_ifs,
)
from agenttrace.model.vocabulary import Evidence, Phase, Purpose
from agenttrace.report.lists import SESSION_LISTS, distinct_findings, longest_by_session

if TYPE_CHECKING:
    import polars as pl

    from agenttrace.critical_path.analysis import Analysis

JSON_VERSION = 1
DEFAULT_TOP = 1000
Row = dict[str, Any]

_COUNTS = (
    "requests",
    "main_requests",
    "main_turns",
    "subagents",
    "subagent_requests",
    "tool_calls",
    "compactions",
    "retries",
    "errors",
    "max_parallel",
)
_TOKENS = ("input", "cache_read", "cache_write", "output")


def to_json(
    analysis: Analysis,
    *,
    top: int = DEFAULT_TOP,
    labels: Mapping[str, str] | None = None,
    sessions: Iterable[bytes] | None = None,
) -> Iterator[bytes]:
    """The whole document, indented, with a final newline, piece by piece.

    `sessions`: their objects as JSON, where the lists of `analysis` are not complete.
    """
    around = {**_head(analysis), "sessions": []}
    begin, end = orjson.dumps(around, option=orjson.OPT_INDENT_2).rsplit(b"[]", 1)
    yield begin + b"["
    objects = map(orjson.loads, sessions) if sessions is not None else _sessions(analysis, top, labels)
    between = b"\n"
    for session in objects:
        text = orjson.dumps(session, option=orjson.OPT_INDENT_2)
        yield between + b"    " + text.replace(b"\n", b"\n    ")
        between = b",\n"
    yield (b"]" if between == b"\n" else b"\n  ]") + end + b"\n"


def to_json_lines(
    analysis: Analysis,
    *,
    top: int = DEFAULT_TOP,
    labels: Mapping[str, str] | None = None,
    sessions: Iterable[bytes] | None = None,
) -> Iterator[bytes]:
    """One line a session, then one with the summary and, beside it, sources and findings."""
    yield from sessions if sessions is not None else session_lines(analysis, top=top, labels=labels)
    last = {"summary": _summary(analysis), **_origin(analysis)}
    yield orjson.dumps(last, option=orjson.OPT_APPEND_NEWLINE)


def session_lines(
    analysis: Analysis, *, top: int = DEFAULT_TOP, labels: Mapping[str, str] | None = None
) -> Iterator[bytes]:
    """The object of each session, a line each, in the order of `analysis.sessions`."""
    for session in _sessions(analysis, top, labels):
        yield orjson.dumps(session, option=orjson.OPT_APPEND_NEWLINE)


def document(analysis: Analysis, *, top: int, labels: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The document as plain values, in the order of the contract."""
    return {**_head(analysis), "sessions": list(_sessions(analysis, top, labels))}


def _head(analysis: Analysis) -> dict[str, Any]:
    return {
        "schema_version": JSON_VERSION,
        "command": "analyze",
        **_origin(analysis),
        "summary": _summary(analysis),
    }


def _origin(analysis: Analysis) -> dict[str, Any]:
    sources = analysis.sources.select("path", "format", "dialect", "sessions", "records", "bytes")
    return {
        "sources": sources.rows(named=True),
        "findings": distinct_findings(analysis.findings).rows(named=True),
    }


def _summary(analysis: Analysis) -> dict[str, Any]:
    summary = summarise(analysis)
    return {
        "sessions": summary.sessions,
        "requests": summary.requests,
        "wall_ns": _quantiles(summary.wall_ns),
        "active_ns": _quantiles(summary.active_ns),
        "critical_path_ns": summary.critical_path_ns,
        "critical_path_by_purpose_ns": summary.critical_path_by_purpose_ns,
        "busy_ns": summary.busy_ns,
        "evidence_ns": summary.evidence_ns,
        "without_inferred_joins": _reading(summed_reading(analysis)),
        **_changes(analysis),
    }


def _reading(other: Reading | None) -> dict[str, Any] | None:
    """The other reading, null where there is none; its path is told where it differs."""
    if other is None:
        return None
    return {
        "inferred_joins": other.inferred_joins,
        "moved_ns": other.moved_ns,
        "differs": other.differs,
        "critical_path_ns": dict(other.critical_path_ns) if other.differs else None,
    }


def _changes(analysis: Analysis) -> dict[str, Any]:
    found: dict[str, Any] = {"recommendations": [_recommendation(one) for one in recommendations(analysis)]}
    answers = summed_what_ifs(analysis)
    return found | ({"what_if": [_what_if(one) for one in answers]} if answers else {})


def _recommendation(one: Recommendation) -> dict[str, Any]:
    return {
        "change": one.change,
        "saved_ns": one.saved_ns,
        "share": round(one.share, 6),
        "stops_helping_at": one.stops_helping_at,
        "without_ns": one.without_ns,
        "curve_ns": one.curve_ns,
        "sessions": one.sessions,
    }


def _what_if(one: WhatIf) -> dict[str, Any]:
    saved = one.saved_ns
    return {
        "change": one.change,
        "wall_ns": _quantiles(one.wall_ns) if one.wall_ns else None,
        "saved_ns": {"p50": saved.p50, "p95": saved.p95, "mean": saved.mean} if saved else None,
        "selected": one.selected,
    }


def _quantiles(of: Quantiles) -> dict[str, Any]:
    return {
        "p50": of.p50,
        "p90": of.p90,
        "p95": of.p95,
        "p99": of.p99,
        "max": of.max,
        "n": of.n,
        "enough": of.enough,
    }


def _sessions(analysis: Analysis, top: int, labels: Mapping[str, str] | None) -> Iterator[dict[str, Any]]:
    lists = {
        name: longest_by_session(getattr(analysis, chosen.frame), chosen, top)
        for name, chosen in SESSION_LISTS.items()
    }
    answers = _answers(analysis.what_if)
    changes = session_recommendations(analysis)
    readings = session_readings(analysis)
    for row in analysis.sessions.iter_rows(named=True):
        name = row["session"]
        found = {kind: entries.get(name, (0, [])) for kind, entries in lists.items()}
        yield {
            **_session(row, found, labels),
            "without_inferred_joins": _reading(readings.get(name)),
            "what_if": answers.get(name, []),
            "recommendations": [_recommendation(one) for one in changes[name]] if name in changes else None,
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


def _session(
    row: dict[str, Any], lists: Mapping[str, tuple[int, list[Any]]], labels: Mapping[str, str] | None
) -> dict[str, Any]:
    return {
        "session_id": row["session"],
        "source_id": row["source_id"],
        "format": row["format"],
        "source": row["source"],
        **({"labels": dict(labels)} if labels else {}),
        **{name: row[name] for name in ("start_ns", "end_ns", "wall_ns", "active_ns", "detached_ns")},
        "truncated": row["truncated"],
        "critical_path_ns": _words(row, "path", Phase),
        "critical_path_by_purpose_ns": _words(row, "purpose", Purpose),
        "busy_ns": _words(row, "busy", Phase),
        "evidence_ns": _words(row, "evidence", Evidence),
        "inferred_path_ns": row["inferred_path_ns"],
        "counts": {name: row[name] for name in _COUNTS},
        "tokens": {name: row[f"{name}_tokens"] for name in _TOKENS},
        "context_tokens": {name: row[f"context_{name}"] for name in ("first", "max", "last")},
        "serving": {"ttft_ns": {"p50": row["ttft_p50_ns"]}, "itl_ns": {"p50": row["itl_p50_ns"]}},
        "cache": {"hit_rate": hit_rate(row), **_listed("misses", lists)},
        **_listed("turns", lists, _turn),
        **_listed("joins", lists),
        **_listed("compactions", lists),
        **_listed("tools", lists),
        **_listed("top", lists),
        **_listed("near_critical", lists),
    }


def hit_rate(row: Mapping[str, Any]) -> float | None:
    """Which share of the prompt tokens came from a cache; null where either is unknown or none were sent."""
    read, total = row["cache_read_tokens"], row["input_tokens"]
    return round(read / total, 6) if total and read is not None else None


def _words(
    row: Mapping[str, Any], prefix: str, words: Iterable[Phase | Purpose | Evidence]
) -> dict[str, int | None]:
    return {word.value: row[f"{prefix}_{word.value}_ns"] for word in words}


def _listed(
    name: str, lists: Mapping[str, tuple[int, list[Any]]], shape: Callable[[Row], Row] | None = None
) -> dict[str, Any]:
    total, rows = lists[name]
    return {name: [shape(row) for row in rows] if shape else rows, f"{name}_total": total}


def _turn(row: dict[str, Any]) -> dict[str, Any]:
    phases = {phase.value: row.pop(f"phase_{phase.value}_ns") for phase in Phase}
    head = {name: row.pop(name) for name in ("turn", "agent", "agent_name", "start_ns", "wall_ns")}
    return {**head, "phases_ns": {name: value for name, value in phases.items() if value}, **row}
