"""Which sessions of two sides work on the same task."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from agenttrace.errors import UsageError

NONE = "none"
TASK_ID, FIRST_PROMPT, SESSION = "task_id", "first-prompt", "session"
REGEX, MANIFEST = "regex", "manifest"


@dataclass(frozen=True, slots=True, eq=False)
class Pairing:
    """Both sides with a column `task`; where they are paired, only the sessions of tasks that both have.

    `unmatched`: sessions of each side that have no counterpart, left out where sides are paired. `tried`: by each key
    which share of the sessions has one. `lost`: so many tasks of the baseline that the candidate, which works on
    hardly any others, has too few are left.
    """

    base: pl.DataFrame
    candidate: pl.DataFrame
    paired: bool
    paired_by: str
    pairs: int
    unmatched: tuple[int, int]
    tried: Mapping[str, float]
    lost: bool = False


def pair(
    base: pl.DataFrame,
    candidate: pl.DataFrame,
    pair_by: str | None = None,
    *,
    manifest: Mapping[str, str] | None = None,
    least: float = 0.8,
) -> Pairing:
    """By what is asked for; else by task_id, then by the first prompt, where enough of the candidate's have one.

    `pair_by`: task_id, first-prompt, session, none, `regex:PATTERN` (its first group, found in the source's id, the
    session's or the file's), or the key of a label. `manifest`: session to task.
    """
    if pair_by == NONE:
        return _unpaired(base, candidate, {})
    ways = _ways(pair_by, manifest)
    tried = {}
    for name, key in ways.items():
        found = _matched(base.with_columns(task=key), candidate.with_columns(task=key), name)
        kept, known = _share(base, found.unmatched[0]), _share(candidate, found.unmatched[1])
        tried[name] = min(kept, known)
        if found.pairs and known >= least:
            return replace(found, tried=tried, lost=kept < least)
    return _unpaired(base, candidate, tried)


def _ways(pair_by: str | None, manifest: Mapping[str, str] | None) -> dict[str, pl.Expr]:
    if manifest is not None:
        return {MANIFEST: _by_manifest(manifest)}
    known = {TASK_ID: pl.col("task_id"), FIRST_PROMPT: pl.col("first_prompt_fingerprint")}
    if pair_by is None:
        return known
    if pair_by.startswith("regex:"):
        return {REGEX: _by_pattern(pair_by.removeprefix("regex:"))}
    if pair_by in known:
        return {pair_by: known[pair_by]}
    if pair_by == SESSION:
        return {SESSION: pl.coalesce("source_id", "session")}
    return {f"label:{pair_by}": _by_label(pair_by)}


def _by_pattern(pattern: str) -> pl.Expr:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"--pair-by regex:{pattern}: {error}") from error

    def group(text: str | None) -> str | None:
        found = compiled.search(text) if text is not None else None
        return found.group(1 if compiled.groups else 0) if found else None

    return pl.coalesce(
        pl.col(name).map_elements(group, return_dtype=pl.String)
        for name in ("source_id", "session", "source")
    )


def _by_manifest(manifest: Mapping[str, str]) -> pl.Expr:
    return pl.coalesce(
        pl.col(name).replace_strict(manifest, default=None, return_dtype=pl.String)
        for name in ("source_id", "session")
    )


def _by_label(key: str) -> pl.Expr:
    value = pl.element().filter(pl.element().str.starts_with(f"{key}=")).first()
    return pl.col("labels").list.eval(value).list.first().str.strip_prefix(f"{key}=")


def _matched(base: pl.DataFrame, candidate: pl.DataFrame, name: str) -> Pairing:
    tasks = base.get_column("task").drop_nulls().unique()
    shared = tasks.filter(tasks.is_in(candidate.get_column("task").drop_nulls().unique().implode())).sort()
    kept = [side.filter(pl.col("task").is_in(shared.implode())) for side in (base, candidate)]
    unmatched = base.height - kept[0].height, candidate.height - kept[1].height
    return Pairing(
        kept[0], kept[1], paired=True, paired_by=name, pairs=len(shared), unmatched=unmatched, tried={}
    )


def _share(side: pl.DataFrame, unmatched: int) -> float:
    return 1 - unmatched / side.height if side.height else 0.0


def _unpaired(base: pl.DataFrame, candidate: pl.DataFrame, tried: Mapping[str, float]) -> Pairing:
    """Every session for itself, unless several work on one task of their own side."""
    sides: Sequence[pl.DataFrame] = [
        side.with_columns(task=pl.coalesce("task_id", "first_prompt_fingerprint", "session"))
        for side in (base, candidate)
    ]
    return Pairing(
        sides[0],
        sides[1],
        paired=False,
        paired_by=NONE,
        pairs=0,
        unmatched=(base.height, candidate.height),
        tried=tried,
    )
