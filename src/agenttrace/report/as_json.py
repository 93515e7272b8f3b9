"""The analysis for programs: the document of `analyze --format json`, and its lines for `jsonl`.

Names and meanings are promised in the contracts; null is what the trace does not say. Every capped list has
the number of all its entries beside it, as `<list>_total`. The same analysis gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from agenttrace.critical_path.summary import summarise
from agenttrace.model.vocabulary import Evidence, Phase, Purpose
from agenttrace.report.large_numbers import dumped
from agenttrace.report.lists import SESSION_LISTS, distinct_findings, longest_by_session
from agenttrace.report.serving_objects import quantile_object, serving_of_all, serving_of_session
from agenttrace.report.tail_objects import tail_of_all, turns_of_all
from agenttrace.report.what_if_objects import changes_of_all, changes_of_sessions

if TYPE_CHECKING:
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
_PHASE_COLUMNS = tuple((phase.value, f"phase_{phase.value}_ns") for phase in Phase)


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
    begin, end = dumped(around, orjson.OPT_INDENT_2).rsplit(b"[]", 1)
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
    yield dumped(last, orjson.OPT_APPEND_NEWLINE)


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
        "wall_ns": quantile_object(summary.wall_ns),
        "active_ns": quantile_object(summary.active_ns),
        "critical_path_ns": summary.critical_path_ns,
        "critical_path_by_purpose_ns": summary.critical_path_by_purpose_ns,
        "busy_ns": summary.busy_ns,
        "evidence_ns": summary.evidence_ns,
        "serving": serving_of_all(analysis),
        "tail": tail_of_all(analysis),
        "by_turn": turns_of_all(analysis),
        "by_branch": analysis.by_branch.rows(named=True),
        **changes_of_all(analysis),
    }


def _sessions(analysis: Analysis, top: int, labels: Mapping[str, str] | None) -> Iterator[dict[str, Any]]:
    lists = {
        name: longest_by_session(getattr(analysis, chosen.frame), chosen, top)
        for name, chosen in SESSION_LISTS.items()
    }
    levels = _levels(analysis)
    changes = changes_of_sessions(analysis)
    for row in analysis.sessions.iter_rows(named=True):
        name = row["session"]
        found = {kind: entries.get(name, (0, [])) for kind, entries in lists.items()}
        yield _session(row, found, levels.get(name, []), labels) | changes(name)


def _levels(analysis: Analysis) -> dict[str, list[Row]]:
    levels: dict[str, list[Row]] = {}
    for row in analysis.concurrency.iter_rows(named=True):
        levels.setdefault(row["session"], []).append(row)
    return levels


def _session(
    row: dict[str, Any],
    lists: Mapping[str, tuple[int, list[Any]]],
    levels: Sequence[Row],
    labels: Mapping[str, str] | None,
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
        **serving_of_session(row, levels),
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
    phases = {word: value for word, column in _PHASE_COLUMNS if (value := row.pop(column))}
    head = {name: row.pop(name) for name in ("turn", "agent", "agent_name", "start_ns", "wall_ns")}
    return {**head, "phases_ns": phases, **row}
