"""Analyses made by hand, for tests of what is shown of them."""

from typing import Any

import polars as pl

from agenttrace.critical_path.analysis import Analysis
from agenttrace.critical_path.measures.counts import straggler_waits
from agenttrace.critical_path.tail.parts import DIMENSIONS
from agenttrace.model.vocabulary import Evidence, Phase, Purpose
from agenttrace.serving.parting import PARTED

S = 1_000_000_000
MS = 1_000_000
EPOCH = 1_760_000_000 * S
HOSTILE = "\x1b[31m[bold]evil[/bold]\u202e|`<b>@all\n"

SPEEDS = ("tokens_per_s_p50", "tokens_per_s_slow5", "tokens_per_s_slow1")
HIT_RATES = ("hit_rate_same", "hit_rate_moved")

_PHASES = [phase.value for phase in Phase]
SCHEMAS: dict[str, dict[str, Any]] = {
    "sources": {
        **dict.fromkeys(("source", "sessions", "records", "bytes"), pl.Int64),
        **dict.fromkeys(("path", "format", "dialect"), pl.String),
    },
    "findings": {
        **dict.fromkeys(("code", "severity", "file", "example"), pl.String),
        **dict.fromkeys(("count", "line"), pl.Int64),
    },
    "segments": {
        **dict.fromkeys(("session", "phase", "purpose", "evidence"), pl.String),
        **dict.fromkeys(("span", "start_ns", "end_ns"), pl.Int64),
        "inferred": pl.Boolean,
    },
    "shares": {
        **dict.fromkeys(("session", "phase", "evidence"), pl.String),
        "length_ns": pl.Int64,
    },
    "turns": {
        **dict.fromkeys(("session", "agent_name"), pl.String),
        **dict.fromkeys(("turn", "agent", "start_ns", "wall_ns"), pl.Int64),
        **{f"phase_{phase}_ns": pl.Int64 for phase in _PHASES},
        **dict.fromkeys(("input", "cache_read", "output", "context"), pl.Int64),
    },
    "joins": {
        **dict.fromkeys(("session", "waited_for_name", "second_name"), pl.String),
        **dict.fromkeys(("turn", "agent", "at_ns", "branches", "waited_for"), pl.Int64),
        **dict.fromkeys(("wall_ns", "sum_ns", "slack_ns", "cost_ns"), pl.Int64),
        **dict.fromkeys(("explicit", "background"), pl.Boolean),
        "rule": pl.String,
        "confidence": pl.Float64,
        "each": pl.List(
            pl.Struct({"span": pl.Int64, "name": pl.String, "took_ns": pl.Int64, "slack_ns": pl.Int64})
        ),
    },
    "top": {
        **dict.fromkeys(("session", "name", "kind", "phase"), pl.String),
        **dict.fromkeys(("span", "critical_ns", "drag_ns", "slack_ns"), pl.Int64),
    },
    "near_critical": {
        **dict.fromkeys(("session", "name", "kind"), pl.String),
        **dict.fromkeys(("span", "agent", "length_ns", "slack_ns"), pl.Int64),
    },
    "readings": {
        "session": pl.String,
        **dict.fromkeys(("inferred_joins", "moved_ns"), pl.Int64),
        **{f"path_{phase}_ns": pl.Int64 for phase in _PHASES},
    },
    "what_if": {
        **dict.fromkeys(("session", "change"), pl.String),
        **dict.fromkeys(("place", "wall_ns", "saved_ns", "other_saved_ns"), pl.Int64),
        "selected": pl.List(pl.Int64),
    },
    "ranking": {
        **dict.fromkeys(("session", "change"), pl.String),
        **dict.fromkeys(("wall_ns", "spans"), pl.Int64),
        **dict.fromkeys((f"saved_{step}" for step in range(8)), pl.Int64),
    },
    "tools": {
        **dict.fromkeys(("session", "name"), pl.String),
        **dict.fromkeys(("calls", "busy_ns", "critical_ns", "sessions"), pl.Int64),
    },
    "cache_misses": {
        **dict.fromkeys(("session", "reason"), pl.String),
        **dict.fromkeys(("turn", "agent", "tokens", "cost_ns"), pl.Int64),
        "reason_stated": pl.Boolean,
    },
    "compactions": {
        "session": pl.String,
        **dict.fromkeys(("turn", "agent", "start_ns", "wall_ns"), pl.Int64),
        **dict.fromkeys(("tokens_before", "tokens_after"), pl.Int64),
    },
    "concurrency": {"session": pl.String, **dict.fromkeys(("running", "length_ns"), pl.Int64)},
    "latencies": {
        **dict.fromkeys(("session", "measure"), pl.String),
        **dict.fromkeys(("priority", "value_ns", "count"), pl.Int64),
    },
    "queues": dict(PARTED),
    "parts": {"session": pl.String, **dict.fromkeys(DIMENSIONS, pl.String), "length_ns": pl.Int64},
    "by_branch": dict.fromkeys(("position", "joins", "waited_for", "length_ns", "alone_ns"), pl.Int64),
    "by_turn": {
        **dict.fromkeys(("turn", "sessions", "wall_ns"), pl.Int64),
        **{f"phase_{phase}_ns": pl.Int64 for phase in _PHASES},
    },
}


