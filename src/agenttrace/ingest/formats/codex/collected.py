"""What is collected of one thread before rows are made of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from agenttrace.ingest.formats.codex.lines import UNKNOWN
from agenttrace.ingest.formats.codex.threads import Thread
from agenttrace.ingest.formats.codex.usage import Usage
from agenttrace.model.vocabulary import Purpose, Status


@dataclass(slots=True, eq=False)
class Turn:
    """What a prompt, a message of an agent or a command set off, until the program says that it is over.

    `told`: a record says that it began; else only a prompt does.
    """

    line: int
    start_ns: int
    told: bool = False
    asked: bool = False
    compacted: bool = False
    end_ns: int = UNKNOWN
    ttft_ns: int | None = None


@dataclass(slots=True, eq=False)
class Run:
    """A stretch of output of the model, without any input in between: a request, once tokens are counted.

    `ready_ns`: all that it waited for was there. `end_ns`: where its end is told; else it is the last item.
    `silent`: nothing that the model said was recorded. `after`: the compaction from which it goes on.
    `token_ns`: when the first of its items began to come, where that is told.
    """

    line: int
    ready_ns: int
    first_ns: int
    last_ns: int
    token_ns: int | None = None
    turn: Turn | None = None
    model: str | None = None
    end_ns: int | None = None
    silent: bool = False
    counted: bool = False
    usage: Usage | None = None
    response_id: str | None = None
    status: Status = Status.OK
    error: str | None = None
    purpose: Purpose = Purpose.TURN
    attempt: int = 1
    backoff_ns: int | None = None
    retried: Run | None = None
    after: Compaction | None = None
    calls: list[Call] = field(default_factory=list)
    fed: list[Call] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    key: str = ""


@dataclass(slots=True, eq=False)
class Call:
    """A call of a tool. `begun_ns`, `done_ns`, `length_ns`: of its execution, where something tells them.

    `asked_ns`, `allowed_ns`: a person was asked, and answered. `asks`: calls may have to be approved.
    `awaited`: threads that it found finished. `inside`: the call in which it was made.
    """

    id: str
    line: int
    name: str
    called_ns: int
    run: Run | None = None
    inside: Call | None = None
    asks: bool = False
    result_ns: int | None = None
    begun_ns: int | None = None
    done_ns: int | None = None
    length_ns: int | None = None
    asked_ns: int | None = None
    allowed_ns: int | None = None
    status: Status = Status.UNFINISHED
    awaited: list[str] = field(default_factory=list)
    key: str = ""


@dataclass(slots=True, eq=False)
class Compaction:
    """The context was replaced by a summary."""

    line: int
    start_ns: int
    end_ns: int
    turn: Turn | None
    fed: list[Call]
    before: int | None = None
    after: int | None = None
    key: str = ""


@dataclass(slots=True, eq=False)
class Review:
    """A review ran in a thread of its own, which has a file of its own. `thread`: that, where it is known."""

    line: int
    start_ns: int
    end_ns: int | None = None
    thread: str | None = None
    key: str = ""


@dataclass(slots=True, eq=False)
class Child:
    """A subagent, as its parent knows it."""

    thread: str
    call: Call | None = None
    name: str | None = None
    role: str | None = None


@dataclass(slots=True, eq=False)
class Rollout:
    """One thread. `counts_tokens`: requests can be told from output that was broken off."""

    thread: Thread
    truncated: bool = False
    counts_tokens: bool = False
    finished: bool = False
    prompt: str | None = None
    runs: list[Run] = field(default_factory=list)
    calls: dict[str, Call] = field(default_factory=dict)
    turns: list[Turn] = field(default_factory=list)
    compactions: list[Compaction] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    children: dict[str, Child] = field(default_factory=dict)
