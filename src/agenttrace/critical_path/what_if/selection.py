"""Whose time every gap of a graph is, and which gaps a selector means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import translate
from functools import cached_property

import numpy as np
import pyarrow as pa

from agenttrace.critical_path.arrays import NONE, Bools, Codes, Ints
from agenttrace.critical_path.columns import dictionary, numbers
from agenttrace.critical_path.graph import Graph
from agenttrace.critical_path.instants import find_holders
from agenttrace.critical_path.spans import KIND, PHASE, PURPOSE, session_numbers
from agenttrace.critical_path.stretches import stretches_before
from agenttrace.critical_path.what_if.spec import Subject, Term
from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Phase, Purpose, SpanKind

MAIN = "main"
"""What the main agent is called, besides its own name."""


class StretchGaps:
    """The gaps before the events of a graph, one a node, as the time of spans.

    `span`: the one that a gap belongs to; `occurrence`: the same, but what a plain span (one of kind `other` of
    which nothing is told) spends is that of what holds it. `phase` and `purpose` are those of the stretch.
    The gap before a session's start is no time: it belongs to nothing.
    """

    def __init__(self, trace: Trace, graph: Graph) -> None:
        """`trace`: the chunk that the graph was made of."""
        self._trace = trace
        self.graph = graph
        stretch = stretches_before(graph, np.arange(len(graph.nodes)))
        self.span: Ints = stretch.span
        self.phase: Codes = stretch.phase
        self.purpose: Codes = stretch.purpose
        self._real = np.ones(len(self.span), np.bool_)
        self._real[graph.spans.first] = False

    @cached_property
    def occurrence(self) -> Ints:
        """Of every gap the span that it counts for."""
        _, plain, holder = find_holders(self.graph.spans, self.graph.forest)
        return np.where(plain, holder, np.arange(len(plain)))[self.span]

    @property
    def of_tools(self) -> Bools:
        """The gaps of tool calls, and of what else is in the phase of tools: a command that runs in the background."""
        called = self.graph.spans.kind == KIND[SpanKind.TOOL]
        return called[self.occurrence] | (self.phase == PHASE[Phase.TOOL])

    def select(self, terms: Sequence[Term]) -> Bools:
        """The gaps that all of these mean."""
        chosen = self._real.copy()
        for term in terms:
            chosen &= self._of(term)
        return chosen

    def _of(self, term: Term) -> Bools:
        match term.about:
            case Subject.PHASE:
                return self.phase == PHASE[Phase(term.value)]
            case Subject.PURPOSE:
                return self.purpose == PURPOSE[Purpose(term.value)]
            case Subject.TOOL:
                return self.of_tools & _matching(self._trace.spans, "name", term.value)[self.occurrence]
            case Subject.MODEL:
                return self._models(term.value)[self.occurrence]
            case Subject.AGENT:
                return self._agents(term.value)[self.span]
            case Subject.SESSION:
                return self._sessions(term.value)[self.graph.spans.session[self.span]]

    def _models(self, pattern: str) -> Bools:
        """What does not name its model has that of the span that it lies in."""
        index, _ = dictionary(self._trace.spans, "model")
        matching = _matching(self._trace.spans, "model", pattern)
        return np.where(index == NONE, matching[self.graph.forest.parent], matching)

    def _agents(self, pattern: str) -> Bools:
        spans, table = self.graph.spans, self._trace.agents
        named = np.zeros(table.num_rows, np.bool_)
        for name in ("name", "type", "source_id"):
            named |= _matching(table, name, pattern)
        number = numbers(table, "agent")
        if _pattern(pattern).match(MAIN):
            named |= number == 0
        session = session_numbers(table, spans.names)
        width = 1 + max(int(spans.agent.max(initial=0)), int(number.max(initial=0)))
        wanted = (session * width + number)[named & (session != NONE)]
        chosen = np.isin(spans.session * width + spans.agent, wanted)
        if _pattern(pattern).match(MAIN):
            chosen |= spans.agent == 0
        return chosen

    def _sessions(self, pattern: str) -> Bools:
        table = self._trace.sessions
        named = _matching(table, "session", pattern) | _matching(table, "source_id", pattern)
        found = np.zeros(len(self.graph.spans.first) + 1, np.bool_)
        found[session_numbers(table, self.graph.spans.names)[named]] = True
        return found[:-1]


def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))


def _matching(table: pa.Table, name: str, pattern: str) -> Bools:
    """The rows whose value in a column matches; null matches nothing."""
    index, values = dictionary(table, name)
    wanted = _pattern(pattern)
    fits = np.array([value is not None and bool(wanted.match(value)) for value in values] + [False], np.bool_)
    return fits[index]
