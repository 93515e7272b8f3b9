"""A chunk of sessions on which changes are tried."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from agenttrace.critical_path.arrays import Ints
from agenttrace.critical_path.graph import Graph
from agenttrace.critical_path.schedule import Schedule, walls
from agenttrace.critical_path.what_if.selection import StretchGaps
from agenttrace.model.trace import Trace


@dataclass(frozen=True, eq=False)
class Bench:
    """The chunk with its graph in the order in which it is run forward."""

    trace: Trace
    schedule: Schedule

    @property
    def graph(self) -> Graph:
        """The graph of the chunk."""
        return self.schedule.graph

    @cached_property
    def stretches(self) -> StretchGaps:
        """Whose time every gap is."""
        return StretchGaps(self.trace, self.graph)

    @cached_property
    def gaps(self) -> Ints:
        """The recorded gaps."""
        return self.graph.gaps

    @cached_property
    def walls(self) -> Ints:
        """What every session takes as recorded."""
        return walls(self.schedule, self.gaps)
