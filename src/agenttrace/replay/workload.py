"""What is replayed: sessions, their requests, the course that leads from one to the next, the prompts' prefixes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from agenttrace.critical_path import columns
from agenttrace.critical_path.arrays import NONE, Ints, run_starts
from agenttrace.critical_path.graph import build_graph
from agenttrace.critical_path.network import weave
from agenttrace.critical_path.spans import session_numbers
from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import HashScope
from agenttrace.replay.course import Course, lay_course
from agenttrace.replay.prefix_paths import PrefixPaths, prefix_paths
from agenttrace.replay.prefix_tree import Changes
from agenttrace.replay.requests import Requests, joined, read_requests
from agenttrace.replay.served import find_served
from agenttrace.replay.untimed import is_untimed, laid_out, stated_pauses

_SCOPES = tuple(HashScope)


@dataclass(frozen=True, slots=True, eq=False)
class Prompts:
    """What is known of prompts: `paths` has one for each request, empty where its blocks are not known.

    `block_tokens`: tokens in a block; 0 where no request has blocks.
    """

    prefixes: PrefixPaths
    block_tokens: int


@dataclass(frozen=True, slots=True, eq=False)
class Workload:
    """Sessions in the order of their rows. `start`, `wall`: when each began and how long it took, ns.

    `models`: the names of the models, by number. `sources`: paths of what was read, by number. `timed`: whether the
    source says how long things took; if not, starts and lengths stand for nothing. `parents`: of a subagent, by the
    numbers of its session and its own, the agent that spawned it.
    """

    names: list[str]
    start: Ints
    wall: Ints
    requests: Requests
    course: Course
    prompts: Prompts
    models: list[str]
    timed: bool
    parents: Mapping[tuple[int, int], int] = field(default_factory=dict)
    sources: Sequence[str] = ()


def read_workload(trace: Trace, *, tool_factor: float = 1.0) -> Workload:
    """The timed sessions of a trace as a workload, or all where none is; tools take `tool_factor` of their time."""
    timed = not is_untimed(trace)
    trace = trace.timed() if timed else laid_out(trace)
    models: dict[str, int] = {}
    parents: dict[tuple[int, int], int] = {}
    requests, courses, changes, names, bounds = [], [], [], [], []
    sessions = spans = 0
    for chunk in trace.chunks():
        graph = build_graph(chunk)
        network = weave(graph.forest, graph.nodes, graph.blocks, graph.dependencies)
        served = find_served(graph, network)
        found = read_requests(chunk, graph, served, models)
        changes.append(_changes(chunk, found, served.request, graph.spans.names, graph.spans.first))
        found.session[:] += sessions
        found.span[:] += spans
        requests.append(found)
        courses.append(
            lay_course(graph, network, served, tool_factor, None if timed else stated_pauses(chunk))
        )
        parents |= _parents(chunk, graph.spans.names, sessions)
        names += [str(name) for name in graph.spans.names.to_pylist()]
        first = graph.spans.first
        bounds.append(np.stack([graph.forest.start[first], graph.forest.end[first]]))
        sessions += len(first)
        spans += len(graph.spans)
    start, end = np.concatenate(bounds, axis=1) if bounds else np.zeros((2, 0), np.int64)
    whole = joined(requests)
    return Workload(
        names=names,
        start=start,
        wall=end - start,
        requests=whole,
        course=_joined_courses(courses, [len(part) for part in requests]),
        prompts=_prompts(changes),
        models=list(models),
        timed=timed,
        parents=parents,
        sources=[str(path) for path in trace.sources["path"].to_pylist()],
    )


def _parents(chunk: Trace, names: object, sessions: int) -> dict[tuple[int, int], int]:
    """Of each subagent the agent above it; `sessions`: how many came before the chunk."""
    table = chunk.agents
    session = session_numbers(table, names) + sessions  # type: ignore[arg-type]
    agent, parent = columns.numbers(table, "agent"), columns.numbers(table, "parent_agent")
    sub = parent != NONE
    rows = zip(session[sub].tolist(), agent[sub].tolist(), parent[sub].tolist(), strict=True)
    return {(of, one): above for of, one, above in rows}


@dataclass(frozen=True, slots=True, eq=False)
class _Blocks:
    """The prefixes of a chunk's requests: a row each, `size` 0 where none is known."""

    changes: Changes
    size: Ints


