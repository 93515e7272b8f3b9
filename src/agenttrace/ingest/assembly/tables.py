"""The last step: numbers within sessions, in an order of substance, and the declared Arrow tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from agenttrace.ingest.assembly.agents import lane_depths
from agenttrace.ingest.assembly.columns import HIGHEST, are, codes, numbers
from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.lookup import NONE, Rows
from agenttrace.ingest.assembly.ordering import order_of, ordered_further, repeats
from agenttrace.model.schema import AGENTS, LINKS, MARKS, PREFIXES, SESSIONS, SPANS, Table


def arrow_table(
    table: Table, frame: pl.DataFrame, made: Mapping[str, pa.Array[Any]] | None = None
) -> pa.Table:
    """`frame` as the declared table, with the columns that are `made` already; columns that it lacks are null."""
    known, made = set(frame.columns), made or {}
    arrays = [
        made[field.name]
        if field.name in made
        else _arrow_column(frame.get_column(field.name), field.type)
        if field.name in known
        else pa.nulls(frame.height, field.type)
        for field in table.arrow
    ]
    return pa.table(arrays, schema=table.arrow)


def _arrow_column(series: pl.Series, to: pa.DataType) -> pa.Array[Any]:
    if isinstance(series.dtype, pl.Enum):
        places: Any = series.to_arrow()
        return pa.DictionaryArray.from_arrays(places.indices.view(pa.int8()), _words(series.dtype))
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
    """Where each row of `Held` stands in the final tables. `place`: that of the session of each of `spans`."""

    def __init__(self, held: Held, sessions: pl.DataFrame) -> None:
        """`sessions`: as described, in the order of the trace, with `sid` and `session`."""
        self.sessions = sessions
        self._names = cast("pa.Array[Any]", sessions.get_column("session").to_arrow().cast(pa.string()))
        sids = sessions.get_column("sid").to_numpy()
        self.place_of: Rows = np.zeros(
            sids.max(initial=-1) + 1, np.int64
        )  # a session that is none leaves its number unused
        self.place_of[sids] = np.arange(len(sids))
        place = self.place_of[held.spans.get_column("sid").to_numpy()]
        self.order = _by_substance(held.spans, place)
        self.place, self.spans = place[self.order], held.spans[self.order]
        self.span_of = np.full(len(place) + 1, NONE, dtype=np.int32)
        self.span_of[self.order] = _number_within(self.place)
        self._number_lanes(held.lanes)
        self.parent, self.lane = held.parents[self.order], held.lane[self.order]

    def _number_lanes(self, lanes: pl.DataFrame) -> None:
        place = self.place_of[lanes.get_column("sid").to_numpy()]
        low, high = (
            numbers(lanes.get_column(name), null) for name, null in (("low", HIGHEST), ("high", -HIGHEST))
        )
        keys = (place, ~lanes.get_column("main").to_numpy(), low, -high)
        self.lane_order = ordered_further(order_of(*keys), keys, lanes.select("name", "type", "lane"))
        self.lane_place = place[self.lane_order]
        self.agent_of = np.empty(len(place), np.int32)
        self.agent_of[self.lane_order] = _number_within(self.lane_place)

    def names(self, place: Rows) -> pa.Array[Any]:
        """The names of the sessions at these places."""
        return self._names.take(pa.array(place, pa.int64()))

    def spans_at(self, rows: Rows) -> pa.Array[Any]:
        """The numbers of the spans in these rows; null where there is none."""
        return or_null(self.span_of[rows])


def _by_substance(spans: pl.DataFrame, place: Rows) -> Rows:
    """Sessions by their place; in each its own span first, then the rest by time, the longer first."""
    start, end = (spans.get_column(name).to_numpy() for name in ("start_ns", "end_ns"))
    keys = (place, ~are(spans, "kind", "session"), start, -end)
    further = spans.select("kind", "purpose", "name", "input_tokens", "output_tokens", "span_key")
    return ordered_further(order_of(*keys), keys, further)


def _number_within(group: Rows) -> NDArray[np.int32]:
    """Of rows whose groups stand together, each one's number in its group, from 0."""
    row = np.arange(len(group))
    first = np.concatenate([[True], group[1:] != group[:-1]])[: len(group)]
    return (row - np.maximum.accumulate(np.where(first, row, 0))).astype(np.int32)


def or_null(values: NDArray[np.int32]) -> pa.Array[Any]:
    """The numbers, null where they are NONE."""
    return cast("pa.Array[Any]", pa.array(values, mask=values == NONE))


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


def agent_table(numbering: Numbering, lanes: pl.DataFrame) -> pa.Table:
    """The agents of each session, the main one first. `lanes`: those of `Held`."""
    order = numbering.lane_order
    above, holder, spawn = (
        lanes.get_column(name).to_numpy() for name in ("parent_lane_no", "holder", "spawn_row")
    )
    depth = lane_depths(np.arange(len(above)), above)
    parent = np.where(above == NONE, np.int32(NONE), numbering.agent_of[above])
    inferred = lanes.get_column("spawn_inferred").to_numpy()
    made = {
        "session": numbering.names(numbering.lane_place),
        "agent": pa.array(numbering.agent_of[order]),
        "parent_agent": or_null(parent[order]),
        "depth": pa.array(depth[order].astype(np.int32)),
        "span": numbering.spans_at(holder[order]),
        "spawning_span": numbering.spans_at(spawn[order]),
        "spawn_inferred": pa.array(inferred[order], mask=spawn[order] == NONE),
    }
    told = lanes.select("source_id", "name", "type", "background")[order]
    return arrow_table(AGENTS, told, made)


