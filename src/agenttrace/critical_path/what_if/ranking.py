"""Which changes would help most: a standard set of them, each at several sizes.

A change is a selection of time and a factor from 0 to 1. What a session takes is convex in the factor and made of
straight lines: the path moves elsewhere where two of them meet. All of them are known at STEPS.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import polars as pl

from agenttrace.critical_path.arrays import Bools, Ints
from agenttrace.critical_path.columns import dictionary
from agenttrace.critical_path.measures.chunk import agent_frame
from agenttrace.critical_path.path import find_critical_path
from agenttrace.critical_path.spans import KIND
from agenttrace.critical_path.what_if.bench import Bench
from agenttrace.critical_path.what_if.scenarios import scaled_walls
from agenttrace.critical_path.what_if.spec import Subject, Term
from agenttrace.model.vocabulary import Phase, Purpose, SpanKind

STEPS = tuple(Fraction(eighths, 8) for eighths in range(8))
"""The factors that are tried; at 1 nothing is saved."""

HALF = STEPS.index(Fraction(1, 2))

RANKED_SPANS = 10_000
"""Of a chunk with more spans, sessions with about so many are looked at."""

LARGEST_SPANS = 200_000
"""A session with more spans is not looked at."""

_PHASES = (
    *(Phase.QUEUE, Phase.PREFILL, Phase.DECODE, Phase.MODEL, Phase.NETWORK),
    *(Phase.TOOL, Phase.BACKOFF, Phase.HARNESS),
)
_PURPOSES = (Purpose.COMPACTION, Purpose.FAILED_ATTEMPT, Purpose.SIDE_REQUEST)
_TOOL = KIND[SpanKind.TOOL]
_NAMES = 6
_CANDIDATES = 14
_LEAST_SHARE = 200
"""A change that could not even give this part of the wall time is not tried."""

SAVED = tuple(f"saved_{step}" for step in range(len(STEPS)))
SCHEMA = {"session": pl.Int64, "change": pl.String, "wall_ns": pl.Int64, **dict.fromkeys(SAVED, pl.Int64)}


@dataclass(frozen=True, slots=True)
class _Candidate:
    change: str
    chosen: Bools
    critical_ns: int


def ranking(bench: Bench) -> pl.DataFrame:
    """One row a session and change: what the session takes, and what it saves at each of STEPS.

    `change` lacks the operator. Changes that save nothing in a session have no row in it; every session that was
    looked at has one without a change.
    """
    walls = bench.walls
    candidates = _candidates(bench)
    looked_at = pl.DataFrame({"session": np.arange(len(walls)), "wall_ns": walls}).select(
        "session",
        pl.lit(None, pl.String).alias("change"),
        "wall_ns",
        *(pl.lit(0, pl.Int64).alias(name) for name in SAVED),
    )
    if not candidates:
        return looked_at
    scenarios = [(candidate.chosen, step) for candidate in candidates for step in STEPS]
    after = scaled_walls(bench.schedule, bench.gaps, scenarios)
    saved = (walls - after).reshape(len(candidates), len(STEPS), len(walls))
    number, session = np.nonzero(saved[:, 0] > 0)
    names = [candidates[at].change for at in number]
    columns = {name: saved[number, step, session] for step, name in enumerate(SAVED)}
    found = pl.DataFrame(
        {"session": session, "change": names, "wall_ns": walls[session], **columns}, schema=SCHEMA
    )
    return pl.concat([looked_at, found]).sort(
        "session", SAVED[HALF], "change", descending=[False, True, False], nulls_last=True
    )


def _candidates(bench: Bench) -> list[_Candidate]:
    """The changes that concern most of the path; each at least a little of it."""
    path = find_critical_path(bench.graph)
    on_path = np.zeros(len(bench.gaps), np.bool_)
    on_path[path.node] = True
    on_path[bench.graph.spans.first] = False
    critical = np.where(on_path, bench.gaps, 0)
    found = []
    for terms in _selections(bench, critical):
        chosen = bench.stretches.select(terms)
        found.append(_Candidate(_text(terms), chosen, int(critical[chosen].sum())))
    least = max(1, int(bench.walls.sum()) // _LEAST_SHARE)
    found = [candidate for candidate in found if candidate.critical_ns >= least]
    found.sort(key=lambda candidate: (-candidate.critical_ns, candidate.change))
    return found[:_CANDIDATES]


def _selections(bench: Bench, critical: Ints) -> Iterator[tuple[Term, ...]]:
    for phase in _PHASES:
        yield (Term(Subject.PHASE, phase.value),)
    for purpose in _PURPOSES:
        yield (Term(Subject.PURPOSE, purpose.value),)
    stretches, spans = bench.stretches, bench.trace.spans
    tools = bench.graph.spans.kind[stretches.occurrence] == _TOOL
    for name in _heaviest(dictionary(spans, "name"), stretches.occurrence, np.where(tools, critical, 0)):
        yield (Term(Subject.TOOL, _quoted(name)),)
    models = _heaviest(dictionary(spans, "model"), stretches.occurrence, critical)
    if len(models) > 1:
        for name in models:
            yield (Term(Subject.MODEL, _quoted(name)),)
    for name in _agent_types(bench, critical):
        yield (Term(Subject.AGENT, _quoted(name)),)


def _heaviest(names: tuple[Ints, list[str | None]], occurrence: Ints, critical: Ints) -> list[str]:
    index, values = names
    weight = np.zeros(len(values) + 1, np.int64)
    np.add.at(weight, index[occurrence], critical)
    order = sorted(
        (-int(weight[place]), name) for place, name in enumerate(values) if name and weight[place] > 0
    )
    return [name for _, name in order[:_NAMES]]


def _agent_types(bench: Bench, critical: Ints) -> list[str]:
    """Types of subagents, or their names where they have no type."""
    agents = (
        agent_frame(bench.trace, bench.graph.spans)
        .filter(pl.col("agent") > 0)
        .select("session", "agent", "kind_of")
    )
    spans = bench.graph.spans
    owner = bench.stretches.span
    at = np.flatnonzero(critical)
    spent = pl.DataFrame(
        {"session": spans.session[owner[at]], "agent": spans.agent[owner[at]], "critical_ns": critical[at]}
    ).with_columns(
        pl.col("agent").cast(agents.schema["agent"]), pl.col("session").cast(agents.schema["session"])
    )
    heaviest = (
        spent.join(agents.drop_nulls("kind_of"), on=["session", "agent"])
        .group_by("kind_of")
        .agg(pl.col("critical_ns").sum())
        .sort("critical_ns", "kind_of", descending=[True, False])
    )
    return heaviest.get_column("kind_of").head(_NAMES).to_list()


def _quoted(name: str) -> str:
    """A pattern that the name fits, in the grammar of what-ifs."""
    return "".join("?" if letter in "*?[],&" else letter for letter in name)


def _text(terms: Sequence[Term]) -> str:
    return "&".join(t.value if t.about is Subject.PHASE else f"{t.about.value}:{t.value}" for t in terms)
