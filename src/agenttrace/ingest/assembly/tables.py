"""The last step: numbers within sessions, in an order of substance, and the declared Arrow tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from agenttrace.ingest.assembly.agents import lane_depths
from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.lookup import NONE, Rows
from agenttrace.ingest.assembly.ordering import order_of, ordered_further
from agenttrace.model.schema import AGENTS, LINKS, MARKS, PREFIXES, SESSIONS, SPANS, Table


def arrow_table(table: Table, frame: pl.DataFrame) -> pa.Table:
    """`frame` as the declared table; columns that it lacks are null."""
    known = set(frame.columns)
    arrays = [
        _arrow_column(frame.get_column(field.name), field.type)
        if field.name in known
        else pa.nulls(frame.height, field.type)
        for field in table.arrow
    ]
    return pa.table(arrays, schema=table.arrow)


def _arrow_column(series: pl.Series, to: pa.DataType) -> pa.Array[Any]:
    if isinstance(series.dtype, pl.Enum):
        codes = series.to_physical().to_arrow().view(pa.int8())
        return pa.DictionaryArray.from_arrays(codes, _words(series.dtype))
    if series.null_count() == len(series):
        nothing: Any = pa.nulls(len(series), cast("Any", to))
        return cast("pa.Array[Any]", nothing)
    if pa.types.is_dictionary(to):
        texts = series if series.dtype == pl.String else series.cast(pl.String)
        return texts.to_arrow().cast(pa.string()).dictionary_encode().cast(to)
    column = series.to_arrow()
    return column if column.type == to else column.cast(to)


@cache
def _words(of: pl.Enum) -> pa.Array[Any]:
    return pa.array(of.categories.to_list(), pa.string())


class Numbering:
    """Where each row of `Held` stands in the final tables."""

    def __init__(self, held: Held, sessions: pl.DataFrame) -> None:
        """`sessions`: as described, in the order of the trace, with `sid` and `session`."""
        self.sessions = sessions.with_row_index("place").with_columns(pl.col("place").cast(pl.Int64))
        places = self.sessions.select("sid", "place", "session")
        sids = self.sessions.get_column("sid").to_numpy()
        self.place_of: Rows = np.zeros(
            sids.max(initial=-1) + 1, np.int64
        )  # a session that is none leaves its number unused
        self.place_of[sids] = np.arange(self.sessions.height)
        place = self.place_of[held.spans.get_column("sid").to_numpy()]
        order = _by_substance(held.spans, place)
        self.span_of = np.full(held.spans.height + 1, NONE, dtype=np.int32)
        self.span_of[order] = _number_within(place[order])
        self.spans = held.spans[order].with_columns(
            self.sessions.get_column("session").gather(place[order]),
            row=pl.Series(order),
            place=pl.Series(place[order]),
            span=pl.Series(self.span_of[order]),
            lane_no=pl.Series(held.lane[order]),
            parent_row=pl.Series(held.parents[order]),
        )
        self.lanes = self._number_lanes(held, places)
        self.agent_of = np.zeros(held.lanes.height, dtype=np.int32)
        self.agent_of[self.lanes.get_column("lane_no").to_numpy()] = self.lanes.get_column("agent").to_numpy()

    def _number_lanes(self, held: Held, places: pl.DataFrame) -> pl.DataFrame:
        above = held.lanes.get_column("parent_lane_no").to_numpy()
        depth = lane_depths(np.arange(len(above)), above)
        lanes = held.lanes.with_columns(depth=pl.Series(depth, dtype=pl.Int32)).join(places, on="sid")
        ordered = lanes.sort(
            "place", "main", "low", "high", "name", "type", "lane",
            descending=[False, True, False, True, False, False, False],
            nulls_last=True,
        )  # fmt: skip
        return ordered.with_columns(agent=pl.int_range(pl.len(), dtype=pl.Int32).over("place"))

    def span_numbers(self, rows: pl.Series) -> pl.Series:
        """Span numbers of rows; null where the row is null or NONE."""
        known = rows.fill_null(NONE) if rows.null_count() else rows
        return _or_null(self.span_of[known.to_numpy()])


def _by_substance(spans: pl.DataFrame, place: Rows) -> Rows:
    """Sessions by their place; in each its own span first, then the rest by time, the longer first."""
    start, end = (spans.get_column(name).to_numpy() for name in ("start_ns", "end_ns"))
    keys = (place, (spans.get_column("kind") != "session").to_numpy(), start, -end)
    further = spans.select("kind", "purpose", "name", "input_tokens", "output_tokens", "span_key")
    return ordered_further(order_of(*keys), keys, further)


def _number_within(group: Rows) -> NDArray[np.int32]:
    """Of rows whose groups stand together, each one's number in its group, from 0."""
    row = np.arange(len(group))
    first = np.concatenate([[True], group[1:] != group[:-1]])
    return (row - np.maximum.accumulate(np.where(first, row, 0))).astype(np.int32)


def _or_null(numbers: NDArray[np.int32]) -> pl.Series:
    """The numbers, null where they are NONE."""
    series: pl.Series = pl.Series(pa.array(numbers, mask=numbers == NONE))
    return series


