"""Lanes: agents that have a span of their own, and agents that are only named on the spans of their work."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from agenttrace.ingest.formats.otlp import names
from agenttrace.ingest.formats.otlp.classify import Classes
from agenttrace.ingest.formats.otlp.concepts import text
from agenttrace.ingest.formats.otlp.roles import Role
from agenttrace.ingest.formats.otlp.spans import Spans
from agenttrace.ingest.formats.otlp.values import Texts, certain
from agenttrace.ingest.recorder import Recorder

_CONVERSATION = ("gen_ai.conversation.id",)


def agent_keys(spans: Spans, classes: Classes, columns: dict[str, Any]) -> Texts:
    """The lane of each span that names one.

    An agent span opens the lane of its own key, or that of its conversation where the agent is named by it
    (a lane that other sources know by that name). A span with an agent id (Claude Code) belongs to that
    agent of its session; null is the main agent's, or that of what the span is in.
    """
    is_agent = classes.has_role(Role.AGENT)
    agent_id = text(spans, names.AGENT_ID, is_agent)
    conversation = text(spans, _CONVERSATION, is_agent)
    by_name = pa.array(certain(pc.equal(agent_id, conversation)))
    nothing = pa.scalar(None, pa.string())
    own = pc.if_else(by_name, conversation, pc.if_else(pa.array(is_agent), columns["span_key"], nothing))
    return pc.coalesce(_lane(spans, names.LANE), own)


def _lane(spans: Spans, table: tuple[str, ...]) -> Texts:
    return pc.binary_join_element_wise(text(spans, names.SESSION), text(spans, table), ":")


def record_agents(spans: Spans, classes: Classes, columns: dict[str, Any], recorder: Recorder) -> None:
    """Writes what the chunk says of agents."""
    is_agent = classes.has_role(Role.AGENT)
    facts = {
        "session_key": columns["session_key"],
        "agent_key": columns["agent_key"],
        "source_id": text(spans, names.AGENT_ID, is_agent),
        "name": text(spans, names.AGENT_NAME, is_agent),
        "spawn_key": columns["parent_key"],
    }
    if is_agent.any():
        recorder.extend_agents(_unique(pa.table(facts).filter(pa.array(is_agent))))
    lanes = text(spans, names.LANE, classes.has_role(Role.REQUEST))
    if lanes.null_count < len(lanes):
        table = pa.table(
            facts
            | {
                "source_id": lanes,
                "name": pa.nulls(len(lanes), pa.string()),
                "parent_agent_key": _lane(spans, names.PARENT_LANE),
                "start": pa.array(spans.start),
            }
        ).filter(pc.is_valid(lanes))
        recorder.extend_agents(_first_of_lane(table))


def _unique(table: pa.Table) -> dict[str, Any]:
    distinct = table.group_by(table.column_names).aggregate([])
    return {name: distinct.column(name) for name in table.column_names}


def _first_of_lane(table: pa.Table) -> dict[str, Any]:
    """One row a lane, of its first request: where that hangs, the agent was spawned."""
    ordered = table.sort_by([("agent_key", "ascending"), ("start", "ascending"), ("spawn_key", "ascending")])
    keys = ordered.column("agent_key").combine_chunks()
    first = np.ones(len(keys), np.bool_)
    if len(keys) > 1:
        first[1:] = np.asarray(pc.not_equal(keys[1:], keys[:-1]))
    kept = ordered.filter(pa.array(first)).drop_columns(["start"])
    return {name: kept.column(name) for name in kept.column_names}
