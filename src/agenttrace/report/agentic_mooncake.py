"""Sessions as an Agentic Mooncake file (version 2), so that other simulators and load generators replay the same.

What is written is the course of the sessions: which request waits for which, and how long after it. Tools, users and
the harness are in the pauses; a request that hangs on an instant inside another one waits for the sending of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import orjson

from agenttrace.critical_path.arrays import NONE, NULL

if TYPE_CHECKING:
    from agenttrace.replay.workload import Workload

_VERSION = 2
_BLOCK_TOKENS = 16
_NS_IN_MS = 1e6
Row = dict[str, Any]


class _Wait(NamedTuple):
    """For the end of a request, or (`dispatch`) for its being sent; NONE: for the beginning of the session."""

    request: int
    dispatch: bool


def to_agentic_mooncake(workload: Workload, *, redact: bool = False) -> Iterator[bytes]:
    """The lines. `redact`: sessions are numbers, models are not told. Needs token counts: others count as one."""
    blocks = workload.prompts.block_tokens
    head: Row = {"schema": "dynamo.agentic_mooncake", "version": _VERSION, "hash_id_scope": "local"}
    head["block_size"] = blocks or _BLOCK_TOKENS
    head["source"] = {"format": "agenttrace", "digest": f"{len(workload.names)}-{len(workload.requests)}"}
    yield orjson.dumps(head, option=orjson.OPT_APPEND_NEWLINE)
    plays = _Plays(workload, redact=redact)
    for row in workload.requests.start.argsort(kind="stable").tolist():
        yield orjson.dumps(plays.row(row), option=orjson.OPT_APPEND_NEWLINE)


def lengths_unknown(workload: Workload) -> int:
    """Of how many requests a length is written that nobody stated."""
    requests = workload.requests
    return int(((requests.input_tokens == NULL) | (requests.output_tokens == NULL)).sum())


class _Plays:
    """Requests as rows, asked for in the order in which they are written."""

    def __init__(self, workload: Workload, *, redact: bool) -> None:
        self._workload, self._redact = workload, redact
        self._waits, self._hashes = _Waits(workload), _Hashes(workload)
        requests = workload.requests
        self._begun = (workload.start - workload.start.min(initial=np.iinfo(np.int64).max)).tolist()
        self._lanes = list(zip(requests.session.tolist(), requests.agent.tolist(), strict=True))
        self._seen: set[tuple[int, int]] = set()

    def row(self, row: int) -> Row:
        """One request."""
        return {**self._asked(row), **self._order(row)}

    def _asked(self, row: int) -> Row:
        workload, requests = self._workload, self._workload.requests
        session, agent = self._lanes[row]
        name = str(session) if self._redact else workload.names[session]
        found: Row = {
            "request_id": f"r{row}",
            "play_id": name,
            "session_id": f"{name}/{agent}",
            "input_length": _count(requests.input_tokens[row]),
            "output_length": _count(requests.output_tokens[row]),
        }
        if not self._redact and requests.model[row] != NONE:
            found["model"] = workload.models[int(requests.model[row])]
        if requests.priority[row]:
            found["priority"] = int(requests.priority[row])
        if workload.timed:
            found["recorded_api_time_ms"] = _ms(int(requests.end[row] - requests.start[row]))
        known = self._hashes.of(row)
        return {**found, "hash_ids": known} if known else found

    def _order(self, row: int) -> Row:
        lane, told = self._lanes[row], self._waits.of(row)
        arrival = told.pop(_Wait(NONE, dispatch=False), 0)
        found: Row = {"not_before_ms": _ms(self._begun[lane[0]] + (0 if told else arrival))}
        if told:
            found["dependencies"] = [
                _dependency(
                    wait,
                    delay,
                    _relation(
                        wait, same_lane=self._lanes[wait.request] == lane, first=lane not in self._seen
                    ),
                )
                for wait, delay in told.items()
            ]
        self._seen.add(lane)
        return found


def _relation(wait: _Wait, *, same_lane: bool, first: bool) -> str:
    """A sequence waits for an end: whoever reads this format takes no other."""
    if wait.dispatch or (first and not same_lane):
        return "spawn"
    return "sequence" if same_lane else "join"


def _dependency(wait: _Wait, delay_ns: int, relation: str) -> Row:
    return {
        "request_id": f"r{wait.request}",
        "trigger": "dispatch" if wait.dispatch else "completion",
        "delay_ms": _ms(delay_ns),
        "relation": relation,
    }


def _count(tokens: int) -> int:
    return 1 if tokens == NULL else max(1, int(tokens))


def _ms(ns: int) -> float:
    return max(0, ns) / _NS_IN_MS


class _Waits:
    """What each request waits for, through all that lies between: of several ways the longest."""

    def __init__(self, workload: Workload) -> None:
        course = workload.course
        self._before: list[list[tuple[int, int]]] = [[] for _ in range(course.size)]
        edges = (course.source.tolist(), course.target.tolist(), course.delay.tolist())
        for source, target, delay in zip(*edges, strict=True):
            self._before[target].append((source, delay))
        whole = (workload.requests.end - workload.requests.start).tolist()
        self._hangs: dict[int, tuple[_Wait, int]] = {}
        hangs = (course.hangs.tolist(), course.of.tolist(), course.offset.tolist())
        for point, request, offset in zip(*hangs, strict=True):
            at_end = offset >= whole[request]
            self._hangs[point] = _Wait(request, not at_end), 0 if at_end else offset
        self._point = course.sent.tolist()
        self._sent = {point: row for row, point in enumerate(self._point)}
        self._begins = set(course.start.tolist())
        self._known: dict[int, dict[_Wait, int]] = {}

    def of(self, request: int) -> dict[_Wait, int]:
        """Each wait with the pause after it, ns."""
        return dict(self._longest(self._point[request]))

    def _longest(self, last: int) -> dict[_Wait, int]:
        """Points are settled after all that they wait for, without recursion."""
        stack = [last]
        while stack:
            point = stack[-1]
            if point in self._known:
                stack.pop()
                continue
            open_ones = [
                source
                for source, _ in self._before[point]
                if self._is_between(source) and source not in self._known
            ]
            if open_ones:
                stack += open_ones
                continue
            self._known[point] = self._settled(point)
            stack.pop()
        return self._known[last]

    def _is_between(self, point: int) -> bool:
        return point not in self._sent and point not in self._begins

    def _settled(self, point: int) -> dict[_Wait, int]:
        found: dict[_Wait, int] = {}
        if point in self._hangs:
            wait, offset = self._hangs[point]
            found[wait] = offset
        for source, delay in self._before[point]:
            if source in self._begins:
                ways = {_Wait(NONE, dispatch=False): 0}
            elif source in self._sent:
                ways = {_Wait(self._sent[source], dispatch=True): 0}
            else:
                ways = self._known[source]
            for wait, before in ways.items():
                found[wait] = max(found.get(wait, 0), before + delay)
        return found


class _Hashes:
    """Block ids of prompts: those of a segment are a run of numbers; a part of a block gets one of its own."""

    def __init__(self, workload: Workload) -> None:
        prefixes = workload.prompts.prefixes
        self._paths = prefixes.paths
        self._first = [0]
        for length in prefixes.lengths:
            self._first.append(self._first[-1] + length)
        self._size = workload.prompts.block_tokens
        self._prompt = workload.requests.input_tokens.tolist()

    def of(self, row: int) -> list[int]:
        """Of a whole prompt; empty where nothing is known of its blocks."""
        if not self._size or not self._paths[row]:
            return []
        found = [
            block
            for segment in self._paths[row]
            for block in range(self._first[segment], self._first[segment + 1])
        ]
        needed = -(-max(self._prompt[row], 1) // self._size)
        own = self._first[-1] + row * (1 << 20)
        return found[:needed] + list(range(own, own + needed - len(found)))
