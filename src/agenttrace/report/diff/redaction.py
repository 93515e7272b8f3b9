"""A comparison without any word of its traces: names of sessions, tasks, tools, agents and models as hashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from agenttrace.diff.blame import Share
from agenttrace.diff.movers import Mover
from agenttrace.diff.result import Comparison
from agenttrace.report.diff.html.pairs import DrawnPair
from agenttrace.report.redaction import Redaction

_NAMED = frozenset({"tool", "agent", "model"})


def key_of(of: Comparison, sources: Sequence[str]) -> Redaction:
    """Hashes with a key that comes out of the names of both sides' sessions and files."""
    frames = (of.pairing.base, of.pairing.candidate)
    return Redaction([*sources, *(name for frame in frames for name in frame["session"].to_list())])


def redacted(of: Comparison, redaction: Redaction) -> Comparison:
    """Equal words have equal hashes; what was decided stays as it is."""
    frames = [_frame(frame, redaction) for frame in (of.pairing.base, of.pairing.candidate)]
    return replace(
        of,
        pairing=replace(of.pairing, base=frames[0], candidate=frames[1]),
        movers=[_mover(one, redaction) for one in of.movers],
        blame=replace(of.blame, shares=[_share(one, redaction) for one in of.blame.shares]),
    )


def redacted_pair(pair: DrawnPair, redaction: Redaction) -> DrawnPair:
    """The task and both sessions without their words."""
    sides = [redaction.timeline(one) if one is not None else None for one in (pair.baseline, pair.candidate)]
    return DrawnPair(redaction.hashed("task", pair.task), sides[0], sides[1])


def _frame(frame: pl.DataFrame, redaction: Redaction) -> pl.DataFrame:
    columns = []
    for name in ("session", "task"):
        known = frame[name].unique().drop_nulls().to_list()
        hashed = [redaction.hashed(name, word) for word in known]
        columns.append(pl.col(name).replace_strict(known, hashed, return_dtype=pl.String))
    return frame.with_columns(columns)


def _mover(one: Mover, redaction: Redaction) -> Mover:
    return replace(
        one,
        task=redaction.hashed("task", one.task),
        baseline_session=redaction.hashed("session", one.baseline_session),
        candidate_session=redaction.hashed("session", one.candidate_session),
    )


def _share(one: Share, redaction: Redaction) -> Share:
    return replace(one, name=redaction.name(one.name)) if one.by in _NAMED else one
