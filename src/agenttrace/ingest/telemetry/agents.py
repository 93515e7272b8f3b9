"""Lanes: agents that have a span of their own, and agents that are only named on the spans of their work."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.telemetry import names
from agenttrace.ingest.telemetry.arrow import Texts, equals, kept, where
from agenttrace.ingest.telemetry.classify import Classes
from agenttrace.ingest.telemetry.concepts import text
from agenttrace.ingest.telemetry.own_links import agent_facts
from agenttrace.ingest.telemetry.roles import Role
from agenttrace.ingest.telemetry.rows import Columns
from agenttrace.ingest.telemetry.spans import Spans
from agenttrace.ingest.text_columns import first_known, joined

_CONVERSATION = ("gen_ai.conversation.id",)


def agent_keys(spans: Spans, classes: Classes, columns: Columns) -> Texts:
    """The lane of each span that names one.

    An agent span opens the lane that its container gives it, or that of its own key, or that of its conversation
    where the agent is named by it (a lane that other sources know by that name). A span with an agent id (Claude
    Code) belongs to that agent of its session; null is the main agent's, or that of what the span is in.
    """
    is_agent = classes.has_role(Role.AGENT)
    lane = _lane(spans, names.LANE)
    if not is_agent.any():
        return lane
    conversation = text(spans, _CONVERSATION, is_agent)
    by_name = equals(text(spans, names.AGENT_ID, is_agent), conversation)
    given = text(spans, (names.AGENT_LANE,), is_agent)
    return first_known(lane, given, where(by_name, conversation, where(is_agent, columns["span_key"])))


def _lane(spans: Spans, table: tuple[str, ...]) -> Texts:
    """An agent id within its session; null where there is none."""
    agent = text(spans, table)
    if agent.null_count == len(agent):
        return agent
    return joined(":", text(spans, names.SESSION), agent)


def record_agents(spans: Spans, classes: Classes, columns: Columns, recorder: Recorder) -> None:
    """Writes what the chunk says of agents."""
    is_agent = classes.has_role(Role.AGENT)
    facts = {name: columns[name] for name in ("session_key", "agent_key")}
    if is_agent.any():
        named = {
            "source_id": text(spans, names.AGENT_ID, is_agent),
            "name": text(spans, names.AGENT_NAME, is_agent),
            **agent_facts(spans, columns, is_agent),
        }
        recorder.extend_agents(_columns(kept(pa.table(facts | named), is_agent)))
    lanes = text(spans, names.LANE, classes.has_role(Role.REQUEST))
    if lanes.null_count < len(lanes):
        working = {
            "source_id": lanes,
            "parent_agent_key": _lane(spans, names.PARENT_LANE),
            "spawn_key": columns["parent_key"],
            "start": pa.array(spans.start),
        }
        table = pa.table(facts | working)
        recorder.extend_agents(_first_of_lane(table.filter(lanes.is_valid())))


def _columns(table: pa.Table) -> dict[str, Any]:
    return {name: table.column(name) for name in table.column_names}


def _first_of_lane(table: pa.Table) -> dict[str, Any]:
    """One row a lane, of its first request: where that hangs, the agent was spawned."""
    ordered = table.sort_by([("agent_key", "ascending"), ("start", "ascending"), ("spawn_key", "ascending")])
    keys = ordered.column("agent_key").combine_chunks()
    first = np.ones(len(keys), np.bool_)
    first[1:] = ~equals(keys[1:], keys[:-1])
    return _columns(kept(ordered, first).drop_columns(["start"]))