def frame(table: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """A frame of the analysis; what a row leaves out is null."""
    schema = SCHEMAS[table]
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def session_row(session: str, path: dict[Phase, int], **changed: object) -> dict[str, Any]:
    """A session whose partitions fit together; `changed` overrides what is derived from the path."""
    wall = sum(path.values())
    idle = path.get(Phase.USER, 0) + path.get(Phase.SUSPENDED, 0)
    row: dict[str, Any] = {
        "session": session,
        "source_id": f"source-{session}",
        "format": "spans-jsonl",
        "source": "traces/run.jsonl",
        "start_ns": EPOCH,
        "end_ns": EPOCH + wall,
        "wall_ns": wall,
        "active_ns": wall - idle,
        "detached_ns": 0,
        "inferred_path_ns": 0,
        "truncated": False,
        **{f"path_{phase}_ns": path.get(phase, 0) for phase in Phase},
        **{f"purpose_{purpose}_ns": 0 for purpose in Purpose},
        "purpose_turn_ns": wall,
        **{f"busy_{phase}_ns": 2 * path.get(phase, 0) for phase in Phase},
        **{f"evidence_{evidence}_ns": 0 for evidence in Evidence},
        "evidence_measured_ns": wall,
        "requests": 10,
        "main_requests": 10,
        "main_turns": 10,
        **dict.fromkeys(("subagents", "subagent_requests", "compactions", "retries", "errors"), 0),
        "tool_calls": 9,
        "max_parallel": 1,
        "input_tokens": 100_000,
        "cache_read_tokens": 80_000,
        "cache_write_tokens": None,
        "output_tokens": 5_000,
        "context_first": 4_000,
        "context_max": 20_000,
        "context_last": 20_000,
        **{f"ttft_p{percent}_ns": n * 250 * MS for n, percent in enumerate((50, 95, 99), 1)},
        "ttft_n": 10,
        **dict.fromkeys(("itl_p50_ns", "itl_p95_ns", "itl_p99_ns", "itl_n"), None),
        **dict.fromkeys((*SPEEDS, *HIT_RATES), None),
        **dict.fromkeys(("affinity_pairs", "affinity_same", "queue_depth_max"), None),
        **dict.fromkeys(("cache_misses", "missed_tokens", "joins", "join_wait_ns", "straggler_ns"), 0),
    }
    return row | changed


def sessions_frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """The frame of the sessions, sorted as an analysis sorts them."""
    texts = {"session", "source_id", "format", "source"}
    schema = {
        name: pl.String if name in texts else pl.Boolean if name == "truncated" else pl.Int64
        for name in session_row("s", {})
    } | dict.fromkeys((*SPEEDS, *HIT_RATES), pl.Float64)
    return pl.DataFrame(rows, schema=schema).sort("session")


def segments_of(rows: list[dict[str, Any]], evidence: Evidence = Evidence.MEASURED) -> list[dict[str, Any]]:
    """One segment a phase, one after the other."""
    segments = []
    for row in rows:
        at = row["start_ns"]
        for phase in Phase:
            if length := row[f"path_{phase}_ns"]:
                told = {"session": row["session"], "span": 1, "phase": phase.value, "purpose": "turn"}
                segments.append(
                    told
                    | {"start_ns": at, "end_ns": at + length, "evidence": evidence.value, "inferred": False}
                )
                at += length
    return segments


def shares_of(segments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What segments come to, one row for each of them."""
    return [
        {name: row[name] for name in ("session", "phase", "evidence")}
        | {"length_ns": row["end_ns"] - row["start_ns"]}
        for row in segments
    ]


def parts_of(segments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The main agent's path by phase and purpose."""
    return [
        {name: row[name] for name in ("session", "phase", "purpose")}
        | {"agent": "main", "length_ns": row["end_ns"] - row["start_ns"]}
        for row in segments
    ]


def stragglers_of(joins: pl.DataFrame) -> dict[str, int]:
    """For each session of these joins how long it waited for last branches."""
    names = joins["session"].unique(maintain_order=True)
    numbers = [names.to_list().index(name) for name in joins["session"]]
    waits = straggler_waits(joins.with_columns(session=pl.Series(numbers, dtype=pl.Int64)), len(names))
    return dict(zip(names, waits.tolist(), strict=True))


def analysis_of(rows: list[dict[str, Any]], **tables: list[dict[str, Any]]) -> Analysis:
    """An analysis of these sessions; tables that are not given are empty."""
    files = [
        {
            "source": 0,
            "path": "traces/run.jsonl",
            "format": "spans-jsonl",
            "sessions": len(rows),
            "records": 1_245,
            "bytes": 3_200_000,
        }
    ]
    given = {"sources": files, "segments": segments_of(rows)} | tables
    given = {"shares": shares_of(given["segments"]), "parts": parts_of(given["segments"])} | given
    stragglers = stragglers_of(frame("joins", given.get("joins", [])))
    rows = [row | {"straggler_ns": stragglers.get(row["session"], 0)} for row in rows]
    return Analysis(
        sessions=sessions_frame(rows), **{name: frame(name, given.get(name, [])) for name in SCHEMAS}
    )


def turn_row(session: str, turn: int, start: int, context: int, **more: object) -> dict[str, Any]:
    """A turn of the main agent that begins `start` seconds into its session."""
    row = {
        "session": session,
        "turn": turn,
        "agent": 0,
        "agent_name": "main",
        "start_ns": EPOCH + start * S,
        "wall_ns": 30 * S,
        **{f"phase_{phase}_ns": 0 for phase in Phase},
        "phase_decode_ns": 20 * S,
        "phase_tool_ns": 10 * S,
        "input": context,
        "cache_read": context * 96 // 100,
        "output": 500,
        "context": context,
    }
    return row | more


def long_session() -> Analysis:
    """One session of 33 minutes with everything in it that a report can show."""
    path = {
        Phase.QUEUE: 178 * S,
        Phase.PREFILL: 160 * S,
        Phase.DECODE: 1209 * S,
        Phase.TOOL: 430 * S,
        Phase.BACKOFF: 2 * S,
        Phase.HARNESS: 3 * S,
    }
    row = session_row(
        "0a1b2c3d-33min",
        path,
        purpose_turn_ns=1_940 * S,
        purpose_compaction_ns=40 * S,
        purpose_failed_attempt_ns=2 * S,
        evidence_measured_ns=1_500 * S,
        evidence_derived_ns=300 * S,
        evidence_bounded_ns=182 * S,
        inferred_path_ns=120 * S,
        detached_ns=75 * S,
        truncated=True,
        busy_decode_ns=7_000 * S,
        requests=283,
        main_requests=58,
        main_turns=57,
        subagents=12,
        subagent_requests=225,
        tool_calls=131,
        compactions=1,
        retries=1,
        errors=2,
        max_parallel=9,
        input_tokens=20_000_000,
        cache_read_tokens=19_300_000,
        context_first=15_000,
        context_max=156_000,
        context_last=41_000,
    )
    sizes = [15_000 + 3_280 * turn for turn in range(44)] + [20_000 + 1_600 * turn for turn in range(14)]
    turns = [turn_row(row["session"], n + 1, 34 * n, size) for n, size in enumerate(sizes)]
    turns[44]["cache_read"] = 0
    turns[45]["cache_read"] = None
    here = {"session": row["session"], "agent": 0}
    return analysis_of(
        [row],
        turns=turns,
        joins=[
            here | _join(12, 420, 8, "subagent explore", (300, 1_450, 180)),
            here
            | _join(30, 1_020, 4, "subagent review", (240, 500, 95))
            | {"explicit": False, "rule": "contained in tool call", "confidence": 0.99},
            here | _join(41, 1_390, 2, "Bash", (12, 19, 5)),
        ],
        tools=[
            _tool(row["session"], "Bash", 60, 300, 250),
            _tool(row["session"], "Read", 61, 20, 12),
            _tool(row["session"], HOSTILE, 10, 170, 168),
        ],
        top=[
            _top(row["session"], 7, "Bash", "tool", "tool", 90),
            _top(row["session"], 3, "model", "request", "decode", 95),
        ],
        what_if=[
            _answer(row["session"], 0, f"tool:{HOSTILE}=0", 1_814, 168),
            _answer(row["session"], 1, "cache=1.0", None, None),
            _answer(row["session"], 2, "tool:none=0", 1_982, 0),
        ],
        ranking=[
            ranked_row(row["session"], "decode", 1_982, tuple(130 * (8 - step) for step in range(8))),
            ranked_row(row["session"], f"tool:{HOSTILE}", 1_982, (84, 84, 84, 84, 84, 63, 42, 21)),
            ranked_row(row["session"], None, 1_982, (0,) * 8),
        ],
        near_critical=[
            here | {"span": 9, "name": HOSTILE, "kind": "tool", "length_ns": 3 * S, "slack_ns": 2 * S},
            here | {"span": 8, "name": None, "kind": "user_wait", "length_ns": 4 * S, "slack_ns": S},
        ],
        cache_misses=[
            here | {"turn": 45, "tokens": 20_000, "reason": "compaction"},
            here | {"turn": 46, "tokens": 900},
        ],
        compactions=[
            here
            | {"turn": 44, "start_ns": EPOCH + 34 * 43 * S + 1, "wall_ns": 40 * S}
            | {"tokens_before": 156_000, "tokens_after": 20_000}
        ],
        findings=[
            _finding("torn-line", "warning", 3, "traces/run.jsonl", 1_240, f"ends in the middle: {HOSTILE}"),
            _finding("output-tokens-estimated", "info", 120, "traces/run.jsonl", None, None),
            _finding("torn-line", "warning", 2, "traces/old.jsonl", 17, "ends in the middle"),
            _finding("negative-duration", "error", 1, "traces/run.jsonl", 9, "end before start"),
        ],
    )


def many_sessions(n: int = 24) -> Analysis:
    """A fleet: the later a session, the longer it took."""
    rows = [
        session_row(
            f"run-{number:03d}",
            {
                Phase.PREFILL: (2 * S + number * 7 * MS),
                Phase.DECODE: 7 * S,
                Phase.TOOL: 3 * S,
                Phase.USER: number * MS,
            },
        )
        for number in range(n)
    ]
    turns = [turn_row(row["session"], 1 + t, t, 4_000 + 1_600 * t) for row in rows for t in range(10)]
    joins = [
        {"session": rows[-1]["session"], "agent": 0} | _join(3, 9, 3, "subagent a", (4, 9, 2)),
        {"session": rows[0]["session"], "agent": 2} | _join(1, 5, 2, None, (2, 3, 1)),
    ]
    tools = [_tool(row["session"], name, 4, 3, 2) for row in rows for name in ("search", "python")]
    return analysis_of(rows, turns=turns, joins=joins, tools=tools)


def _join(turn: int, at: int, branches: int, name: str | None, times: tuple[int, int, int]) -> dict[str, Any]:
    """`times`: what it took, the sum of its branches, how long the last one was alone; in seconds."""
    return {
        "turn": turn,
        "at_ns": EPOCH + at * S,
        "branches": branches,
        "waited_for": 100 + turn,
        "waited_for_name": name,
        **dict(zip(("wall_ns", "sum_ns", "slack_ns"), (time * S for time in times), strict=True)),
        "cost_ns": times[2] * S // 2,
        "second_name": name,
        "explicit": True,
        "background": False,
    }


def ranked_row(session: str, change: str | None, wall: int, saved: tuple[int, ...]) -> dict[str, Any]:
    """What a change saves at each step, in seconds; without a change, that the session was looked at."""
    return {
        "session": session,
        "change": change,
        "wall_ns": wall * S,
        "spans": 100,
        **{f"saved_{step}": seconds * S for step, seconds in enumerate(saved)},
    }


def _answer(session: str, place: int, change: str, wall: int | None, saved: int | None) -> dict[str, Any]:
    return {
        "session": session,
        "place": place,
        "change": change,
        "wall_ns": None if wall is None else wall * S,
        "saved_ns": None if saved is None else saved * S,
        "selected": [7 if saved else 0],
    }


def _tool(session: str, name: str, calls: int, busy: int, critical: int) -> dict[str, Any]:
    return {
        "session": session,
        "name": name,
        "calls": calls,
        "busy_ns": busy * S,
        "critical_ns": critical * S,
        "sessions": int(critical > 0),
    }


def _top(session: str, span: int, name: str, kind: str, phase: str, critical: int) -> dict[str, Any]:
    return {
        "session": session,
        "span": span,
        "name": name,
        "kind": kind,
        "phase": phase,
        "critical_ns": critical * S,
        "sessions": int(critical > 0),
    }


def _finding(
    code: str, severity: str, count: int, file: str, line: int | None, example: str | None
) -> dict[str, Any]:
    return {
        "code": code,
        "severity": severity,
        "count": count,
        "file": file,
        "line": line,
        "example": example,
    }
