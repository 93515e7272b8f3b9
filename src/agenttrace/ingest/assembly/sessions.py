"""Sessions: which rows are of one, what each is called, and what its source says of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import polars as pl
import pyarrow as pa

from agenttrace.ingest.assembly.columns import HIGHEST, are
from agenttrace.ingest.assembly.frames import Frames
from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.lookup import NONE, Rows, rows_or_null
from agenttrace.ingest.assembly.ordering import order_of, ordered_further
from agenttrace.ingest.assembly.prompts import Prompts
from agenttrace.ingest.assembly.runs import Affinities, assign_runs
from agenttrace.ingest.assembly.workloads import TIMED
from agenttrace.model.vocabulary import HashScope

_PLACED = {"set": pl.String, "origin": pl.Int32, "placed": pl.Int64}
_STATED = ("source_id", "task_id", "run_id", "deployment", "first_prompt_fingerprint")


def number_sessions(frames: Frames, members: pl.DataFrame, alike: Affinities, ledger: Ledger) -> Frames:
    """The frames with `sid`, the number of each row's session; spans also get `family`.

    `members`: as `membership` makes it; `alike`: as `assign_runs` takes it. Rows of sessions without any span are
    left out: nothing of theirs can be shown.
    """
    sets = members.select("session_key", "set")
    runs = assign_runs(frames.spans, sets, alike, ledger)
    sid_of = {run: sid for sid, run in enumerate(sorted({(name, run) for (name, _), run in runs.items()}))}
    first: dict[str, int] = {}
    for (name, _), sid in sid_of.items():
        first.setdefault(name, sid)
    keys = _keys(sets, first)
    placed = None
    if len(sid_of) > len(first):
        told = [(name, origin, sid_of[name, run]) for (name, origin), run in runs.items()]
        placed = pl.DataFrame(told, schema=_PLACED, orient="row")

    def with_sid(frame: pl.DataFrame, keys: pl.DataFrame = keys) -> pl.DataFrame:
        if frame.is_empty():
            return frame.with_columns(sid=pl.lit(None, pl.Int64))
        return _with_sid(frame, keys, placed)

    found = {name: with_sid(frame) for name, frame in frames.items().items() if name != "spans"}
    families = keys.join(members.select("session_key", "family"), on="session_key")
    return Frames(spans=with_sid(frames.spans, families), **found)


def _keys(sets: pl.DataFrame, first: Mapping[str, int]) -> pl.DataFrame:
    """The keys of sets that have spans, with the session of the set's earliest run."""
    known = [(key, name, first[name]) for key, name in sets.iter_rows() if name in first]
    return pl.DataFrame(
        known, schema={"session_key": pl.String, "set": pl.String, "sid": pl.Int64}, orient="row"
    )


def _with_sid(frame: pl.DataFrame, keys: pl.DataFrame, placed: pl.DataFrame | None) -> pl.DataFrame:
    """Rows whose file holds no span of their set are of its earliest run; `placed` are those of the others."""
    told = frame.select("session_key", "origin").join(
        keys, on="session_key", how="left", maintain_order="left"
    )
    if placed is not None:
        told = told.join(placed, on=["set", "origin"], how="left", maintain_order="left")
        told = told.with_columns(sid=pl.coalesce("placed", "sid")).drop("placed")
    found = frame.with_columns(told.drop("session_key", "origin", "set").iter_columns())
    return found.drop_nulls("sid") if told.get_column("sid").null_count() else found


def describe_sessions(
    held: Held, frames: Frames, detached: Rows, prompts: pl.DataFrame
) -> pl.DataFrame:
    """One row a session, in the order of the trace: by start, then by name. `detached`: nanoseconds, by sid.

    A session is called what its source calls it where its main agent begins, else as that agent, else by its
    smallest key.
    """
    spans = held.spans
    sessions = spans.select("sid", "start_ns", "end_ns")[np.flatnonzero(are(spans, "kind", "session"))]
    sid = sessions.get_column("sid").to_numpy()
    first = _first_of_main(held)
    described = (
        sessions.with_columns(
            _sources(frames, len(detached))[sid],
            spans.get_column("session_key").gather(rows_or_null(first[sid])).alias("main_key"),
            spans.get_column("origin").gather(rows_or_null(first[sid])).alias("main_origin"),
            pl.Series("detached_ns", detached[sid]),
        )
        .join(_smallest_keys(spans), on="sid", how="left", maintain_order="left")
        .join(_stated(frames.sessions, held, first), on="sid", how="left", maintain_order="left")
        .join(prompts, on="sid", how="left", maintain_order="left")
        .with_columns(
            name=pl.coalesce("source_id", pl.col("any_key").str.replace(r"^[^:]*:", "")),
            first_prompt_fingerprint=pl.coalesce("first_prompt_fingerprint", "prompt"),
            timed=pl.col("timed").fill_null(value=True),
        )
        .sort("start_ns", "name", "end_ns", "any_key")
    )
    again = pl.int_range(pl.len()).over("name")
    return described.with_columns(
        session=pl.when(again > 0).then(pl.format("{}#{}", "name", again + 1)).otherwise("name")
    )


