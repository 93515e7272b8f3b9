"""Attributes of our own: what the conventions of OpenTelemetry have no name for, in spans that we export.

A fact of a span stands under its column's name. An empty text says that a fact is not known which a reader would
else take from the rest of the span. Times are integers of nanoseconds; spans are named by their ids, within the trace.
"""

from __future__ import annotations

from types import MappingProxyType

from agenttrace.model.schema import SPAN_FACTS
from agenttrace.model.vocabulary import MarkKind

PREFIX = "agenttrace."

KIND = "agenttrace.kind"
"""Whatever has it was exported by us."""
PURPOSE = "agenttrace.purpose"
OWN_PHASE = "agenttrace.own_phase"
BACKGROUND = "agenttrace.background"
"""True: the parent does not wait for the span."""

EVIDENCE = MappingProxyType(
    {
        bound: f"agenttrace.{bound}.evidence"
        for bound in ("start", "end", "queue", "prefill", "first_token", "decode")
    }
)
"""How an instant or a length is known, where it is neither measured nor what follows from that."""

_ELSEWHERE = frozenset(
    {"kind", "purpose", "own_phase", "blocking", *(f"{name}_evidence" for name in EVIDENCE)}
)
FACTS = MappingProxyType({c.name: PREFIX + c.name for c in SPAN_FACTS if c.name not in _ELSEWHERE})
"""The attribute of each column that has none above."""

MAIN = "agenttrace.main"
AGENT_TYPE = "agenttrace.agent_type"
PARENT_AGENT = "agenttrace.parent_agent"
"""What spawned this agent: the span that holds that one, or the session's name where that is the agent's, too."""
SPAWNED_BY = "agenttrace.spawned_by"
SPAWN = "agenttrace.spawn"
"""How it is known what spawned an agent, in words of the interchange format."""
TRUNCATED = "agenttrace.truncated"
SETTLED = "agenttrace.settled"
"""Of roots: only a part of the session is told; the links are all that there are, none is to be inferred."""

MARK = "agenttrace.mark"
"""Of an event that is a mark: its evidence, and after a space the span that it is about, if any."""
MARK_EVENTS = MappingProxyType({PREFIX + kind.value: kind for kind in MarkKind})

LINK_KIND = "agenttrace.link.kind"
LINK_FACTS = MappingProxyType(
    {name: f"agenttrace.link.{name}" for name in ("explicit", "rule", "confidence", "at_ns", "delay_ns")}
)
"""Of a link: the column of each attribute beside its kind."""
