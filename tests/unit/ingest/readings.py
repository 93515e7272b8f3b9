"""What a format makes of content that a test writes, and content that is damaged at random."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.registry import format_by_id
from agenttrace.ingest.source import Source

Row = dict[str, Any]
WRONG: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1.5,
    2**70,
    float("nan"),
    "",
    "x",
    "2026-13-45",
    [],
    [[]],
    {},
    {"a": {}},
)
SECOND = 10**9


@dataclass(frozen=True)
class Reading:
    """The raw rows of a file; spans, agents and findings by their keys."""

    spans: dict[str, Row]
    marks: list[Row]
    links: list[Row]
    agents: dict[str, Row]
    sessions: list[Row]
    edges: set[tuple[str, str]]
    findings: dict[str, Row]
    records: int
    dialects: tuple[str, ...]

    def of(self, kind: str) -> list[Row]:
        """The spans of a kind, in order of their start; those without one first."""
        found = [span for span in self.spans.values() if span["kind"] == kind]
        return sorted(found, key=lambda span: span["start_ns"] or 0)

    def bounds(self, key: str, epoch_ns: int) -> tuple[float | None, float | None]:
        """Start and end of a span, in seconds after `epoch_ns`."""
        span = self.spans[key]
        return tuple(
            None if t is None else (t - epoch_ns) / SECOND for t in (span["start_ns"], span["end_ns"])
        )  # type: ignore[return-value]

    def linked(self, rule: str) -> set[tuple[str, str]]:
        """(from, to) of the links of a rule."""
        return {(link["from_key"], link["to_key"]) for link in self.links if link["rule"] == rule}


def read_content(format_id: str, content: bytes, name: str = "test") -> Reading:
    """The raw rows of content."""
    return read_source(format_id, Source(name, content))


def read_source(format_id: str, source: Source) -> Reading:
    """The raw rows of a source."""
    recorder = Recorder()
    format_by_id(format_id).read(source, recorder)
    trace = recorder.trace()
    spans = trace.spans.to_pylist()
    keyed = {span["span_key"]: span for span in spans}
    assert len(keyed) == len(spans), "span keys are unique in a file"
    return Reading(
        keyed,
        trace.marks.to_pylist(),
        trace.links.to_pylist(),
        _merged(trace.agents.to_pylist()),
        trace.sessions.to_pylist(),
        {(edge["key_a"], edge["key_b"]) for edge in trace.key_edges.to_pylist()},
        {finding["code"]: finding for finding in trace.findings.to_pylist()},
        trace.records,
        trace.dialects,
    )


def _merged(agents: list[Row]) -> dict[str, Row]:
    """One row an agent: of each column the first value that is not null."""
    found: dict[str, Row] = {}
    for agent in agents:
        known = found.setdefault(agent["agent_key"], agent)
        known.update({name: value for name, value in agent.items() if known[name] is None})
    return found


def lines(records: Iterable[Any]) -> bytes:
    """A file of JSON lines."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def with_wrong_values(value: Any, seed: int, count: int) -> Iterator[Any]:
    """`count` copies of a document, each with a few of its values replaced by ones of other types, or gone."""
    for number in range(count):
        chance = Random(f"{seed}:{number}")  # seeded, not secret
        damaged = copy.deepcopy(value)
        for _ in range(chance.randint(1, 4)):
            _spoil(damaged, chance)
        yield damaged


def _spoil(value: Any, chance: Random) -> None:
    places = list(_places(value))
    if not places:
        return
    holder, key = chance.choice(places)
    if isinstance(holder, dict) and chance.random() < 0.2:
        del holder[key]
    else:
        holder[key] = chance.choice(WRONG)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in list(keys):
        yield value, key
        yield from _places(value[key])
