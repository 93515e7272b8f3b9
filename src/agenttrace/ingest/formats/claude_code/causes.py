"""Why something started when it did: the chain of records, walked back to what was waited for."""

from __future__ import annotations

from dataclasses import dataclass, field

from agenttrace.ingest.formats.claude_code.clock import UNKNOWN
from agenttrace.ingest.formats.claude_code.collected import Node, Role, Tool, Transcript
from agenttrace.model.vocabulary import Trigger

_STOPS = frozenset(
    {Role.PROMPT, Role.SUMMARY, Role.BOUNDARY, Role.FAILURE, Role.LOCAL_ANSWER, Role.INTERRUPT, Role.COMMAND}
)
_STEPS_PER_RECORD = 32
_STEPS_AT_LEAST = 10_000


@dataclass(slots=True)
class Cause:
    """What a request, or anything else that answers, waited for.

    `ready_ns`: the latest instant on the way, UNKNOWN if there is none. `end`: where the way ended.
    `lost`: the record that the file does not hold, where the way broke off.
    """

    ready_ns: int = UNKNOWN
    end: Node | None = None
    answered: str | None = None
    results: bool = False
    notices: list[Node] = field(default_factory=list)
    tools: list[Tool] = field(default_factory=list)
    lost: str | None = None

    @property
    def known(self) -> bool:
        """Whether the way led to anything at all."""
        return self.ready_ns != UNKNOWN

    @property
    def trigger(self) -> Trigger:
        """What kind of thing was waited for."""
        if self.results:
            return Trigger.TOOL_RESULT
        asked = self.end is not None and self.end.role is Role.PROMPT
        return Trigger.USER_MESSAGE if asked else Trigger.OTHER


class Walker:
    """Finds causes. All walks of a file share one allowance, so that no chain can hold it up."""

    def __init__(self, transcript: Transcript) -> None:
        """For one file, after its last line."""
        self._transcript = transcript
        self._steps_left = _STEPS_AT_LEAST + _STEPS_PER_RECORD * len(transcript.nodes)

    def find(self, parent: str | None, before_ns: int, own: str | None = None) -> Cause:
        """The cause of what hangs on `parent` and was first seen at `before_ns`; `own` is its request key."""
        cause = Cause()
        nodes = self._transcript.nodes
        seen: set[str] = set()
        here = parent
        while here is not None:
            node = nodes.get(here)
            if node is None or here in seen or self._steps_left <= 0:
                cause.lost = here
                break
            self._steps_left -= 1
            seen.add(here)
            if self._visit(cause, node, own):
                break
            here = node.parent
        if cause.answered is not None:
            self._add_results(cause, before_ns)
        return cause

    def _visit(self, cause: Cause, node: Node, own: str | None) -> bool:
        """Whether the way ends here."""
        if node.role is Role.ANSWER and node.about == own:
            return False
        if not (node.role is Role.ANSWER and cause.results):
            cause.ready_ns = max(cause.ready_ns, node.t_ns)
        if node.role is Role.RESULT:
            cause.results = True
        elif node.role is Role.NOTICE:
            cause.notices.append(node)
        elif node.role is Role.ANSWER:
            cause.end, cause.answered = node, node.about
            return True
        elif node.role in _STOPS and not cause.results:
            cause.end = node
            return True
        return node.role in _STOPS

    def _add_results(self, cause: Cause, before_ns: int) -> None:
        """An answer's calls are all answered before the next request, in the chain or beside it."""
        for tool in self._transcript.tools_of.get(cause.answered or "", ()):
            result = self._transcript.results.get(tool.id)
            if result is not None and UNKNOWN < result.t_ns <= before_ns:
                cause.tools.append(tool)
                cause.ready_ns = max(cause.ready_ns, result.t_ns)
