"""Every table and column of agenttrace, declared once: type, nullability, unit, meaning.

`schemas/` is generated from this file (see `documents.py`). Times are int64 nanoseconds; null means
that the source did not say. Within a session, `span` and `agent` are dense integers from 0, given in
an order that depends on substance only (see `ingest.assembly`), so row order never matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, TypeAlias

import pyarrow as pa

from agenttrace.model.vocabulary import (
    Evidence,
    HashScope,
    LinkKind,
    MarkKind,
    Phase,
    Purpose,
    Severity,
    SpanKind,
    Status,
    TokenQuality,
    Trigger,
)

SCHEMA_VERSION = 1

Words: TypeAlias = type[StrEnum]

INT64 = pa.int64()
INT32 = pa.int32()
UINT64 = pa.uint64()
FLOAT64 = pa.float64()
STRING = pa.string()
BOOL = pa.bool_()
WORD = pa.dictionary(pa.int8(), pa.string())
NAME = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `words` names the enumeration whose values a WORD column holds."""

    name: str
    type: pa.DataType
    meaning: str
    nullable: bool = True
    unit: str | None = None
    words: Words | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One table: what a row is, and its columns in order."""

    name: str
    row: str
    columns: tuple[Column, ...]

    @property
    def arrow(self) -> pa.Schema:
        """The Arrow schema, with unit and meaning in the fields' metadata."""
        return _schema(self)

    @property
    def types(self) -> dict[str, Any]:
        """The `pa.DataType` of each column by its name, in order."""
        return _types(self)

    @property
    def empty(self) -> pa.Table:
        """The table without any row."""
        return _empty(self)


@cache
def _schema(table: Table) -> pa.Schema:
    """Made once: a folder of small files asks for it thousands of times."""
    return pa.schema([_field(column) for column in table.columns])


@cache
def _types(table: Table) -> dict[str, Any]:
    return {column.name: column.type for column in table.columns}


@cache
def _empty(table: Table) -> pa.Table:
    return table.arrow.empty_table()


def _field(column: Column) -> pa.Field[pa.DataType]:
    metadata = {"meaning": column.meaning}
    if column.unit:
        metadata["unit"] = column.unit
    return pa.field(column.name, column.type, column.nullable, metadata)


def _ns(name: str, meaning: str, *, nullable: bool = True) -> Column:
    return Column(name, INT64, meaning, nullable, "ns")


def _tokens(name: str, meaning: str) -> Column:
    return Column(name, INT64, meaning, unit="tokens")


def _evidence(name: str, of: str, *, nullable: bool = True) -> Column:
    return Column(name, WORD, f"evidence of {of}", nullable, words=Evidence)


_SESSION = Column("session", STRING, "the session's id, unique in the trace", nullable=False)
_SPAN = Column("span", INT32, "the span's number in its session, dense from 0", nullable=False)
_AGENT = Column("agent", INT32, "the number of the agent whose lane it is", nullable=False)

SESSIONS = Table(
    "sessions",
    "a session: one run of an agent for one user, with all of its subagents",
    (
        _SESSION,
        Column("format", NAME, "format id of the source", nullable=False),
        Column("dialects", STRING, "dialects of the format that its records use, comma separated"),
        Column(
            "sources",
            pa.list_(INT32),
            "rows of the sources table that tell of it, copies too",
            nullable=False,
        ),
        Column("source_id", STRING, "the id by which the source names the session"),
        Column("task_id", STRING, "the task that the session works on, for pairing in a diff"),
        Column("run_id", STRING, "the run of the benchmark or deployment it belongs to"),
        Column("deployment", STRING, "what served it"),
        Column("labels", pa.map_(STRING, STRING), "further labels, from the source or the command line"),
        Column("first_prompt_fingerprint", STRING, "hash of the first main request's prompt or first blocks"),
        _ns("start_ns", "first instant of the session, Unix time", nullable=False),
        _ns(
            "end_ns",
            "last event of the main agent, or of the last work whose result was used",
            nullable=False,
        ),
        _ns("detached_ns", "how long background work ran on after end_ns", nullable=False),
        Column("truncated", BOOL, "the source holds only a part of the session", nullable=False),
        Column(
            "timed",
            BOOL,
            "its source states how long requests took; false: a workload, whose instants count from its own "
            "beginning and say when something was sent at the earliest, and whose requests have no length",
            nullable=False,
        ),
    ),
)