def session_table(numbering: Numbering, formats: Sequence[str], dialects: Sequence[str]) -> pa.Table:
    """The sessions, with the format of the source that tells of their beginning."""
    described = numbering.sessions
    origins = described.get_column("sources").to_list()
    first = described.get_column("main_origin").to_list()
    frame = described.with_columns(
        format=pl.Series(
            [
                formats[o[0] if f is None else f] if o else "unknown"
                for o, f in zip(origins, first, strict=True)
            ],
            dtype=pl.String,
        ),
        dialects=pl.Series([_joined(dialects, o or []) for o in origins], dtype=pl.String),
        truncated=pl.col("truncated").fill_null(value=False),
    )
    return arrow_table(SESSIONS, frame.drop("labels", strict=False))


def _joined(dialects: Sequence[str], origins: list[int]) -> str | None:
    words = {word for origin in origins for word in dialects[origin].split(",") if word}
    return ",".join(sorted(words)) or None


def agent_table(numbering: Numbering) -> pa.Table:
    """The agents of each session, the main one first."""
    lanes = numbering.lanes
    parent = lanes.get_column("parent_lane_no").to_numpy()
    parent_agent = np.where(parent == NONE, NONE, numbering.agent_of[np.maximum(parent, 0)])
    frame = lanes.with_columns(
        parent_agent=_or_null(parent_agent.astype(np.int32)),
        span=numbering.span_numbers(lanes.get_column("holder")),
        spawning_span=numbering.span_numbers(lanes.get_column("spawn_row")),
        spawn_inferred=pl.when(pl.col("spawn_row") != NONE).then("spawn_inferred"),
    )
    return arrow_table(AGENTS, frame)


def span_table(numbering: Numbering, turn: pl.Series) -> pa.Table:
    """The spans; `turn` is in the order of rows."""
    spans = numbering.spans
    frame = spans.with_columns(
        parent=numbering.span_numbers(spans.get_column("parent_row")),
        agent=pl.Series(numbering.agent_of[spans.get_column("lane_no").to_numpy()]),
        turn=turn.gather(spans.get_column("row")),
        source_id="span_key",
        source=pl.when(pl.col("origin") >= 0).then("origin").otherwise(pl.col("origin").max().over("place")),
    )
    return arrow_table(SPANS, frame)


def in_session_order(numbering: Numbering, frame: pl.DataFrame, *order: str) -> pl.DataFrame:
    """`frame` (with `sid`) with the names of the sessions, in the order of the trace."""
    place = numbering.place_of[frame.get_column("sid").to_numpy()]
    placed = frame.with_columns(
        numbering.sessions.get_column("session").gather(place), place=pl.Series(place)
    )
    keys = [frame.get_column(name) for name in order]
    if any(key.null_count() or not key.dtype.is_integer() for key in keys):
        return placed.sort("place", *order, nulls_last=True)
    return placed[order_of(place, *(key.to_numpy() for key in keys))]


def mark_table(numbering: Numbering, marks: pl.DataFrame) -> pa.Table:
    """`marks` with sid, row, kind, t_ns, evidence, refers_row."""
    if marks.is_empty():
        return MARKS.empty
    frame = marks.with_columns(
        span=numbering.span_numbers(marks.get_column("row")),
        refers_to=numbering.span_numbers(marks.get_column("refers_row")),
    ).drop_nulls("span")
    ordered = in_session_order(numbering, frame, "t_ns", "kind", "span", "refers_to")
    return arrow_table(MARKS, ordered.with_columns(mark=pl.int_range(pl.len(), dtype=pl.Int32).over("place")))


def link_table(numbering: Numbering, links: pl.DataFrame, marks: pa.Table) -> pa.Table:
    """`links` with sid, from_row, at_ns, to_row, kind, explicit, rule, confidence, delay_ns."""
    if links.is_empty():
        return LINKS.empty
    frame = links.with_columns(
        from_span=numbering.span_numbers(links.get_column("from_row")),
        to_span=numbering.span_numbers(links.get_column("to_row")),
    ).drop_nulls(["from_span", "to_span"])
    ordered = in_session_order(numbering, frame, "to_span", "from_span", "kind", "at_ns", "rule")
    ordered = ordered.unique(
        subset=["place", "to_span", "from_span", "kind", "at_ns"], keep="first", maintain_order=True
    )
    if not marks.num_rows:
        return arrow_table(LINKS, ordered)
    instants = pl.DataFrame(pl.from_arrow(marks.select(["session", "mark", "span", "t_ns"]))).unique(
        subset=["session", "span", "t_ns"], keep="first", maintain_order=True
    )
    with_marks = ordered.join(
        instants.rename({"span": "from_span", "t_ns": "at_ns", "mark": "from_mark"}),
        on=["session", "from_span", "at_ns"],
        how="left",
        maintain_order="left",
    )
    return arrow_table(LINKS, with_marks)


def prefix_table(numbering: Numbering, prefixes: pl.DataFrame) -> pa.Table:
    """`prefixes` with sid, row, block_size, kept_blocks, new_blocks, scope."""
    if prefixes.is_empty():
        return PREFIXES.empty
    frame = prefixes.with_columns(span=numbering.span_numbers(prefixes.get_column("row"))).drop_nulls("span")
    return arrow_table(PREFIXES, in_session_order(numbering, frame, "span"))
