"""What the modules that make rows share: the transcript, the walker, the rows, who answers to what."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from agenttrace.ingest.formats.claude_code.causes import Cause, Walker
from agenttrace.ingest.formats.claude_code.collected import Node, Role, Transcript
from agenttrace.ingest.formats.claude_code.places import Recorders
from agenttrace.ingest.formats.claude_code.rows import Rows, Span
from agenttrace.model.vocabulary import LinkKind

_FEEDS, _FAILURE = LinkKind.FEEDS, Role.FAILURE
_ASKED = frozenset({Role.PROMPT, Role.COMMAND})
_COMPACTED = frozenset({Role.SUMMARY, Role.BOUNDARY})


@dataclass(slots=True)
class Work:
    """One session in the making.

    `asked`: for each prompt (uuid), what began because of it. `told`: for each task in the background,
    what was told of its end: the instant, what went on with it, the rule, and the place of that.
    `complete`: there are no other files of the session.
    """

    transcript: Transcript
    recorders: Recorders
    walker: Walker
    compaction_keys: dict[str, str]
    complete: bool
    rows: Rows = field(default_factory=Rows)
    asked: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    told: dict[str, list[tuple[int, str, str, int]]] = field(default_factory=lambda: defaultdict(list))

    def depend(self, span: Span, cause: Cause) -> None:
        """The span waited for all that its cause names."""
        key = span.span_key
        for tool in cause.tools:
            self._link(span, tool.key, _FEEDS, "tool_result")
            result = self.transcript.results[tool.id]
            if result.awaited_task:
                self.told[result.awaited_task].append((result.t_ns, key, "task-output", span.place))
        for node in cause.notices:
            if node.about:
                self.told[node.about].append((node.t_ns, key, "task-notification", span.place))
        if cause.end is not None:
            self._depend_on_end(span, cause.end)

    def _depend_on_end(self, span: Span, end: Node) -> None:
        if end.role is _FAILURE:
            self._link(span, attempt_key(end.uuid), LinkKind.RETRIES, "api_error")
        elif end.role in _ASKED:
            self.asked[end.uuid].append(span.span_key)
        elif end.role in _COMPACTED:
            compaction = self.compaction_keys.get(end.uuid) or self.compaction_keys.get(end.parent or "")
            if compaction is not None:
                self.continue_from(compaction, span)

    def continue_from(self, compaction_key: str, span: Span) -> None:
        """The span is the first that goes on with the summary."""
        self._link(span, compaction_key, LinkKind.CONTINUES, "compact_boundary")

    def _link(self, span: Span, source: str, kind: LinkKind, rule: str) -> None:
        self.rows.link((span.place, span.session_key), source, span.span_key, kind, rule)


def attempt_key(uuid: str) -> str:
    """The key of an attempt that left no answer."""
    return f"attempt:{uuid}"
