"""What a scope is because of the scopes around it: whose lane it is in, what its own time is, what it is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agenttrace.ingest.formats.atof.scopes import Scope
from agenttrace.model.vocabulary import Phase, Purpose, SpanKind

_DEEPEST = 1_000
_LANES = (SpanKind.TOOL, SpanKind.AGENT)


class Nesting:
    """Questions to the scopes of a file. Those that are not in it are as if they were not there."""

    def __init__(self, scopes: Mapping[str, Scope]) -> None:
        """Scopes by their uuids."""
        self._scopes = scopes
        self._runners = {
            tool.uuid
            for scope in scopes.values()
            if scope.kind is SpanKind.REQUEST
            and (tool := self._nearest(scope, _LANES)) is not None
            and tool.kind is SpanKind.TOOL
        }

    def runs_agent(self, scope: Scope) -> bool:
        """Whether it is a tool that calls a model itself, with no agent's scope between."""
        return scope.uuid in self._runners

    def runner(self, scope: Scope) -> Scope | None:
        """The tool in whose agent's lane it is; None in the lane of an agent's scope, or of nobody."""
        place = scope
        if self._executes(scope):
            place = self._scopes[scope.parent or ""]
        for above in self._above(place):
            if above.kind is SpanKind.AGENT:
                return None
            if self.runs_agent(above):
                return above
        return None

    def own_phase(self, scope: Scope) -> Phase | None:
        """A function inside a tool is the tool's own time, but for those of the agent that the tool runs."""
        if scope.own_phase is None:
            return None
        holder = next((one for one in self._above(scope) if one.kind is not SpanKind.OTHER), None)
        if holder is None or holder.kind is not SpanKind.TOOL:
            return scope.own_phase
        agents = self.runs_agent(holder) and not self._executes(scope)
        return scope.own_phase if agents else Phase.TOOL

    def purpose(self, scope: Scope) -> Purpose:
        """What is inside a compaction works for it."""
        if scope.kind is SpanKind.COMPACTION or self._nearest(scope, (SpanKind.COMPACTION,)) is not None:
            return Purpose.COMPACTION
        return Purpose.TURN

    def _executes(self, scope: Scope) -> bool:
        """Whether it is what a tool that runs an agent consists of: it holds the agent."""
        return scope.kind is SpanKind.OTHER and scope.parent in self._runners

    def _nearest(self, scope: Scope, kinds: tuple[SpanKind, ...]) -> Scope | None:
        return next((one for one in self._above(scope) if one.kind in kinds), None)

    def _above(self, scope: Scope) -> Iterator[Scope]:
        """The nearest first. Where parents go in a circle, no further than a limit."""
        current = scope
        for _ in range(_DEEPEST):
            found = self._scopes.get(current.parent or "")
            if found is None or found is scope:
                return
            yield found
            current = found
