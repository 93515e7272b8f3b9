"""Stated and inferred dependencies that are not parentage, as pairs of a node and the span that waits for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from agenttrace.critical_path import columns
from agenttrace.critical_path.arrays import NONE, Bools, Codes, Ints, run_starts
from agenttrace.critical_path.forest import Forest
from agenttrace.critical_path.nodes import Marks
from agenttrace.critical_path.spans import GRADE, KIND, SpanArrays, session_numbers
from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Evidence, LinkKind, SpanKind

LINK_KINDS = tuple(LinkKind)
_RETRIES, _JOINS = LINK_KINDS.index(LinkKind.RETRIES), LINK_KINDS.index(LinkKind.JOINS)


@dataclass(frozen=True, slots=True, eq=False)
class Dependencies:
    """`target` (a row) waits for `node`.

    `replaces`: the trace states what the target waits for, so that nothing is inferred from time.
    `backoff`: the time between the two was spent waiting to try again.
    """

    target: Ints
    node: Ints
    explicit: Bools
    replaces: Bools
    backoff: Bools

    def where(self, keep: Bools | Ints) -> Dependencies:
        """Those that are kept."""
        return Dependencies(
            self.target[keep], self.node[keep], self.explicit[keep], self.replaces[keep], self.backoff[keep]
        )


def join_dependencies(*parts: Dependencies) -> Dependencies:
    """All of them."""
    return Dependencies(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("target", "node", "explicit", "replaces", "backoff")
        )
    )


def inferred_dependencies(target: Ints, node: Ints) -> Dependencies:
    """Dependencies that are added to those that time gives."""
    no = np.zeros(len(target), np.bool_)
    return Dependencies(target, node, no, no, no)


@dataclass(frozen=True, slots=True, eq=False)
class LinkRows:
    """Links as rows of the chunk."""

    source: Ints
    target: Ints
    mark: Ints
    kind: Codes
    explicit: Bools


def read_links(
    chunk: Trace, spans: SpanArrays, forest: Forest, first_mark: int
) -> tuple[Dependencies, Marks, dict[str, Ints]]:
    """The dependencies, the marks that they hang on (from node `first_mark` on), and what was dropped."""
    stated = _Stated(chunk, spans, forest)
    links, findings = _usable(stated.placed(link_rows(chunk, spans), spans), forest)
    due = forest.start[links.target]
    linked = links.mark != NONE
    reached = np.where(linked, stated.t[links.mark], forest.end[links.source]) if len(stated.t) else (
        forest.end[links.source]
    )
    late = np.flatnonzero(reached > due)
    mark = np.where(reached > due, NONE, links.mark)
    mark[late] = stated.before(links.source[late], links.target[late], due[late])
    made = late[mark[late] == NONE]
    marks, node = _mark_nodes(stated, links, mark, made, spans, forest)
    at_end = node == NONE
    node = np.where(at_end, len(spans) + links.source, node + first_mark)
    background = spans.is_kind(SpanKind.AGENT) & ~spans.blocking
    adds = (links.kind == _JOINS) & background[links.source]
    found = Dependencies(
        links.target, node, links.explicit, links.explicit & ~adds, links.kind == _RETRIES
    )
    return join_dependencies(found, _serial(links, spans, forest)), marks, findings


class _Stated:
    """The marks of the trace, moved into their spans where they lie outside."""

    def __init__(self, chunk: Trace, spans: SpanArrays, forest: Forest) -> None:
        table = chunk.marks
        session = session_numbers(table, spans.names)
        known = session != NONE
        base = spans.first[session[known]]
        self.session = session[known]
        self.number = columns.numbers(table, "mark")[known]
        self.span = columns.numbers(table, "span")[known] + base
        refers = columns.numbers(table, "refers_to")[known]
        self.refers = np.where(refers == NONE, NONE, refers + base)
        t = columns.ints(table, "t_ns")[known]
        self.t = np.clip(t, forest.start[self.span], forest.end[self.span])
        grade = columns.codes(table, "evidence", Evidence)[known]
        moved = self.t != t
        self.grade = np.where(moved, np.maximum(grade, GRADE[Evidence.BOUNDED]), grade).astype(np.int8)
        self.outside = self.span[moved]

    def placed(self, links: LinkRows, spans: SpanArrays) -> LinkRows:
        """`links` with the rows of their marks; NONE for a mark that is not there, or not in the source."""
        width = int(self.number.max(initial=0)) + 1
        wanted = spans.session[links.source] * width + links.mark
        possible = (links.mark != NONE) & (links.mark < width)
        mark = _lookup(self.session * width + self.number, wanted, possible)
        if len(self.t):
            mark[self.span[mark] != links.source] = NONE
        return replace(links, mark=mark)

    def before(self, source: Ints, target: Ints, due: Ints) -> Ints:
        """The last mark in `source` that refers to `target` and is not later than `due`; NONE without one."""
        found = np.full(len(source), NONE, np.int64)
        about = np.flatnonzero(self.refers != NONE)
        if not len(about) or not len(source):
            return found
        about = about[np.lexsort((-self.grade[about], self.t[about], self.refers[about], self.span[about]))]
        pairs = np.stack([self.span[about], self.refers[about]], axis=1)
        wanted = np.stack([source, target], axis=1)
        keys = np.unique(np.concatenate([pairs, wanted]), axis=0, return_inverse=True)[1].reshape(-1)
        have, want = keys[: len(pairs)], keys[len(pairs) :]
        rank = np.unique(np.concatenate([self.t[about], due]), return_inverse=True)[1].reshape(-1)
        width = int(rank.max()) + 1
        place = np.searchsorted(have * width + rank[: len(about)], want * width + rank[len(about) :], "right")
        candidate = about[np.maximum(place - 1, 0)]
        fits = (place > 0) & (have[np.maximum(place - 1, 0)] == want)
        return np.where(fits, candidate, found)


def _lookup(have: Ints, wanted: Ints, possible: Bools) -> Ints:
    if not len(have):
        return np.full(len(wanted), NONE, np.int64)
    order = np.argsort(have, kind="stable")
    place = np.minimum(np.searchsorted(have[order], wanted), len(have) - 1)
    row = order[place]
    return np.where(possible & (have[row] == wanted), row, NONE)


def link_rows(chunk: Trace, spans: SpanArrays) -> LinkRows:
    """The links whose spans are in the chunk; marks are still numbers of their sessions."""
    table = chunk.links
    session = session_numbers(table, spans.names)
    source, target = columns.numbers(table, "from_span"), columns.numbers(table, "to_span")
    size = np.diff(np.append(spans.first, len(spans)))
    length = size[session] if len(size) else session
    known = (session != NONE) & (source >= 0) & (source < length) & (target >= 0) & (target < length)
    base = spans.first[session[known]]
    return LinkRows(
        source=source[known] + base,
        target=target[known] + base,
        mark=columns.numbers(table, "from_mark")[known],
        kind=columns.codes(table, "kind", LinkKind)[known],
        explicit=columns.flags(table, "explicit")[known],
    )


def _usable(links: LinkRows, forest: Forest) -> tuple[LinkRows, dict[str, Ints]]:
    """A span cannot wait for one that began later, nor for itself; the session waits for nothing."""
    begins_later = forest.start[links.source] > forest.start[links.target]
    root = forest.parent[links.target] == links.target
    keep = ~(begins_later | root | (links.source == links.target))
    kept = LinkRows(
        links.source[keep], links.target[keep], links.mark[keep], links.kind[keep], links.explicit[keep]
    )
    return kept, {"link_backwards": np.unique(links.target[~keep])}


def _mark_nodes(
    stated: _Stated, links: LinkRows, mark: Ints, made: Ints, spans: SpanArrays, forest: Forest
) -> tuple[Marks, Ints]:
    """Marks that are hung on, stated ones first; and for each link its place among them, NONE: the end."""
    used = np.unique(mark[mark != NONE])
    t = forest.start[links.target[made]]
    pairs, place = np.unique(np.stack([links.source[made], t], axis=1), axis=0, return_inverse=True)
    grade = np.zeros(len(pairs), np.int8)
    due = np.maximum(spans.start_evidence[links.target[made]], GRADE[Evidence.DERIVED])
    np.maximum.at(grade, place.reshape(-1), due)
    node = np.full(len(links.target), NONE, np.int64)
    hung = mark != NONE
    node[hung] = np.searchsorted(used, mark[hung])
    node[made] = len(used) + place.reshape(-1)
    return (
        Marks(
            np.concatenate([stated.span[used], pairs[:, 0]]),
            np.concatenate([stated.t[used], pairs[:, 1]]),
            np.concatenate([stated.grade[used], grade]),
        ),
        node,
    )


def _serial(links: LinkRows, spans: SpanArrays, forest: Forest) -> Dependencies:
    """Calls of one request that never overlap were made one after the other, whatever was asked for at once."""
    lasts = forest.end > forest.start
    call = spans.is_kind(SpanKind.TOOL, SpanKind.AGENT) & spans.blocking & lasts
    batch = links.explicit & (spans.kind[links.source] == KIND[SpanKind.REQUEST]) & call[links.target]
    source, target = links.source[batch], links.target[batch]
    order = np.lexsort((target, forest.end[target], forest.start[target], source))
    source, target = source[order], target[order]
    new = run_starts(source, target)
    source, target = source[new], target[new]
    first = run_starts(source)
    group = np.cumsum(first) - 1
    follows = ~first
    overlaps = follows.copy()
    overlaps[1:] &= forest.start[target[1:]] < forest.end[target[:-1]]
    parallel = np.zeros(len(first), np.bool_)
    parallel[group[overlaps]] = True
    serial = np.flatnonzero(follows & ~parallel[group])
    return inferred_dependencies(target[serial], len(spans) + target[serial - 1])