def _smallest_keys(spans: pl.DataFrame) -> pl.DataFrame:
    real = spans.get_column("origin") >= 0
    keys = spans.select("sid", "session_key").filter(real)
    return keys.group_by("sid").agg(any_key=pl.col("session_key").min())


def _sources(frames: Frames, sessions: int) -> pl.Series:
    """Of each session, by sid, the numbers of the sources that tell of it, copies too."""
    sid, origin = (frames.spans.get_column(name).to_numpy() for name in ("sid", "origin"))
    told = np.unique(sid << 32 | origin)
    ends = np.searchsorted(told >> 32, np.arange(sessions + 1)).astype(np.int32)
    lists = pa.ListArray.from_arrays(pa.array(ends), pa.array((told & 2**32 - 1).astype(np.int32)))
    return pl.Series("sources", pl.from_arrow(lists))


def _first_of_main(held: Held) -> Rows:
    """Of each session, by sid, where its main agent begins; NONE where it is in no source."""
    spans = held.spans
    sid, start, end, origin = (
        spans.get_column(name).to_numpy() for name in ("sid", "start_ns", "end_ns", "origin")
    )
    rows = np.flatnonzero((origin >= 0) & held.lanes.get_column("main").to_numpy()[held.lane])
    low, found = np.full(sid.max() + 1, HIGHEST), np.full(sid.max() + 1, NONE, np.int64)
    np.minimum.at(low, sid[rows], start[rows])
    rows = rows[start[rows] == low[sid[rows]]]
    keys = sid[rows], -end[rows]
    order = rows[ordered_further(order_of(*keys), keys, spans.select("span_key")[rows])]
    found[sid[order[::-1]]] = order[::-1]
    return found


def _stated(sessions: pl.DataFrame, held: Held, first: Rows) -> pl.DataFrame:
    """What sources say of each session, those first that tell of its main agent's beginning."""
    sid = sessions.get_column("sid").to_numpy()
    begins = held.spans.get_column("session_key").gather(rows_or_null(first[sid]))
    main = np.full(len(first), NONE, np.int64)
    mains = np.flatnonzero(held.lanes.get_column("main").to_numpy())
    main[held.lanes.get_column("sid").to_numpy()[mains]] = mains
    called = held.lanes.get_column("lane").gather(rows_or_null(main[sid]))
    ranked = sessions.with_columns(
        other=pl.col("session_key") != begins, called_otherwise=pl.col("source_id") != called
    )
    ordered = ranked.sort("sid", "other", "called_otherwise", *_STATED, nulls_last=True)
    return ordered.group_by("sid", maintain_order=True).agg(
        *(pl.col(name).drop_nulls().first() for name in _STATED),
        truncated=pl.when(pl.col("truncated").count() > 0).then(pl.col("truncated").all()),
        timed=TIMED,
    )


def first_prompts(held: Held, placed: pl.DataFrame, prompts: Prompts) -> pl.DataFrame:
    """Frame of sid and `prompt`: what the first main request's blocks hash to; for texts not known.

    Hashes that mean the same tokens within their source only tell no two prompts apart.
    """
    placed = placed.filter(pl.col("scope") == HashScope.EVERYWHERE.value)
    if placed.is_empty():
        return pl.DataFrame(schema={"sid": pl.Int64, "prompt": pl.String})
    main = held.lanes.filter("main").get_column("lane_no")
    first = placed.filter(pl.col("lane").is_in(main.implode())).unique(
        "sid", keep="first", maintain_order=True
    )
    names = [
        hashlib.sha256(size.to_bytes(8, "little") + prompts.blocks(prompt).tobytes()).hexdigest()
        for size, prompt in zip(first.get_column("block_size"), first.get_column("prompt"), strict=True)
    ]
    return first.select("sid").with_columns(prompt=pl.Series(names, dtype=pl.String))
