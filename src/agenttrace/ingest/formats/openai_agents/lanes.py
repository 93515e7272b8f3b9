"""Which spans of agents are one lane of control: those that a handoff, or the next trace of a group, goes on with.

An agent that hands off is done: the other one takes the conversation over, with its context. An agent that is
called as a tool, or run beside another, is an agent of its own. What an agent span is in is exported after it,
so agents are held until the end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace

from agenttrace.ingest.telemetry.ids import present_id
from agenttrace.ingest.telemetry.names import AGENT_LANE
from agenttrace.ingest.telemetry.plain import PlainLink, PlainSpan

_PASSED = frozenset({"task", "turn", "custom"})
"""Kinds of spans that only wrap: what is in them is in what they are in."""

_DEEPEST = 1_000
"""Wrappers in wrappers; more are a circle of parents."""

_Key = tuple[str | None, str | None]


@dataclass(slots=True)
class _Lane:
    key: str
    end_ns: int


class Lanes:
    """Takes every span of a source, and gives those of agents back with their lanes."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self._above: dict[_Key, tuple[_Key, str]] = {}
        self._agents: list[tuple[PlainSpan, int]] = []
        self._handoffs: dict[_Key, list[PlainSpan]] = {}

    def see(self, span: PlainSpan, kind: str) -> None:
        """Remembers where a span is."""
        if span.span_id is not None:
            self._above[span.trace_id, span.span_id] = (span.trace_id, span.parent_id), kind

    def hold(self, agent: PlainSpan, line: int) -> None:
        """An agent, until it is known what it is in."""
        self._agents.append((agent, line))

    def handoff(self, span: PlainSpan, target: str) -> None:
        """Somebody hands off to the agent of that name."""
        self._handoffs.setdefault((span.trace_id, target), []).append(span)

    def released(self, groups: dict[str, str]) -> Iterator[tuple[PlainSpan, int]]:
        """The agents as they began. `groups`: the group of each trace that has one."""
        for offers in self._handoffs.values():
            offers.sort(key=lambda span: (span.end_ns, span.span_id or ""))
        lanes: dict[_Key, _Lane] = {}
        latest: dict[_Key, _Lane] = {}
        for agent, line in sorted(self._agents, key=_order):
            key: _Key = (agent.trace_id, agent.span_id)
            given = self._given(agent)
            top = self._holder((agent.trace_id, agent.parent_id)) is None
            group = groups.get(agent.trace_id or "", agent.trace_id)
            lane = lanes.get(key) or self._lane_before(
                agent, given, lanes, latest.get((group, agent.name)) if top else None
            )
            lane = lane or _Lane(_own_key(agent), 0)
            lane.end_ns = max(lane.end_ns, agent.end_ns)
            lanes[key] = lane
            if top:
                latest[group, agent.name] = lane
            yield _with_lane(agent, lane, given), line

    def _lane_before(
        self, agent: PlainSpan, given: PlainSpan | None, lanes: dict[_Key, _Lane], last: _Lane | None
    ) -> _Lane | None:
        """The lane of whoever hands off to it, or the last of its name, which was over when it began."""
        giver = None if given is None else self._holder((given.trace_id, given.parent_id))
        lane = lanes.get(giver) if giver is not None else None
        if lane is None and last is not None and last.end_ns <= agent.start_ns:
            return last
        return lane

    def _given(self, agent: PlainSpan) -> PlainSpan | None:
        """The last handoff to it that was over before it began."""
        offers = self._handoffs.get((agent.trace_id, agent.name), [])
        over = bisect_right(offers, agent.start_ns, key=_end)
        return offers[over - 1] if over and _end(offers[over - 1]) > 0 else None

    def _holder(self, key: _Key) -> _Key | None:
        """The first span from here upwards that does not only wrap; None where there is none."""
        for _ in range(_DEEPEST):
            found = self._above.get(key)
            if found is None:
                return None
            above, kind = found
            if kind not in _PASSED:
                return key
            key = above
        return None


def _order(held: tuple[PlainSpan, int]) -> tuple[int, int, str]:
    agent, _ = held
    return agent.start_ns, agent.end_ns, agent.span_id or ""


def _end(span: PlainSpan) -> int:
    return span.end_ns


def _own_key(agent: PlainSpan) -> str:
    """The key of the span, as the dialect layer makes it."""
    return "/".join(present_id(each or "") or "" for each in (agent.trace_id, agent.span_id))


def _with_lane(agent: PlainSpan, lane: _Lane, given: PlainSpan | None) -> PlainSpan:
    """The agent in its lane, which bears the name of the agent that it began with."""
    links: list[PlainLink] = []
    named = agent.attributes
    if given is not None and agent.trace_id is not None and given.span_id is not None:
        links.append(PlainLink(agent.trace_id, given.span_id, follows=True))
    if lane.key != _own_key(agent):
        named = {name: value for name, value in named.items() if name != "gen_ai.agent.name"}
    return replace(agent, attributes={**named, AGENT_LANE: lane.key}, links=links)
