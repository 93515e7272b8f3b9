"""What a format hands to assembly: rows with the source's own keys, not yet in sessions.

A format never needs to know which session a row ends up in. It names rows by keys (strings, compared
for equality only) and says which keys belong together; assembly does the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from agenttrace.model.schema import (
    BOOL,
    FLOAT64,
    INT32,
    INT64,
    NAME,
    SPAN_FACTS,
    STRING,
    UINT64,
    WORD,
    Column,
    Table,
)
from agenttrace.model.vocabulary import Evidence, HashScope, LinkKind, MarkKind

_SESSION_KEY = Column(
    "session_key", STRING, "any key of the session: chain, trace, conversation", nullable=False
)
_SPAN_KEY = Column("span_key", STRING, "the source's id of the span, unique in its session", nullable=False)
_LINE = Column("line", INT64, "record or line number in the source, from 1", unit="1")


def _loosened(column: Column) -> Column:
    """Bounds may be unknown in a source; assembly settles them, with a finding."""
    nullable = column.nullable or column.name in {"start_ns", "end_ns", "blocking"}
    return Column(column.name, column.type, column.meaning, nullable, column.unit, column.words)


RAW_SPANS = Table(
    "raw_spans",
    "a span as the source has it",
    (
        _SESSION_KEY,
        _SPAN_KEY,
        Column("parent_key", STRING, "span_key of its parent; null: none, or the agent's lane"),
        Column(
            "agent_key", STRING, "key of its agent; null: that of its nearest ancestor of kind agent, or main"
        ),
        _LINE,
        Column(
            "call_id", STRING, "the id that the model gave a tool call, by which other sources know it too"
        ),
        *(_loosened(column) for column in SPAN_FACTS),
    ),
)

RAW_AGENTS = Table(
    "raw_agents",
    "what a source says of an agent; several rows of one agent are merged",
    (
        _SESSION_KEY,
        Column("agent_key", STRING, "key of the agent, unique in its session", nullable=False),
        Column(
            "parent_agent_key",
            STRING,
            "key of the agent that spawned it; null: unknown, or it is the main agent",
        ),
        Column("main", BOOL, "it is the main agent; null: unknown"),
        Column("source_id", STRING, "the source's own id"),
        Column("name", STRING, "its name"),
        Column("type", STRING, "its type"),
        Column("background", BOOL, "its parent does not wait for it where it was spawned; null: unknown"),
        Column(
            "spawn_key",
            STRING,
            "span_key of the span (a tool call) that spawned it; empty: its source says that nobody knows",
        ),
        Column("spawn_inferred", BOOL, "that is only inferred; null: stated, or nothing is said"),
    ),
)

RAW_MARKS = Table(
    "raw_marks",
    "an instant inside a span",
    (
        _SESSION_KEY,
        _SPAN_KEY,
        Column("kind", WORD, "what happens", nullable=False, words=MarkKind),
        Column("t_ns", INT64, "the instant, Unix time", nullable=False, unit="ns"),
        Column("evidence", WORD, "evidence of t_ns", nullable=False, words=Evidence),
        Column("refers_to_key", STRING, "span_key of the span it is about"),
    ),
)

RAW_LINKS = Table(
    "raw_links",
    "a dependency: to_key starts after from_key ended, or reached at_ns",
    (
        _SESSION_KEY,
        Column("from_key", STRING, "span_key, or the agent_key of a lane whose end is meant", nullable=False),
        Column("at_ns", INT64, "the instant inside from_key that is enough; null: its end", unit="ns"),
        Column("to_key", STRING, "span_key of the span that waits", nullable=False),
        Column("kind", WORD, "why", nullable=False, words=LinkKind),
        Column("explicit", BOOL, "the source states it", nullable=False),
        Column("rule", STRING, "the rule or field that gives it"),
        Column("confidence", FLOAT64, "of an inferred one", unit="1"),
        Column("delay_ns", INT64, "stated pause between what came first and to_key's start", unit="ns"),
    ),
)

RAW_CALLS = Table(
    "raw_calls",
    "a request that asked for a tool call, or was sent with its result: a link, once both spans are known",
    (
        _SESSION_KEY,
        _SPAN_KEY,
        Column("call_id", STRING, "the call's id, `call_id` of its span", nullable=False),
        Column(
            "asked",
            BOOL,
            "true: the answer asks for the call; false: the prompt holds its result",
            nullable=False,
        ),
    ),
)

RAW_PREFIXES = Table(
    "raw_prefixes",
    "the block hashes of a request's prompt, whole or as the change of another one",
    (
        _SESSION_KEY,
        _SPAN_KEY,
        Column("block_size", INT32, "tokens in a block", nullable=False, unit="tokens"),
        Column(
            "kept_blocks",
            INT32,
            "leading blocks that are those of the row before of the same session_key, as many as there are; null: "
            "it is not compared",
        ),
        Column("blocks", pa.list_(UINT64), "the block hashes that follow, or all of them", nullable=False),
        Column("scope", WORD, "where else equal hashes mean equal tokens; null: everywhere", words=HashScope),
    ),
)

RAW_SESSIONS = Table(
    "raw_sessions",
    "what a source says of a session; several rows are merged, the first value that is not null wins",
    (
        _SESSION_KEY,
        Column("source_id", STRING, "the source's id of the whole session"),
        Column("task_id", STRING, "task"),
        Column("run_id", STRING, "run"),
        Column("deployment", STRING, "deployment"),
        Column("first_prompt_fingerprint", STRING, "hash of the first main prompt"),
        Column("truncated", BOOL, "the source holds only a part of it"),
        Column("timed", BOOL, "false: the source does not say how long anything took; null: it does"),
        Column("settled", BOOL, "true: its links are all that there are, none is to be inferred"),
    ),
)

RAW_KEY_EDGES = Table(
    "raw_key_edges",
    "two session keys that belong together",
    (
        Column("key_a", STRING, "a session key", nullable=False),
        Column("key_b", STRING, "another", nullable=False),
        Column(
            "strong",
            BOOL,
            "true: one session; false: they may hold copies of each other's rows",
            nullable=False,
        ),
    ),
)

RAW_FINDINGS = Table(
    "raw_findings",
    "a finding, already grouped by code within the source",
    (
        Column("code", NAME, "which finding", nullable=False),
        Column("severity", STRING, "info, warning or error", nullable=False),
        Column("count", INT64, "how often", nullable=False),
        _LINE,
        Column("example", STRING, "the first occurrence, in words"),
    ),
)


@dataclass(frozen=True, slots=True)
class RawTrace:
    """All raw tables of one source."""

    spans: pa.Table
    agents: pa.Table
    marks: pa.Table
    links: pa.Table
    calls: pa.Table
    prefixes: pa.Table
    sessions: pa.Table
    key_edges: pa.Table
    findings: pa.Table
    records: int
    dialects: tuple[str, ...]
