"""Sessions: which rows are of one, what each is called, and what its source says of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from agenttrace.ingest.assembly.columns import HIGHEST, are
from agenttrace.ingest.assembly.frames import Frames
from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.lookup import NONE, Rows, numbered, rows_or_null
from agenttrace.ingest.assembly.ordering import order_of, ordered_further
from agenttrace.ingest.assembly.prompts import Prompts
from agenttrace.ingest.assembly.runs import Affinities, assign_runs
from agenttrace.ingest.assembly.workloads import TIMED
from agenttrace.model.vocabulary import HashScope

_STATED = ("source_id", "task_id", "run_id", "deployment", "first_prompt_fingerprint")


class Numbered(NamedTuple):
    """The frames with `sid`, the number of each row's session; and the `family` of each session, by its number."""

    frames: Frames
    family: Sequence[str]


def number_sessions(frames: Frames, members: pl.DataFrame, alike: Affinities, ledger: Ledger) -> Numbered:
    """Which session each row is of.

    `members`: as `membership` makes it; `alike`: as `assign_runs` takes it. Rows of sessions without any span are
    left out: nothing of theirs can be shown. Rows whose file holds no span of their set are of its earliest run.
    """
    set_of = dict(members.select("session_key", "set").iter_rows())
    family_of = dict(members.select("set", "family").iter_rows())
    told = {name: _keys_and_sources(frame) for name, frame in frames.items().items()}
    runs = assign_runs(frames.spans, told["spans"][1], set_of, alike, ledger)
    names = sorted({(name, run) for (name, _), run in runs.items()})
    sid_of = {run: sid for sid, run in enumerate(names)}

    def sid(key: str, origin: int) -> int:
        name = set_of.get(key, "")
        return sid_of.get((name, runs.get((name, origin), 0)), NONE)

    found = {name: _with_sid(frame, *told[name], sid) for name, frame in frames.items().items()}
    return Numbered(Frames(**found), [family_of[name] for name, _ in names])


def _keys_and_sources(frame: pl.DataFrame) -> tuple[Rows, list[tuple[str, int]]]:
    """The number of each row's key and source, and these."""
    if frame.is_empty():
        return np.empty(0, np.int64), []
    number, first = numbered(frame.get_column("origin").to_numpy(), frame.get_column("session_key"))
    return number, frame.select("session_key", "origin")[first].rows()


def _with_sid(
    frame: pl.DataFrame, number: Rows, told: list[tuple[str, int]], sid_of: Callable[[str, int], int]
) -> pl.DataFrame:
    sid = np.array([sid_of(key, origin) for key, origin in told], np.int64)[number]
    found = frame.hstack([pl.Series("sid", sid)])
    return found if (sid != NONE).all() else found.filter(pl.Series(sid != NONE))


def describe_sessions(held: Held, frames: Frames, detached: Rows, prompts: pl.DataFrame) -> pl.DataFrame:
    """One row a session, in the order of the trace: by start, then by name. `detached`: nanoseconds, by sid.

    A session is called what its source calls it where its main agent begins, else as that agent, else by its
    smallest key.
    """
    spans = held.spans
    sessions = spans.select("sid", "start_ns", "end_ns")[np.flatnonzero(are(spans, "kind", "session"))]
    sid = sessions.get_column("sid").to_numpy()
    first = _first_of_main(held)
    begins = rows_or_null(first[sid])
    described = (
        sessions.hstack(
            [
                _sources(frames, len(detached))[sid],
                spans.get_column("origin").gather(begins).alias("main_origin"),
                pl.Series("detached_ns", detached[sid]),
            ]
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
    """Of each session, among those of its spans; neighbours mostly have the same."""
    real = np.flatnonzero(spans.get_column("origin").to_numpy() >= 0)
    sid, keys = spans.get_column("sid").to_numpy()[real], spans.get_column("session_key")[real]
    other = np.ones(len(real), np.bool_)
    other[1:] = (sid[1:] != sid[:-1]) | (keys[1:] != keys[:-1]).to_numpy()
    told = pl.DataFrame({"sid": sid[other], "any_key": keys.filter(pl.Series(other))})
    return told.group_by("sid").agg(pl.col("any_key").min())


def _sources(frames: Frames, sessions: int) -> pl.Series:
    """Of each session, by sid, the numbers of the sources that tell of it, copies too."""
    sid, origin = (frames.spans.get_column(name).to_numpy() for name in ("sid", "origin"))
    told = np.unique(sid << 32 | origin)
    ends = np.searchsorted(told >> 32, np.arange(sessions + 1)).astype(np.int32)
    offsets: Any = pa.array(ends)
    origins: Any = pa.array((told & 2**32 - 1).astype(np.int32))
    return pl.Series("sources", pl.from_arrow(pa.ListArray.from_arrays(offsets, origins)))


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
