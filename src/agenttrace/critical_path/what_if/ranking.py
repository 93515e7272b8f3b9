"""Which changes would help most: a standard set of them, each at several sizes.

A change is a selection of time and a factor from 0 to 1. What a session takes is convex in the factor and made of
straight lines: the path moves elsewhere where two of them meet. All of them are known at STEPS.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from hashlib import blake2b

import numpy as np
import polars as pl

from agenttrace.critical_path.arrays import NONE, Bools, Ints, run_starts, sorting, sums, within_groups
from agenttrace.critical_path.columns import dictionary
from agenttrace.critical_path.measures.chunk import agent_frame
from agenttrace.critical_path.path import find_critical_path
from agenttrace.critical_path.spans import session_sizes
from agenttrace.critical_path.what_if.bench import Bench
from agenttrace.critical_path.what_if.scenarios import scaled_walls
from agenttrace.critical_path.what_if.spec import Subject, Term
from agenttrace.model.vocabulary import Phase, Purpose

STEPS = tuple(Fraction(eighths, 8) for eighths in range(8))
"""The factors that are tried; at 1 nothing is saved."""
HALF = STEPS.index(Fraction(1, 2))

RANKED_SPANS = 20_000
"""Of an input with more spans sessions with so many are looked at, chosen by nothing but their names."""

LARGEST_SPANS = 200_000
"""A session with more spans is not looked at."""

_PHASES = (
    *(Phase.QUEUE, Phase.PREFILL, Phase.DECODE, Phase.MODEL, Phase.NETWORK),
    *(Phase.TOOL, Phase.BACKOFF, Phase.HARNESS),
)
_PURPOSES = (Purpose.COMPACTION, Purpose.FAILED_ATTEMPT, Purpose.SIDE_REQUEST)
_NAMES = 4
_LEAST_SHARE = 200
"""A change that could not even give this part of a session's wall time is not tried there."""

SAVED = tuple(f"saved_{step}" for step in range(len(STEPS)))
SCHEMA = {
    "session": pl.Int64,
    "change": pl.String,
    "wall_ns": pl.Int64,
    "spans": pl.Int64,
    **dict.fromkeys(SAVED, pl.Int64),
}


def ranking(bench: Bench) -> pl.DataFrame:
    """One row a session and change: what the session takes, and what it saves at each of STEPS.

    `change` lacks the operator. Changes that save nothing in a session have no row in it; every session has one
    without a change, with the number of its spans.
    """
    walls = bench.walls
    spans = session_sizes(bench.graph.spans)[:-1]
    none = dict.fromkeys(SAVED, np.zeros(len(walls), np.int64))
    every = {
        "session": np.arange(len(walls)),
        "change": [None] * len(walls),
        "wall_ns": walls,
        "spans": spans,
    }
    looked_at = pl.DataFrame({**every, **none}, schema=SCHEMA)
    return pl.concat([looked_at, _tried(bench, spans)]).sort(
        "session", SAVED[HALF], "change", descending=[False, True, False], nulls_last=True
    )


def _tried(bench: Bench, spans: Ints) -> pl.DataFrame:
    changes, chosen, wanted = _candidates(bench)
    if not changes:
        return pl.DataFrame(schema=SCHEMA)
    pack = _packed(wanted)
    together = _together(bench, chosen, wanted, pack)
    scenarios = [(one, step) for one in together for step in STEPS]
    after = scaled_walls(bench.schedule, bench.gaps, scenarios)
    saved = (bench.walls - after).reshape(len(together), len(STEPS), -1)[pack]
    number, session = np.nonzero(wanted & (saved[:, 0] > 0))
    about = {
        "session": session,
        "change": [changes[at] for at in number],
        "wall_ns": bench.walls[session],
        "spans": spans[session],
    }
    columns = {name: saved[number, step, session] for step, name in enumerate(SAVED)}
    return pl.DataFrame({**about, **columns}, schema=SCHEMA)


def _packed(wanted: Bools) -> Ints:
    """Changes that are wanted in different sessions are tried at once: of each the number of its trial."""
    taken: list[Bools] = []
    pack = np.zeros(len(wanted), np.int64)
    for change, sessions in enumerate(wanted):
        free = [place for place, used in enumerate(taken) if not (used & sessions).any()]
        if free:
            taken[free[0]] |= sessions
        else:
            taken.append(sessions.copy())
        pack[change] = free[0] if free else len(taken) - 1
    return pack


def _together(bench: Bench, chosen: list[Bools], wanted: Bools, pack: Ints) -> list[Bools]:
    """The gaps of each trial: those of its changes, in the sessions in which these are wanted."""
    session = bench.graph.spans.session[bench.stretches.span]
    found = [np.zeros(len(session), np.bool_) for _ in range(int(pack.max()) + 1)]
    for change, gaps in enumerate(chosen):
        found[pack[change]] |= gaps & wanted[change][session]
    return found


