"""Which of two things at the same time goes first: decided by what they are, never by their rows."""

from __future__ import annotations

from functools import cached_property
from hashlib import blake2b

import numpy as np
import pyarrow as pa

from agenttrace.critical_path.arrays import NONE, Bools, Codes, Ints, run_starts, sums
from agenttrace.critical_path.columns import dictionary, ints
from agenttrace.critical_path.dependencies import Dependencies
from agenttrace.critical_path.forest import Forest
from agenttrace.critical_path.nodes import Nodes
from agenttrace.critical_path.spans import SpanArrays
from agenttrace.model.trace import Trace

_TOKENS = ("input_tokens", "cache_read_tokens", "output_tokens", "attempt")
_NAMES = ("name", "error", "status", "model")
_ROUNDS = 12


class Substance:
    """Orders spans by phase, kind, name and tokens, then by all else that is known of them.

    What surrounds a span is only looked at where spans are alike in everything else: hashes of
    everything known of a span are mixed with those of its parent, its children and what it waits for,
    again and again. How often does not depend on the chunk, so that no session's answer does.
    """

    def __init__(
        self, chunk: Trace, spans: SpanArrays, forest: Forest, phase: Codes, nodes: Nodes, waits: Dependencies
    ) -> None:
        """Costs nothing until it is asked. `phase`: of each span as a whole."""
        self._table = chunk.spans
        self._spans = spans
        self._forest = forest
        self._phase = phase
        self._nodes = nodes
        self._waits = waits

    def last_wins(self, group: Ints, start: Ints, span: Ints) -> Ints:
        """An order in which, within each group, the span comes last that is to be waited for."""
        order = np.lexsort((start, group))
        tied = _tied(group[order], start[order])
        if not tied.any():
            return order
        ranks = [-rank[span] for rank in self._ranks]
        order = np.lexsort((*reversed(ranks), start, group))
        tied = _tied(*(key[order] for key in (group, start, *ranks)))
        if not tied.any():
            return order
        ranks.append(self._own_hashes(span))
        order = np.lexsort((span, *reversed(ranks), start, group))
        tied = _tied(*(key[order] for key in (group, start, *ranks)))
        at = np.flatnonzero(tied)
        if not self._interchangeable(span[order[at]], span[order[at - 1]]):
            ranks.append(self._surroundings(span)[span])
            order = np.lexsort((span, *reversed(ranks), start, group))
        return order

    @cached_property
    def _ranks(self) -> list[Ints]:
        kind = self._spans.kind.astype(np.int64)
        return [self._phase.astype(np.int64), kind, _name_ranks(self._table, "name"), *self._tokens]

    @cached_property
    def _tokens(self) -> list[Ints]:
        return [np.maximum(ints(self._table, name), NONE) for name in _TOKENS]

    @cached_property
    def _names(self) -> list[Ints]:
        return [_name_hashes(self._table, name) for name in _NAMES]

    @cached_property
    def _holds(self) -> Bools:
        """Which spans hold others."""
        holds = np.zeros(len(self._spans), np.bool_)
        holds[self._forest.parent[self._forest.parent != np.arange(len(holds))]] = True
        return holds

    def _own_hashes(self, rows: Ints) -> Ints:
        spans, forest, facts = self._spans, self._forest, self._spans.facts
        base = spans.start[spans.first][spans.session[rows]]
        known = np.zeros(len(rows), np.int64)
        for values in (forest.start, forest.end, facts.first_token):
            known = _mixed(known + values[rows] - base)
        columns: list[Ints | Codes | Bools] = [*self._tokens, *self._names, self._phase, spans.kind]
        columns += [spans.start_evidence, spans.end_evidence, spans.purpose, spans.own_phase]
        columns += [spans.blocking, spans.detachable, facts.queue, facts.prefill, facts.decode]
        for column in columns:
            known = _mixed(known + column[rows].astype(np.int64))
        return known

    def _interchangeable(self, rows: Ints, others: Ints) -> bool:
        """Whether these spans hold nothing and wait for the very same: then it matters not which is taken."""
        if self._holds[rows].any() or self._holds[others].any():
            return False
        wanted = np.zeros(len(self._spans), np.bool_)
        wanted[rows] = wanted[others] = True
        into = np.flatnonzero(wanted[self._waits.target])
        source = self._nodes.span[self._waits.node[into]]
        known = sums(_mixed(_mixed(source) + self._ways()[into]), self._waits.target[into], len(wanted))
        return bool((known[rows] == known[others]).all())

    def _surroundings(self, rows: Ints) -> Ints:
        """Hashes of all spans in the sessions of `rows`."""
        affected = np.zeros(len(self._spans.first), np.bool_)
        affected[self._spans.session[rows]] = True
        inside = np.flatnonzero(affected[self._spans.session])
        place = np.zeros(len(self._spans), np.int64)
        place[inside] = np.arange(len(inside))
        at = np.flatnonzero(affected[self._spans.session[self._waits.target]])
        hashes = np.zeros(len(self._spans), np.int64)
        hashes[inside] = _refined(
            self._own_hashes(inside),
            place[self._forest.parent[inside]],
            place[self._nodes.span[self._waits.node[at]]],
            place[self._waits.target[at]],
            self._ways()[at],
        )
        return hashes

    def _ways(self) -> Ints:
        """Of each dependency all but its two spans: how late in the one, and how it is known."""
        node = self._waits.node
        late = self._nodes.t[node] - self._forest.start[self._nodes.span[node]]
        return (late * 8 + self._nodes.grade[node]) * 4 + self._waits.explicit * 2 + self._waits.backoff


def _tied(*keys: Ints) -> Bools:
    return ~run_starts(*keys)


def _name_ranks(table: pa.Table, name: str) -> Ints:
    """Alphabetical ranks, so that they do not depend on the order in which names were met."""
    index, names = dictionary(table, name)
    rank = np.full(len(names) + 1, NONE, np.int64)
    rank[np.array(sorted(range(len(names)), key=lambda i: names[i] or ""), np.int64)] = np.arange(len(names))
    return rank[index]


def _name_hashes(table: pa.Table, name: str) -> Ints:
    """Of the names themselves: the same in every chunk."""
    index, names = dictionary(table, name)
    digests = [blake2b((text or "").encode(), digest_size=8).digest() for text in names]
    return np.append(np.frombuffer(b"".join(digests), np.int64), NONE)[index]


def _refined(known: Ints, parent: Ints, source: Ints, target: Ints, what: Ints) -> Ints:
    size = len(known)
    child = np.flatnonzero(parent != np.arange(size))
    for _ in range(_ROUNDS):
        below = sums(_mixed(known[child]), parent[child], size)
        into = sums(_mixed(known[source] + what), target, size)
        out = sums(_mixed(known[target] - what), source, size)
        above = _mixed(known[parent] * 3)
        known = _mixed(_mixed(_mixed(_mixed(known + below) + into) + out) + above)
    return known


def _mixed(values: Ints) -> Ints:
    """Splitmix64: distinct integers stay distinct, and their sums become unlikely to meet."""
    mixed = values.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (mixed ^ (mixed >> np.uint64(31))).astype(np.int64)
