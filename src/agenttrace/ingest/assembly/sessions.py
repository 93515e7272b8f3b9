"""Sessions: which rows are of one, what each is called, and what its source says of it."""

from __future__ import annotations

import hashlib

import polars as pl

from agenttrace.ingest.assembly.frames import Frames
from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.runs import Affinities, assign_runs

_STATED = ("source_id", "task_id", "run_id", "deployment", "first_prompt_fingerprint")


def number_sessions(frames: Frames, members: pl.DataFrame, alike: Affinities, ledger: Ledger) -> Frames:
    """The frames with `sid`, the number of each row's session; spans also get `family`.

    `members`: as `membership` makes it; `alike`: as `assign_runs` takes it. Rows of sessions without any span are
    left out: nothing of theirs can be shown.
    """
    sets = members.select("session_key", "set")
    spans = frames.spans.join(sets, on="session_key", maintain_order="left")
    runs = assign_runs(spans, alike, ledger)
    numbered = (
        runs.select("set", "run")
        .unique()
        .sort("set", "run")
        .with_row_index("sid")
        .with_columns(pl.col("sid").cast(pl.Int64))
    )
    place = runs.join(numbered, on=["set", "run"])
    first = numbered.sort("run").group_by("set").agg(first_sid=pl.col("sid").first())

    def with_sid(frame: pl.DataFrame) -> pl.DataFrame:
        joined = frame.join(sets, on="session_key", how="left", maintain_order="left")
        joined = joined.join(place, on=["set", "origin"], how="left", maintain_order="left")
        joined = joined.join(first, on="set", how="left", maintain_order="left")
        sid = pl.coalesce("sid", "first_sid")
        return joined.with_columns(sid=sid).drop("set", "run", "first_sid").drop_nulls("sid")

    numbered_frames = {name: with_sid(frame) for name, frame in frames.items().items()}
    families = members.select("session_key", "family")
    in_families = numbered_frames["spans"].join(families, on="session_key", how="left", maintain_order="left")
    return Frames(**{**numbered_frames, "spans": in_families})


def describe_sessions(
    held: Held, frames: Frames, detached: pl.DataFrame, prompts: pl.DataFrame
) -> pl.DataFrame:
    """One row a session, in the order of the trace: by start, then by name.

    A session is called what its source calls it where its main agent begins, else by its smallest key.
    """
    spans = held.spans
    session_rows = spans.filter(pl.col("kind") == "session").select("sid", "start_ns", "end_ns")
    real = spans.filter(pl.col("origin") >= 0)
    sources = real.group_by("sid").agg(
        sources=pl.col("origin").unique().sort(), any_key=pl.col("session_key").min()
    )
    main = held.lanes.get_column("main").to_numpy()[held.lane]
    first_keys = (
        spans.with_columns(main=pl.Series(main))
        .filter(pl.col("main") & (pl.col("origin") >= 0))
        .sort("sid", "start_ns", pl.col("end_ns"), "span_key", descending=[False, False, True, False])
        .group_by("sid", maintain_order=True)
        .agg(main_key=pl.col("session_key").first(), main_origin=pl.col("origin").first())
    )
    described = (
        session_rows.join(sources, on="sid", how="left")
        .join(first_keys, on="sid", how="left")
        .join(_stated(frames.sessions, first_keys), on="sid", how="left")
        .join(detached, on="sid", how="left")
        .join(prompts, on="sid", how="left")
        .with_columns(
            name=pl.coalesce("source_id", pl.col("any_key").str.replace(r"^[^:]*:", "")),
            detached_ns=pl.col("detached_ns").fill_null(0),
            first_prompt_fingerprint=pl.coalesce("first_prompt_fingerprint", "prompt"),
        )
        .sort("start_ns", "name", "end_ns", "any_key")
    )
    again = pl.int_range(pl.len()).over("name")
    return described.with_columns(
        session=pl.when(again > 0).then(pl.format("{}#{}", "name", again + 1)).otherwise("name")
    )


def _stated(sessions: pl.DataFrame, first_keys: pl.DataFrame) -> pl.DataFrame:
    ranked = sessions.join(first_keys, on="sid", how="left").with_columns(
        other=pl.col("session_key") != pl.col("main_key")
    )
    ordered = ranked.sort("sid", "other", *_STATED, nulls_last=True)
    return ordered.group_by("sid", maintain_order=True).agg(
        *(pl.col(name).drop_nulls().first() for name in _STATED),
        truncated=pl.when(pl.col("truncated").count() > 0).then(pl.col("truncated").all()),
    )


def first_prompts(held: Held, placed: pl.DataFrame) -> pl.DataFrame:
    """Frame of sid and `prompt`: what the first main request's blocks hash to; for texts not known."""
    main = held.lanes.filter("main").get_column("lane_no")
    first = placed.filter(pl.col("lane").is_in(main.implode())).unique(
        "sid", keep="first", maintain_order=True
    )
    names = [
        hashlib.sha256(size.to_bytes(8, "little") + blocks.to_numpy().tobytes()).hexdigest()
        for size, blocks in zip(first.get_column("block_size"), first.get_column("blocks"), strict=True)
    ]
    return first.select("sid").with_columns(prompt=pl.Series(names, dtype=pl.String))