def _candidates(bench: Bench) -> tuple[list[str], list[Bools], Bools]:
    """Changes, the gaps that each selects, and the sessions in which each could give enough to be tried."""
    path = find_critical_path(bench.graph)
    critical = np.zeros(len(bench.gaps), np.int64)
    critical[path.node] = bench.gaps[path.node]
    critical[bench.graph.spans.first] = 0
    session = bench.graph.spans.session[bench.stretches.span]
    least = np.maximum(1, bench.walls // _LEAST_SHARE)
    changes, chosen, wanted = [], [], []
    for terms, within in _selections(bench, critical, session):
        gaps = bench.stretches.select(terms)
        enough = within & (sums(critical[gaps], session[gaps], len(least)) >= least)
        if enough.any():
            changes.append(_text(terms))
            chosen.append(gaps)
            wanted.append(enough)
    return changes, chosen, np.array(wanted)


def _selections(bench: Bench, critical: Ints, session: Ints) -> Iterator[tuple[tuple[Term, ...], Bools]]:
    """Selections, and the sessions in which they matter: a name does where it is among those with most time."""
    everywhere = np.ones(len(bench.walls), np.bool_)
    for phase in _PHASES:
        yield (Term(Subject.PHASE, phase.value),), everywhere
    for purpose in _PURPOSES:
        yield (Term(Subject.PURPOSE, purpose.value),), everywhere
    stretches, spans = bench.stretches, bench.trace.spans
    tool = stretches.of_tools
    index, names = dictionary(spans, "name")
    for name, within in _heaviest(names, index[stretches.occurrence], np.where(tool, critical, 0), session):
        yield (Term(Subject.TOOL, _quoted(name)),), within
    index, names = dictionary(spans, "model")
    for name, within in _heaviest(names, index[stretches.occurrence], critical, session, least=2):
        yield (Term(Subject.MODEL, _quoted(name)),), within
    names, index = _agent_types(bench)
    for name, within in _heaviest(names, index[stretches.span], critical, session):
        yield (Term(Subject.AGENT, _quoted(name)),), within


def _heaviest(
    names: Sequence[str | None], index: Ints, spent: Ints, session: Ints, *, least: int = 1
) -> Iterator[tuple[str, Bools]]:
    """Names, and the sessions in which each is among the few on which most was spent; of `least` at least."""
    at = np.flatnonzero((index >= 0) & (spent > 0))
    ranked = sorted({name or "" for name in names})
    place = {name: rank for rank, name in enumerate(ranked)}
    rank = np.array([place[name or ""] for name in names], np.int64)[index[at]]
    key = session[at] * len(ranked) + rank
    order = sorting(key)
    first = np.flatnonzero(run_starts(key[order]))
    if not len(first):
        return
    of, called = np.divmod(key[order[first]], len(ranked))
    total = np.add.reduceat(spent[at[order]], first)
    enough = (np.bincount(of) >= least)[of] & (np.array(ranked, np.object_) != "")[called]
    of, called, total = of[enough], called[enough], total[enough]
    by_total = within_groups(of, -total)
    begins = np.flatnonzero(run_starts(of[by_total]))
    number = np.arange(len(by_total)) - np.repeat(begins, np.diff(np.append(begins, len(by_total))))
    heaviest = by_total[number < _NAMES]
    for one in np.unique(called[heaviest]).tolist():
        within = np.zeros(int(session.max()) + 1, np.bool_)
        within[of[heaviest[called[heaviest] == one]]] = True
        yield ranked[one], within


def _agent_types(bench: Bench) -> tuple[list[str | None], Ints]:
    """Types of subagents, or their names where they have no type; and of each span the one of its agent."""
    spans = bench.graph.spans
    agents = agent_frame(bench.trace, spans)
    number = agents.get_column("agent").to_numpy()
    kinds = agents.get_column("kind_of").to_list()
    names = sorted(
        {kind for kind, agent in zip(kinds, number, strict=True) if kind is not None and agent > 0}
    )
    place = {name: at for at, name in enumerate(names)}
    width = 1 + int(max(spans.agent.max(initial=0), number.max(initial=0)))
    known = np.full(len(spans.first) * width + 1, NONE, np.int64)
    known[agents.get_column("session").to_numpy() * width + number] = [
        place.get(kind, NONE) for kind in kinds
    ]
    main = np.arange(len(spans.first)) * width
    known[main] = NONE
    lane = np.where(spans.agent >= 0, spans.session * width + spans.agent, len(known) - 1)
    return [*names], known[lane]


def _quoted(name: str) -> str:
    """A pattern that the name fits, in the grammar of what-ifs."""
    return "".join("?" if letter in "*?[],&" else letter for letter in name)


def _text(terms: Sequence[Term]) -> str:
    return "&".join(t.value if t.about is Subject.PHASE else f"{t.about.value}:{t.value}" for t in terms)


def looked_at_first(ranking: pl.DataFrame, spans: int = RANKED_SPANS) -> pl.DataFrame:
    """The rows of as many sessions as have so many spans together, and of one at least.

    Which these are depends on names alone, so that it does not matter how an input is cut into pieces.
    """
    every = ranking.filter(pl.col("change").is_null()).select("session", "spans")
    chosen = first_sessions(dict(every.iter_rows()), spans)
    return ranking if len(chosen) == every.height else ranking.filter(pl.col("session").is_in(chosen))


def first_sessions(sizes: Mapping[str, int], spans: int = RANKED_SPANS) -> list[str]:
    """Names of sessions in an order of their own, as far as they have so many spans together, one at least.

    `sizes`: how many spans each has. The first ones of several inputs are among the first ones of each.
    """
    known = sorted(
        (blake2b(name.encode(), digest_size=8).digest(), name, int(size))
        for name, size in sizes.items()
        if size <= LARGEST_SPANS
    )
    total = np.cumsum([size for _, _, size in known])
    count = max(1, int(np.searchsorted(total, spans, side="right"))) if known else 0
    return [name for _, name, _ in known[:count]]


def first_of(sizes: Mapping[str, int]) -> dict[str, int]:
    """The first sessions, with their spans: of those of parts, those of the whole."""
    return {name: sizes[name] for name in first_sessions(sizes)}
