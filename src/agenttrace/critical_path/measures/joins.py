"""Joins: sets of branches that ran beside each other and that one span waited for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from agenttrace.critical_path import columns
from agenttrace.critical_path.arrays import NONE, Bools, Ints, expanded, run_starts, running_max
from agenttrace.critical_path.measures.background_joins import MOST_TOLD, background_joins
from agenttrace.critical_path.measures.branch_names import branch_names
from agenttrace.critical_path.measures.chunk import Chunk, known
from agenttrace.model import rules
from agenttrace.model.frames import texts
from agenttrace.model.vocabulary import SpanKind


@dataclass(frozen=True, slots=True, eq=False)
class Branches:
    """Tool calls and agents that are waited for, by group and start.

    Those of a group have one parent and turn, and overlap. `row`: of the span; `agent`: whose branch it is.
    """

    chunk: Chunk
    row: Ints
    agent: Ints
    group: Ints

    @property
    def start(self) -> Ints:
        """When each began."""
        return self.chunk.graph.forest.start[self.row]

    @property
    def end(self) -> Ints:
        """When each ended."""
        return self.chunk.graph.forest.end[self.row]

    def where(self, keep: Bools) -> Branches:
        """Those that are kept."""
        return Branches(self.chunk, self.row[keep], self.agent[keep], self.group[keep])


def join_table(chunk: Chunk, fans: Branches) -> pl.DataFrame:
    """One row a join of `awaited_branches`, or of work in the background, in order of session and time.

    Branches are tool calls and agents of one parent and turn that overlap; or, where `background`, work in
    the background that a request uses, and what its agent did beside it. `wall_ns` runs from the first
    start to the last end, `sum_ns` is what the branches would take one after the other, and `slack_ns`
    how much later the last one ended than the one before it. `cost_ns` is what of that the session lost: what
    it would gain if the last branch ended with the one before it, whose name is `second_name`. `each` has the
    last MOST_TOLD branches in the order in which they ended, each with its own slack. Where it is not `explicit`
    that the last branch was waited for, `rule` says by what that is inferred, and `confidence`, if it is known.
    """
    joined = _awaited_joins(fans)
    if not chunk.uses.is_empty():
        joined = pl.concat([joined, background_joins(chunk)], how="vertical_relaxed")
    name = branch_names(chunk)
    waited_row = joined.get_column("waited_row").to_numpy()
    second_row = joined.get_column("second_row").fill_null(NONE).to_numpy()
    round_way = chunk.margins.round_way[waited_row]
    lost = pl.when(pl.col("round_way_ns").is_not_null()).then(pl.min_horizontal("round_way_ns", "slack_ns"))
    return (
        joined.with_columns(
            waited_for_name=name(waited_row),
            second_name=name(second_row),
            round_way_ns=known(round_way, round_way != NONE),
            each=_told(chunk, joined.get_column("branch_rows"), name),
        )
        .select(
            "session", "turn", "agent", "at_ns", "branches", "waited_for", "waited_for_name", "second_name",
            "wall_ns", "sum_ns", "slack_ns", lost.alias("cost_ns"), "explicit", "rule", "confidence", "background",
            "each",
        )
        .sort("session", "at_ns", "agent", "turn", "waited_for", "background")
    )  # fmt: skip


def _awaited_joins(fans: Branches) -> pl.DataFrame:
    """Joins of branches that their parent waits for."""
    chunk, spans = fans.chunk, fans.chunk.graph.spans
    order = np.lexsort((fans.row, fans.start, fans.end, fans.group))
    row, start, end = fans.row[order], fans.start[order], fans.end[order]
    first = np.flatnonzero(run_starts(fans.group[order]))
    count = np.diff(np.append(first, len(order)))
    last = first + count - 1
    waited, second = row[last], row[last - 1]
    turn = columns.numbers(chunk.table, "turn")[waited]
    explicit = chunk.stated[waited]
    begins, took = (
        (np.minimum.reduceat(start, first), np.add.reduceat(end - start, first))
        if len(first)
        else (first, first)
    )
    return pl.DataFrame(
        {
            "session": spans.session[waited],
            "turn": known(turn.astype(np.int32), turn != NONE),
            "agent": fans.agent[order][first].astype(np.int32),
            "at_ns": end[last],
            "branches": count,
            "waited_for": (waited - spans.first[spans.session[waited]]).astype(np.int32),
            "waited_row": waited,
            "second_row": second,
            "branch_rows": _last_rows(row, last, count),
            "wall_ns": end[last] - begins,
            "sum_ns": took,
            "slack_ns": end[last] - end[last - 1],
            "explicit": explicit,
            **_rules(chunk, waited, explicit),
            "background": np.zeros(len(first), np.bool_),
        }
    )


def _last_rows(row: Ints, last: Ints, count: Ints) -> pl.Series:
    """Of each join its last rows, in order, a list each."""
    told = np.minimum(count, MOST_TOLD)
    old, place = expanded(told)
    rows = row[(last + 1 - told)[old] + place]
    offsets = np.concatenate([[0], np.cumsum(told)])
    return pl.Series(pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(rows, pa.int64())))


def _rules(chunk: Chunk, waited: Ints, explicit: Bools) -> dict[str, pl.Series]:
    """By which rule a branch counts as waited for; null where that is stated."""
    inferred = chunk.agents.filter("spawn_inferred").get_column("spawn_row").drop_nulls().to_numpy()
    contained = np.zeros(len(chunk.graph.spans), np.bool_)
    contained[inferred] = True
    told = (rules.CONTAINED, rules.OUTLASTED, None)
    which = np.where(explicit, 2, np.where(contained[waited], 0, 1))
    confidence = np.array([(rule and rule.confidence) or np.nan for rule in told])[which]
    return {
        "rule": texts([rule.name if rule else None for rule in told], which),
        "confidence": pl.Series(pa.array(confidence, mask=np.isnan(confidence))),
    }


def _told(chunk: Chunk, joins: pl.Series, name: Callable[[Ints], pl.Series]) -> pl.Series:
    """What is said of each branch of joins: lists of span, name, took_ns and slack_ns."""
    rows = joins.explode().to_numpy()
    graph, margins = chunk.graph, chunk.margins
    branch = pa.StructArray.from_arrays(
        [
            pa.array(rows - graph.spans.first[graph.spans.session[rows]]),
            name(rows).to_arrow(),
            pa.array(graph.forest.end[rows] - graph.forest.start[rows]),
            pa.array(margins.slack[rows], mask=~margins.awaited[rows]),
        ],
        ["span", "name", "took_ns", "slack_ns"],
    )
    offsets = np.concatenate([[0], np.cumsum(joins.list.len().to_numpy(), dtype=np.int64)])
    return pl.Series(pa.LargeListArray.from_arrays(pa.array(offsets), branch))


def awaited_branches(chunk: Chunk) -> Branches:
    """`branches` that are not alone in their group: those of joins."""
    found = branches(chunk)
    return found.where(np.bincount(found.group)[found.group] > 1)


def branches(chunk: Chunk) -> Branches:
    """Tool calls and agents that are waited for, grouped by parent, turn and overlap.

    What waited for the call before it does not run beside it, though clocks of whole milliseconds say so.
    """
    spans, forest = chunk.graph.spans, chunk.graph.forest
    row = np.flatnonzero(
        spans.is_kind(SpanKind.TOOL, SpanKind.AGENT) & spans.blocking & (forest.end > forest.start)
    )
    agent = spans.agent.copy()
    lanes = chunk.agents.select("row", "parent_agent").drop_nulls()
    agent[lanes.get_column("row").to_numpy()] = lanes.get_column("parent_agent").to_numpy()
    turn = columns.numbers(chunk.table, "turn")
    parent = forest.parent
    row = row[np.lexsort((row, forest.end[row], forest.start[row], turn[row], parent[row]))]
    first = run_starts(parent[row], turn[row])
    reach = running_max(np.cumsum(first), forest.end[row])
    first[1:] |= chunk.begins[row][1:] >= reach[:-1]
    return Branches(chunk, row, agent[row], np.cumsum(first))
