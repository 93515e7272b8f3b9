"""Sessions as OTLP in JSON lines, for any backend of OpenTelemetry: a trace for each session.

The attributes are those of the GenAI semantic conventions, where these have one. What they have none for (what a
wait is, how a time is known, dependencies that are inferred, marks) stands under `agenttrace.*`
(`model/otel_attributes.py`), so that reading the lines again gives the same sessions with the same critical paths.
Left out: block hashes, and findings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import orjson

from agenttrace.model import otel_attributes
from agenttrace.model.vocabulary import LinkKind, SpanKind, Status
from agenttrace.report.otlp_facts import is_root, name_of, told_of_span
from agenttrace.report.redaction import Redaction
from agenttrace.report.spans_jsonl import spawn_of

if TYPE_CHECKING:
    import pyarrow as pa

    from agenttrace.model.trace import Trace

Row = dict[str, Any]
Rows = defaultdict[tuple[str, int], list[Row]]

_SPANS_A_LINE = 512
_LARGEST = 2**63 - 1
"""An integer of OTLP; numbers of workers are larger, and are text."""
_INTERNAL, _CLIENT = 1, 3
_STATUS = {Status.OK: 1, Status.ERROR: 2}
_FACTS = ("task_id", "run_id", "deployment", "first_prompt_fingerprint")
_WORDS = (
    "name", "model", "error", "source_id", "request_id", "client_request_id", "agent_name", "agent_id",
    "agent_type", "kv_hint", "cache_miss_reason", "compaction_trigger",
)  # fmt: skip
"""What a trace says in words of its own."""


def to_otlp(trace: Trace, version: str, *, redact: bool = False) -> Iterator[bytes]:
    """The lines, each an `ExportTraceServiceRequest`, sessions in the order of the trace. `redact`: words as hashes."""
    redaction = Redaction(_names(trace)) if redact else None
    for piece in trace.timed().chunks():
        beside = _Beside(piece)
        facts = {row["session"]: row for row in piece.sessions.to_pylist()}
        rows = piece.spans.to_pylist()
        for session, spans in groupby(rows, key=itemgetter("session")):
            made = _Session(session, facts[session], beside, redaction)
            found = [made.span(row) for row in spans if row["kind"] != SpanKind.SESSION]
            for first in range(0, len(found), _SPANS_A_LINE):
                yield _line(found[first : first + _SPANS_A_LINE], version)


def _names(trace: Trace) -> list[str]:
    return [
        str(name) for name in (*trace.sources["path"].to_pylist(), *trace.sessions["session"].to_pylist())
    ]


def _line(spans: list[Row], version: str) -> bytes:
    resource = {"attributes": _attributes({"service.name": "agenttrace"})}
    scopes = [{"scope": {"name": "agenttrace", "version": version}, "spans": spans}]
    document = {"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]}
    return orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)


class _Beside:
    """What stands in other tables of complete sessions, by session and span."""

    def __init__(self, trace: Trace) -> None:
        self.links, self.marks = _by(trace.links, "to_span"), _by(trace.marks, "span")
        self.agents = _by(trace.agents, "span")
        self.instants = {(of["session"], of["mark"]): of["t_ns"] for of in trace.marks.to_pylist()}
        self.lanes = {(of["session"], of["agent"]): of for of in trace.agents.to_pylist()}


def _by(table: pa.Table, span: str) -> Rows:
    found: Rows = defaultdict(list)
    for row in table.to_pylist():
        found[row["session"], row[span]].append(row)
    return found


class _Session:
    """Makes the spans of one session."""

    def __init__(self, session: str, facts: Row, beside: _Beside, redaction: Redaction | None) -> None:
        self._session, self._facts, self._beside = session, facts, beside
        self._redaction = redaction
        self._shown = redaction.hashed("session", session) if redaction else session
        self._trace_id = _hex(self._shown, 16)

    def span(self, row: Row) -> Row:
        """One row of the table of spans."""
        key = (self._session, row["span"])
        row = self._hidden({**row, **self._agent(key)})
        found: Row = {
            "traceId": self._trace_id,
            "spanId": self._id(row["span"]),
            "name": name_of(row),
            "kind": _CLIENT if row["kind"] == SpanKind.REQUEST else _INTERNAL,
            "startTimeUnixNano": str(row["start_ns"]),
            "endTimeUnixNano": str(row["end_ns"]),
            "attributes": _attributes({**self._place(row), **told_of_span(row)}),
            "status": {"code": _STATUS.get(row["status"], 0)},
        }
        if not is_root(row):
            found["parentSpanId"] = self._id(row["parent"])
        if links := self._beside.links[key]:
            found["links"] = [self._link(link) for link in links]
        if marks := self._beside.marks[key]:
            found["events"] = [self._mark(mark) for mark in marks]
        return found

    def _agent(self, key: tuple[str, int]) -> Row:
        """The agent whose lane the span holds, if it holds one."""
        if not self._beside.agents[key]:
            return {"agent_name": None, "agent_id": None}
        (held,) = self._beside.agents[key]
        spawner = held["spawning_span"]
        return {
            "agent_name": held["name"],
            "agent_id": held["source_id"],
            "agent_type": held["type"],
            "agent_place": {
                otel_attributes.MAIN: held["agent"] == 0,
                otel_attributes.BACKGROUND: held["background"],
                otel_attributes.PARENT_AGENT: self._lane(held["parent_agent"]),
                otel_attributes.SPAWNED_BY: None if spawner is None else self._id(spawner),
                otel_attributes.SPAWN: spawn_of(held),
            },
        }

    def _lane(self, agent: int | None) -> str | None:
        """What readers know an agent by: the session's name, if it is called so, else its span."""
        if agent is None:
            return None
        lane = self._beside.lanes[self._session, agent]
        return self._shown if lane["source_id"] == self._shown else self._id(lane["span"])

    def _hidden(self, row: Row) -> Row:
        """Words as hashes, where that is asked for."""
        if self._redaction is None:
            return row
        hidden = {name: self._redaction.name(row[name]) for name in _WORDS if row.get(name) is not None}
        return {**row, **hidden}

    def _id(self, span: int) -> str:
        return _hex(f"{self._shown}/{span}", 8)

    def _link(self, link: Row) -> Row:
        """Stated ones that wait for an end say so as others do, too."""
        at = self._beside.instants.get((link["session"], link["from_mark"]))
        told = {**link, "at_ns": at}
        facts: Row = {name: told[column] for column, name in otel_attributes.LINK_FACTS.items()}
        follows = link["explicit"] and at is None
        attributes = {
            "opentracing.ref_type": "follows_from" if follows else None,
            otel_attributes.LINK_KIND: LinkKind(link["kind"]).value,
            **facts,
        }
        before = self._id(link["from_span"])
        return {"traceId": self._trace_id, "spanId": before, "attributes": _attributes(attributes)}

    def _mark(self, mark: Row) -> Row:
        about = "" if mark["refers_to"] is None else f" {self._id(mark['refers_to'])}"
        told = {otel_attributes.MARK: f"{mark['evidence']}{about}"}
        name = f"{otel_attributes.PREFIX}{mark['kind']}"
        return {"name": name, "timeUnixNano": str(mark["t_ns"]), "attributes": _attributes(told)}

    def _place(self, row: Row) -> Row:
        """Which session it is of; roots say what is known of that."""
        if not is_root(row):
            return {"gen_ai.conversation.id": self._shown} if row["kind"] == SpanKind.REQUEST else {}
        facts = {f"agenttrace.{name}": self._facts[name] for name in _FACTS}
        if self._redaction is not None:
            facts = {name: self._redaction.name(word) for name, word in facts.items() if word is not None}
        facts |= {otel_attributes.TRUNCATED: self._facts["truncated"] or None, otel_attributes.SETTLED: True}
        return {"gen_ai.conversation.id": self._shown, **facts}


def _attributes(values: Row) -> list[Row]:
    return [{"key": name, "value": _value(value)} for name, value in values.items() if value is not None]


def _value(value: object) -> Row:
    match value:
        case bool():
            return {"boolValue": value}
        case int() if value <= _LARGEST:
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case _:
            return {"stringValue": str(value)}


def _hex(text: str, size: int) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).hexdigest()
