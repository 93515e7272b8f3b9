"""Answers that name one and the same record as what they answer: they came one after another.

Claude Code itself writes a chain, in which each answer hangs on what it followed. A program that took over its
format may hang all answers to a prompt on that prompt, so that their order is in their times alone.
"""

from __future__ import annotations

from collections import defaultdict
from heapq import heappop, heappush

from agenttrace.ingest.formats.claude_code.causes import Cause
from agenttrace.ingest.formats.claude_code.clock import UNKNOWN
from agenttrace.ingest.formats.claude_code.collected import Answer, Tool, Transcript


class Siblings:
    """For each answer with earlier ones beside it: what it waited for, instead of what it names."""

    def __init__(self, transcript: Transcript) -> None:
        """For one transcript, after the last line of its last file."""
        self._causes: dict[str, Cause] = {}
        for answers in _beside_each_other(transcript):
            self._follow(transcript, answers)

    def mend(self, answer: Answer, cause: Cause) -> Cause:
        """The cause, or the later one that the answers beside this one are."""
        behind = self._causes.get(answer.key)
        return cause if behind is None or behind.ready_ns < cause.ready_ns else behind

    def _follow(self, transcript: Transcript, answers: list[Answer]) -> None:
        """Each starts after the answer before it, and after the results that came since."""
        before: Answer | None = None
        open_results: list[tuple[int, str, Tool]] = []
        for answer in sorted(answers, key=lambda each: (each.first_ns, each.key)):
            if before is not None and before.last_ns <= answer.first_ns:
                cause = Cause(before.last_ns, before.first, before.key)
                tools = []
                while open_results and open_results[0][0] <= answer.first_ns:
                    result_ns, _, tool = heappop(open_results)
                    cause.ready_ns = max(cause.ready_ns, result_ns)
                    tools.append(tool)
                cause.tools, cause.results = tuple(tools), bool(tools)
                self._causes[answer.key] = cause
            for tool in transcript.tools_of.get(answer.key, ()):
                result = transcript.results.get(tool.id)
                if result is not None and result.t_ns != UNKNOWN:
                    heappush(open_results, (result.t_ns, tool.id, tool))
            if before is None or answer.last_ns >= before.last_ns:
                before = answer


def _beside_each_other(transcript: Transcript) -> list[list[Answer]]:
    groups: dict[tuple[str, str, str], list[Answer]] = defaultdict(list)
    hanging = [answer.first.parent for answer in transcript.answers.values()]
    if len(set(hanging)) == len(hanging):
        return []
    for answer in transcript.answers.values():
        if answer.first.parent is not None and answer.first_ns != UNKNOWN:
            groups[answer.lane.session_key, answer.lane.agent_key, answer.first.parent].append(answer)
    return [answers for answers in groups.values() if len(answers) > 1]
