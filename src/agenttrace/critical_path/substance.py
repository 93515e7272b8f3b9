"""Which of two things that happen at the same time goes first: decided by what they are, never by their rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from agenttrace.critical_path import columns
from agenttrace.critical_path.arrays import NONE, Ints, run_starts, sums
from agenttrace.critical_path.forest import Forest
from agenttrace.critical_path.instants import Instants
from agenttrace.critical_path.links import link_rows
from agenttrace.critical_path.spans import SpanArrays
from agenttrace.model.trace import Trace

_TOKENS = ("input_tokens", "cache_read_tokens", "output_tokens", "attempt")
_ROUNDS = 64


class Substance:
    """Orders spans by phase, kind, name and tokens, and then by all that surrounds them.

    What surrounds a span is only looked at where spans are alike in everything else: hashes of
    everything known of a span are mixed with those of its parent, its children and what it waits for,
    again and again, until that separates no more of them.
    """

    def __init__(self, chunk: Trace, spans: SpanArrays, forest: Forest, instants: Instants) -> None:
        """Costs nothing until it is asked."""
        self._chunk = chunk
        self._spans = spans
        self._forest = forest
        self._phase = instants.whole
        self._ranks: list[Ints] | None = None
        self._hashes: Ints | None = None

    def last_wins(self, group: Ints, start: Ints, span: Ints) -> Ints:
        """An order in which, within each group, the span comes last that is to be waited for."""
        order, group, start, span = _sorted_by(group, start, span, [])
        if not _tied(group, start).any():
            return order
        keys = [-rank[span] for rank in self._order_keys()]
        finer, *_ = _sorted_by(group, start, span, keys)
        order, group, start, span = order[finer], group[finer], start[finer], span[finer]
        if _tied(group, start, *(rank[span] for rank in self._order_keys())).any():
            keys = [*(-rank[span] for rank in self._order_keys()), self._surroundings()[span]]
            order = order[_sorted_by(group, start, span, keys)[0]]
        return order

    def _order_keys(self) -> list[Ints]:
        if self._ranks is None:
            table = self._chunk.spans
            self._ranks = [
                self._phase.astype(np.int64),
                self._spans.kind.astype(np.int64),
                _name_ranks(table, "name"),
                *(np.maximum(columns.ints(table, name), NONE) for name in _TOKENS),
            ]
        return self._ranks

    def _surroundings(self) -> Ints:
        if self._hashes is None:
            self._hashes = _refined(self._own_hashes(), self._forest.parent, *self._edges())
        return self._hashes

    def _own_hashes(self) -> Ints:
        spans, forest = self._spans, self._forest
        base = spans.start[spans.first][spans.session]
        table = self._chunk.spans
        facts = spans.facts
        known = np.zeros(len(spans), np.int64)
        for values in (
            *(forest.start - base, forest.end - base, spans.start_evidence, spans.end_evidence),
            *(spans.purpose, spans.blocking, spans.detachable, spans.own_phase),
            *(facts.queue, facts.prefill, facts.first_token - base, facts.decode),
            *self._order_keys(),
            *(_name_ranks(table, name) for name in ("error", "status", "model")),
        ):
            known = _mixed(known + values.astype(np.int64))
        return known

    def _edges(self) -> tuple[Ints, Ints, Ints]:
        """Links as source, target and what is known of them."""
        links = link_rows(self._chunk, self._spans)
        return links.source, links.target, links.kind * 2 + links.explicit.astype(np.int64)


def _sorted_by(group: Ints, start: Ints, span: Ints, keys: list[Ints]) -> tuple[Ints, Ints, Ints, Ints]:
    order = np.lexsort((span, *reversed(keys), start, group))
    return order, group[order], start[order], span[order]


def _tied(*keys: Ints) -> np.ndarray:
    return ~run_starts(*keys)


def _name_ranks(table: pa.Table, name: str) -> Ints:
    """Alphabetical ranks, so that they do not depend on the order in which names were met."""
    index, names = columns.dictionary(table, name)
    rank = np.full(len(names) + 1, NONE, np.int64)
    rank[np.array(sorted(range(len(names)), key=lambda i: names[i] or ""), np.int64)] = np.arange(len(names))
    return rank[index]


def _refined(known: Ints, parent: Ints, source: Ints, target: Ints, what: Ints) -> Ints:
    size = len(known)
    distinct = 0
    child = np.flatnonzero(parent != np.arange(size))
    for _ in range(_ROUNDS):
        found = len(np.unique(known))
        if found in (distinct, size):
            break
        distinct = found
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