AGENTS = Table(
    "agents",
    "a lane of control: the main agent (0), or a subagent",
    (
        _SESSION,
        _AGENT,
        Column("parent_agent", INT32, "the agent that spawned it; null for the main agent"),
        Column("source_id", STRING, "the source's own id of the agent"),
        Column("name", NAME, "its name"),
        Column("type", NAME, "its type, where the source has types"),
        Column("depth", INT32, "0 for the main agent, 1 for its subagents, and so on", nullable=False),
        Column("background", BOOL, "its parent did not wait for it where it was spawned", nullable=False),
        Column("span", INT32, "the span of kind agent that holds the lane", nullable=False),
        Column("spawning_span", INT32, "the span that spawned it, where known"),
        Column(
            "spawn_inferred",
            BOOL,
            "that span is the one only because times say so; null where none is known",
        ),
    ),
)

REQUEST_COLUMNS = (
    Column("model", NAME, "model that answered the request"),
    Column("request_id", STRING, "the server's id of the request"),
    Column("client_request_id", STRING, "the id that the client gave the request, x-request-id for example"),
    Column("attempt", INT32, "1 for the first attempt, 2 for its first retry, and so on"),
    Column("priority", INT32, "scheduling priority asked for"),
    Column("trigger", WORD, "what made the agent send the request", words=Trigger),
    _tokens("input_tokens", "prompt tokens, cached ones included"),
    _tokens("cache_read_tokens", "prompt tokens served from a prefix cache"),
    _tokens("cache_write_tokens", "prompt tokens written to a cache that the client pays for"),
    _tokens("output_tokens", "generated tokens, reasoning included"),
    _tokens("reasoning_tokens", "generated tokens that are reasoning"),
    Column("output_quality", WORD, "how far output_tokens can be trusted", words=TokenQuality),
    _ns("queue_ns", "waiting before prefill"),
    _evidence("queue_evidence", "queue_ns"),
    _ns("prefill_ns", "from the start of prefill to the first token"),
    _evidence("prefill_evidence", "prefill_ns"),
    _ns("first_token_ns", "instant of the first token, Unix time"),
    _evidence("first_token_evidence", "first_token_ns"),
    _ns("decode_ns", "from the first to the last token"),
    _evidence("decode_evidence", "decode_ns"),
    _ns("itl_ns", "mean time between two tokens, as the source states it"),
    Column("worker", UINT64, "the worker that decoded"),
    Column("prefill_worker", UINT64, "the worker that prefilled"),
    Column("queue_depth", INT32, "requests waiting at the router when it arrived"),
    Column("kv_hit_rate", FLOAT64, "share of the prompt's blocks that the router found cached", unit="1"),
    Column("kv_hint", STRING, "retention hint that the client gave, as JSON"),
    Column("cache_miss_reason", NAME, "why the cache was missed, where the source says"),
    Column("session_final", BOOL, "the client said that this is the agent's last request"),
)

COMPACTION_COLUMNS = (
    _tokens("tokens_before", "context before a compaction"),
    _tokens("tokens_after", "context after a compaction"),
    Column("compaction_trigger", NAME, "auto, manual, or what the source says"),
)

SPAN_FACTS = (
    Column("kind", WORD, "what the interval is", nullable=False, words=SpanKind),
    Column("purpose", WORD, "what it is for", nullable=False, words=Purpose),
    Column("name", NAME, "name of the tool, operation or agent"),
    _ns("start_ns", "start, Unix time", nullable=False),
    _ns("end_ns", "end, Unix time", nullable=False),
    _evidence("start_evidence", "start_ns", nullable=False),
    _evidence("end_evidence", "end_ns", nullable=False),
    Column("blocking", BOOL, "its parent waits for it", nullable=False),
    Column(
        "own_phase", WORD, "phase of the time that it spends on nothing else; null: by its kind", words=Phase
    ),
    Column("status", WORD, "how it ended", words=Status),
    Column("error", NAME, "type of the error"),
    *REQUEST_COLUMNS,
    *COMPACTION_COLUMNS,
    Column("tool_output_tokens", INT64, "size of the tool's result", unit="tokens"),
)

