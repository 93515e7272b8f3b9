"""A session's timeline: what the waterfall, the terminal and the export to Perfetto all draw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from agenttrace.critical_path.graph import build_graph
from agenttrace.critical_path.margins import find_margins
from agenttrace.critical_path.measures.chunk import Chunk, measured_chunk
from agenttrace.critical_path.path import find_critical_path
from agenttrace.critical_path.schedule import plan
from agenttrace.critical_path.segments import path_segments
from agenttrace.critical_path.slowness import IDLE, slowest
from agenttrace.model.trace import Trace
from agenttrace.report.timeline.lanes import Lane, lane_places, ordered_lanes
from agenttrace.report.timeline.nesting import flattened, outermost
from agenttrace.report.timeline.rows import free_rows

_HOLDERS = ("session", "agent", "interaction")
"""Kinds of spans that are lanes, or parts of them, and are not drawn in them."""

_FACTS = (
    "span", "name", "turn", "source_id", "status", "error", "model", "input_tokens", "cache_read_tokens",
    "output_tokens",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """Times are Unix nanoseconds, as the graph has them: mended where clocks disagree.

    `spans`, by lane, row and start: `span`, `lane` (a place in `lanes`), `row`, `kind`, `purpose`, `start_ns`,
    `end_ns`, `outer` (the place of the outermost span around it, mostly itself), `inner` (it lies in another one),
    `critical_ns` (time on the path, its own or of all in it), `held_agent` (the agent whose lane it holds, if any),
    and what the trace says of it. `slices`, in the order of the spans: `place` (of its span), `phase`, `start_ns`,
    `end_ns`; those of an outermost span are in the phases of what is innermost in it. `path`, which tiles the
    session: `place` (null for a span that is not drawn), `lane`, `phase`, `purpose`, `evidence`, `inferred`,
    `start_ns`, `end_ns`. `left_out`: how many spans are not among `spans`.
    """

    session: str
    start_ns: int
    end_ns: int
    lanes: tuple[Lane, ...]
    spans: pl.DataFrame
    slices: pl.DataFrame
    path: pl.DataFrame
    left_out: int = 0

    @property
    def active_ns(self) -> int:
        """Its wall time less what was spent on nothing but waiting for the user or suspended."""
        idle = pl.col("phase").cast(pl.String).is_in([phase.value for phase in IDLE])
        return int(self.path.filter(~idle).select(pl.col("end_ns") - pl.col("start_ns")).sum().item())

    @property
    def held_by(self) -> dict[int, int]:
        """For agents whose lane a span holds, a tool call for example, its place."""
        places = self.spans.select("held_agent", place=pl.int_range(pl.len())).drop_nulls()
        return dict(places.iter_rows())


def timelines(trace: Trace, sessions: Sequence[str] | None = None) -> Iterator[Timeline]:
    """The timelines of these sessions of a trace, in this order, or of all; of a workload there is none."""
    timed = trace.timed()
    there: list[str] = timed.sessions.column("session").to_pylist()  # type: ignore[assignment]  # not nullable
    chosen = timed if sessions is None else timed.only(sessions)
    known = set(there)
    for session in there if sessions is None else sessions:
        if session in known:
            yield _timeline(chosen.select(session))


def slowest_timelines(trace: Trace, sessions: pl.DataFrame, most: int) -> Iterator[Timeline]:
    """Of these sessions of an analysis the slowest, so many at most, in the order of their start."""
    return timelines(trace, slowest(sessions, most).sort("start_ns", "session")["session"].to_list())


def _timeline(trace: Trace) -> Timeline:
    graph = build_graph(trace)
    segments = path_segments(graph, find_critical_path(graph))
    chunk = measured_chunk(trace, graph, segments, find_margins(plan(graph)))
    lanes = tuple(ordered_lanes(_agents(trace, chunk)))
    places = lane_places(lanes)
    told = _told(trace, chunk, places)
    spans = _placed(told.with_columns(*_nested(told, chunk)))
    own = chunk.spans.row(0, named=True)
    at = spans.select("row_of_chunk", place=pl.int_range(pl.len(), dtype=pl.Int64))
    return Timeline(
        session=chunk.names[0],
        start_ns=own["graph_start"],
        end_ns=own["graph_end"],
        lanes=lanes,
        spans=_with_path_inside(spans.drop("row_of_chunk")),
        slices=flattened(_slices(chunk, at), spans["outer"].to_numpy(), spans["depth"].to_numpy()),
        path=_path(chunk, at, places),
    )


def _agents(trace: Trace, chunk: Chunk) -> pl.DataFrame:
    """An agent that has spans a row, from the start to the end of all that is in its lane."""
    facts = pl.DataFrame(pl.from_arrow(trace.agents.select(["agent", "background"])))
    extents = chunk.spans.group_by("agent").agg(
        start_ns=pl.col("graph_start").min(), end_ns=pl.col("graph_end").max()
    )
    turns = chunk.spans.select(spawn_row="row", turn="turn")
    return (
        extents.join(
            chunk.agents.select("agent", "parent_agent", "row", "spawn_row", name="called"),
            on="agent",
            how="left",
        )
        .join(facts, on="agent", how="left")
        .join(turns, on="spawn_row", how="left")
        .with_columns(pl.col("background").fill_null(value=False))
    )


def _told(trace: Trace, chunk: Chunk, places: dict[int, int]) -> pl.DataFrame:
    """The spans that are drawn, with what is told of them."""
    facts = pl.DataFrame(pl.from_arrow(trace.spans.select(_FACTS))).with_columns(
        pl.col(pl.Categorical).cast(pl.String)
    )
    critical = chunk.segments.group_by("row").agg(critical_ns=pl.col("length").sum())
    holders = chunk.agents.select(
        held_agent="agent", row=chunk.spans["parent_row"].gather(chunk.agents["row"])
    ).unique("row", keep="first", maintain_order=True)
    return (
        chunk.spans.select(
            "row", "kind", "purpose", "agent", "slack_ns", "drag_ns", start_ns="graph_start", end_ns="graph_end"
        )
        .with_columns(facts)
        .with_columns(
            lane=pl.col("agent").replace_strict(places, default=0, return_dtype=pl.Int64),
        )
        .filter(~pl.col("kind").cast(pl.String).is_in(_HOLDERS))
        .join(critical, on="row", how="left", maintain_order="left")
        .join(holders, on="row", how="left", maintain_order="left")
        .with_columns(pl.col("critical_ns").fill_null(0))
        .rename({"row": "row_of_chunk"})
        .sort("lane", "start_ns", -pl.col("end_ns"), "span")
    )  # fmt: skip


def _nested(told: pl.DataFrame, chunk: Chunk) -> tuple[pl.Series, pl.Series]:
    """The row (of the chunk) of the outermost span around each one, and how deep it lies there."""
    rows, lane = told["row_of_chunk"].to_numpy(), told["lane"].to_numpy()
    start, end = told["start_ns"].to_numpy(), told["end_ns"].to_numpy()
    kind = told["kind"].cast(pl.String)
    place = np.full(chunk.spans.height, -1, np.int64)
    place[rows] = np.arange(len(rows))
    parent = place[chunk.spans["parent_row"].to_numpy()[rows]]
    minor = kind.is_in(["other", "user_wait"]).to_numpy()
    whole = kind.is_in(["request", "compaction"]).to_numpy()
    view = whole | minor
    inside = (parent >= 0) & (minor | (view & whole[parent])) & (lane == lane[parent])
    inside &= (start >= start[parent]) & (end <= end[parent]) & (parent != np.arange(len(rows)))
    outer, depth = outermost(np.where(inside, parent, np.arange(len(rows))))
    return pl.Series("outer_row", rows[outer]), pl.Series("depth", depth)


def _placed(spans: pl.DataFrame) -> pl.DataFrame:
    """With a row of its lane for each span, sorted by it: outermost spans first, then those that lie in them."""
    ordered = spans.with_columns(inner=pl.col("depth") > 0).sort(
        "lane", "inner", "start_ns", -pl.col("end_ns"), "depth", "span"
    )
    rows = np.zeros(ordered.height, np.int64)
    lane, inner = ordered["lane"].to_numpy(), ordered["inner"].to_numpy()
    changes = (lane[1:] != lane[:-1]) | (inner[1:] != inner[:-1])
    edges = [0, *(np.flatnonzero(changes) + 1).tolist(), ordered.height]
    starts, ends = ordered["start_ns"].to_list(), ordered["end_ns"].to_list()
    above = 0
    for first, last in pairwise(edges):
        found = free_rows(starts[first:last], ends[first:last])
        below = above if first and lane[first] == lane[first - 1] else 0
        rows[first:last] = np.array(found, np.int64) + below
        above = max(found, default=-1) + 1
    placed = ordered.with_columns(row=pl.Series(rows)).sort("lane", "row", "start_ns", "span")
    places = placed.select(outer_row="row_of_chunk", outer=pl.int_range(pl.len(), dtype=pl.Int64))
    return placed.join(places, on="outer_row", how="left", maintain_order="left").drop("outer_row")


def _with_path_inside(spans: pl.DataFrame) -> pl.DataFrame:
    """Outermost spans are on the path for as long as anything in them is."""
    total = pl.col("critical_ns").sum().over("outer")
    return spans.with_columns(critical_ns=pl.when(pl.col("inner")).then("critical_ns").otherwise(total))


def _slices(chunk: Chunk, at: pl.DataFrame) -> pl.DataFrame:
    return (
        chunk.own.join(at, left_on="row", right_on="row_of_chunk")
        .select("place", "phase", "start_ns", "end_ns")
        .sort("place", "start_ns")
    )


def _path(chunk: Chunk, at: pl.DataFrame, places: dict[int, int]) -> pl.DataFrame:
    agents = chunk.spans.select("row", "agent")
    return (
        chunk.segments.join(at, left_on="row", right_on="row_of_chunk", how="left", maintain_order="left")
        .join(agents, on="row", how="left", maintain_order="left")
        .select(
            "place",
            "phase",
            "purpose",
            "evidence",
            "inferred",
            "start_ns",
            "end_ns",
            lane=pl.col("agent").replace_strict(places, default=0, return_dtype=pl.Int64),
        )
        .sort("start_ns")
    )
