"""What the next request of an agent answers, kept while its records go by in the order of time.

For transcripts that note when things were done, not when a request was sent: it was not sent before all
that it answers was there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Evidence, LinkKind, Trigger


@dataclass(slots=True)
class Cause:
    """`ready_ns`: the last instant of what came since the request before, or of that one; None: unknown.

    `results`: span keys of the tool calls whose results the next request carries.
    """

    ready_ns: int | None = None
    trigger: Trigger = Trigger.OTHER
    results: list[str] = field(default_factory=list)
    _reached: list[int] = field(default_factory=list)

    @property
    def fresh(self) -> bool:
        """Whether anything came since the request before."""
        return self.trigger is not Trigger.OTHER

    def reach(self, t_ns: int | None) -> None:
        """Something was done at that instant, which the next request does not precede."""
        if t_ns is not None:
            self.ready_ns = t_ns if self.ready_ns is None else max(self.ready_ns, t_ns)
            self._reached.append(t_ns)

    def ask(self, t_ns: int | None) -> None:
        """A person said something."""
        self.reach(t_ns)
        self.trigger = Trigger.USER_MESSAGE

    def result(self, t_ns: int | None, tool_key: str | None) -> None:
        """A tool returned."""
        self.reach(t_ns)
        if self.trigger is Trigger.OTHER:
            self.trigger = Trigger.TOOL_RESULT
        if tool_key is not None:
            self.results.append(tool_key)

    def answered(self, t_ns: int | None) -> None:
        """A request that answers all of this has ended."""
        self.trigger, self.results = Trigger.OTHER, []
        if t_ns is not None and self._reached:
            before = max((other for other in self._reached if other <= t_ns), default=t_ns)
            self._reached = [before, *(other for other in self._reached if other > t_ns)]
        self.reach(t_ns)

    def start_before(self, end_ns: int | None) -> tuple[int | None, Evidence]:
        """The earliest start of a request that ended then, and its evidence.

        What is said to have come later than that end is no cause of it: a moved line, or a damaged time.
        """
        if self.ready_ns is None:
            return None, Evidence.UNKNOWN
        if end_ns is None or self.ready_ns <= end_ns:
            return self.ready_ns, Evidence.BOUNDED
        return max((t_ns for t_ns in self._reached if t_ns <= end_ns), default=end_ns), Evidence.BOUNDED


def link_results(
    recorder: Recorder, session_key: str, tool_keys: Iterable[str], request_key: str, rule: str
) -> None:
    """The request carries the results of these calls."""
    for tool_key in tool_keys:
        recorder.link(
            session_key=session_key,
            from_key=tool_key,
            to_key=request_key,
            kind=LinkKind.FEEDS,
            explicit=True,
            rule=rule,
        )


def link_call(recorder: Recorder, session_key: str, request_key: str, tool_key: str, rule: str) -> None:
    """The request's answer made this call."""
    recorder.link(
        session_key=session_key,
        from_key=request_key,
        to_key=tool_key,
        kind=LinkKind.FEEDS,
        explicit=True,
        rule=rule,
    )
