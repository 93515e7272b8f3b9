"""Why something started when it did: the chain of records, walked back to what was waited for."""

from __future__ import annotations

from msgspec import Struct

from agenttrace.ingest.formats.claude_code.clock import UNKNOWN
from agenttrace.ingest.formats.claude_code.collected import Node, Role, Tool, Transcript
from agenttrace.model.vocabulary import Trigger

_OTHER, _ANSWER, _RESULT, _NOTICE, _FAILURE = Role.OTHER, Role.ANSWER, Role.RESULT, Role.NOTICE, Role.FAILURE
"""Looked up once: there is a step for every record."""

_ATTEMPTS = 16
_STEPS_PER_RECORD = 8
_STEPS_AT_LEAST = 10_000


class Cause(Struct, gc=False, eq=False):
    """What a request, or anything else that answers, waited for.

    `ready_ns`: the latest instant on the way, UNKNOWN if there is none. `end`: where the way ended.
    `lost`: the record that no file holds, where the way broke off.
    """

    ready_ns: int = UNKNOWN
    end: Node | None = None
    answered: str | None = None
    results: bool = False
    notices: tuple[Node, ...] = ()
    tools: tuple[Tool, ...] = ()
    lost: str | None = None

    @property
    def known(self) -> bool:
        """Whether the way led to anything at all."""
        return self.ready_ns != UNKNOWN

    @property
    def retried(self) -> str | None:
        """The failed attempt that this repeats."""
        return self.end.uuid if self.end is not None and self.end.role is _FAILURE else None


class Walker:
    """Finds causes. All walks of a transcript share one allowance, so that no chain can hold it up."""

    def __init__(self, transcript: Transcript) -> None:
        """For one transcript, after the last line of its last file."""
        self._transcript = transcript
        self._steps_left = _STEPS_AT_LEAST + _STEPS_PER_RECORD * len(transcript.nodes)

    def find(self, parent: str | None, before_ns: int, own: str | None = None) -> Cause:
        """The cause of what hangs on `parent` and was first seen at `before_ns`; `own` is its request key."""
        cause = Cause()
        nodes = self._transcript.nodes
        seen: set[str] = set()
        here, steps_left = parent, self._steps_left
        while here is not None:
            node = nodes.get(here)
            if node is None or here in seen or steps_left <= 0:
                cause.lost = here
                break
            steps_left -= 1
            seen.add(here)
            if node.role is _OTHER:
                cause.ready_ns = max(cause.ready_ns, node.t_ns)
            elif _visit(cause, node, own):
                break
            here = node.parent
        self._steps_left = steps_left
        if cause.answered is not None:
            self._add_results(cause, before_ns)
        return cause

    def trigger(self, cause: Cause) -> Trigger:
        """What kind of thing was waited for, by the first attempt if this is another."""
        for _ in range(_ATTEMPTS):
            if cause.retried is None:
                break
            failure = self._transcript.failures[cause.retried]
            cause = self.find(failure.node.parent, failure.node.t_ns)
        if cause.results:
            return Trigger.TOOL_RESULT
        asked = cause.end is not None and cause.end.role is Role.PROMPT
        return Trigger.USER_MESSAGE if asked else Trigger.OTHER

    def _add_results(self, cause: Cause, before_ns: int) -> None:
        """An answer's calls are all answered before the next request, in the chain or beside it."""
        answered = []
        for tool in self._transcript.tools_of.get(cause.answered or "", ()):
            result = self._transcript.results.get(tool.id)
            if result is not None and UNKNOWN < result.t_ns <= before_ns:
                answered.append(tool)
                cause.ready_ns = max(cause.ready_ns, result.t_ns)
        cause.tools = tuple(answered)


def _visit(cause: Cause, node: Node, own: str | None) -> bool:
    """Whether the way ends here."""
    role = node.role
    if role is _ANSWER:
        if node.about == own:
            return False
        if not cause.results:
            cause.ready_ns = max(cause.ready_ns, node.t_ns)
        cause.answered = node.about
        cause.end = node
        return True
    cause.ready_ns = max(cause.ready_ns, node.t_ns)
    if role is _RESULT:
        cause.results = True
        return False
    if role is _NOTICE:
        cause.notices = (*cause.notices, node)
        return False
    if not cause.results:
        cause.end = node
    return True