SPANS = Table(
    "spans",
    "an interval of work or waiting; rows are sorted by session and span",
    (
        _SESSION,
        _SPAN,
        Column("parent", INT32, "the span that contains it; null for the session's own span"),
        _AGENT,
        Column("turn", INT32, "which turn of its agent it belongs to, from 1"),
        Column("source_id", STRING, "the source's own id of the span"),
        Column("source", INT32, "row of the sources table", nullable=False),
        Column("line", INT64, "record or line number in the source, from 1", unit="1"),
        *SPAN_FACTS,
    ),
)

MARKS = Table(
    "marks",
    "an instant inside a span that something else may hang on",
    (
        _SESSION,
        Column("mark", INT32, "the mark's number in its session, dense from 0", nullable=False),
        _SPAN,
        Column("kind", WORD, "what happens", nullable=False, words=MarkKind),
        _ns("t_ns", "the instant, Unix time", nullable=False),
        _evidence("evidence", "t_ns", nullable=False),
        Column("refers_to", INT32, "the span that it is about, a tool call emitted for example"),
    ),
)

LINKS = Table(
    "links",
    "a dependency that is not parentage: `to_span` starts only after `from_span` or `from_mark`",
    (
        _SESSION,
        Column("from_span", INT32, "the span that must have come so far", nullable=False),
        Column("from_mark", INT32, "the mark in it that is enough; null: its end"),
        Column("to_span", INT32, "the span that waits", nullable=False),
        Column("kind", WORD, "why", nullable=False, words=LinkKind),
        Column("explicit", BOOL, "the source states it; false: inferred", nullable=False),
        Column("rule", NAME, "the rule that inferred it, or the field that states it"),
        Column("confidence", FLOAT64, "of an inferred link", unit="1"),
        _ns("delay_ns", "pause that the source states between what came first and the start of `to_span`"),
    ),
)

PREFIXES = Table(
    "prefixes",
    "the block hashes of a request's prompt, as the change against the agent's previous request",
    (
        _SESSION,
        _SPAN,
        Column("block_size", INT32, "tokens in a block", nullable=False, unit="tokens"),
        Column(
            "kept_blocks",
            INT32,
            "leading blocks equal to those of the agent's previous request",
            nullable=False,
        ),
        Column("new_blocks", pa.list_(UINT64), "hashes of the blocks that follow", nullable=False),
        Column("scope", WORD, "where else equal hashes mean equal tokens", nullable=False, words=HashScope),
    ),
)

FINDINGS = Table(
    "findings",
    "something dropped, repaired, guessed or suspicious",
    (
        Column("code", NAME, "which finding", nullable=False),
        Column("severity", WORD, "how much it matters", nullable=False, words=Severity),
        Column("count", INT64, "how often it occurred in this file", nullable=False, unit="1"),
        Column("file", STRING, "where"),
        Column("line", INT64, "line or record of the first occurrence", unit="1"),
        Column("example", STRING, "the first occurrence, in words"),
    ),
)

SOURCES = Table(
    "sources",
    "a file that was read",
    (
        Column("source", INT32, "its number", nullable=False),
        Column("path", STRING, "as it was named", nullable=False),
        Column("format", NAME, "format id", nullable=False),
        Column("dialect", STRING, "dialects found in it, comma separated"),
        Column("records", INT64, "records in it", nullable=False, unit="1"),
        Column("bytes", INT64, "its size as stored", nullable=False, unit="bytes"),
    ),
)

SEGMENTS = Table(
    "segments",
    "a stretch of the critical path; the segments of a session tile its wall time",
    (
        _SESSION,
        _SPAN,
        Column("phase", WORD, "what was waited for", nullable=False, words=Phase),
        Column("purpose", WORD, "what for", nullable=False, words=Purpose),
        _ns("start_ns", "start, Unix time", nullable=False),
        _ns("end_ns", "end, Unix time", nullable=False),
        _evidence("evidence", "the duration", nullable=False),
        Column("inferred", BOOL, "it is on the path through an inferred dependency", nullable=False),
    ),
)

TRACE_TABLES = (SESSIONS, AGENTS, SPANS, MARKS, LINKS, PREFIXES, FINDINGS, SOURCES)
RESULT_TABLES = (SEGMENTS,)
TABLES = TRACE_TABLES + RESULT_TABLES
