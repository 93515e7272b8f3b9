"""The trace as it would have been: every span where a simulation puts it, so that it can be analysed like any other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from agenttrace.critical_path.arrays import NONE, NULL, Ints
from agenttrace.critical_path.graph import Graph, build_graph
from agenttrace.critical_path.levels import levels
from agenttrace.critical_path.network import Network, weave
from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Evidence
from agenttrace.replay.outcome import Outcome
from agenttrace.replay.served import Served, find_served
from agenttrace.replay.untimed import is_untimed, laid_out

_TIMES = ("start_ns", "end_ns", "queue_ns", "prefill_ns", "first_token_ns", "decode_ns")


def retimed(trace: Trace, outcome: Outcome) -> Trace:
    """The timed sessions of a trace at simulated times; `outcome` is of the workload read from it.

    Requests get a queue, a prefill and a decode, `estimated`, whatever the trace told of these.
    """
    trace = laid_out(trace) if is_untimed(trace) else trace.timed()
    parts = []
    session = request = 0
    for chunk in trace.chunks():
        graph = build_graph(chunk)
        network = weave(graph.forest, graph.nodes, graph.blocks, graph.dependencies)
        served = find_served(graph, network)
        rows = slice(request, request + len(served.rows))
        t = _node_times(graph, network, served, outcome, (session, rows))
        parts.append(_spans_at(chunk, graph, served, t, outcome, rows))
        session += len(graph.spans.first)
        request += len(served.rows)
    if not parts:
        return trace
    spans = pa.concat_tables(parts).unify_dictionaries()
    return replace(trace, spans=spans, marks=trace.marks.slice(0, 0), sessions=_sessions(trace, spans))


def _node_times(
    graph: Graph, network: Network, served: Served, outcome: Outcome, at: tuple[int, slice]
) -> Ints:
    """The forward pass with the instants in the course of requests given."""
    session, rows = at
    recorded = np.concatenate([graph.nodes.t, graph.nodes.t[graph.blocks.node[network.gathered]]])
    latest = np.full(network.size, NULL, np.int64)
    np.maximum.at(latest, network.target, recorded[network.source])
    gap = np.where(latest == NULL, 0, recorded - latest)
    t = np.full(network.size, NULL, np.int64)
    first = graph.spans.first
    t[first] = outcome.start[session : session + len(first)]
    inside = np.flatnonzero(served.of_node != NONE)
    t[inside] = _moved(graph, served, outcome, rows, inside, recorded)
    known = t != NULL
    level, count = levels(network.source, network.target, network.size)
    order = np.argsort(level[network.target], kind="stable")
    bounds = np.searchsorted(level[network.target][order], np.arange(count + 1))
    for low, high in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        edges = order[low:high]
        edges = edges[~known[network.target[edges]]]
        np.maximum.at(t, network.target[edges], t[network.source[edges]])
        touched = np.unique(network.target[edges])
        t[touched] += gap[touched]
    return t


def _moved(graph: Graph, served: Served, outcome: Outcome, rows: slice, nodes: Ints, recorded: Ints) -> Ints:
    """Where instants in the course of requests lie now: at the same part of what they lie in."""
    place = served.of_node[nodes]
    start, end = graph.forest.start[served.rows], graph.forest.end[served.rows]
    first = np.where(served.first_token == NULL, start, served.first_token)
    new_start, new_first, new_end = outcome.sent[rows], outcome.first[rows], outcome.done[rows]
    new_first = np.where(served.first_token == NULL, new_start, new_first)
    at = recorded[nodes]
    early = (at - start[place]) / np.maximum(first - start, 1)[place]
    late = (at - first[place]) / np.maximum(end - first, 1)[place]
    before = at < first[place]
    moved = np.where(
        before,
        new_start[place] + early * (new_first - new_start)[place],
        new_first[place] + np.where(at >= end[place], 1.0, late) * (new_end - new_first)[place],
    )
    return np.rint(moved).astype(np.int64)


def _spans_at(chunk: Trace, graph: Graph, served: Served, t: Ints, outcome: Outcome, rows: slice) -> pa.Table:
    n = graph.nodes.n
    values = {name: np.full(n, NULL, np.int64) for name in _TIMES}
    values["start_ns"], values["end_ns"] = t[:n], np.maximum(t[n : 2 * n], t[:n])
    at = served.rows
    sent, admitted, first, done = (
        column[rows] for column in (outcome.sent, outcome.admitted, outcome.first, outcome.done)
    )
    told = served.first_token != NULL
    for name, column in (
        ("queue_ns", admitted - sent),
        ("prefill_ns", first - admitted),
        ("first_token_ns", first),
        ("decode_ns", done - first),
    ):
        values[name][at[told]] = column[told]
    spans = chunk.spans
    for name, column in values.items():
        spans = _with(spans, name, pa.array(column, pa.int64(), mask=column == NULL))
    word = pa.array([Evidence.ESTIMATED.value if value != NULL else None for value in values["queue_ns"]])
    for name in ("queue", "prefill", "first_token", "decode"):
        field = spans.schema.field(f"{name}_evidence")
        spans = _with(spans, f"{name}_evidence", word.dictionary_encode().cast(field.type))
    return spans


def _with(table: pa.Table, name: str, column: pa.Array[Any]) -> pa.Table:
    place = table.schema.get_field_index(name)
    return table.set_column(place, table.schema.field(place), column)


def _sessions(trace: Trace, spans: pa.Table) -> pa.Table:
    """The sessions with the bounds of their own spans."""
    number = spans.column("span").to_numpy()
    roots = np.flatnonzero(number == 0)
    table = trace.sessions
    for name in ("start_ns", "end_ns"):
        table = _with(table, name, pa.array(spans.column(name).to_numpy()[roots], pa.int64()))
    return table