def span_table(numbering: Numbering, turn: NDArray[np.int32]) -> pa.Table:
    """The spans; `turn` is in the order of rows, NONE where a span is of none."""
    place, order = numbering.place, numbering.order
    origin = numbering.spans.get_column("origin").to_numpy()
    latest = np.full(len(numbering.place_of), NONE, np.int32)
    np.maximum.at(latest, place, origin)
    keys = numbering.spans.get_column("span_key").alias("source_id")
    made = {
        "session": numbering.names(place),
        "span": pa.array(numbering.span_of[order]),
        "parent": numbering.spans_at(numbering.parent),
        "agent": pa.array(numbering.agent_of[numbering.lane]),
        "turn": or_null(turn[order]),
        "source": pa.array(np.where(origin >= 0, origin, latest[place])),
    }
    return arrow_table(SPANS, numbering.spans.hstack([keys]), made)


def mark_table(numbering: Numbering, marks: pl.DataFrame) -> pa.Table:
    """`marks` with sid, row, kind, t_ns, evidence, refers_row: each once."""
    if marks.is_empty():
        return MARKS.empty
    sid, row, t_ns, refers_row = (
        marks.get_column(name).to_numpy() for name in ("sid", "row", "t_ns", "refers_row")
    )
    kind, evidence = (codes(marks.get_column(name)) for name in ("kind", "evidence"))
    place, span, refers_to = numbering.place_of[sid], numbering.span_of[row], numbering.span_of[refers_row]
    keys = (place, t_ns, kind, span, refers_to.astype(np.uint32))  # NONE comes last
    order = order_of(*keys)
    order = order[~repeats(*keys, evidence)[order]]
    made = {
        "session": numbering.names(place[order]),
        "mark": pa.array(_number_within(place[order])),
        "span": pa.array(span[order]),
        "refers_to": or_null(refers_to[order]),
    }
    return arrow_table(MARKS, marks.select("kind", "t_ns", "evidence")[order], made)


def link_table(numbering: Numbering, links: pl.DataFrame, marks: pa.Table) -> pa.Table:
    """`links` with sid, from_row, at_ns, to_row, kind, explicit, rule, confidence, delay_ns: each once."""
    if links.is_empty():
        return LINKS.empty
    sid, from_row, to_row = (links.get_column(name).to_numpy() for name in ("sid", "from_row", "to_row"))
    place, from_span, to_span = (
        numbering.place_of[sid],
        numbering.span_of[from_row],
        numbering.span_of[to_row],
    )
    instant, kind = numbers(links.get_column("at_ns"), HIGHEST), codes(links.get_column("kind"))
    keys = (place, to_span, from_span, kind, instant)
    order = ordered_further(order_of(*keys), keys, links.select("rule", row=pl.int_range(pl.len())))
    order = order[~repeats(*(key[order] for key in keys))]
    made = {
        "session": numbering.names(place[order]),
        "from_span": pa.array(from_span[order]),
        "to_span": pa.array(to_span[order]),
    }
    told = links.select("kind", "explicit", "rule", "confidence", "delay_ns")[order]
    if marks.num_rows and (instant != HIGHEST).any():
        made["from_mark"] = _marks_at(
            made["session"], made["from_span"], links.get_column("at_ns")[order], marks
        )
    return arrow_table(LINKS, told, made)


def _marks_at(
    session: pa.Array[Any], span: pa.Array[Any], at_ns: pl.Series, marks: pa.Table
) -> pa.Array[Any]:
    """The first mark at each of these instants of spans; null where there is none."""
    place = ["session", "span", "t_ns"]
    instants = pl.DataFrame(pl.from_arrow(marks.select([*place, "mark"])))
    first = instants.unique(place, keep="first", maintain_order=True)
    wanted = pl.DataFrame({"session": pl.from_arrow(session), "span": pl.from_arrow(span), "t_ns": at_ns})
    return wanted.join(first, on=place, how="left", maintain_order="left").get_column("mark").to_arrow()


def prefix_table(numbering: Numbering, prefixes: pl.DataFrame) -> pa.Table:
    """`prefixes` with sid, row, block_size, kept_blocks, new_blocks, scope."""
    if prefixes.is_empty():
        return PREFIXES.empty
    sid, row = (prefixes.get_column(name).to_numpy() for name in ("sid", "row"))
    place, span = numbering.place_of[sid], numbering.span_of[row]
    order = order_of(place, span)
    made = {"session": numbering.names(place[order]), "span": pa.array(span[order])}
    return arrow_table(PREFIXES, prefixes[order], made)
