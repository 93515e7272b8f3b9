"""Sessions that no source would write and every source may: for the laws of the engine.

One generator, fed by any `random.Random`: hypothesis' own, which shrinks, or a seeded one for numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hypothesis import strategies as st

from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Evidence, LinkKind, Phase, Purpose, SpanKind
from timeline import MS, trace_of

Row = dict[str, Any]

_INNER = (SpanKind.REQUEST, SpanKind.TOOL, SpanKind.OTHER, SpanKind.COMPACTION, SpanKind.USER_WAIT)
_OUTER = (SpanKind.AGENT, SpanKind.INTERACTION)
_KINDS = (*_INNER, SpanKind.REQUEST, SpanKind.TOOL, SpanKind.TOOL, *_OUTER)


@dataclass
class Rows:
    """The rows of a trace before they become tables."""

    spans: list[Row] = field(default_factory=list)
    links: list[Row] = field(default_factory=list)
    marks: list[Row] = field(default_factory=list)
    agents: list[Row] = field(default_factory=list)

    def trace(self) -> Trace:
        return trace_of(self.spans, self.links, self.marks, self.agents)


@dataclass(frozen=True)
class Wildness:
    """How far sessions stray from what a careful source writes: chances from 0 to 1."""

    overruns: float = 0.3
    alike: float = 0.0
    unit_ns: int = MS


def draw_session(random: Random, wild: Wildness, session: str = "s", spans: int = 9) -> Rows:
    """One session with up to `spans` spans below its own."""
    rows = Rows()
    wall = random.randint(4, 24)
    at = random.randint(0, 3)
    unit = wild.unit_ns
    rows.spans.append(_span(random, wild, 0, None, SpanKind.SESSION, (at * unit, (at + wall) * unit)))
    for number in range(1, random.randint(1, spans) + 1):
        _draw_span(random, wild, rows, number)
    for _ in range(random.randint(0, len(rows.spans))):
        _draw_link(random, wild, rows)
    for row in (*rows.spans, *rows.links, *rows.marks, *rows.agents):
        row["session"] = session
    return rows


def _draw_span(random: Random, wild: Wildness, rows: Rows, number: int) -> None:
    parent = rows.spans[random.randrange(number)]
    kind = random.choice(_KINDS)
    span = _span(random, wild, number, parent["span"], kind, _bounds(random, wild, parent))
    span["agent"] = parent["agent"]
    span["blocking"] = random.random() < 0.8
    if kind is SpanKind.AGENT:
        span["agent"] = 1 + max(row["agent"] for row in rows.spans)
        rows.agents.append(
            {"agent": span["agent"], "span": number, "depth": 1, "background": random.random() < 0.2}
        )
    if random.random() < 0.05:
        span["parent"] = random.choice([None, 99])
    rows.spans.append(span)


def _bounds(random: Random, wild: Wildness, parent: Row) -> tuple[int, int]:
    unit = wild.unit_ns
    low, high = parent["start_ns"] // unit, parent["end_ns"] // unit
    if random.random() < wild.overruns:
        low, high = max(low - 4, 0), high + 6
    start = random.randint(low, high)
    end = random.randint(start, high)
    return start * unit, end * unit


def _span(
    random: Random, wild: Wildness, number: int, parent: int | None, kind: SpanKind, bounds: tuple[int, int]
) -> Row:
    grades = [word.value for word in Evidence]
    name = "x" if random.random() < wild.alike else f"{random.choice('abc')}{number}"
    row: Row = {
        "span": number,
        "parent": parent,
        "agent": 0,
        "kind": kind.value,
        "name": name,
        "start_ns": bounds[0],
        "end_ns": bounds[1],
        "start_evidence": random.choice(grades[:3]),
        "end_evidence": random.choice(grades[:3]),
        "purpose": random.choice([Purpose.TURN, Purpose.TURN, *Purpose]).value,
    }
    if random.random() < 0.08:
        row["own_phase"] = random.choice(list(Phase)).value
    if kind in {SpanKind.REQUEST, SpanKind.OTHER} and random.random() < 0.6:
        row |= _facts(random, row, wild.unit_ns)
    return row


def _facts(random: Random, row: Row, unit: int) -> Row:
    grades = [word.value for word in Evidence]
    length = (row["end_ns"] - row["start_ns"]) // unit
    facts: Row = {}
    for name in ("queue", "prefill", "decode"):
        if random.random() < 0.6:
            facts[f"{name}_ns"] = random.randint(0, length // 2 + 1) * unit
            facts[f"{name}_evidence"] = random.choice([*grades, None])
    if random.random() < 0.7:
        facts["first_token_ns"] = row["start_ns"] + random.randint(-1, length + 1) * unit
        facts["first_token_evidence"] = random.choice([*grades, None])
    return facts


def _draw_link(random: Random, wild: Wildness, rows: Rows) -> None:
    source, target = random.choice(rows.spans), random.choice(rows.spans)
    link: Row = {
        "from_span": source["span"],
        "to_span": target["span"],
        "kind": random.choice(list(LinkKind)).value,
        "explicit": random.random() < 0.7,
    }
    if random.random() < 0.4:
        unit = wild.unit_ns
        low, high = source["start_ns"] // unit, source["end_ns"] // unit
        mark: Row = {
            "mark": len(rows.marks),
            "span": source["span"],
            "t_ns": random.randint(max(low - 1, 0), high + 1) * unit,
            "evidence": random.choice([word.value for word in Evidence]),
        }
        if random.random() < 0.5:
            mark["refers_to"] = target["span"]
        if random.random() < 0.6:
            link["from_mark"] = mark["mark"]
        rows.marks.append(mark)
    rows.links.append(link)


def together(parts: Iterable[Rows]) -> Rows:
    """Several sessions as one trace, in this order."""
    rows = Rows()
    for part in parts:
        rows.spans += part.spans
        rows.links += part.links
        rows.marks += part.marks
        rows.agents += part.agents
    return rows


def sessions(wild: Wildness | None = None, spans: int = 9) -> st.SearchStrategy[Rows]:
    """One session."""
    chosen = wild or Wildness()
    return st.randoms(use_true_random=False).map(lambda random: draw_session(random, chosen, spans=spans))