def _changes(chunk: Trace, requests: Requests, asked: Ints, names: object, first: Ints) -> _Blocks:
    """The changes in the order of the requests; each changes what its agent's last known prompt was."""
    table = chunk.prefixes
    count = len(requests)
    session = session_numbers(table, names)  # type: ignore[arg-type]
    row = first[session] + columns.numbers(table, "span")
    place = np.full(chunk.spans.num_rows, NONE, np.int64)
    place[asked] = np.arange(count)
    place[requests.span] = np.arange(count)
    at = place[row]
    kept_rows = np.flatnonzero((session != NONE) & (at != NONE))
    at = at[kept_rows]
    lists: Any = table.column("new_blocks").combine_chunks()
    offsets = lists.offsets.to_numpy()
    flat = lists.values.to_numpy(zero_copy_only=False)
    lengths = np.diff(offsets)[kept_rows]
    length, kept, size = (np.zeros(count, np.int64) for _ in range(3))
    length[at] = lengths
    kept[at] = columns.numbers(table, "kept_blocks")[kept_rows]
    size[at] = columns.numbers(table, "block_size")[kept_rows]
    scope = np.zeros(count, np.int64)
    scope[at] = _scopes(chunk, session, row)[kept_rows]
    begin = np.zeros(count, np.int64)
    begin[at] = offsets[:-1][kept_rows]
    edge = np.concatenate([[0], np.cumsum(length)])
    take = np.repeat(begin - edge[:-1], length) + np.arange(edge[-1])
    before = _latest_of_agent(requests, size)
    return _Blocks(Changes(before, np.where(before == NONE, 0, kept), edge, flat[take], scope), size)


def _scopes(chunk: Trace, session: Ints, row: Ints) -> Ints:
    """A number for each realm of equal hashes: 0 everywhere, then one for each source, then for each session."""
    code = columns.codes(chunk.prefixes, "scope", HashScope)
    source = columns.numbers(chunk.spans, "source")[row]
    everywhere, of_source = _SCOPES.index(HashScope.EVERYWHERE), _SCOPES.index(HashScope.SOURCE)
    own = (1 << 32) + session + (chunk.spans.num_rows << 40)
    return np.where(code == everywhere, 0, np.where(code == of_source, 1 + source, own))


def _latest_of_agent(requests: Requests, size: Ints) -> Ints:
    """Of each request the one with known blocks before it in its agent's order, NONE: none."""
    before = np.full(len(requests), NONE, np.int64)
    known = np.flatnonzero(size)
    keys = requests.session[known], requests.agent[known], size[known]
    order = np.lexsort(keys)  # stable: rows of one key stay as they stand
    again = ~run_starts(*(key[order] for key in keys))
    before[known[order[again]]] = known[order[np.flatnonzero(again) - 1]]
    return before


def _prompts(parts: list[_Blocks]) -> Prompts:
    sizes = np.concatenate([part.size for part in parts]) if parts else np.zeros(0, np.int64)
    known = sizes[sizes > 0]
    if not len(known):
        return Prompts(PrefixPaths([[] for _ in range(len(sizes))], [], [0] * len(sizes)), 0)
    rows = np.cumsum([0, *(len(part.size) for part in parts)])
    blocks = np.cumsum([0, *(len(part.changes.new) for part in parts)])
    whole = Changes(
        before=np.concatenate(
            [
                np.where(part.changes.before == NONE, NONE, part.changes.before + rows[i])
                for i, part in enumerate(parts)
            ]
        ),
        kept=np.concatenate([part.changes.kept for part in parts]),
        first=np.concatenate(
            [*(part.changes.first[:-1] + blocks[i] for i, part in enumerate(parts)), blocks[-1:]]
        ),
        new=np.concatenate([part.changes.new for part in parts]),
        scope=np.concatenate([part.changes.scope for part in parts]),
    )
    return Prompts(prefix_paths(whole), int(np.bincount(known).argmax()))


def _joined_courses(courses: list[Course], requests: list[int]) -> Course:
    """The courses of several chunks as one."""
    points = np.cumsum([0, *(course.size for course in courses)])
    rows = np.cumsum([0, *requests])

    def of_points(name: str) -> Ints:
        return np.concatenate([getattr(course, name) + points[i] for i, course in enumerate(courses)])

    empty = [np.zeros(0, np.int64)]
    if not courses:
        return Course(0, *(empty * 9))
    return Course(
        size=int(points[-1]),
        source=of_points("source"),
        target=of_points("target"),
        delay=np.concatenate([course.delay for course in courses]),
        start=of_points("start"),
        end=of_points("end"),
        sent=of_points("sent"),
        hangs=of_points("hangs"),
        of=np.concatenate([course.of + rows[i] for i, course in enumerate(courses)]),
        offset=np.concatenate([course.offset for course in courses]),
    )
