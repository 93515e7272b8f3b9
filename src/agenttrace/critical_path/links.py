"""Links of the trace as dependencies of the graph, and what their times say beyond what they state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path import columns
from agenttrace.critical_path.arrays import NONE, Bools, Codes, Ints, run_starts, within_groups
from agenttrace.critical_path.dependencies import Dependencies
from agenttrace.critical_path.forest import Forest
from agenttrace.critical_path.marks import StatedMarks, find_marks, last_mention, made_marks, stated_marks
from agenttrace.critical_path.nodes import Marks
from agenttrace.critical_path.spans import GRADE, KIND, SpanArrays, session_numbers, session_sizes
from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Evidence, LinkKind, SpanKind

_KINDS = tuple(LinkKind)
_RETRIES, _JOINS = _KINDS.index(LinkKind.RETRIES), _KINDS.index(LinkKind.JOINS)


@dataclass(frozen=True, slots=True, eq=False)
class _Links:
    """Links as rows of the chunk; `mark` is a row of the marks."""

    source: Ints
    target: Ints
    mark: Ints
    kind: Codes
    explicit: Bools


def read_links(
    chunk: Trace, spans: SpanArrays, forest: Forest, first_mark: int
) -> tuple[Dependencies, Marks, dict[str, Ints]]:
    """The dependencies, the marks that they hang on (from node `first_mark` on), and what was dropped."""
    marks = stated_marks(chunk, spans, forest)
    links, unknown = _known_links(chunk, spans, marks)
    links, backwards = _forward_links(links, forest)
    due = forest.start[links.target]
    reached = forest.end[links.source]
    linked = np.flatnonzero(links.mark != NONE)
    reached[linked] = marks.at.t[links.mark[linked]]
    late = np.flatnonzero(reached > due)
    links.mark[late] = last_mention(marks, links.source[late], links.target[late], due[late])
    used, node = _hang(marks, links, late, spans, forest)
    node = np.where(node == NONE, len(spans) + links.source, node + first_mark)
    found = Dependencies(
        links.target, node, links.explicit, _replacing(links, spans), links.kind == _RETRIES
    ).with_inferred(*_serial_calls(links, spans, forest))
    dropped = {
        "link_unknown": unknown,
        "link_backwards": backwards,
        "mark_outside": marks.at.span[marks.moved],
    }
    return found, used, dropped


def _known_links(chunk: Trace, spans: SpanArrays, marks: StatedMarks) -> tuple[_Links, Ints]:
    """Links whose spans are in the chunk; and for each other one of a session, the session's span."""
    table = chunk.links
    session = session_numbers(table, spans.names)
    source, target = columns.numbers(table, "from_span"), columns.numbers(table, "to_span")
    size = session_sizes(spans)[session]
    known = (session != NONE) & (source >= 0) & (source < size) & (target >= 0) & (target < size)
    lost = spans.first[session[~known & (session != NONE)]]
    number, kind = columns.numbers(table, "from_mark"), columns.codes(table, "kind", LinkKind)
    explicit = columns.flags(table, "explicit")
    if not known.all():
        session, source, target = session[known], source[known], target[known]
        number, kind, explicit = number[known], kind[known], explicit[known]
    base = spans.first[session]
    source, target = source + base, target + base
    return _Links(source, target, find_marks(marks, session, number, source), kind, explicit), lost


def _forward_links(links: _Links, forest: Forest) -> tuple[_Links, Ints]:
    """A span cannot wait for one that began later, nor for itself; the session waits for nothing."""
    impossible = forest.start[links.source] > forest.start[links.target]
    impossible |= forest.parent[links.target] == links.target
    impossible |= links.source == links.target
    if not impossible.any():
        return links, np.zeros(0, np.int64)
    keep = ~impossible
    kept = _Links(
        links.source[keep], links.target[keep], links.mark[keep], links.kind[keep], links.explicit[keep]
    )
    return kept, links.target[impossible]


def _hang(
    marks: StatedMarks, links: _Links, late: Ints, spans: SpanArrays, forest: Forest
) -> tuple[Marks, Ints]:
    """The marks that links hang on, stated ones first; and for each link its place among them, NONE: the end.

    What is due before its source has come as far as the link says is hung on a mark made there and then.
    """
    node = np.full(len(links.target), NONE, np.int64)
    stated = np.flatnonzero(links.mark != NONE)
    used, place = np.unique(links.mark[stated], return_inverse=True)
    node[stated] = place
    late = late[links.mark[late] == NONE]
    target = links.target[late]
    grade = np.maximum(spans.start_evidence[target], GRADE[Evidence.DERIVED])
    made, place = made_marks(links.source[late], forest.start[target], grade)
    node[late] = len(used) + place
    return (
        Marks(
            np.concatenate([marks.at.span[used], made.span]),
            np.concatenate([marks.at.t[used], made.t]),
            np.concatenate([marks.at.grade[used], made.grade]),
        ),
        node,
    )


def _replacing(links: _Links, spans: SpanArrays) -> Bools:
    """Stated links say all that a span waited for, but those that use what background work found."""
    replacing: Bools = links.explicit & ~((links.kind == _JOINS) & ~spans.blocking[links.source])
    return replacing


def _serial_calls(links: _Links, spans: SpanArrays, forest: Forest) -> tuple[Ints, Ints]:
    """Calls of one request that never overlap were made one after the other, asked for at once or not."""
    call = spans.is_kind(SpanKind.TOOL, SpanKind.AGENT) & spans.blocking & (forest.end > forest.start)
    batch = links.explicit & (spans.kind[links.source] == KIND[SpanKind.REQUEST]) & call[links.target]
    source, target = links.source[batch], links.target[batch]
    order = within_groups(source, forest.start[target])
    source, target = source[order], target[order]
    new = run_starts(source, target)
    source, target = source[new], target[new]
    first = run_starts(source)
    overlaps = ~first
    overlaps[1:] &= forest.start[target[1:]] < forest.end[target[:-1]]
    parallel = np.zeros(int(first.sum()), np.bool_)
    group = np.cumsum(first) - 1
    parallel[group[overlaps]] = True
    serial = np.flatnonzero(~first & ~parallel[group])
    return target[serial], len(spans) + target[serial - 1]
