"""Sessions as `spans-jsonl`, the interchange format: what the tables say of spans, a line each.

Read again, they are the same sessions, with the same dependencies, inferred ones too: these are said to be settled.
Ids are the numbers of the tables. What the format has no key for stays behind: blocks of prompts, and findings.
Workloads have no instants, and cannot be written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from agenttrace.errors import NoDataError
from agenttrace.model.interchange import INFERRED, INSTANTS, STATED, UNKNOWN, is_plausible_ns
from agenttrace.model.schema import SPAN_FACTS
from agenttrace.model.vocabulary import SpanKind
from agenttrace.report.redaction import Redaction

if TYPE_CHECKING:
    import pyarrow as pa

    from agenttrace.model.trace import Trace

Row = dict[str, Any]

_NAMES = ("name", "model", "error", "cache_miss_reason", "compaction_trigger")
_IDS = ("request_id", "client_request_id", "kv_hint")
_OF_SESSIONS = ("task_id", "run_id", "deployment", "first_prompt_fingerprint")


def to_spans_jsonl(trace: Trace, *, redact: bool = False) -> Iterator[bytes]:
    """The lines, session by session. `redact`: names and ids are hashes. NoDataError where nothing has a time."""
    timed = trace.timed()
    if not timed.sessions.num_rows:
        raise NoDataError("no session with timings")
    words = Redaction(map(str, timed.sessions["session"].to_pylist())) if redact else None
    for chunk in timed.chunks():
        lines = _Lines(chunk, words)
        for row in chunk.spans.to_pylist():
            if row["kind"] != SpanKind.SESSION.value:
                yield orjson.dumps(lines.line(row), option=orjson.OPT_APPEND_NEWLINE)


class _Lines:
    """Complete sessions, of which lines are asked for."""

    def __init__(self, trace: Trace, words: Redaction | None) -> None:
        self._words = words
        self._links, self._marks = _by(trace.links, "to_span"), _by(trace.marks, "span")
        self._instants = {(of["session"], of["mark"]): of["t_ns"] for of in trace.marks.to_pylist()}
        self._lanes = {(of["session"], of["span"]): of for of in trace.agents.to_pylist()}
        self._sessions = {of["session"]: of for of in trace.sessions.to_pylist()}
        self._own = {
            (row["session"], row["span"])
            for row in trace.spans.select(["session", "span", "kind"]).to_pylist()
            if row["kind"] == SpanKind.SESSION.value
        }

    def line(self, row: Row) -> Row:
        """One span, without what is not known."""
        key = (row["session"], row["span"])
        lane = self._lanes.get(key)
        within = (row["session"], row["parent"])
        told = {
            "session": self._word("session", row["session"]),
            "span": row["span"],
            "parent": None if within in self._own else row["parent"],
            "agent": str(row["agent"] if lane is None else lane["agent"]),
            **self._facts(row),
            "links": [self._link(link) for link in self._links[key]],
            "marks": [_mark(mark) for mark in self._marks[key]],
        }
        if lane is not None:
            told |= self._lane(lane)
        if lane is not None and lane["agent"] == 0:
            session = self._sessions[row["session"]]
            told |= {name: self._word(name, session[name]) for name in _OF_SESSIONS}
            told |= {"truncated": session["truncated"] or None, "settled": True}
        return {name: value for name, value in told.items() if value is not None and value != []}

    def _facts(self, row: Row) -> Row:
        facts = {INSTANTS.get(column.name, column.name): row[column.name] for column in SPAN_FACTS}
        facts |= {name: _instant(facts[name]) for name in INSTANTS.values()}
        if self._words is not None:
            facts |= {name: self._word("name", facts[name]) for name in _NAMES} | dict.fromkeys(_IDS)
        return facts

    def _lane(self, lane: Row) -> Row:
        parent = lane["parent_agent"]
        return {
            "parent_agent": None if parent is None else str(parent),
            "agent_type": self._word("name", lane["type"]),
            "main": True if lane["agent"] == 0 else None,
            "background": lane["background"],
            "spawned_by": lane["spawning_span"],
            "spawn": spawn_of(lane),
        }

    def _link(self, link: Row) -> Row:
        at = None if link["from_mark"] is None else self._instants.get((link["session"], link["from_mark"]))
        told = {"from": link["from_span"], "at": _instant(at), "kind": link["kind"]}
        told |= {name: link[name] for name in ("explicit", "rule", "confidence", "delay_ns")}
        return {name: value for name, value in told.items() if value is not None}

    def _word(self, sort: str, word: str | None) -> str | None:
        if word is None or self._words is None:
            return word
        return self._words.name(word) if sort == "name" else self._words.hashed(sort, word)


def _mark(mark: Row) -> Row:
    told = {"kind": mark["kind"], "at": _instant(mark["t_ns"]), "span": mark["refers_to"]}
    told["evidence"] = mark["evidence"]
    return {name: value for name, value in told.items() if value is not None}


def spawn_of(lane: Row) -> str | None:
    """Of an agent that was spawned, how it is known by what."""
    if lane["parent_agent"] is None:
        return None
    known = INFERRED if lane["spawn_inferred"] else STATED
    return UNKNOWN if lane["spawning_span"] is None else known


def _instant(ns: int | None) -> int | str | None:
    """As an integer; in words where a reader would take that for one of a longer unit."""
    if ns is None or is_plausible_ns(ns):
        return ns
    return f"{datetime.fromtimestamp(ns // 10**9, UTC):%Y-%m-%dT%H:%M:%S}.{ns % 10**9:09}Z"


def _by(table: pa.Table, span: str) -> defaultdict[tuple[str, int], list[Row]]:
    found: defaultdict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in table.to_pylist():
        found[row["session"], row[span]].append(row)
    return found
