"""docs/reference/phases.md: the words that a span, a phase, a piece of evidence can be."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from agenttrace.documents.markdown import GENERATED, code, table
from agenttrace.model.vocabulary import (
    Evidence,
    LinkKind,
    MarkKind,
    Phase,
    Purpose,
    SpanKind,
    Status,
    TokenQuality,
)
from agenttrace.report.html.palette import LOOKS

Word = TypeVar("Word", bound=StrEnum)
_PURPOSES = {
    Purpose.TURN: "A turn of an agent: the requests and tools that the work consists of",
    Purpose.COMPACTION: "The context was replaced by a summary",
    Purpose.FAILED_ATTEMPT: "An attempt that failed and was made again, with the wait before the next",
    Purpose.SIDE_REQUEST: "Titles, summaries, checks: requests that the main line does not use",
}
_EVIDENCE = {
    Evidence.MEASURED: "A source states both ends by one clock, or the duration itself",
    Evidence.DERIVED: "It follows from measured values by arithmetic",
    Evidence.BOUNDED: "One end is only known to lie before or after something",
    Evidence.ESTIMATED: "A model says so, with its error",
    Evidence.UNKNOWN: "No source tells; never shown as zero",
}
_KINDS = {
    SpanKind.SESSION: "The whole of it",
    SpanKind.AGENT: "The life of an agent, a subagent mostly",
    SpanKind.INTERACTION: "From a prompt of the user's to the end of the work on it",
    SpanKind.REQUEST: "One call of a model; each attempt is a request of its own",
    SpanKind.TOOL: "One execution of a tool",
    SpanKind.COMPACTION: "The context is replaced by a summary",
    SpanKind.USER_WAIT: "Only a person is waited for",
    SpanKind.OTHER: "Whatever else a source tells: functions, chains, queries",
}
_LINKS = {
    LinkKind.FEEDS: "A result is used: a request's call by a tool, a tool's result by a request",
    LinkKind.SPAWNS: "It starts an agent",
    LinkKind.JOINS: "An agent's end is waited for",
    LinkKind.RETRIES: "It is tried again",
    LinkKind.CONTINUES: "It goes on where another ended: after a compaction, after a resume",
}
_MARKS = {
    MarkKind.FIRST_TOKEN: "The first token of an answer",
    MarkKind.TOOL_CALL: "A tool call is complete in an answer that is still written",
    MarkKind.SPAWN: "An agent is started",
    MarkKind.CANCEL: "Something is cancelled",
    MarkKind.ATTEMPT: "Another attempt inside a request",
    MarkKind.FIRST_BLOCK: "The first block of an answer is complete",
    MarkKind.LAST_BLOCK: "The last block of an answer is complete",
    MarkKind.DISPATCH: "The request is handed to a worker",
}
_STATUS = {
    Status.OK: "It ended well",
    Status.ERROR: "It failed",
    Status.CANCELLED: "Somebody stopped it",
    Status.UNFINISHED: "It never ended, as far as the source tells",
}
_TOKENS = {
    TokenQuality.FINAL: "The count of the finished answer",
    TokenQuality.MAX_SEEN: "The largest of counts that were seen while it was written",
    TokenQuality.PLACEHOLDER: "A count that programs write before they know",
    TokenQuality.ESTIMATED: "Counted by somebody else than the model",
}


def page() -> str:
    """A table for each list of words."""
    phases = {phase: LOOKS[phase].meaning for phase in Phase}
    parts = [
        _INTRODUCTION,
        "## Phases\n",
        "What the session was waiting for, at an instant.\n",
        _words(Phase, phases),
    ]
    for title, words in (
        ("Purposes", _words(Purpose, _PURPOSES)),
        ("Evidence", _words(Evidence, _EVIDENCE)),
        ("Kinds of spans", _words(SpanKind, _KINDS)),
        ("Kinds of links", _words(LinkKind, _LINKS)),
        ("Kinds of marks", _words(MarkKind, _MARKS)),
        ("Status", _words(Status, _STATUS)),
        ("Quality of output tokens", _words(TokenQuality, _TOKENS)),
    ):
        parts += [f"## {title}\n", words]
    return "\n".join(parts)


_INTRODUCTION = f"""# Phases, purposes, evidence, kinds

{GENERATED}

Phases and purposes divide the same wall time twice: the decoding of a compaction is of phase `decode` and of
purpose `compaction`. Evidence divides it a third time. Each of the three sums to the wall time, to the
nanosecond. [How the path is found](../explanation/critical-path.md), [what evidence
means](../explanation/evidence.md).
"""


def _words(kind: type[Word], meanings: Mapping[Word, str]) -> str:
    """Every word, in the order of the code; one without a meaning is an error."""
    return table(("word", "meaning"), [(code(word.value), meanings[word]) for word in kind])
