"""The path of each session in named parts: by phase and purpose, and by tool, agent and model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from agenttrace.critical_path import columns
from agenttrace.critical_path.arrays import NONE, Codes, Ints, packed, run_starts, sorting
from agenttrace.critical_path.measures.chunk import Chunk
from agenttrace.critical_path.spans import PHASE, PHASES, PURPOSES
from agenttrace.model.frames import texts
from agenttrace.model.vocabulary import Phase, SpanKind

DIMENSIONS = ("phase", "purpose", "tool", "agent", "model")
MAIN = "main"
_UNKNOWN = "subagent"
_PHASES, _PURPOSES = [phase.value for phase in PHASES], [purpose.value for purpose in PURPOSES]


def session_parts(chunk: Chunk) -> pl.DataFrame:
    """Session, a column for each of DIMENSIONS, and `length_ns`; a session's rows sum to its wall time.

    `tool` is the name of the tool whose own time it is, or of what else is in the phase of tools; `model` the model of
    the request; both are null elsewhere. `agent` is `main`, or the subagent's type, or its name where it has no type.
    """
    spans, path = chunk.graph.spans, chunk.path
    tool, tools = columns.dictionary(chunk.table, "name")
    of_tools = spans.is_kind(SpanKind.TOOL)[path.span] | (path.phase == PHASE[Phase.TOOL])
    model, models = columns.dictionary(chunk.table, "model")
    agent, agents = _agents(chunk)
    found = {
        "phase": _Part.of(path.phase, _PHASES),
        "purpose": _Part.of(path.purpose, _PURPOSES),
        "tool": _Part.of(np.where(of_tools, tool[path.span], NONE), tools),
        "agent": _Part.of(agent, agents),
        "model": _Part.of(
            np.where(spans.is_kind(SpanKind.REQUEST)[path.span], model[path.span], NONE), models
        ),
    }
    key = packed(path.session, *(found[name].place for name in DIMENSIONS))
    order = sorting(key)
    first = np.flatnonzero(run_starts(key[order]))
    one = order[first]
    length = np.add.reduceat(path.length[order], first) if len(first) else first
    named = {name: found[name].names_at(one) for name in DIMENSIONS}
    return pl.DataFrame({"session": path.session[one], **named, "length_ns": length})


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Of each segment the place of a name among the `names`, which are in order; the one behind them is null."""

    place: Ints
    names: Sequence[str]

    @classmethod
    def of(cls, codes: Ints | Codes, words: Sequence[str | None]) -> _Part:
        """`codes`: places among the words, NONE for null."""
        names = sorted({word for word in words if word is not None})
        place = {word: at for at, word in enumerate(names)}
        table = np.array([*(place.get(word, len(names)) for word in words), len(names)], np.int64)  # type: ignore[arg-type]  # None is not there
        return cls(table[codes], names)

    def names_at(self, segments: Ints) -> pl.Series:
        """Of these segments the names."""
        place = self.place[segments]
        return texts(self.names, np.where(place < len(self.names), place, NONE))


def _agents(chunk: Chunk) -> tuple[Ints, list[str]]:
    """What the agent of each segment's span is called in parts: its place among these names."""
    kinds = chunk.agents.get_column("kind_of").fill_null(_UNKNOWN).to_list()
    spans, at = chunk.graph.spans, chunk.path.span
    lane = chunk.lanes(spans.session[at], spans.agent[at])
    return np.where(spans.agent[at] == 0, len(kinds) + 1, np.where(lane == NONE, len(kinds), lane)), [
        *kinds,
        _UNKNOWN,
        MAIN,
    ]
