"""The same sessions, had the agents worked in another way.

Fewer subagents at once, the main agent first, contexts that are compacted earlier.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from agenttrace.critical_path.arrays import Ints
from agenttrace.critical_path.levels import levels
from agenttrace.replay.course import Course
from agenttrace.replay.demand import Demand
from agenttrace.replay.requests import Requests
from agenttrace.replay.workload import Workload

_KEPT, _SUMMARY = 20_000, 2_000
"""Tokens of a context after it was compacted, at most, and of the summary that is written for it."""


def main_agents_first(requests: Requests, demand: Demand) -> Demand:
    """Requests of main agents go before those of subagents that have the same priority."""
    first = (requests.agent != 0).astype(np.int64)
    return replace(demand, priority=(2 * np.array(demand.priority, np.int64) + first).tolist())


def most_at_once(workload: Workload, limit: int) -> Workload:
    """At most so many subagents of one agent at once: in the order in which they began, each waits for an earlier one.

    A subagent ends with its last request. Those that never ran beside so many others are not touched, nor are those
    that the earlier one goes on to wait for: both would wait for ever.
    """
    requests = workload.requests
    lanes = _lanes(requests)
    waits: list[tuple[int, int]] = []
    for siblings in _siblings(workload, lanes).values():
        ends = [lanes[lane][1] for lane in siblings]
        for place in range(limit, len(siblings)):
            first, last = lanes[siblings[place]][0], ends[place - limit]
            if requests.start[first] < requests.end[last]:
                waits.append((last, first))
    waits = _without_circles(workload, waits)
    if not waits:
        return workload
    return replace(workload, course=_with_waits(workload.course, requests, waits))


def _without_circles(workload: Workload, waits: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Without those that would let a request wait for itself: of each session one after the other is left out."""
    course, requests = workload.course, workload.requests
    source = np.concatenate([course.source, course.sent[course.of]])
    target = np.concatenate([course.target, course.hangs])
    while waits:
        last, first = (course.sent[np.array(side, np.int64)] for side in zip(*waits, strict=True))
        before, after = np.concatenate([source, last]), np.concatenate([target, first])
        # What no order can be given to from either end lies on a circle, or between two.
        forth, back = levels(before, after, course.size)[0] < 0, levels(after, before, course.size)[0] < 0
        stuck = np.flatnonzero((forth & back)[last] & (forth & back)[first]).tolist()
        if not stuck:
            break
        closing = {int(requests.session[waits[place][1]]): place for place in reversed(stuck)}
        closed = set(closing.values())
        waits = [wait for place, wait in enumerate(waits) if place not in closed]
    return waits


def _lanes(requests: Requests) -> dict[tuple[int, int], tuple[int, int]]:
    """Of each subagent its first and its last request."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    keys = list(zip(requests.session.tolist(), requests.agent.tolist(), strict=True))
    for row in np.argsort(requests.start, kind="stable").tolist():
        if keys[row][1] != 0:
            first, last = found.get(keys[row], (row, row))
            found[keys[row]] = first, row if requests.end[row] >= requests.end[last] else last
    return found


def _siblings(
    workload: Workload, lanes: dict[tuple[int, int], tuple[int, int]]
) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """Subagents of one agent in the order in which they began."""
    found: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for lane in lanes:
        parent = workload.parents.get(lane)
        if parent is not None:
            found.setdefault((lane[0], parent), []).append(lane)
    return found


def _with_waits(course: Course, requests: Requests, waits: list[tuple[int, int]]) -> Course:
    """The course with further points: ends of requests that the sending of others waits for."""
    points = course.size + np.arange(len(waits))
    last, first = (np.array(side, np.int64) for side in zip(*waits, strict=True))
    order = np.argsort(np.concatenate([course.source, points]), kind="stable")

    def further(old: Ints, new: Ints) -> Ints:
        return np.concatenate([old, new])[order]

    return replace(
        course,
        size=course.size + len(waits),
        source=further(course.source, points),
        target=further(course.target, course.sent[first]),
        delay=further(course.delay, np.zeros(len(waits), np.int64)),
        hangs=np.concatenate([course.hangs, points]),
        of=np.concatenate([course.of, last]),
        offset=np.concatenate([course.offset, (requests.end - requests.start)[last]]),
    )


def compacted(requests: Requests, demand: Demand, threshold: int) -> Demand:
    """Contexts that are cut to 20,000 tokens, or half the threshold, where they exceed `threshold` tokens.

    The summary is written by the request before, which answers so much longer. What follows shares no blocks with
    what was before; of it as much is cached as the agent's last prompt and answer held. All of that is estimated.
    """
    kept = max(1, min(_KEPT, threshold // 2))
    prompt, answer = list(demand.prompt), list(demand.answer)
    hits, paths = list(demand.told_hit), list(demand.paths)
    cut: dict[tuple[int, int], int] = {}
    before: dict[tuple[int, int], int] = {}
    keys = list(zip(requests.session.tolist(), requests.agent.tolist(), strict=True))
    for row in np.argsort(requests.start, kind="stable").tolist():
        lane, asked = keys[row], demand.prompt[row]
        if lane in before and asked < demand.prompt[before[lane]]:
            cut.pop(lane, None)  # the agent itself began anew
        if asked - cut.get(lane, 0) > threshold and lane in before:
            answer[before[lane]] += _SUMMARY
            cut[lane] = asked - kept
            hits[row] = 0
            prompt[row], paths[row] = kept, ()
        elif cut.get(lane):
            prompt[row], paths[row] = max(1, asked - cut[lane]), ()
            last = before[lane]
            hits[row] = min(prompt[last] + answer[last], prompt[row])
        before[lane] = row
    lengths = demand.lengths
    blocks = [sum(lengths[segment] for segment in path) for path in paths]
    return replace(demand, prompt=prompt, answer=answer, told_hit=hits, paths=paths, path_blocks=blocks)
