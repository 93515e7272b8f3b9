"""What is collected of a session while the lines of its files go by; rows are made of it after the last one.

The chain of records (`Node`) is kept whole, for causes are found by walking it backwards, and a record may
stand before the one that it names as its parent, or in another file. So nothing here may depend on the order
in which records come, or on how often one does: of two values the earlier, the larger or the smaller stays.
References point one way, so that nothing here is a cycle.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import IntEnum

from msgspec import Struct

from agenttrace.ingest.formats.claude_code.clock import NEVER, UNKNOWN
from agenttrace.ingest.formats.claude_code.records import Usage
from agenttrace.model.vocabulary import Purpose, Status


class Role(IntEnum):
    """What a record of the chain means for the one that follows it."""

    OTHER = 0
    PROMPT = 1
    RESULT = 2
    ANSWER = 3
    LOCAL_ANSWER = 4
    SUMMARY = 5
    BOUNDARY = 6
    FAILURE = 7
    NOTICE = 8
    COMMAND = 9
    INTERRUPT = 10


class Lane(Struct, gc=False, eq=False):
    """The records of one agent of one session. `place`: of one of them; `first`: uuid of the earliest."""

    session_key: str
    agent_key: str
    agent_id: str | None
    main: bool
    sidechain: bool
    purpose: Purpose = Purpose.TURN
    place: int = 0
    first: str | None = None
    first_ns: int = NEVER


class Node(Struct, gc=False, eq=False):
    """A record of the chain. `about` names what it stands for: a request, or a task."""

    uuid: str
    place: int
    parent: str | None
    t_ns: int
    lane: Lane
    role: Role = Role.OTHER
    about: str | None = None


class Answer(Struct, gc=False, eq=False):
    """A request, known by the lines of its answer. `first`: the earliest of them; `usage`: that of the last."""

    key: str
    lane: Lane
    place: int
    first: Node
    usage: Usage | None = None
    request_id: str | None = None
    model: str | None = None
    version: str | None = None
    first_ns: int = UNKNOWN
    last_ns: int = UNKNOWN
    input_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    output_tokens: int | None = None
    least_output: int | None = None
    final_output: int | None = None
    stopped: bool = False
    miss_reason: str | None = None
    status: Status = Status.OK


class Result(Struct, gc=False, eq=False):
    """A tool's result, with what the program kept beside it; `bare` if it kept nothing."""

    t_ns: int
    is_error: bool
    place: int
    bare: bool = True
    rejected: bool = False
    duration_ns: int | None = None
    agent_id: str | None = None
    agent_type: str | None = None
    task_id: str | None = None
    run_id: str | None = None
    launched: bool = False
    awaited_task: str | None = None


class Tool(Struct, gc=False, eq=False):
    """A tool call. `start_ns` to `end_ns` is settled late (`tools.py`); `executed_ns`: its stated length.

    `key`: that of its span.
    """

    id: str
    key: str
    name: str
    lane: Lane
    answer: Answer
    emitted_ns: int
    place: int
    agent_type: str | None = None
    prompt: str | None = None
    start_ns: int = UNKNOWN
    end_ns: int = UNKNOWN
    executed_ns: int | None = None


class Prompt(Struct, gc=False, eq=False):
    """Something that a person typed, or a program that stands for one. `queued`: None if it is not said."""

    node: Node
    text: str
    queued: bool | None


class Failure(Struct, gc=False, eq=False):
    """An attempt that failed, with the wait that the program announced."""

    node: Node
    attempt: int
    backoff_ns: int
    error: str | None


class Boundary(Struct, gc=False, eq=False):
    """Where the context was replaced by a summary. `before`: the last thing that was said before it."""

    node: Node
    before: str | None
    duration_ns: int | None = None
    tokens_before: int | None = None
    tokens_after: int | None = None
    trigger: str | None = None


class TurnEnd(Struct, gc=False, eq=False):
    """The program's own measure of a turn, without the time that dialogues were open."""

    node: Node
    duration_ns: int


class Hook(Struct, gc=False, eq=False):
    """A hook that ended at its record's time; without a length it began with the prompt before it."""

    node: Node
    event: str
    duration_ns: int | None
    tool_id: str | None = None


class Notice(Struct, gc=False, eq=False):
    """News of something in the background: `ended` if it says that it is over."""

    task_id: str | None
    tool_id: str | None
    t_ns: int
    ended: bool


class Told(Struct, gc=False, eq=False):
    """Where a subagent was spawned, as the earliest copy of its records says."""

    lane: Lane
    since: tuple[int, str]
    parent_key: str
    spawn_key: str


@dataclass(slots=True)
class Transcript:
    """All that is collected of the files that are read together.

    Keyed by: nodes, failures, boundaries: uuid; answers, tools_of: key of the request; tools, results,
    hooked_ns, running_ns: id of the call; queued: text; lane_prompts: key of the lane, with the time and the
    text of its first prompt; spread: session and agent, with the numbers of the sources that hold records of
    it.
    """

    nodes: dict[str, Node] = field(default_factory=dict)
    lanes: dict[tuple[str, str | None], Lane] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    tools: dict[str, Tool] = field(default_factory=dict)
    tools_of: dict[str, list[Tool]] = field(default_factory=lambda: defaultdict(list))
    results: dict[str, Result] = field(default_factory=dict)
    hooked_ns: dict[str, int] = field(default_factory=dict)
    running_ns: dict[str, int] = field(default_factory=dict)
    turn_starts: list[Node] = field(default_factory=list)
    prompts: list[Prompt] = field(default_factory=list)
    queued: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    failures: dict[str, Failure] = field(default_factory=dict)
    boundaries: dict[str, Boundary] = field(default_factory=dict)
    interrupts: list[Node] = field(default_factory=list)
    turn_ends: list[TurnEnd] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    told: dict[tuple[str, str], Told] = field(default_factory=dict)
    worked: list[Node] = field(default_factory=list)
    lane_prompts: dict[str, tuple[int, str]] = field(default_factory=dict)
    roots: list[Node] = field(default_factory=list)
    spread: dict[tuple[str, str | None], set[int]] = field(default_factory=lambda: defaultdict(set))
